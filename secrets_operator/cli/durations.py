"""Durations on the command line, as Go writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from secrets_operator.resources.durations import DurationError, format_duration, parse_timedelta


class GoDuration(click.ParamType[timedelta]):
    """A Go duration such as ``30s`` or ``1h30m``, not below zero; above it unless ``zero`` has a meaning."""

    name = "duration"

    def __init__(self, *, zero: bool = True) -> None:
        self._zero = zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the duration; fail with what to write instead."""
        try:
            duration = value if isinstance(value, timedelta) else parse_timedelta(value)
        except DurationError as error:
            self.fail(str(error), param, ctx)
        if duration < timedelta(0) or (not duration and not self._zero):
            self.fail(f"{value!r} must be {'0 or more' if self._zero else 'more than 0'}", param, ctx)
        return duration


def duration_option(*flags: str, default: timedelta, text: str) -> Callable[[Any], Any]:
    """Return an option that takes a duration."""
    shown = format_duration(default)
    return click.option(*flags, type=GoDuration(), default=shown, show_default=True, help=text)
