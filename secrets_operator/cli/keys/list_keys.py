"""``keys list``: every key with its state, its times, and what is still under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from secrets_operator.cli.go_flags import GoFlagCommand
from secrets_operator.cli.keys.options import cluster_options, prefix_option
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.connection_options import connection_flags

if TYPE_CHECKING:
    from secrets_operator.cli.keys.key_cluster import Overview
    from secrets_operator.sealing.stored_keys import KeyReport

_HEADER = ("STATE", "NAME", "CREATED", "NOT AFTER", "ITEMS", "OBJECTS", "FINGERPRINT")


@click.command("list", cls=GoFlagCommand)
@click.option("-o", "--output", "form", type=click.Choice(["table", "json"]), default="table", help="Form.")
@prefix_option
@cluster_options
def list_keys(*, form: str, namespace: str, prefix: str, **options: Any) -> None:
    """Show the sealing keys, oldest first, and what is still under each.

    \b
    newest       seals, and opens what it sealed
    old          opens what it sealed
    compromised  its label is not "active": it opens nothing
    unusable     its Secret holds no usable key; -o json says why
    missing      values are under it, and no Secret has it: restore it

    ITEMS are sealed values, OBJECTS SealedSecrets that have such values, as far as this cluster has them. That is read
    from annotations of the generated Secrets; nothing is decrypted. It takes the right to list SealedSecrets and
    Secrets in all namespaces, and is "?" without.

    Exit status: 0 shown, 1 the cluster cannot be read, 2 wrong usage.
    """  # noqa: D301 - click's mark for lines that stay
    with errors_reported():
        from secrets_operator.cli.keys.key_cluster import overview, with_keys

        found = with_keys(connection_flags(options), namespace, prefix, overview)
        _show_json(found) if form == "json" else _show_table(found)


def _show_table(found: Overview) -> None:
    rows = [_HEADER, *(_row(report, counted=found.counted is not None) for report in found.reports)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    click.echo(f"next key: {found.published.get('nextRenewal', 'unknown, the operator has not said')}", err=True)
    if found.counted is None:
        click.echo("what is under the keys is unknown: you may not list SealedSecrets and Secrets", err=True)
    elif found.counted.unknown:
        click.echo(f"SealedSecrets that no key has opened so far: {found.counted.unknown}", err=True)


def _row(report: KeyReport, *, counted: bool) -> tuple[str, ...]:
    stored = report.stored
    expires = stored.certificate.not_valid_after_utc.date().isoformat() if stored and stored.certificate else "-"
    numbers = (str(report.items), str(report.objects)) if counted else ("?", "?")
    name, created = (stored.secret_name, stored.created[:10]) if stored else ("-", "-")
    return (report.state, name, created, expires, *numbers, report.fingerprint or "-")


def _show_json(found: Overview) -> None:
    import orjson

    body = {
        "keys": [_entry(report, counted=found.counted is not None) for report in found.reports],
        "nextRenewal": found.published.get("nextRenewal"),
        "unknownObjects": found.counted.unknown if found.counted else None,
    }
    click.echo(orjson.dumps(body, option=orjson.OPT_INDENT_2).decode())


def _entry(report: KeyReport, *, counted: bool) -> dict[str, Any]:
    stored = report.stored
    certificate = stored.certificate if stored else None
    return {
        "state": report.state,
        "name": stored.secret_name if stored else None,
        "fingerprint": report.fingerprint or None,
        "created": stored.created if stored else None,
        "notBefore": certificate.not_valid_before_utc if certificate else None,
        "notAfter": certificate.not_valid_after_utc if certificate else None,
        "items": report.items if counted else None,
        "objects": report.objects if counted else None,
        "fault": (stored.fault if stored else "") or None,
    }
