"""The values of Secrets as ``kubectl create secret`` takes them: literals, files, env files, a TLS pair, a login.

Out: values by key. Terminal names a key or a file, never a value. Rules are those of kubectl.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from secrets_operator.cli.sealing.manifest_files import read_bytes
from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes

_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Data = dict[str, SecretBytes]


def generic(literals: tuple[str, ...], files: tuple[str, ...], env_files: tuple[Path, ...]) -> Data:
    """Return the values of literals and files, or those of env files."""
    if env_files and (literals or files):
        raise Terminal("--from-env-file cannot be combined with --from-file or --from-literal")
    data: Data = {}
    for pairs in (_of_files(files), _of_literals(literals), _of_env_files(env_files)):
        for key, value in pairs:
            if key in data:
                raise Terminal(f"cannot add key {key}, another key by that name already exists")
            data[key] = value
    return data


def tls(cert: Path, key: Path) -> Data:
    """Return a certificate and its private key; Terminal when they do not belong together."""
    certificate_pem, key_pem = read_bytes(cert), SecretBytes(read_bytes(key))
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
    except ValueError:
        raise Terminal(f"{cert}: there is no PEM certificate in it") from None
    try:
        private_key = load_pem_private_key(key_pem.reveal(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause is left out: a traceback must not walk through the parser of a private key.
        raise Terminal(f"{key}: there is no unencrypted PEM private key in it") from None
    if certificate.public_key() != private_key.public_key():
        raise Terminal(f"{key}: the private key is not that of the certificate {cert}")
    return {"tls.crt": SecretBytes(certificate_pem), "tls.key": key_pem}


def docker_registry(file: Path | None, *, server: str, username: str, password: str, email: str) -> Data:
    """Return the login to a registry in the form of Docker's configuration."""
    if file is not None:
        return {".dockerconfigjson": SecretBytes(_docker_configuration(file))}
    if not (server and username and password):
        message = "either --from-file or the combination of --docker-username, --docker-password and --docker-server"
        raise Terminal(f"{message} is required")
    if password == "-":
        password = sys.stdin.read()
    login = {"username": username, "password": password, "email": email}
    entry = {name: text for name, text in login.items() if text}
    entry["auth"] = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
    text = json.dumps({"auths": {server: entry}}, separators=(",", ":"), ensure_ascii=False)
    return {".dockerconfigjson": SecretBytes(text.encode())}


def _docker_configuration(file: Path) -> bytes:
    data = read_bytes(file)
    try:
        configuration = json.loads(data)
    except ValueError:
        # The cause is left out: it carries the whole text.
        configuration = None
    if not isinstance(configuration, dict) or "auths" not in configuration:
        raise Terminal(f"{file}: it is no configuration of Docker: JSON with auths")
    return data


def _of_literals(literals: tuple[str, ...]) -> Iterator[tuple[str, SecretBytes]]:
    for literal in literals:
        key, equals, value = literal.partition("=")
        if not equals or not key:
            raise Terminal("--from-literal must be KEY=VALUE")
        yield key, SecretBytes(value.encode("utf-8", "surrogateescape"))


def _of_files(files: tuple[str, ...]) -> Iterator[tuple[str, SecretBytes]]:
    """Yield the values of ``[KEY=]PATH``; of a folder every file whose name can be a key."""
    for given in files:
        key, equals, name = given.partition("=")
        path = Path(name if equals else given)
        if not path.is_dir():
            yield (key if equals else path.name), SecretBytes(read_bytes(path))
            continue
        if equals:
            raise Terminal(f"--from-file {given}: a folder has no key of its own, its files are the keys")
        for file in sorted(path.iterdir()):
            if file.is_file() and not file.is_symlink() and _KEY.fullmatch(file.name):
                yield file.name, SecretBytes(read_bytes(file))


def _of_env_files(env_files: tuple[Path, ...]) -> Iterator[tuple[str, SecretBytes]]:
    """Yield ``KEY=VALUE`` of each line; a ``KEY`` alone takes its value from the environment, if it is there."""
    for file in env_files:
        for number, raw in enumerate(read_bytes(file).removeprefix(_BYTE_ORDER_MARK).split(b"\n"), start=1):
            line = raw.removesuffix(b"\r").lstrip()
            if not line or line.startswith(b"#"):
                continue
            name, equals, value = line.partition(b"=")
            key = name.decode("utf-8", "replace")
            if not _VARIABLE.fullmatch(key):
                raise Terminal(f"{file}: line {number} is not KEY=VALUE with a valid name of a variable")
            if equals:
                yield key, SecretBytes(value)
            elif key in os.environ:
                yield key, SecretBytes(os.environb[name])
