"""Running the real command as a process, with sealing keys to check what it wrote."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from secrets_operator.sealing.key_generation import generate_key
from secrets_operator.sealing.key_secrets import parse_key_secret
from secrets_operator.sealing.keyring import Keyring

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


@pytest.fixture
def run_seal(tmp_path: Path) -> Run:
    """Return a function that runs ``seal`` in an empty folder with only the given ``SEALED_SECRETS_*`` variables."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SEALED_SECRETS_") and not name.lower().endswith("_proxy")
    }

    def run(*arguments: str, stdin: bytes | str = b"", **environment: str) -> Process:
        return subprocess.run(
            [sys.executable, "-m", "secrets_operator", "seal", *arguments],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=tmp_path,
            env=inherited | {f"SEALED_SECRETS_{name}": value for name, value in environment.items()},
            timeout=60,
            check=False,
        )

    return run


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
