"""``keys renew``: one more key, now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from secrets_operator.cli.go_flags import GoFlagCommand
from secrets_operator.cli.keys.options import cluster_options
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.connection_options import connection_flags
from secrets_operator.cli.sealing_key_options import new_key_options, new_key_settings

if TYPE_CHECKING:
    from datetime import datetime

    from secrets_operator.cli.keys.key_cluster import KeyCluster
    from secrets_operator.sealing.keyring import SealingKey
    from secrets_operator.settings import Settings


@click.command(cls=GoFlagCommand)
@new_key_options
@cluster_options
def renew(*, namespace: str, **options: Any) -> None:
    """Make a new sealing key now.

    The operator notices it and seals with it from then on; old keys go on opening what is under them. Do this when a
    key may have leaked, before `keys retire`, and rotate the leaked values too: a leaked key opens what Git has of old.
    The next renewal by schedule counts from the new key.

    \b
      keys renew
      keys backup --to keys.age --age age1...

    Give the options of new keys as the operator has them. The key is made on this machine and sent to the API server.

    Exit status: 0 made, 1 not made, 2 wrong usage.
    """  # noqa: D301 - click's mark for lines that stay
    connection = connection_flags(options)
    with errors_reported():
        from secrets_operator.cli.keys.key_cluster import with_keys
        from secrets_operator.settings import Settings

        settings = Settings(**new_key_settings(options))

        async def make(cluster: KeyCluster) -> tuple[str, str]:
            return await _made(cluster, settings)

        name, fingerprint = with_keys(connection, namespace, settings.sealing_key_prefix, make)
        click.echo(f"{name} {fingerprint}")
        click.echo(
            "the operator seals with it now. Next: `keys backup`; renew copies of the certificate "
            "(`seal --fetch-cert`, `seal clusters refresh`); `seal reencrypt` puts what is in Git under it",
            err=True,
        )


async def _made(cluster: KeyCluster, settings: Settings) -> tuple[str, str]:
    """Create the Secret of a new key and return its name and fingerprint."""
    import os

    from secrets_operator.clock import SystemClock
    from secrets_operator.kube.resources import SECRETS
    from secrets_operator.sealing.key_generation import generate_key
    from secrets_operator.sealing.key_secrets import key_secret_manifest, parse_key_secret
    from secrets_operator.sealing.stored_keys import newest_of

    newest = newest_of(cluster.stored(await cluster.secrets()))
    # Nothing else runs in this process that waiting for the primes could hold up.
    key = generate_key(
        bits=settings.sealing_key_bits,
        ttl=settings.sealing_key_lifetime,
        now=_after(newest, SystemClock().now()),
        common_name=settings.sealing_key_common_name,
        random=os.urandom,
    )
    manifest = key_secret_manifest(
        key,
        namespace=cluster.namespace,
        prefix=settings.sealing_key_prefix,
        labels=dict(settings.sealing_key_labels),
        annotations=dict(settings.sealing_key_annotations),
    )
    made = await cluster.client.create(SECRETS, cluster.namespace, manifest)
    return made["metadata"]["name"], parse_key_secret(made).fingerprint


def _after(newest: SealingKey | None, now: datetime) -> datetime:
    """Return a time from which the new key is the newest: certificates count whole seconds, and clocks may differ."""
    from datetime import timedelta

    return now if newest is None else max(now, newest.ordered_at + timedelta(seconds=1))
