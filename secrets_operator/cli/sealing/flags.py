"""The flags of kubeseal: how an option is declared, and the values of all of them as they travel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from secrets_operator.cli.go_flags import GoBool, GoListOption, GoOption

ENVIRONMENT_PREFIX = "SEALED_SECRETS_"
DEFAULT_CONTROLLER = ("kube-system", "sealed-secrets-controller")

Decorator = Callable[[Any], Any]


def option(*names: str, **attributes: Any) -> Decorator:
    """Declare an option that ``SEALED_SECRETS_<NAME>`` stands in for."""
    defaults: dict[str, Any] = {"default": "", "show_default": False, "envvar": _variable(names), "cls": GoOption}
    return click.option(*names, **(defaults | attributes))


def list_option(*names: str, **attributes: Any) -> Decorator:
    """Declare an option that takes several values."""
    return click.option(*names, cls=GoListOption, envvar=_variable(names), **attributes)


def switch(name: str, summary: str, **attributes: Any) -> Decorator:
    """Declare a boolean option."""
    return option(name, **({"type": GoBool(), "default": False, "metavar": "", "help": summary} | attributes))


def _variable(names: tuple[str, ...]) -> str:
    long_name = next(name for name in names if name.startswith("--"))
    return ENVIRONMENT_PREFIX + long_name[2:].upper().replace("-", "_")


@dataclass(frozen=True, slots=True)
class ConnectionFlags:
    """How to reach the API server, by the flags that kubectl has too; empty ones leave it to the kubeconfig."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    server: str = ""
    token: str = ""
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    request_timeout: str = ""
    as_user: str = ""
    as_uid: str = ""
    as_group: tuple[str, ...] = ()
    proxy_url: str = ""
    username: str = ""
    password: str = ""
    disable_compression: bool = False


@dataclass(frozen=True, slots=True)
class ControllerFlags:
    """Which Service leads to the controller; empty ones mean the usual one, or the one that is found."""

    controller_name: str = ""
    controller_namespace: str = ""


@dataclass(frozen=True, slots=True)
class ClusterFlags:
    """How a cluster and the controller in it are reached."""

    controller: ControllerFlags = ControllerFlags()
    connection: ConnectionFlags = ConnectionFlags()


@dataclass(frozen=True, slots=True)
class SealFlags:
    """The flags of the command by name; ``quiet`` and ``facts`` are settled, whatever the command was called as."""

    cert: str
    secret_file: str
    sealed_secret_file: str
    output_format: str
    scope: str
    name: str
    namespace: str
    raw: bool
    from_file: tuple[str, ...]
    fetch_cert: bool
    allow_empty_data: bool
    merge_into: str
    into: str
    only_changed: bool
    clusters: str
    validate: bool
    re_encrypt: bool
    recovery_unseal: bool
    recovery_private_key: tuple[str, ...]
    quiet: bool
    facts: bool
    cluster: ClusterFlags
