"""The command ``seal`` as scripts call it: how long until it speaks, and what a thousand values cost in one call.

Beside each figure stands what cannot be saved: the interpreter with click, and the bare encryption of the values.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509 import load_pem_x509_certificate

CERTIFICATE = Path(__file__).parents[1] / "tests" / "data" / "sealed-secrets" / "tls.crt"
SEAL = [sys.executable, "-m", "secrets_operator", "seal"]
QUIET = os.environ | {"SEALED_SECRETS_QUIET": "true"}
RUNS = 7
VALUES = 1000


def seconds(command: list[str], *, stdin: bytes = b"", runs: int = RUNS) -> float:
    """The median time of a process."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, input=stdin, stdout=subprocess.DEVNULL, env=QUIET, check=True)
        times.append(time.perf_counter() - start)
    return median(times)


def bare_encryption() -> float:
    """The time that the same values take in a loop of the two ciphers."""
    key = load_pem_x509_certificate(CERTIFICATE.read_bytes()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    start = time.perf_counter()
    for number in range(VALUES):
        session_key = os.urandom(32)
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=b"n/s")
        key.encrypt(session_key, oaep)
        AESGCM(session_key).encrypt(bytes(12), f"value {number}".encode(), None)
    return time.perf_counter() - start


def secret(name: str, values: dict[str, str]) -> dict[str, object]:
    return {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": name, "namespace": "ns"}, "stringData": values}


def as_yaml(documents: list[dict[str, object]]) -> bytes:
    """Block style, as people write it."""
    lines = []
    for one in documents:
        values = "".join(f"  {key}: {value}\n" for key, value in one["stringData"].items())  # type: ignore[attr-defined]
        name = one["metadata"]["name"]  # type: ignore[index]
        lines.append(f"kind: Secret\napiVersion: v1\nmetadata:\n  name: {name}\n  namespace: ns\nstringData:\n{values}")
    return "---\n".join(lines).encode()


def report(what: str, took: float, bare: float, bare_name: str) -> None:
    print(f"  {what:42} {took * 1000:7.0f} ms   {took / bare:5.1f} x {bare_name} ({bare * 1000:.0f} ms)")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        bare_start = seconds([sys.executable, "-c", "import click"])
        report("seal --help", seconds([*SEAL, "--help"]), bare_start, "an interpreter with click")
        sealing = [*SEAL, "--cert", str(CERTIFICATE)]
        one = [secret("s", {f"k{number}": f"value {number}" for number in range(VALUES)})]
        many = [secret(f"s{number}", {"k": f"value {number}"}) for number in range(VALUES)]
        bare = bare_encryption()
        report(
            f"{VALUES} values of one Secret, JSON",
            seconds(sealing, stdin=json.dumps(one[0]).encode(), runs=3),
            bare,
            "bare encryption",
        )
        report(
            f"{VALUES} values of one Secret, YAML",
            seconds([*sealing, "-o", "yaml"], stdin=as_yaml(one), runs=3),
            bare,
            "bare encryption",
        )
        report(
            f"{VALUES} Secrets of one value, YAML",
            seconds([*sealing, "-o", "yaml"], stdin=as_yaml(many), runs=3),
            bare,
            "bare encryption",
        )


if __name__ == "__main__":
    main()
