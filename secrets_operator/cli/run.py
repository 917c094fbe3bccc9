"""``secrets-operator run``: reads the command line and the environment, and runs the operator until told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secrets_operator.cli.durations import duration_option
from secrets_operator.cli.generator_options import generator_options, generator_settings
from secrets_operator.cli.go_flags import GoBool, GoFlagCommand
from secrets_operator.cli.replica_options import replica_options, replicas
from secrets_operator.cli.scope_options import scope_options, scope_settings
from secrets_operator.cli.sealing_key_options import CutoffTime, new_key_options, new_key_settings
from secrets_operator.settings import GroupKind, Settings

if TYPE_CHECKING:
    from secrets_operator.runtime import Addresses

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_DEFAULTS = Settings()


class TargetKind(click.ParamType[GroupKind]):
    """A kind of object: ``ConfigMap`` or ``group/Kind``."""

    name = "kind"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> GroupKind:
        """Return the kind; fail for one that is never a target."""
        from secrets_operator.errors import InvalidSpec
        from secrets_operator.planning.generic_targets import group_kind

        if isinstance(value, GroupKind):
            return value
        try:
            return group_kind(value)
        except InvalidSpec as error:
            self.fail(str(error), param, ctx)


class HostPort(click.ParamType[tuple[str, int]]):
    """An address to listen on: ``:8080`` or ``127.0.0.1:8080``."""

    name = "host:port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Return host and port; an empty host means all interfaces, port 0 a free one."""
        host, _, port = str(value).rpartition(":")
        if not port.isdigit() or int(port) > 65535:
            self.fail(f"{value!r} is no address: write :8080 or 127.0.0.1:8080", param, ctx)
        return host, int(port)


