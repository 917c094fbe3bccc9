"""What ``seal`` says on standard error about what it does: one line for each thing sealed, and likely mistakes.

Nothing of it goes to standard output, holds a value, or changes the exit status. ``--quiet`` turns it off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import click

from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate
from secrets_operator.sealing.advice import certificate_advice
from secrets_operator.sealing.scopes import Scope


@dataclass(frozen=True, slots=True)
class Notices:
    """Where they go: standard error, or nowhere."""

    quiet: bool = False

    def sealed(self, *, namespace: str, name: str, scope: Scope, by: SealingCertificate) -> None:
        """Say for what something was sealed, and with which certificate."""
        if not self.quiet:
            # No name or namespace where the scope binds to none and none is given.
            subject = "/".join(part for part in (namespace, name) if part) or "a value"
            click.echo(f"sealed {subject}, scope {scope}, {by.fingerprint}, {_age(by.age)}", err=True)

    def certificate(self, by: SealingCertificate, *, place: str = "") -> None:
        """Say that a certificate is about to expire, if it is."""
        advice = certificate_advice(by.certificate, now=by.now)
        self.warn(place, [advice] if advice else [])

    def warn(self, place: str, mistakes: Iterable[str]) -> None:
        """Say what looks like a mistake, and where."""
        if not self.quiet:
            for mistake in mistakes:
                click.echo(f"warning: {place}: {mistake}" if place else f"warning: {mistake}", err=True)


def _age(age: timedelta) -> str:
    """Return how old a certificate is, in days."""
    if age < timedelta(0):
        return "certificate not valid yet"
    if age < timedelta(days=1):
        return "certificate of today"
    return f"certificate {age.days} day{'s' if age.days > 1 else ''} old"
