"""``keys retire``: a key is relabelled, so that it opens nothing any more. Refused while something needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from secrets_operator.cli.go_flags import GoFlagCommand
from secrets_operator.cli.keys.options import cluster_options, prefix_option
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.connection_options import connection_flags

if TYPE_CHECKING:
    from secrets_operator.cli.keys.key_cluster import KeyCluster, Overview
    from secrets_operator.sealing.stored_keys import KeyReport

_RETIRED = "compromised"


@click.command(cls=GoFlagCommand)
@click.argument("key", metavar="FINGERPRINT|NAME")
@click.option("--force", is_flag=True, help="Also while something is under it, or when that cannot be told.")
@prefix_option
@cluster_options
def retire(*, key: str, force: bool, namespace: str, prefix: str, **options: Any) -> None:
    """Take a sealing key out of use.

    Its Secret gets the label value "compromised", as Sealed Secrets calls it, and stays; the operator stops opening
    with it at once. This is refused for the newest key, and while a SealedSecret of this cluster has an item under it.
    The cluster does not know what else is in Git: `seal reencrypt --check` does.

    \b
      keys renew                       if it is the newest
      seal reencrypt clusters/         then commit, and let it be applied
      keys retire SHA256:...

    With --force the Secrets in the cluster stay, and SealedSecrets under the key say Openable=False.
    To take it back: kubectl label secret NAME sealedsecrets.bitnami.com/sealed-secrets-key=active --overwrite

    Exit status: 0 retired, or was before; 1 refused; 2 wrong usage.
    """  # noqa: D301 - click's mark for lines that stay
    connection = connection_flags(options)
    with errors_reported():
        from secrets_operator.cli.keys.key_cluster import with_keys

        async def work(cluster: KeyCluster) -> str:
            return await _retired(cluster, key, force=force)

        click.echo(with_keys(connection, namespace, prefix, work), err=True)


async def _retired(cluster: KeyCluster, wanted: str, *, force: bool) -> str:
    """Relabel one key and return what to say; Terminal says why it is refused."""
    from secrets_operator.cli.keys.key_cluster import overview
    from secrets_operator.errors import Refused
    from secrets_operator.kube.resources import SECRETS
    from secrets_operator.resources.labels import SEALING_KEY_LABEL
    from secrets_operator.sealing.stored_keys import KeyState

    found = await overview(cluster)
    report = _wanted(found, wanted)
    stored = report.stored
    if stored is None:
        raise Refused(f"no Secret has the key {wanted}: there is nothing to retire")
    if report.state is KeyState.COMPROMISED:
        return f"{stored.secret_name} is not active already"
    reason = _against(found, report)
    if reason and not force:
        raise Refused(f"{stored.secret_name} stays: {reason}. --force retires it all the same")
    labels = {"metadata": {"uid": stored.uid, "labels": {SEALING_KEY_LABEL: _RETIRED}}}
    await cluster.client.patch(SECRETS, cluster.namespace, stored.secret_name, labels)
    return (
        f"{stored.secret_name} is retired; its Secret stays. Next: `seal reencrypt --check` where SealedSecrets are "
        "kept, since old files and branches may be under it; new values for what a leaked key could read"
    )


def _wanted(found: Overview, wanted: str) -> KeyReport:
    from secrets_operator.errors import Terminal

    for report in found.reports:
        if wanted == report.fingerprint or (report.stored is not None and wanted == report.stored.secret_name):
            return report
    raise Terminal(f"there is no sealing key {wanted}: `keys list` shows fingerprints and names")


def _against(found: Overview, report: KeyReport) -> str:
    """Return why a key should not be retired; empty when nothing speaks against it."""
    from secrets_operator.sealing.stored_keys import KeyState

    if report.state is KeyState.NEWEST:
        return "it is the key that seals; make another first: `keys renew`"
    if found.counted is None:
        return "what is under it is unknown, because you may not list SealedSecrets and Secrets in all namespaces"
    if report.items:
        return (
            f"{report.items} items in {report.objects} SealedSecrets are still under it; put them under the newest: "
            "`seal reencrypt`"
        )
    if found.counted.unknown:
        return f"{found.counted.unknown} SealedSecrets were not opened by any key so far and may be under it"
    return ""
