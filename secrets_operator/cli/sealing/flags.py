"""The values of the flags of ``seal`` as they travel, once the command runs."""

from __future__ import annotations

from dataclasses import dataclass

from secrets_operator.kube.overrides import Overrides


@dataclass(frozen=True, slots=True)
class ConnectionFlags(Overrides):
    """How to reach the API server, by the flags that kubectl has too; empty ones leave it to the kubeconfig."""

    kubeconfig: str = ""
    context: str = ""
    request_timeout: str = ""
    as_user: str = ""
    as_uid: str = ""
    as_group: tuple[str, ...] = ()
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
