"""The plug-ins that are installed, looked for once: hundreds of tests ask for them, and a look reads all packages."""

from __future__ import annotations

from functools import cache

from secrets_operator.provider.discovery import Generators, Providers


@cache
def providers() -> Providers:
    """Return the providers."""
    return Providers.from_entry_points()


@cache
def generators() -> Generators:
    """Return the generators."""
    return Generators.from_entry_points()
