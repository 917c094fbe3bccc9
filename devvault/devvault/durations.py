"""Durations as Vault reads and writes them: `90`, `"90"`, `"1h30m"`, `"2d"`; written like Go's `1h30m0s`.

Source of the format: https://developer.hashicorp.com/vault/docs/concepts/duration-format
"""

import re
from datetime import timedelta

_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: int | str) -> timedelta:
    """Read whole seconds or a duration text. Raises ValueError for anything else."""
    if isinstance(value, int):
        return timedelta(seconds=value)
    text = value.strip()
    if not text:
        return timedelta()
    sign = -1 if text.startswith("-") else 1
    text = text.removeprefix("-")
    if text.isdigit():
        return sign * timedelta(seconds=int(text))
    if not re.fullmatch(f"(?:{_PART.pattern})+", text):
        raise ValueError("not a duration")
    return sign * timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))


def whole_seconds(duration: timedelta) -> int:
    """Return the duration as the integer that Vault puts into its answers."""
    return int(duration.total_seconds())


def go_duration(duration: timedelta) -> str:
    """Write a duration as Go prints it, the form of `delete_version_after`."""
    seconds = duration.total_seconds()
    sign, rest = ("-" if seconds < 0 else ""), abs(seconds)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    tail = f"{rest:.6f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{sign}{hours:.0f}h{minutes:.0f}m{tail}"
    return f"{sign}{minutes:.0f}m{tail}" if minutes else f"{sign}{tail}"
