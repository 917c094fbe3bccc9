"""What this machine remembers of values it sealed, so that sealing the same again can be left out.

Kept by the ciphertext it became: an HMAC-SHA-256 of the value under a key that stands beside, both in the user's
configuration folder with mode 0600 and neither ever in Git. Whoever steals the memory without the key learns nothing;
with both, guesses at a value can be checked, as with the value's own file. What is not remembered is sealed again.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import click

from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes

_APPLICATION = "secrets-operator"
_KEY_BYTES = 32
_TABLE = "CREATE TABLE IF NOT EXISTS sealed (ciphertext BLOB PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID"


class SealedValueMemory:
    """The memory of one user; it is made when something is remembered for the first time."""

    def __init__(self, folder: Path, *, create: bool) -> None:
        """Open the memory of a folder; with ``create`` unset one that is not there remembers nothing."""
        self._key_file = folder / "sealed-values.key"
        self._database = folder / "sealed-values.sqlite3"
        self._key = self._load(create=create)

    def same(self, ciphertext: str, value: SecretBytes) -> bool | None:
        """Tell whether a ciphertext holds a value; None when this machine does not remember the ciphertext."""
        if self._key is None:
            return None
        with self._opened() as database:
            query = "SELECT digest FROM sealed WHERE ciphertext = ?"
            row = database.execute(query, (_name(ciphertext),)).fetchone()
        return None if row is None else hmac.compare_digest(row[0], self._digest(ciphertext, value))

    def remember(self, sealed: dict[str, SecretBytes]) -> None:
        """Keep for each ciphertext what it holds; nothing happens without a memory."""
        if self._key is None or not sealed:
            return
        rows = [(_name(text), self._digest(text, value)) for text, value in sealed.items()]
        with self._opened() as database, database:
            database.executemany("INSERT OR REPLACE INTO sealed VALUES (?, ?)", rows)

    def _digest(self, ciphertext: str, value: SecretBytes) -> bytes:
        """Return the keyed digest of a value; equal values of different ciphertexts have different ones."""
        assert self._key is not None
        return hmac.new(self._key.reveal(), _name(ciphertext) + value.reveal(), hashlib.sha256).digest()

    def _load(self, *, create: bool) -> SecretBytes | None:
        try:
            if create:
                self._make()
            key = SecretBytes(self._key_file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Terminal(f"{error.filename}: {error.strerror}") from error
        if len(key) != _KEY_BYTES:
            raise Terminal(f"{self._key_file}: it must hold {_KEY_BYTES} bytes: remove it to start again")
        return key

    def _make(self) -> None:
        """Make folder, key and database, readable by the user alone; another process may do so at the same time."""
        self._key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._key_file.exists():
            beside = self._key_file.with_name(f".{self._key_file.name}.{secrets.token_hex(4)}")
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
            with suppress(FileExistsError):
                # A link is made or not, and never half: whoever comes second uses the first one's key.
                os.link(beside, self._key_file)
            beside.unlink()
        os.close(os.open(self._database, os.O_WRONLY | os.O_CREAT, 0o600))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._database, timeout=30)) as database:
                database.execute(_TABLE)
                yield database
        except sqlite3.Error as error:
            raise Terminal(f"{self._database}: {error}: remove it to start again") from error


def users_memory(*, create: bool) -> SealedValueMemory:
    """Return the memory of the user who runs the command."""
    return SealedValueMemory(Path(click.get_app_dir(_APPLICATION)), create=create)


def _name(ciphertext: str) -> bytes:
    """Return what a ciphertext is remembered by; it is public, so a plain digest of it gives nothing away."""
    return hashlib.sha256(ciphertext.encode()).digest()
