"""The work of ``seal reencrypt``: read everything, judge all items on all cores, then write file by file.

A private-key operation releases the interpreter lock, so threads do. A file that cannot be read, or an item that
cannot be opened, is reported and holds up nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from secrets_operator.cli.progress import progress
from secrets_operator.cli.sealing.certificate_sources import load_certificate
from secrets_operator.cli.sealing.flags import ClusterFlags
from secrets_operator.cli.sealing.manifest_files import (
    ManifestFile,
    changed_text,
    manifest_paths,
    mentions_sealed_secrets,
    parse_manifest,
    read_bytes,
)
from secrets_operator.cli.sealing.notices import Notices
from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate
from secrets_operator.cli.sealing.verb_keys import certificate_of_key, certificate_of_pem, recovery_keyring
from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.sealing.facts import Facts
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.lossless.changes import Change
from secrets_operator.sealing.reencryption import ItemState, Reencryption, Verdict
from secrets_operator.sealing.sealed_documents import SealedDocument
from secrets_operator.sealing.updating import new_form_changes


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments and options of the command."""

    places: tuple[Path, ...]
    cert: str
    recovery_files: tuple[Path, ...]
    namespace: str
    check: bool
    facts: bool
    jobs: int | None
    service_account: str
    cluster: ClusterFlags


@dataclass(slots=True)
class _Job:
    """One SealedSecret with what gives the verdicts on its items, some of which are still to come."""

    document: SealedDocument
    verdicts: list[Callable[[], Verdict]]


def run(request: Request) -> int:
    """Re-encrypt or check; return the exit status."""
    keyring = recovery_keyring(request.recovery_files)
    if request.service_account and (len(keyring) or request.cert):
        raise Terminal("--service-account is for asking the controller: leave out --recovery-private-key and --cert")
    newest = _newest(request, keyring)
    Notices().certificate(newest)
    return _Run(request, keyring, newest).all()


def _newest(request: Request, keyring: Keyring) -> SealingCertificate:
    """Return the certificate that everything shall be under."""
    if not len(keyring) and not request.check:
        # Through the controller, which seals with its own newest key.
        if request.cert:
            raise Terminal("nothing to open the old values with: pass --recovery-private-key, or leave out --cert")
        return certificate_of_pem(load_certificate("", request.cluster))
    if request.cert or not len(keyring):
        return certificate_of_pem(load_certificate(request.cert, request.cluster))
    if keyring.newest is None:
        raise Terminal("no certificate to compare with: pass --cert, or recovery keys with their certificates")
    return certificate_of_key(keyring.newest)


