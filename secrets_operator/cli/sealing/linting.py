"""The work of ``seal lint``: findings of all files, and the exit status. Reports are written by ``lint_reports``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from secrets_operator.cli.sealing.certificate_sources import load_certificate
from secrets_operator.cli.sealing.lint_reports import REPORTS, Located
from secrets_operator.cli.sealing.manifest_files import (
    ManifestFile,
    manifest_paths,
    mentions_sealed_secrets,
    parse_manifest,
    read_bytes,
)
from secrets_operator.clock import SystemClock
from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.rendering import gotemplate
from secrets_operator.sealing.certificates import first_certificate, rsa_public_key
from secrets_operator.sealing.keyring import fingerprint
from secrets_operator.sealing.lint import RULES, Finding, Knowledge, KnownCertificate, Level, lint


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments and options of the command."""

    places: tuple[Path, ...]
    certs: tuple[str, ...]
    output: str
    ignore: tuple[str, ...]
    strict: bool


def run(request: Request) -> int:
    """Check everything and print the report; return the exit status."""
    unknown = sorted(set(request.ignore) - set(RULES))
    if unknown:
        raise Terminal(f"there is no rule {unknown[0]}: the rules are {', '.join(sorted(RULES))}")
    certificates = dict(_known(location) for location in request.certs)
    known = Knowledge(SystemClock().now(), certificates, _check_template)
    found = [located for located in _found(request.places, known) if located.finding.rule not in request.ignore]
    REPORTS[request.output](found)
    fails = {Level.ERROR, Level.WARNING} if request.strict else {Level.ERROR}
    return int(any(located.finding.level in fails for located in found))


def _known(location: str) -> tuple[str, KnownCertificate]:
    certificate = first_certificate(load_certificate(location))
    public_key = rsa_public_key(certificate)
    return fingerprint(public_key), KnownCertificate(certificate.not_valid_after_utc, (public_key.key_size + 7) // 8)


def _check_template(name: str, source: str) -> tuple[str, Iterable[str]]:
    try:
        return "", gotemplate.named_keys(source, name=name, dialect=gotemplate.SEALED_SECRETS)
    except gotemplate.TemplateError as error:
        return str(error), ()


def _found(places: tuple[Path, ...], known: Knowledge) -> Iterator[Located]:
    """Yield the findings of every file, in order."""
    for path in manifest_paths(places):
        data = read_bytes(path)
        if not mentions_sealed_secrets(data):
            continue
        try:
            file = parse_manifest(path, data)
        except OperatorError as error:
            reason = error.message.removeprefix(f"{path}: ")
            yield Located(path, 1, "", Finding("unreadable", "", reason))
            continue
        yield from _of_file(file, known)


def _of_file(file: ManifestFile, known: Knowledge) -> Iterator[Located]:
    for document in file.sealed:
        for finding in lint(document, known):
            line = file.text.line_of(document.index, document.path, finding.field)
            yield Located(file.path, line, document.where, finding)
