"""The connection to the API server that flags, environment and kubeconfig say together."""

from __future__ import annotations

import os

from secrets_operator.cli.sealing.context_namespace import kubeconfig_paths
from secrets_operator.cli.sealing.flags import ConnectionFlags
from secrets_operator.clock import Clock
from secrets_operator.errors import Terminal
from secrets_operator.kube.connection import Connection, from_kubeconfig, load
from secrets_operator.resources.durations import DurationError, parse_timedelta

_TIMEOUT = 30.0
_NOT_SUPPORTED = {
    "username": "--username is not supported: Kubernetes has no basic authentication since 1.19, use --token",
    "password": "--password is not supported: Kubernetes has no basic authentication since 1.19, use --token",
}


def connect(flags: ConnectionFlags, *, clock: Clock) -> Connection:
    """Return the connection; InvalidConnection or Terminal say what is missing. Blocks."""
    for name, message in _NOT_SUPPORTED.items():
        if getattr(flags, name):
            raise Terminal(message)
    paths = kubeconfig_paths(flags)
    if paths or flags.server:
        return from_kubeconfig(paths, clock=clock, context=flags.context, overrides=flags)
    return load(os.environ, clock=clock)


def timeout(flags: ConnectionFlags) -> float:
    """Return the longest wait for an answer in seconds; Terminal when the flag is no duration."""
    text = flags.request_timeout
    if not text or text == "0":
        return _TIMEOUT
    try:
        return float(text) if text.isdigit() else parse_timedelta(text).total_seconds()
    except DurationError as error:
        raise Terminal("--request-timeout must be a duration such as 5s or 1m") from error


def impersonation(flags: ConnectionFlags) -> tuple[tuple[str, str], ...]:
    """Return the headers that make the API server take requests for those of another user."""
    if not flags.as_user and (flags.as_uid or flags.as_group):
        raise Terminal("--as-uid and --as-group need --as")
    named = [("Impersonate-User", flags.as_user), ("Impersonate-Uid", flags.as_uid)]
    groups = [("Impersonate-Group", group) for group in flags.as_group]
    return tuple((header, value) for header, value in [*named, *groups] if value)
