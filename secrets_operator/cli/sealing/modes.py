"""What ``seal`` does with its flags: write the certificate, encrypt one value, or seal Secrets.

Reads files, standard input and the clock, and draws randomness; the work is done by ``secrets_operator.sealing``.
Order of the checks and exit codes are those of kubeseal.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric import rsa

from secrets_operator.cli.atomic_output import open_output
from secrets_operator.cli.manifest_text import manifest_text, output_format
from secrets_operator.cli.sealing.certificate_sources import load_certificate
from secrets_operator.cli.sealing.flags import SealFlags
from secrets_operator.clock import SystemClock
from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.certificates import sealing_public_key
from secrets_operator.sealing.input_secrets import read_secrets
from secrets_operator.sealing.scopes import Scope, label
from secrets_operator.sealing.seal import Overrides, seal_secret, seal_value

_FROM_FILE_VARIABLE = "SEALED_SECRETS_FROM_FILE"


def run_seal(flags: SealFlags) -> None:
    """Run the mode that the flags choose; errors of the tree are for the user."""
    from_file = _from_file(flags)
    if from_file and not flags.raw:
        raise Terminal("--from-file requires --raw")
    secret_file = _read_secret_file(flags.secret_file) if flags.secret_file else None
    certificate = load_certificate(flags.cert)
    if flags.fetch_cert:
        _write(flags, certificate)
        return
    public_key = sealing_public_key(certificate, now=SystemClock().now())
    if flags.raw:
        _write(flags, _sealed_raw(flags, from_file, public_key).encode("ascii"))
    else:
        _seal_secrets(flags, public_key, _read_stdin() if secret_file is None else secret_file)


def _seal_secrets(flags: SealFlags, public_key: rsa.RSAPublicKey, source: bytes) -> None:
    """Seal every Secret of the input; on standard output those before a failing one have been written by then."""
    text_format = output_format(flags.output_format, flags.sealed_secret_file)
    overrides = Overrides(
        name=flags.name,
        namespace=flags.namespace,
        scope=Scope(flags.scope),
        allow_empty_data=flags.allow_empty_data,
    )
    secrets = read_secrets(source)
    with open_output(flags.sealed_secret_file) as output:
        for secret in secrets:
            sealed = seal_secret(secret, public_key, overrides=overrides, random=os.urandom)
            output.write(manifest_text(sealed, text_format).encode())


def _sealed_raw(flags: SealFlags, from_file: tuple[str, ...], public_key: rsa.RSAPublicKey) -> str:
    """Encrypt one value, bytes as they come."""
    scope = Scope(flags.scope)
    if scope is not Scope.CLUSTER_WIDE and not flags.namespace:
        raise Terminal(f"must provide the --namespace flag with --raw and --scope {scope}")
    if scope is Scope.STRICT and not flags.name:
        raise Terminal(f"must provide the --name flag with --raw and --scope {scope}")
    bound_to = label(scope, namespace=flags.namespace, name=flags.name)
    return seal_value(public_key, _raw_value(from_file), label=bound_to, random=os.urandom)


def _from_file(flags: SealFlags) -> tuple[str, ...]:
    """Return the files of --from-file: a list flag adds up what the environment and the command line give."""
    variable = os.environ.get(_FROM_FILE_VARIABLE)
    return ((variable,) if variable else ()) + flags.from_file


def _raw_value(from_file: tuple[str, ...]) -> SecretBytes:
    """Return the value to encrypt: the one file's, or standard input."""
    if not from_file:
        return SecretBytes(_read_stdin())
    if len(from_file) > 1:
        raise Terminal("must provide only one --from-file when encrypting a single item with --raw")
    path = from_file[0].partition("=")[2] or from_file[0]
    try:
        return SecretBytes(Path(path).read_bytes())
    except OSError as error:
        raise Terminal(f'cannot read "{path}": {error.strerror}') from error


def _read_secret_file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Terminal(f"Could not read file specified with --secret-file: {error.strerror}") from error


def _read_stdin() -> bytes:
    if sys.stdin.isatty():
        click.echo("reading from the terminal: end the input with Ctrl-D", err=True)
    return sys.stdin.buffer.read()


def _write(flags: SealFlags, data: bytes) -> None:
    with open_output(flags.sealed_secret_file) as output:
        output.write(data)
