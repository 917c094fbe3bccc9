"""What new sealing keys are like, as ``run`` and ``keys renew`` take it; the names are those of Sealed Secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from secrets_operator.cli.durations import GoDuration
from secrets_operator.resources.durations import format_duration
from secrets_operator.settings import Settings

_DEFAULTS = Settings()
_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{0,244}")
_PART = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"([a-z0-9.-]{{1,253}}/)?{_PART}")
_LABEL = re.compile(rf"({_PART})?")

Pairs = tuple[tuple[str, str], ...]


class KeyPrefix(click.ParamType[str]):
    """How the name of a Secret may begin, with room for what makes it unique."""

    name = "prefix"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the prefix; fail for what no Secret can be called."""
        if not _PREFIX.fullmatch(str(value)):
            self.fail(f"{value!r} must be 1 to 245 of a-z, 0-9 and -, and begin with no -", param, ctx)
        return str(value)


class CutoffTime(click.ParamType[datetime | None]):
    """A moment as ``date -R`` writes it; empty for none."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime | None:
        """Return the moment, aware; fail with an example."""
        if not value or isinstance(value, datetime):
            return value or None
        try:
            return datetime.strptime(str(value), "%a, %d %b %Y %H:%M:%S %z")
        except ValueError:
            self.fail(f"{value!r} must be a time as `date -R` writes it: Mon, 02 Jan 2006 15:04:05 -0700", param, ctx)


class KeyValues(click.ParamType[Pairs]):
    """``name=value,name=value``, as labels or annotations."""

    name = "name=value,..."

    def __init__(self, *, labels: bool = False) -> None:
        self._labels = labels

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Pairs:
        """Return the pairs, of two with the same name the later; fail for what the API server would refuse."""
        if isinstance(value, tuple):
            return value
        pairs = {}
        for text in filter(None, str(value).split(",")):
            name, equals, content = text.partition("=")
            if not equals or not _NAME.fullmatch(name) or (self._labels and not _LABEL.fullmatch(content)):
                self.fail(
                    f"{text!r} is not a {'label' if self._labels else 'annotation'}: write name=value", param, ctx
                )
            pairs[name] = content
        return tuple(pairs.items())


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--key-size",
        type=click.Choice(["2048", "3072", "4096"]),
        default=str(_DEFAULTS.sealing_key_bits),
        show_default=True,
        help="RSA bits of new sealing keys.",
    ),
    click.option(
        "--key-ttl",
        type=GoDuration(zero=False),
        default=format_duration(_DEFAULTS.sealing_key_lifetime),
        show_default=True,
        help="How long the certificates of new sealing keys are valid. Keys open values for ever.",
    ),
    click.option(
        "--key-prefix",
        type=KeyPrefix(),
        default=_DEFAULTS.sealing_key_prefix,
        show_default=True,
        help="How the names of new sealing key Secrets begin. A Secret of just this name needs no label.",
    ),
    click.option("--my-cn", "common_name", default="", help="Common name in the certificates of new sealing keys."),
    click.option(
        "--privatekey-annotations",
        "key_annotations",
        type=KeyValues(),
        default="",
        help="Annotations of new sealing key Secrets.",
    ),
    click.option(
        "--privatekey-labels",
        "key_labels",
        type=KeyValues(labels=True),
        default="",
        help="Labels of new sealing key Secrets, besides the one that makes them keys.",
    ),
)


def new_key_options(command: Any) -> Any:
    """Declare the options."""
    for declare in reversed(_OPTIONS):
        command = declare(command)
    return command


def new_key_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that the options stand for."""
    return {
        "sealing_key_bits": int(options["key_size"]),
        "sealing_key_lifetime": options["key_ttl"],
        "sealing_key_prefix": options["key_prefix"],
        "sealing_key_common_name": options["common_name"],
        "sealing_key_annotations": options["key_annotations"],
        "sealing_key_labels": options["key_labels"],
    }
