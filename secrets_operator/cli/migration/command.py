"""The commands ``migrate external-secrets`` and ``migrate sealed-secrets``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import click

from secrets_operator.cli.reported_errors import errors_reported

_OPTIONS = (
    click.option("--yes", is_flag=True, help="Do it. Without it the command only says what it would do."),
    click.option("--context", default="", metavar="NAME", help="Context of the kubeconfig. Default: the current one."),
    click.option("--kubeconfig", default="", metavar="FILE", help="Kubeconfig. Default: $KUBECONFIG, ~/.kube/config."),
)


def _options(command: Any) -> Any:
    for option in _OPTIONS:
        command = option(command)
    return command


@click.group
def migrate() -> None:
    """Finish the change from External Secrets Operator or Sealed Secrets; docs/migrating.md has all steps.

    Manifests in Git stay as they are. These commands do what is left to do in the cluster. They can be repeated, they
    delete nothing, and without --yes they change nothing.
    """


@migrate.command("external-secrets")
@_options
def external_secrets(*, kubeconfig: str, context: str, yes: bool) -> None:
    """Take the finalizers of External Secrets Operator off its resources.

    That operator must be stopped, since it would put them on again: scale its Deployments to 0 and delete its
    ValidatingWebhookConfigurations. Keep its CRDs: deleting one deletes the resources and their Secrets.
    """
    from secrets_operator.cli.migration.steps import from_external_secrets

    _run(lambda client: from_external_secrets(client, act=yes), kubeconfig, context)


@migrate.command("sealed-secrets")
@click.option("--from", "source", default="kube-system", show_default=True, help="Namespace of the old controller.")
@click.option(
    "--namespace", default="secrets-operator", show_default=True, help="Namespace this operator runs in, and its keys."
)
@_options
def sealed_secrets(*, source: str, namespace: str, kubeconfig: str, context: str, yes: bool) -> None:
    """Copy the sealing keys of the Sealed Secrets controller to the namespace of this operator.

    All keys are copied, old ones too, with their labels; those that are there already are left as they are. The
    operator picks them up at once. The old ones stay where they are, for a way back.
    """
    from secrets_operator.cli.migration.steps import from_sealed_secrets

    _run(lambda client: from_sealed_secrets(client, source, namespace, act=yes), kubeconfig, context)


def _run(work: Callable[[Any], Awaitable[None]], kubeconfig: str, context: str) -> None:
    from secrets_operator.clock import SystemClock
    from secrets_operator.kube.client import Client
    from secrets_operator.kube.connection import load

    async def connected() -> None:
        async with Client(connection, clock=clock) as client:
            await work(client)

    with errors_reported():
        clock = SystemClock()
        connection = load(os.environ, clock=clock, path=kubeconfig, context=context)
        asyncio.run(connected())