class _Run:
    """One call of the command."""

    def __init__(self, request: Request, keyring: Keyring, newest: SealingCertificate) -> None:
        self._request = request
        self._newest = newest
        self._through_controller = not len(keyring) and not request.cert
        self._reencryption = Reencryption(keyring, newest.public_key, newest.fingerprint, os.urandom, request.namespace)
        self._counts = dict.fromkeys(ItemState, 0)
        self._unreadable = 0

    def all(self) -> int:
        """Go through all files; return the exit status."""
        files = list(self._files())
        threads = self._request.jobs or os.cpu_count() or 1
        with ThreadPoolExecutor(threads) as pool:
            jobs = self._answered(files) if self._through_controller else self._submitted(pool, files)
            with progress("re-encrypting", sum(len(job.verdicts) for _, of_file in jobs for job in of_file)) as advance:
                for file, of_file in jobs:
                    self._finish(file, of_file)
                    advance(sum(len(job.verdicts) for job in of_file))
        self._summarise(len(files))
        undone = self._counts[ItemState.OUTDATED] if self._request.check else 0
        return int(
            bool(undone or self._unreadable or self._counts[ItemState.UNKNOWN] or self._counts[ItemState.FAILED])
        )

    def _files(self) -> Iterator[ManifestFile]:
        """Yield the files that hold SealedSecrets; those that cannot be read are reported."""
        for path in manifest_paths(self._request.places):
            try:
                data = read_bytes(path)
                file = parse_manifest(path, data) if mentions_sealed_secrets(data) else None
            except OperatorError as error:
                self._complain(str(error))
                continue
            if file is not None and file.sealed:
                yield file

    def _submitted(self, pool: ThreadPoolExecutor, files: list[ManifestFile]) -> list[tuple[ManifestFile, list[_Job]]]:
        """Return the jobs of all files; each item is judged by a thread."""
        seal = not self._request.check

        def job(document: SealedDocument) -> _Job:
            judged = [
                pool.submit(self._reencryption.verdict, document, item, seal=seal)
                for item in sorted(document.sealed_values)
            ]
            return _Job(document, [future.result for future in judged])

        return [(file, [job(document) for document in file.sealed]) for file in files]

    def _answered(self, files: list[ManifestFile]) -> list[tuple[ManifestFile, list[_Job]]]:
        """Return the jobs of all files, as the controller answered them."""
        from secrets_operator.cli.sealing.controller_reencryption import ControllerReencryption

        request = self._request
        through = ControllerReencryption(
            request.cluster,
            self._newest.fingerprint,
            request.namespace,
            seal=not request.check,
            service_account=_place(request.service_account) if request.service_account else None,
        )
        answers = iter(through.verdicts([document for file in files for document in file.sealed]))

        def job(document: SealedDocument) -> _Job:
            return _Job(document, [partial(_given, verdict) for verdict in next(answers)])

        return [(file, [job(document) for document in file.sealed]) for file in files]

    def _finish(self, file: ManifestFile, jobs: list[_Job]) -> None:
        """Report a file's items and write what was re-encrypted; an error is the file's alone."""
        try:
            changes = [(job.document.index, self._changes(file, job)) for job in jobs]
            if not self._request.check:
                file.write(changed_text(file, changes))
        except OperatorError as error:
            self._complain(str(error))

    def _changes(self, file: ManifestFile, job: _Job) -> list[Change]:
        """Return the changes of one SealedSecret."""
        verdicts = [verdict() for verdict in job.verdicts]
        for verdict in verdicts:
            self._counts[verdict.state] += 1
            if verdict.state is not ItemState.CURRENT:
                self._report(file, job.document, verdict)
        document = job.document
        texts = {verdict.item: verdict.text for verdict in verdicts if verdict.text}
        changes: list[Change] = []
        for form in (verdict.new_form for verdict in verdicts if verdict.new_form):
            texts |= form.items
            changes += new_form_changes(document, form.template)
        if not texts:
            return []
        new = Facts(document.name, document.namespace or self._request.namespace, document.scope, {})
        facts = new if self._request.facts else None
        return changes + document.sealed_again(texts, self._newest.sealing(), new_facts=facts)

    def _report(self, file: ManifestFile, document: SealedDocument, verdict: Verdict) -> None:
        done = verdict.state is ItemState.OUTDATED and not self._request.check
        field = f"spec.encryptedData.{verdict.item}" if verdict.item else "spec.data"
        success = "re-encrypted" if verdict.item else "converted to spec.encryptedData"
        what = success if done else f"{verdict.state}: {verdict.reason}"
        click.echo(f"{file.path}: {document.where}: {field}: {what}", err=not done and not self._request.check)

    def _complain(self, message: str) -> None:
        self._unreadable += 1
        click.echo(f"error: {message}", err=True)

    def _summarise(self, files: int) -> None:
        counts = self._counts
        verb = "outdated" if self._request.check else "re-encrypted"
        click.echo(
            f"{sum(counts.values())} items in {files} files: {counts[ItemState.OUTDATED]} {verb}, "
            f"{counts[ItemState.CURRENT]} under the newest key already, {counts[ItemState.UNKNOWN]} unknown, "
            f"{counts[ItemState.FAILED]} failed; newest key {self._newest.fingerprint}",
            err=True,
        )


def _place(service_account: str) -> tuple[str, str]:
    """Return namespace and name of a ServiceAccount."""
    namespace, slash, name = service_account.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise Terminal("--service-account must be NAMESPACE/NAME")
    return namespace, name


def _given(verdict: Verdict) -> Verdict:
    return verdict
