"""``keys backup``: all keys into one file, encrypted unless plaintext is asked for by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secrets_operator.cli.go_flags import GoFlagCommand
from secrets_operator.cli.keys.options import cluster_options, prefix_option
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.connection_options import connection_flags

if TYPE_CHECKING:
    from cryptography import x509

    from secrets_operator.cli.keys.key_cluster import KeyCluster
    from secrets_operator.flow import Object, SecretBytes
    from secrets_operator.sealing.stored_keys import StoredKey

FILE = click.Path(path_type=Path)


@click.command(cls=GoFlagCommand)
@click.option("--to", "target", metavar="FILE", required=True, type=FILE, help="The file; only you can read it.")
@click.option(
    "--age",
    "recipients",
    metavar="RECIPIENT",
    multiple=True,
    help="Encrypt with age to age1... or an SSH public key; repeat for several, of which each opens it.",
)
@click.option("--certificate", metavar="FILE", type=FILE, help="Encrypt to the RSA key of this certificate (PEM).")
@click.option("--plaintext", is_flag=True, help="Do not encrypt. Whoever reads the file reads all that is sealed.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
@prefix_option
@cluster_options
@click.pass_context
def backup(ctx: click.Context, /, **options: Any) -> None:
    """Write all sealing keys of a cluster to a file, retired ones too.

    The file is encrypted to a recipient, whose private half should be elsewhere than the cluster: `keys restore` needs
    it. Renewal makes a new key each month, so make a backup as often; `keys restore --check` tells whether a backup has
    every key.

    \b
      age-keygen -o backup-identity.txt            once; keep it offline
      keys backup --to keys.age --age age1...
    or, with nothing but OpenSSL:
      openssl req -x509 -newkey rsa:4096 -nodes -days 3650 -subj / \\
        -keyout backup-key.pem -out backup-cert.pem
      keys backup --to keys.json --certificate backup-cert.pem

    Exit status: 0 written, 1 not written, 2 wrong usage.
    """  # noqa: D301 - click's mark for lines that stay
    ways = [bool(options["recipients"]), options["certificate"] is not None, options["plaintext"]]
    if sum(ways) != 1:
        raise click.UsageError("give one of --age, --certificate and --plaintext", ctx)
    target, overwrite = options.pop("target"), options.pop("overwrite")
    namespace, prefix = options.pop("namespace"), options.pop("prefix")
    connection = connection_flags(options)
    with errors_reported():
        from secrets_operator.cli.keys.key_cluster import with_keys
        from secrets_operator.cli.keys.private_file import write_private

        secrets, stored = with_keys(connection, namespace, prefix, _read)
        data = _protected(secrets, stored, **options)
        write_private(target, data, overwrite=overwrite)
        click.echo(f"{len(secrets)} keys in {target}{', IN CLEAR' if options['plaintext'] else ''}", err=True)


async def _read(cluster: KeyCluster) -> tuple[list[Object], list[StoredKey]]:
    """Return the Secrets that hold a key, and what is known of them; Terminal when there is none."""
    from secrets_operator.errors import Terminal

    secrets = await cluster.secrets()
    known = cluster.stored(secrets)
    for one in known:
        if one.fault:
            click.echo(f"warning: {one.fault}; it is left out", err=True)
    pairs = [(secret, one) for secret, one in zip(secrets, known, strict=True) if not one.fault]
    if not pairs:
        raise Terminal(f"there are no sealing keys in namespace {cluster.namespace}")
    return [secret for secret, _ in pairs], [one for _, one in pairs]


def _protected(
    secrets: list[Object], stored: list[StoredKey], *, recipients: tuple[str, ...], certificate: Path | None, **_: Any
) -> bytes:
    """Return the content of the file."""
    from secrets_operator.sealing.key_backups import plain_backup

    plain = plain_backup(secrets)
    if recipients:
        from secrets_operator.cli.keys.age_files import encrypted

        return encrypted(plain, recipients)
    if certificate is not None:
        return _sealed(plain, stored, _certificate(certificate))
    return plain.reveal()


def _sealed(plain: SecretBytes, stored: list[StoredKey], certificate: x509.Certificate) -> bytes:
    import os

    from secrets_operator.clock import SystemClock
    from secrets_operator.errors import Refused
    from secrets_operator.sealing.certificates import rsa_public_key
    from secrets_operator.sealing.key_backups import sealed_backup
    from secrets_operator.sealing.keyring import fingerprint

    recipient, keys = rsa_public_key(certificate), [one.fingerprint for one in stored]
    if fingerprint(recipient) in keys:
        raise Refused(
            "--certificate is that of a sealing key of this cluster: whoever lost the keys could not open the backup"
        )
    return sealed_backup(plain, recipient, keys=keys, now=SystemClock().now(), random=os.urandom)


def _certificate(path: Path) -> x509.Certificate:
    from secrets_operator.cli.sealing.manifest_files import errors_of, read_bytes
    from secrets_operator.sealing.certificates import first_certificate

    data = read_bytes(path)
    with errors_of(path):
        return first_certificate(data)