@click.command(cls=GoFlagCommand, variables="SECRETS_OPERATOR_RUN")
@click.option(
    "--kubeconfig",
    type=click.Path(dir_okay=False),
    default="",
    help="Kubeconfig file. Without it: $KUBECONFIG, the pod's service account, ~/.kube/config.",
)
@click.option("--context", default="", help="Context of the kubeconfig. Default: the current one.")
@click.option(
    "--namespace", default="", help="Namespace the operator runs in; its keys live there. Default: the pod's."
)
@scope_options
@click.option(
    "--unsafe-allow-generic-targets",
    "allow_generic_targets",
    is_flag=True,
    help="Let ExternalSecrets write other objects than Secrets (spec.target.manifest), of the kinds that "
    "--generic-target names. Values of secrets are then in objects that more people may read.",
)
@click.option(
    "--generic-target",
    "generic_targets",
    type=TargetKind(),
    multiple=True,
    help="Kind that an ExternalSecret may write: ConfigMap, or group/Kind of a namespaced custom resource; repeat for "
    "several. Needs --unsafe-allow-generic-targets.",
)
@click.option(
    "--concurrent",
    type=click.IntRange(1, 1000),
    default=_DEFAULTS.concurrency,
    show_default=True,
    help="Resources reconciled at the same time.",
)
@click.option(
    "--store-concurrency",
    type=click.IntRange(1, 1000),
    default=_DEFAULTS.store_concurrency,
    show_default=True,
    help="Of these, how many may use the same store; of new resources twice as many.",
)
@click.option(
    "--store-calls-per-second",
    type=click.FloatRange(0),
    default=_DEFAULTS.store_calls_per_second,
    show_default=True,
    help="Calls to one store, in bursts of up to a second's worth. 0: no limit.",
)
@click.option(
    "--client-qps",
    "--kubeclient-qps",
    type=float,
    default=f"{_DEFAULTS.client_calls_per_second:g}",
    show_default=True,
    help="Calls to the API server a second, watches and Leases aside. 0 or less: no limit but 64 at a time.",
)
@click.option(
    "--client-burst",
    "--kubeclient-burst",
    type=click.IntRange(1),
    default=_DEFAULTS.client_burst,
    show_default=True,
    help="How many of them may be made at once when --client-qps sets a limit.",
)
@click.option(
    "--value-cache-size",
    type=click.IntRange(0),
    default=_DEFAULTS.value_cache_bytes,
    show_default=True,
    help="Bytes of values kept for a minute at most, so that resources share reads. 0: keep none.",
)
@duration_option(
    "--store-requeue-interval",
    default=_DEFAULTS.store_refresh_interval,
    text="How often stores are validated that do not say.",
)
@duration_option(
    "--heartbeat-interval",
    default=_DEFAULTS.heartbeat_interval,
    text="How old status.refreshTime may grow while nothing changes.",
)
@generator_options
@duration_option(
    "--key-renew-period",
    "--rotate-period",
    default=_DEFAULTS.sealing_key_renew_period,
    text="How old the newest sealing key may grow until another is made; old keys stay. 0: make none.",
)
@click.option(
    "--key-cutoff-time",
    type=CutoffTime(),
    default="",
    help="Make a sealing key if the newest is from before this time, written as by date -R.",
)
@click.option(
    "--key-backup-certificate",
    type=click.Path(dir_okay=False),
    default="",
    help="Keep a backup of all sealing keys in a ConfigMap, encrypted to the RSA key of the certificate (PEM) in this "
    "file. It is read at start.",
)
@new_key_options
@click.option(
    "--accept-deprecated-v1-data",
    type=GoBool(),
    default=str(_DEFAULTS.accept_legacy_data).lower(),
    show_default=True,
    help="Open the old form of a SealedSecret, spec.data.",
)
@click.option(
    "--update-status",
    type=GoBool(),
    default=str(_DEFAULTS.update_status).lower(),
    show_default=True,
    help="Write the status of SealedSecrets.",
)
@click.option(
    "--key-order-priority",
    type=click.Choice(["CertNotBefore", "SecretCreationTimestamp"]),
    default=_DEFAULTS.sealing_key_order,
    show_default=True,
    help="Which time decides which sealing key is the newest, which seals.",
)
@click.option(
    "--rate-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=f"{_DEFAULTS.sealing_requests_per_second:g}",
    show_default=True,
    help="Requests a second that one client may make to /v1/verify and to /v1/rotate.",
)
@click.option(
    "--rate-limit-burst",
    type=click.IntRange(0),
    default=_DEFAULTS.sealing_requests_burst,
    show_default=True,
    help="How many of them it may make at once, besides one.",
)
@click.option(
    "--metrics-per-resource",
    type=click.IntRange(0),
    default=_DEFAULTS.metrics_per_resource,
    show_default=True,
    help="How many resources of each kind have metrics of their own, those that are not ready first. 0: none.",
)
@click.option(
    "--compat-metrics",
    type=click.Choice(["eso", "sealed-secrets", "both", "none"]),
    default=_DEFAULTS.compat_metrics,
    show_default=True,
    help="Export metrics by the names of External Secrets Operator and Sealed Secrets too.",
)
@replica_options
@click.option(
    "--listen-addr", type=HostPort(), default=":8080", show_default=True, help="Metrics, probes and /v1/cert.pem."
)
@click.option("--live-addr", type=HostPort(), default=":8082", show_default=True, help="Liveness endpoint (/healthz).")
@click.option("--admission", is_flag=True, help="Answer admission reviews: refuse at apply time what cannot work.")
@click.option("--admission-addr", type=HostPort(), default=":9443", show_default=True, help="Where (HTTPS).")
@click.option(
    "--admission-cert-dir",
    type=click.Path(file_okay=False),
    default="",
    help="Folder with its tls.crt and tls.key, read again when they change. Default: it makes its own certificate.",
)
@click.option(
    "--admission-service",
    default=_DEFAULTS.admission_service,
    show_default=True,
    help="Service in the operator's namespace by which the API server calls it; its own certificate is for that.",
)
@click.option(
    "--admission-secret",
    default=_DEFAULTS.admission_secret,
    show_default=True,
    help="Secret in the operator's namespace that holds its own certificate.",
)
@click.option(
    "--admission-configuration",
    default=_DEFAULTS.admission_configuration,
    show_default=True,
    help="ValidatingWebhookConfiguration that is told to trust its own certificate.",
)
@duration_option(
    "--admission-check-interval",
    default=_DEFAULTS.admission_check_interval,
    text="How often a new certificate is looked for.",
)
@click.option(
    "--dashboard-addr",
    type=HostPort(),
    default=None,
    help="Serve a read-only page about all resources here. On 127.0.0.1 without a token, elsewhere with one. Default: "
    "no page.",
)
@click.option(
    "--log-format", type=click.Choice(["json", "console"]), default="json", show_default=True, help="Form of the log."
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="Least severe line to log.",
)
def run(**options: Any) -> None:
    """Run the operator until SIGTERM or SIGINT.

    Watches ExternalSecrets, ClusterExternalSecrets, SecretStores, ClusterSecretStores and SealedSecrets, and keeps the
    native Secrets they describe. Every option can be set in the environment too, for example
    SECRETS_OPERATOR_RUN_LOG_FORMAT=console.

    \b
    Examples:
      secrets-operator run                                   # in a pod
      secrets-operator run --kubeconfig ~/.kube/config --log-format console
    """  # noqa: D301 - click reads the backspace character
    from secrets_operator.cli.logs import configure_logs
    from secrets_operator.errors import OperatorError

    if options["generic_targets"] and not options["allow_generic_targets"]:
        raise click.UsageError("--generic-target needs --unsafe-allow-generic-targets")
    configure_logs(options["log_format"], options["log_level"])
    try:
        _run(options)
    except (OperatorError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error


def _run(options: dict[str, Any]) -> None:
    import uvloop

    from secrets_operator.clock import SystemClock
    from secrets_operator.kube import connection
    from secrets_operator.runtime import Operator

    clock = SystemClock()
    where = connection.load(os.environ, clock=clock, path=options["kubeconfig"], context=options["context"])
    operator = Operator(
        settings(options, where.namespace),
        where,
        addresses=_addresses(options),
        clock=clock,
        version=version("secrets-operator"),
    )
    uvloop.run(_until_signalled(operator.run))


def _addresses(options: dict[str, Any]) -> Addresses:
    from secrets_operator.runtime import Addresses
    from secrets_operator.serving.http import Address

    admission, page = options["admission_addr"], options["dashboard_addr"]
    return Addresses(
        Address(*options["listen_addr"]),
        Address(*options["live_addr"]),
        admission=Address(*admission) if options["admission"] else None,
        dashboard=Address(*page) if page else None,
    )


async def _until_signalled(work: Callable[[asyncio.Event], Any]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(stop)


def _certificate(path: str) -> str:
    """Return the certificate in a file as PEM, and nothing else that is there; empty without a file.

    Raises OSError, or Terminal when there is none of an RSA key.
    """
    if not path:
        return ""
    from cryptography.hazmat.primitives.serialization import Encoding

    from secrets_operator.errors import OperatorError, Terminal
    from secrets_operator.sealing.certificates import first_certificate, rsa_public_key

    try:
        certificate = first_certificate(Path(path).read_bytes())
        rsa_public_key(certificate)
    except OperatorError as error:
        raise Terminal(f"--key-backup-certificate {path}: {error}") from error
    return certificate.public_bytes(Encoding.PEM).decode()


def settings(options: dict[str, Any], namespace: str) -> Settings:
    """Return the settings that the command line asks for; ``namespace`` is the connection's own."""
    return Settings(
        namespace=options["namespace"] or namespace,
        **scope_settings(options),
        **generator_settings(options),
        allow_generic_targets=options["allow_generic_targets"],
        generic_targets=frozenset(options["generic_targets"]),
        store_refresh_interval=options["store_requeue_interval"],
        heartbeat_interval=options["heartbeat_interval"],
        concurrency=options["concurrent"],
        store_concurrency=options["store_concurrency"],
        store_calls_per_second=options["store_calls_per_second"],
        client_calls_per_second=max(options["client_qps"], 0.0),
        client_burst=options["client_burst"],
        value_cache_bytes=options["value_cache_size"],
        sealing_key_renew_period=options["key_renew_period"],
        sealing_key_cutoff=options["key_cutoff_time"],
        sealing_key_backup_certificate=_certificate(options["key_backup_certificate"]),
        **new_key_settings(options),
        accept_legacy_data=options["accept_deprecated_v1_data"],
        update_status=options["update_status"],
        sealing_key_order=options["key_order_priority"],
        sealing_requests_per_second=options["rate_limit"],
        sealing_requests_burst=options["rate_limit_burst"],
        replicas=replicas(options),
        admission_certificates=options["admission_cert_dir"],
        admission_service=options["admission_service"],
        admission_secret=options["admission_secret"],
        admission_configuration=options["admission_configuration"],
        admission_check_interval=options["admission_check_interval"],
        metrics_per_resource=options["metrics_per_resource"],
        compat_metrics=options["compat_metrics"],
    )
