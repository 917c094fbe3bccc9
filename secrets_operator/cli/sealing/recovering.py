"""The work of ``seal recover``: file by file, so that one that cannot be opened holds up no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from secrets_operator.cli.manifest_text import manifest_text
from secrets_operator.cli.sealing.manifest_files import (
    ManifestFile,
    manifest_paths,
    mentions_sealed_secrets,
    parse_manifest,
    read_bytes,
)
from secrets_operator.cli.sealing.recovery import recovered_secret
from secrets_operator.cli.sealing.verb_keys import recovery_keyring
from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.flow import Object
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.sealed_documents import SealedDocument


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments and options of the command."""

    places: tuple[Path, ...]
    key_files: tuple[Path, ...]
    folder: Path
    namespace: str
    overwrite: bool


def run(request: Request) -> int:
    """Recover everything that can be; return the exit status."""
    return _Run(request, recovery_keyring(request.key_files)).all()


class _Run:
    """One call of the command."""

    def __init__(self, request: Request, keyring: Keyring) -> None:
        self._request = request
        self._keyring = keyring
        self._recovered = 0
        self._failed = 0

    def all(self) -> int:
        """Go through all files; return the exit status."""
        for place in self._request.places:
            for path in manifest_paths([place]):
                try:
                    self._file(path, path.relative_to(place) if path != place else Path(path.name))
                except OperatorError as error:
                    self._complain(str(error))
        self._check_something_was_there()
        click.echo(f"{self._recovered} Secrets recovered, {self._failed} problems", err=True)
        return int(bool(self._failed))

    def _file(self, path: Path, below: Path) -> None:
        data = read_bytes(path)
        if not mentions_sealed_secrets(data):
            return
        file = parse_manifest(path, data)
        secrets = list(self._secrets(file))
        if secrets:
            target = self._request.folder / below
            text_format = "json" if file.text.is_json else "yaml"
            self._write(target, "".join(manifest_text(secret, text_format) for secret in secrets).encode())
            self._recovered += len(secrets)
            click.echo(f"{target}: {len(secrets)} from {path}")

    def _secrets(self, file: ManifestFile) -> Iterator[Object]:
        """Yield the Secrets of a file; those that cannot be opened are reported."""
        for document in file.sealed:
            try:
                yield _to_be_applied(recovered_secret(self._with_namespace(document), self._keyring))
            except OperatorError as error:
                for line in str(error).splitlines():
                    self._complain(f"{file.path}: {document.where}: {line}")

    def _with_namespace(self, document: SealedDocument) -> Object:
        metadata = document.body["metadata"]
        namespace = document.namespace or self._request.namespace
        return {**document.body, "metadata": {**metadata, "namespace": namespace}} if namespace else document.body

    def _write(self, target: Path, text: bytes) -> None:
        """Write values in clear into a new file that only the user can read."""
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._request.overwrite:
                target.unlink(missing_ok=True)
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(text)
        except FileExistsError:
            raise Terminal(f"{target}: it is there already: --overwrite replaces it") from None
        except OSError as error:
            raise Terminal(f"{target}: {error.strerror}") from error

    def _check_something_was_there(self) -> None:
        if not self._recovered and not self._failed:
            raise Terminal("there is no SealedSecret in what was given")

    def _complain(self, message: str) -> None:
        self._failed += 1
        click.echo(f"error: {message}", err=True)


def _to_be_applied(secret: Object) -> Object:
    """Return a Secret without the owner that is not there: an API server refuses a reference without its uid."""
    metadata = {name: value for name, value in secret["metadata"].items() if name != "ownerReferences"}
    return {**secret, "metadata": metadata}
