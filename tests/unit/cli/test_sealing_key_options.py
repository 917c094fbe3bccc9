"""What new sealing keys are like, as the command line takes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from secrets_operator.cli.durations import GoDuration
from secrets_operator.cli.run import run, settings
from secrets_operator.cli.sealing_key_options import CutoffTime, KeyPrefix, KeyValues
from secrets_operator.errors import Terminal
from tests.sealing_data import more_values

MOMENT = datetime(2026, 2, 3, 11, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(CutoffTime(), "Tue, 03 Feb 2026 04:05:06 -0700", MOMENT, id="a time as date -R writes it"),
        pytest.param(CutoffTime(), "", None, id="no cutoff"),
        pytest.param(KeyPrefix(), "sealed-secrets-key", "sealed-secrets-key", id="a prefix"),
        pytest.param(KeyValues(), "a=b=c,d=", (("a", "b=c"), ("d", "")), id="an annotation may hold an equals sign"),
        pytest.param(KeyValues(), "a=1,a=2", (("a", "2"),), id="of two with one name the later"),
        pytest.param(KeyValues(labels=True), "x.y/team=a,b=", (("x.y/team", "a"), ("b", "")), id="labels"),
        pytest.param(KeyValues(), "", (), id="none"),
        pytest.param(GoDuration(), "0", timedelta(0), id="zero, where it has a meaning"),
    ],
)
def test_options_are_read(kind: click.ParamType[Any], text: str, value: object) -> None:
    assert kind.convert(text, None, None) == value


def test_of_the_file_for_backups_the_certificate_alone_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "both.pem"
    file.write_text(more_values()["private_key_pkcs8_pem"] + more_values()["certificate_pem"])
    with run.make_context("run", ["--key-backup-certificate", str(file)]) as context:
        kept = settings(context.params, "operator").sealing_key_backup_certificate
    assert kept == more_values()["certificate_pem"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("nothing", "data does not contain any valid RSA or ECDSA certificates", id="no certificate"),
        pytest.param(more_values()["private_key_pkcs8_pem"], "data does not contain any valid", id="a private key"),
    ],
)
def test_a_file_for_backups_without_a_certificate_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "none.pem"
    file.write_text(text)
    with run.make_context("run", ["--key-backup-certificate", str(file)]) as context, pytest.raises(Terminal) as caught:
        settings(context.params, "operator")
    assert str(caught.value).startswith(f"--key-backup-certificate {file}: {says}")


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        pytest.param(CutoffTime(), "2026-02-03T04:05:06Z", "date -R", id="a time of another form"),
        pytest.param(CutoffTime(), "Tue, 03 Feb 2026 04:05:06 GMT", "date -R", id="a zone by its name"),
        pytest.param(KeyPrefix(), "Sealed_Key", "a-z", id="letters that no Secret has in its name"),
        pytest.param(KeyPrefix(), "k" * 246, "1 to 245", id="no room for the rest of the name"),
        pytest.param(KeyValues(), "novalue", "write name=value", id="an entry without a value"),
        pytest.param(KeyValues(labels=True), "a=b c", "not a label", id="what no label can be"),
        pytest.param(GoDuration(), "-1h", "0 or more", id="a duration below zero"),
        pytest.param(GoDuration(zero=False), "0", "more than 0", id="zero, where it has none"),
        pytest.param(GoDuration(), "30d", "duration", id="days"),
    ],
)
def test_what_is_wrong_is_refused_with_what_to_write(kind: click.ParamType[Any], text: str, says: str) -> None:
    with pytest.raises(click.BadParameter, match=says):
        kind.convert(text, None, None)


def test_the_old_name_of_the_renewal_is_taken() -> None:
    context = run.make_context("run", ["--rotate-period", "1h", "--my-cn", "us", "--privatekey-labels", "team=a"])
    found = settings(context.params, "ns")
    assert found.sealing_key_renew_period == timedelta(hours=1)
    assert (found.sealing_key_common_name, found.sealing_key_labels) == ("us", (("team", "a"),))
