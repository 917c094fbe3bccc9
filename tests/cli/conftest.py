"""Running the real command, in this process or one of its own, with sealing keys to check what it wrote."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from secrets_operator.flow import SecretBytes
from secrets_operator.resources.labels import FACTS_ANNOTATION
from secrets_operator.sealing.certificates import first_certificate, rsa_public_key
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.facts import Facts, Sealing, facts_annotation
from secrets_operator.sealing.key_generation import generate_key
from secrets_operator.sealing.key_secrets import parse_key_secret
from secrets_operator.sealing.keyring import Keyring, fingerprint
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.scopes import Scope, label
from secrets_operator.sealing.seal import seal_value
from secrets_operator.sealing.sealed_documents import sealed_documents
from tests.command_in_process import run_here

Process = subprocess.CompletedProcess[bytes]
Run = Callable[..., Process]


@pytest.fixture(scope="session")
def sealing_data() -> Path:
    return Path(__file__).parents[1] / "data" / "sealed-secrets"


@pytest.fixture(scope="session")
def certificate(sealing_data: Path) -> str:
    """Return the path of a certificate whose private key ``keyring`` holds."""
    return str(sealing_data / "tls.crt")


@pytest.fixture(scope="session")
def keyring(sealing_data: Path) -> Keyring:
    data = {field: base64.b64encode((sealing_data / field).read_bytes()).decode() for field in ("tls.key", "tls.crt")}
    return Keyring([parse_key_secret({"metadata": {"name": "key"}, "data": data})])


@pytest.fixture(scope="session")
def expired_certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a certificate that ended on the second of January 2020."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    key = generate_key(bits=1024, ttl=timedelta(days=1), now=start, common_name="", random=os.urandom)
    path = tmp_path_factory.mktemp("certificates") / "expired.pem"
    path.write_bytes(key.certificate_pem)
    return str(path)


@pytest.fixture(scope="session")
def expiring_certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a certificate that ends in a week and some hours."""
    now = datetime.now(UTC)  # noqa: TID251 - the commands read the clock too
    key = generate_key(bits=1024, ttl=timedelta(days=7, hours=6), now=now, common_name="", random=os.urandom)
    path = tmp_path_factory.mktemp("certificates") / "expiring.pem"
    path.write_bytes(key.certificate_pem)
    return str(path)


@pytest.fixture
def run_seal(tmp_path: Path) -> Run:
    """Return a function that runs ``seal`` in an empty folder with only the given ``SEALED_SECRETS_*`` variables."""

    def run(*arguments: str, stdin: bytes | str = b"", **environment: str) -> Process:
        return run_here(
            ["seal", *arguments],
            stdin=stdin.encode() if isinstance(stdin, str) else stdin,
            folder=tmp_path,
            environment=_variables(tmp_path, environment),
        )

    return run


@pytest.fixture
def seal_process(tmp_path: Path) -> Run:
    """Return a function that does the same by a process, for tests whose subject is the process."""

    def run(*arguments: str, stdin: bytes | str = b"", **environment: str) -> Process:
        return subprocess.run(
            [sys.executable, "-m", "secrets_operator", "seal", *arguments],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=tmp_path,
            env=_variables(tmp_path, environment),
            timeout=60,
            check=False,
        )

    return run


