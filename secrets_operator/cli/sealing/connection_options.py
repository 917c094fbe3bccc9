"""The options that say how to reach the API server, as kubectl has them, and those of kubeseal's logging.

Commands that talk to the cluster declare them with ``cluster_options`` and read them with ``cluster_flags``; they are
of the class ``GoFlagCommand``, since a switch may stand without a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from secrets_operator.cli.sealing.option_declarations import (
    DEFAULT_CONTROLLER,
    Decorator,
    list_option,
    option,
    switch,
)

if TYPE_CHECKING:
    from secrets_operator.cli.sealing.flags import ClusterFlags, ConnectionFlags

_NAMESPACE, _NAME = DEFAULT_CONTROLLER

_CONTROLLER: tuple[Decorator, ...] = (
    option("--controller-name", metavar="NAME", help=f"Service of the controller ({_NAME}, or by label)."),
    option("--controller-namespace", metavar="NAMESPACE", help=f"Namespace of the controller ({_NAMESPACE})."),
)
_CONNECTION: tuple[Decorator, ...] = (
    option("--kubeconfig", metavar="FILE", help="Kubeconfig (KUBECONFIG, then ~/.kube/config)."),
    option("--context", metavar="NAME", help="Context of the kubeconfig."),
    option("--cluster", metavar="NAME", help="Cluster of the kubeconfig."),
    option("--user", metavar="NAME", help="User of the kubeconfig."),
    option("--server", metavar="URL", help="Address of the API server."),
    option("--token", metavar="TOKEN", help="Bearer token for the API server."),
    option("--certificate-authority", metavar="FILE", help="CA certificates to trust the API server by."),
    option("--client-certificate", metavar="FILE", help="Client certificate for the API server."),
    option("--client-key", metavar="FILE", help="Key of the client certificate."),
    option("--tls-server-name", metavar="NAME", help="Name that the API server's certificate must have."),
    switch("--insecure-skip-tls-verify", "Trust any certificate of the API server."),
    option("--request-timeout", metavar="DURATION", help="Longest wait for the API server, such as 5s (0: 30s)."),
    option("--as", "as_user", metavar="USER", help="Act as this user."),
    option("--as-uid", metavar="UID", help="Act with this uid."),
    list_option("--as-group", metavar="GROUP", help="Act as a member of these groups."),
    option("--proxy-url", metavar="URL", help="HTTP proxy to reach the API server through."),
    option("--username", metavar="NAME", hidden=True),
    option("--password", metavar="PASSWORD", hidden=True),
    switch("--disable-compression", "", hidden=True),
)
_LOGGING_TEXTS = ("--log_dir", "--log_file", "--log_file_max_size", "--log_backtrace_at", "--stderrthreshold")
_LOGGING_SWITCHES = (
    "--logtostderr",
    "--alsologtostderr",
    "--one_output",
    "--skip_headers",
    "--skip_log_headers",
    "--add_dir_header",
)


def cluster_options(command: Any) -> Any:
    """Declare the options that name the controller, and those of the connection."""
    return _declared(command, _CONTROLLER + _CONNECTION)


def logging_options(command: Any) -> Any:
    """Accept the options of the Go logging library, which have no effect: there is no log."""
    ignored: dict[str, Any] = {"hidden": True, "envvar": None, "expose_value": False}
    options = [option("-v", "--v", **ignored), option("--vmodule", **ignored)]
    options += [option(name, **ignored) for name in _LOGGING_TEXTS]
    options += [switch(name, "", **ignored) for name in _LOGGING_SWITCHES]
    return _declared(command, options)


def connection_options(command: Any) -> Any:
    """Declare the options of the connection alone, for commands that need no controller."""
    return _declared(command, _CONNECTION)


def cluster_flags(values: dict[str, Any]) -> ClusterFlags:
    """Take the flags of ``cluster_options`` out of the values of a command."""
    # Imported here because making these classes takes as long as everything else that --help needs of ours.
    from secrets_operator.cli.sealing.flags import ClusterFlags, ControllerFlags

    controller = ControllerFlags(**_taken(values, ControllerFlags))
    return ClusterFlags(controller=controller, connection=connection_flags(values))


def connection_flags(values: dict[str, Any]) -> ConnectionFlags:
    """Take the flags of the connection out of the values of a command."""
    from secrets_operator.cli.sealing.flags import ConnectionFlags

    return ConnectionFlags(**_taken(values, ConnectionFlags))


def _taken(values: dict[str, Any], flags: type[Any]) -> dict[str, Any]:
    from dataclasses import fields

    return {field.name: values.pop(field.name) for field in fields(flags)}


def _declared(command: Any, options: Any) -> Any:
    for declare in reversed(options):
        command = declare(command)
    return command
