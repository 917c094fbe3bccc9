"""``seal create``: a SealedSecret from values on the command line or in files, with the flags of kubectl create secret.

The flags are here; the work is in ``creating`` and ``created_data``, imported only when a command runs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from secrets_operator.cli.go_flags import GoFlagCommand
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.connection_options import cluster_flags, cluster_options
from secrets_operator.cli.sealing.option_declarations import ENVIRONMENT_PREFIX
from secrets_operator.cli.sealing.verb_options import FILE

_SCOPES = click.Choice(["strict", "namespace-wide", "cluster-wide"])
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("name"),
    click.option(
        "--sealing-cert",
        metavar="FILE|URL",
        default="",
        envvar=ENVIRONMENT_PREFIX + "CERT",
        help="Certificate to seal with. Default: SEALED_SECRETS_CERT, then the controller's.",
    ),
    click.option(
        "-n",
        "--namespace",
        metavar="NAMESPACE",
        default="",
        envvar=ENVIRONMENT_PREFIX + "NAMESPACE",
        help="Namespace. Default: SEALED_SECRETS_NAMESPACE, then that of the kubeconfig's context.",
    ),
    click.option("--scope", type=_SCOPES, default="strict", show_default=True, help="Where it may be unsealed."),
    click.option("--label", "labels", metavar="NAME=VALUE", multiple=True, help="A label of the Secret."),
    click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default=None, help="Format. Default: yaml."),
    click.option("-w", "--write", metavar="FILE", default="", help="Write to this file instead of standard output."),
    click.option("--facts/--no-facts", default=True, help="Record the sealing in an annotation."),
    click.option("--quiet", is_flag=True, help="No line on standard error about what was sealed."),
    cluster_options,
)


def _created(command: Any) -> Any:
    """Declare the options that all kinds share."""
    for declare in reversed(_OPTIONS):
        command = declare(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def create() -> None:
    """Make a SealedSecret from values, as kubectl create secret makes a Secret.

    No Secret in clear is written anywhere. In each kind --sealing-cert is the certificate to seal with, since --cert
    belongs to kubectl's TLS Secret.
    """


@create.command(cls=GoFlagCommand)
@_created
@click.option("--from-literal", "literals", metavar="KEY=VALUE", multiple=True, help="A value as it is written.")
@click.option(
    "--from-file", "files", metavar="[KEY=]PATH", multiple=True, help="A file, or every file of a folder, as it is."
)
@click.option("--from-env-file", "env_files", metavar="PATH", multiple=True, type=FILE, help="Lines of KEY=VALUE.")
@click.option("--type", "kind", default="", help="Type of the Secret. Default: Opaque.")
def generic(name: str, literals: tuple[str, ...], **values: Any) -> None:
    """Make a SealedSecret from literals, files or env files.

    A literal shows in the list of processes and in the shell's history: for real values take files.

    \b
      seal create generic db --from-literal user=admin --from-file password.txt
      seal create generic app --from-env-file app.env -w app.yaml

    Exit status: 0 done, 1 an error, 2 wrong usage.
    """  # noqa: D301 - click's mark for lines that stay
    from secrets_operator.cli.sealing import created_data, creating

    cluster = cluster_flags(values)
    with errors_reported():
        files, env_files = values.pop("files"), values.pop("env_files")
        data = created_data.generic(literals, files, env_files)
        creating.create(name, data, kind=values.pop("kind"), options=creating.Options(cluster=cluster, **values))


@create.command(cls=GoFlagCommand)
@_created
@click.option("--cert", "cert", metavar="PATH", type=FILE, required=True, help="PEM certificate of the pair.")
@click.option("--key", "key", metavar="PATH", type=FILE, required=True, help="PEM private key of the pair.")
def tls(name: str, cert: Path, key: Path, **values: Any) -> None:
    """Make a SealedSecret of a TLS certificate and its key, which must belong together.

    Exit status: 0 done, 1 an error, 2 wrong usage.
    """
    from secrets_operator.cli.sealing import created_data, creating

    cluster = cluster_flags(values)
    with errors_reported():
        data = created_data.tls(cert, key)
        creating.create(name, data, kind="kubernetes.io/tls", options=creating.Options(cluster=cluster, **values))


@create.command("docker-registry", cls=GoFlagCommand)
@_created
@click.option("--docker-server", default="https://index.docker.io/v1/", show_default=True, help="Registry.")
@click.option("--docker-username", default="", help="User name for the registry.")
@click.option("--docker-password", default="", help="Password for the registry; - reads standard input.")
@click.option("--docker-email", default="", help="E-mail for the registry.")
@click.option("--from-file", "file", metavar="PATH", type=FILE, default=None, help="A config.json of Docker instead.")
def docker_registry(name: str, file: Path | None, **values: Any) -> None:
    """Make a SealedSecret that pulls images from a registry.

    Exit status: 0 done, 1 an error, 2 wrong usage.
    """
    from secrets_operator.cli.sealing import created_data, creating

    cluster = cluster_flags(values)
    with errors_reported():
        login = {field: values.pop(f"docker_{field}") for field in ("server", "username", "password", "email")}
        data = created_data.docker_registry(file, **login)
        options = creating.Options(cluster=cluster, **values)
        creating.create(name, data, kind="kubernetes.io/dockerconfigjson", options=options)
