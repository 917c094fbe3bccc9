"""Files encrypted with age (https://age-encryption.org/v1), by the library pyrage, which is an extra."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes

_BINARY, _ARMORED = b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----"
_IDENTITY = "AGE-SECRET-KEY-"


def is_age_file(data: bytes) -> bool:
    """Tell whether a file was encrypted with age."""
    return data.startswith((_BINARY, _ARMORED))


def encrypted(plain: SecretBytes, recipients: Iterable[str]) -> bytes:
    """Return a file that the recipients open, each by itself; Terminal names one that is none."""
    pyrage = _library()
    return bytes(pyrage.encrypt(plain.reveal(), [_recipient(pyrage, text) for text in recipients]))


def decrypted(data: bytes, identity_files: Iterable[Path]) -> SecretBytes:
    """Return what an age file holds; Terminal when no identity opens it, without a word of any identity."""
    pyrage = _library()
    identities = [identity for file in identity_files for identity in _identities(pyrage, file)]
    try:
        return SecretBytes(pyrage.decrypt(data, identities))
    except pyrage.DecryptError:
        raise Terminal("no identity given opens the backup, or it was cut or changed") from None


def _library() -> ModuleType:
    try:
        import pyrage
    except ImportError:
        message = "age needs the library pyrage: pip install 'secrets-operator[age]', or use a certificate"
        raise Terminal(message) from None
    return pyrage  # type: ignore[no-any-return] # it has no annotations


def _recipient(pyrage: ModuleType, text: str) -> Any:
    try:
        return (pyrage.ssh if text.startswith("ssh-") else pyrage.x25519).Recipient.from_str(text)
    except pyrage.RecipientError:
        raise Terminal("--age must be a recipient, age1... or an SSH public key (ssh-ed25519, ssh-rsa)") from None


def _identities(pyrage: ModuleType, file: Path) -> list[Any]:
    try:
        data = file.read_bytes()
        lines = [line.strip() for line in data.decode().splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith(_IDENTITY)]
        return found or [pyrage.ssh.Identity.from_buffer(data)]
    except OSError as error:
        raise Terminal(f"{file}: {error.strerror}") from error
    except (pyrage.IdentityError, UnicodeDecodeError):
        raise Terminal(f"{file}: it holds no age identity and no SSH private key without a passphrase") from None
