"""Findings of ``seal lint`` as text, JSON or SARIF 2.1.0 (the format of code-scanning services)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from secrets_operator.sealing.lint import RULES, Finding, Level

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with its file, 1-based line and document."""

    path: Path
    line: int
    document: str
    finding: Finding

    @property
    def sentence(self) -> str:
        """Return document, field and message."""
        return ": ".join(part for part in (self.document, self.finding.field, self.finding.message) if part)


def text_report(found: Sequence[Located]) -> None:
    """Print one line for each finding and a summary on standard error."""
    for located in found:
        finding = located.finding
        click.echo(f"{located.path}:{located.line}: {finding.level}: {located.sentence} [{finding.rule}]")
    errors = sum(located.finding.level is Level.ERROR for located in found)
    click.echo(f"{errors} errors, {len(found) - errors} warnings", err=True)


def json_report(found: Sequence[Located]) -> None:
    """Print a list of objects."""
    report = [
        {
            "file": str(located.path),
            "line": located.line,
            "document": located.document,
            "field": located.finding.field,
            "level": str(located.finding.level),
            "rule": located.finding.rule,
            "message": located.finding.message,
        }
        for located in found
    ]
    click.echo(json.dumps(report, indent=2, ensure_ascii=False))


def sarif_report(found: Sequence[Located]) -> None:
    """Print a SARIF log with one run."""
    rules = [
        {"id": rule, "shortDescription": {"text": text}, "defaultConfiguration": {"level": str(level)}}
        for rule, (level, text) in RULES.items()
    ]
    driver = {"name": "secrets-operator seal lint", "version": version("secrets-operator"), "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(located) for located in found]}
    click.echo(json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False))


def _result(located: Located) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": located.path.as_posix()},
        "region": {"startLine": located.line},
    }
    return {
        "ruleId": located.finding.rule,
        "level": str(located.finding.level),
        "message": {"text": located.sentence},
        "locations": [{"physicalLocation": place}],
    }


REPORTS: Mapping[str, Callable[[Sequence[Located]], None]] = {
    "text": text_report,
    "json": json_report,
    "sarif": sarif_report,
}