def _variables(home: Path, given: dict[str, str]) -> dict[str, str]:
    """Return the environment of a run: neither a cluster, nor what kubeseal does not do unless a test asks for it."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SEALED_SECRETS_", "KUBE")) and not name.lower().endswith("_proxy")
    }
    as_kubeseal = {"SEALED_SECRETS_FACTS": "false", "SEALED_SECRETS_QUIET": "true", "HOME": str(home)}
    return inherited | as_kubeseal | {f"SEALED_SECRETS_{name}": value for name, value in given.items()}


@pytest.fixture(scope="session")
def refused() -> Callable[[Process, str], None]:
    """Return a check that a run ended with exit code 1, one line on standard error, and wrote nothing else."""

    def check(process: Process, message: str) -> None:
        assert process.stderr.decode().startswith(f"error: {message}")
        assert (process.returncode, process.stdout) == (1, b"")
        assert process.stderr.count(b"\n") == 1

    return check


@pytest.fixture(scope="session")
def secret_yaml() -> Callable[..., str]:
    """Return a function that writes a Secret as YAML."""

    def write(name: str = "db", namespace: str = "team-a", **values: Any) -> str:
        lines = "".join(f"  {item}: {value}\n" for item, value in (values or {"password": "hunter2"}).items())
        metadata = f"metadata:\n  name: {name}\n" + (f"  namespace: {namespace}\n" if namespace else "")
        return f"apiVersion: v1\nkind: Secret\n{metadata}stringData:\n{lines}"

    return write


@dataclass(frozen=True)
class Repository:
    """A Git repository in the folder where commands run."""

    root: Path

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True, timeout=60).stdout

    def commit(self, **files: str | bytes) -> None:
        for name, text in files.items():
            path = self.root / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "state")

    def changed_lines(self) -> list[str]:
        """Return the lines that git diff shows as gone or come, ciphertext and times shortened."""
        lines = self.git("diff", "-U0", "--no-color").splitlines()
        changed = [line for line in lines if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}]
        return [re.sub(r"A[A-Za-z0-9+/]{60,}=*", "SEALED", line) for line in changed]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path)
    repository.git("init", "-q", "-b", "main")
    return repository


@pytest.fixture(scope="session")
def sealed_yaml(sealing_data: Path) -> Callable[..., str]:
    """Return a function that writes a commented SealedSecret as YAML; its values open with ``keyring``."""
    key = first_public_key((sealing_data / "tls.crt").read_bytes())

    def write(name: str = "db", namespace: str = "team-a", facts: bool = False, **values: str) -> str:
        items = values or {"password": "hunter2", "username": "admin"}
        bound_to = label(Scope.STRICT, namespace=namespace, name=name)
        lines = [
            f"    {item}: {seal_value(key, SecretBytes(value.encode()), label=bound_to, random=os.urandom)} # {item}\n"
            for item, value in items.items()
        ]
        record = ""
        if facts:
            sealing = Sealing(fingerprint(key), datetime(2026, 1, 1, tzinfo=UTC))
            recorded = Facts(name, namespace, Scope.STRICT, dict.fromkeys(items, sealing))
            record = f"  annotations:\n    {FACTS_ANNOTATION}: '{facts_annotation(recorded)[FACTS_ANNOTATION]}'\n"
        return (
            "# kept by the team\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n"
            f'{record}  name: "{name}"\n  namespace: {namespace}\nspec:\n  encryptedData:\n    # in order\n'
            f"{''.join(lines)}\n  template:\n    type: Opaque # as ever\n    metadata:\n      labels: {{app: web}}\n"
        )

    return write


@pytest.fixture(scope="session")
def opened(keyring: Keyring) -> Callable[..., dict[str, bytes]]:
    """Return a function that opens the one SealedSecret of a text with a keyring."""

    def values(text: bytes, keys: Keyring = keyring, position: int = 0) -> dict[str, bytes]:
        document = sealed_documents(ManifestText.read(text))[position]
        return {
            item: keys.open(decode_base64(sealed), label=document.bound_to()).value.reveal()
            for item, sealed in document.items.items()
        }

    return values


@pytest.fixture(scope="session")
def new_key(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the paths of a newer certificate and of its private key, and its fingerprint."""
    key = generate_key(
        bits=2048, ttl=timedelta(days=3650), now=datetime(2026, 6, 1, tzinfo=UTC), common_name="", random=os.urandom
    )
    folder = tmp_path_factory.mktemp("new-key")
    (folder / "new.crt").write_bytes(key.certificate_pem)
    (folder / "new.key").write_bytes(key.private_key_pem.reveal())
    return {
        "cert": str(folder / "new.crt"),
        "key": str(folder / "new.key"),
        "fingerprint": fingerprint(first_public_key(key.certificate_pem)),
    }


def first_public_key(pem: bytes) -> rsa.RSAPublicKey:
    return rsa_public_key(first_certificate(pem))
