"""The work of ``seal diff`` and ``seal git-textconv``: files compared and shown key by key, values never."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from secrets_operator.cli.sealing.manifest_files import errors_of, read_bytes
from secrets_operator.cli.sealing.verb_keys import recovery_keyring
from secrets_operator.errors import OperatorError
from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.comparison import SameValue, differences, identities
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.errors import SealingError
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.sealed_documents import SealedDocument, sealed_documents

_CIPHERTEXT_DIGITS = 12


def diff(old: Path, new: Path, *, recovery_files: tuple[Path, ...], exit_code: bool) -> int:
    """Print what differs between two files; return the exit status."""
    same_value = _comparer(recovery_keyring(recovery_files))
    lines = list(_compared(identities(_sealed(old)), identities(_sealed(new)), same_value))
    for line in lines:
        click.echo(line)
    return int(bool(lines) and exit_code)


def textconv(file: Path) -> None:
    """Print a file as ``git diff`` shall compare it: each ciphertext as a short digest of it."""
    data = read_bytes(file)
    try:
        documents = sealed_documents(ManifestText.read(data))
    except OperatorError:
        documents = []
    text = data.decode("utf-8", "replace")
    for document in documents:
        for sealed in sorted({value for value in document.sealed_values.values() if isinstance(value, str)}, key=len)[
            ::-1
        ]:
            if len(sealed) > _CIPHERTEXT_DIGITS:
                text = text.replace(sealed, _digest(sealed))
    click.echo(text, nl=False)


def _digest(sealed: str) -> str:
    """Return a short name of a ciphertext; it is a digest of what stands in Git anyway, and tells of no value."""
    return f"<sealed {hashlib.sha256(sealed.encode()).hexdigest()[:_CIPHERTEXT_DIGITS]}>"


def _sealed(path: Path) -> list[SealedDocument]:
    data = b"" if str(path) == "/dev/null" else read_bytes(path)
    with errors_of(path):
        return sealed_documents(ManifestText.read(data))


def _compared(
    old: Mapping[str, SealedDocument], new: Mapping[str, SealedDocument], same_value: SameValue
) -> Iterator[str]:
    """Yield a heading for each SealedSecret that differs, and its differences."""
    for identity in sorted({*old, *new}):
        before, after = old.get(identity), new.get(identity)
        if before is None or after is None:
            there = after or before
            assert there is not None
            items = ", ".join(sorted(there.items))
            yield f"{identity}: {'removed' if after is None else 'added'} ({items})"
            continue
        found = differences(before, after, same_value)
        if found:
            yield f"{identity}:"
        for difference in found:
            detail = f" ({difference.detail})" if difference.detail else ""
            yield f"  {difference.field}: {difference.kind}{detail}"


def _comparer(keyring: Keyring) -> SameValue:
    """Return what tells whether an item has the same value in two versions, by opening both."""

    def same(old: SealedDocument, new: SealedDocument, item: str) -> bool | None:
        values = [_value(keyring, document, item) for document in (old, new)]
        return None if None in values else values[0] == values[1]

    return same if len(keyring) else lambda _old, _new, _item: None


def _value(keyring: Keyring, document: SealedDocument, item: str) -> SecretBytes | None:
    text = document.sealed_values[item]
    try:
        return keyring.open(decode_base64(text), label=document.bound_to()).value if isinstance(text, str) else None
    except SealingError:
        return None
