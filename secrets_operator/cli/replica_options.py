"""The options of ``run`` that let several replicas share the work."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from secrets_operator.cli.durations import duration_option
from secrets_operator.cli.go_flags import GoBool
from secrets_operator.settings import Replicas

_DEFAULTS = Replicas()
# A label's value, and the beginning of a name that is lower case throughout (RFC 1123), with room for the rest of it.
_GROUP = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def replica_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    options = (
        click.option(
            "--replicas",
            type=click.IntRange(1),
            default=1,
            show_default=True,
            help="Replicas that run. With more than 1 they share the work, by one Lease each in --namespace.",
        ),
        click.option(
            "--enable-leader-election",
            type=GoBool(),
            default="false",
            show_default=True,
            help="Share the work whatever --replicas says.",
        ),
        click.option(
            "--leader-election-id",
            default=_DEFAULTS.group,
            show_default=True,
            help="Replicas with the same ID in the same namespace share their work; Leases begin with it.",
        ),
        duration_option(
            "--leader-election-lease-duration",
            default=_DEFAULTS.lease_duration,
            text="How long after its last sign of life a replica's work is taken over by the others; whole seconds.",
        ),
        duration_option(
            "--leader-election-renew-deadline",
            default=_DEFAULTS.renew_deadline,
            text="How long after its last sign of life a replica goes on writing.",
        ),
        duration_option(
            "--leader-election-retry-period",
            default=_DEFAULTS.retry_period,
            text="How often a replica gives a sign of life.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def replicas(options: dict[str, Any]) -> Replicas:
    """Return what the options ask for; raises UsageError for times that do not go together."""
    duration: timedelta = options["leader_election_lease_duration"]
    deadline: timedelta = options["leader_election_renew_deadline"]
    period: timedelta = options["leader_election_retry_period"]
    group = options["leader_election_id"]
    if duration < timedelta(seconds=1) or duration % timedelta(seconds=1):
        raise click.UsageError("--leader-election-lease-duration must be whole seconds, 1s or more")
    if not timedelta(0) < period < deadline < duration:
        raise click.UsageError(
            "--leader-election-retry-period must be shorter than --leader-election-renew-deadline, and that shorter "
            "than --leader-election-lease-duration"
        )
    if not _GROUP.fullmatch(group):
        raise click.UsageError("--leader-election-id must be lower-case letters, digits and '-', 63 at most")
    shared = options["replicas"] > 1 or options["enable_leader_election"]
    return Replicas(
        identity=_identity(group) if shared else "",
        group=group,
        lease_duration=duration,
        renew_deadline=deadline,
        retry_period=period,
    )


def _identity(group: str) -> str:
    """Return the name of this process among the replicas: its host's, and something that a restart changes."""
    host = re.sub("[^a-z0-9-]", "-", socket.gethostname().lower())[:63].strip("-")
    return "-".join(part for part in (group, host, secrets.token_hex(4)) if part)
