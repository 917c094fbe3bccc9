"""The work of ``keys restore``: open the file, compare it with the cluster, create what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from secrets_operator.cli.keys.age_files import decrypted, is_age_file
from secrets_operator.cli.keys.key_cluster import KeyCluster
from secrets_operator.cli.sealing.manifest_files import errors_of, read_bytes
from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.kube.errors import AlreadyExists
from secrets_operator.kube.resources import SECRETS
from secrets_operator.sealing.key_backups import is_sealed_backup, labelled, opened_backup
from secrets_operator.sealing.recovery_keys import recovery_keys
from secrets_operator.sealing.stored_keys import StoredKey


def opened_file(file: Path, identities: Iterable[Path], private_keys: Iterable[Path]) -> SecretBytes:
    """Return the key Secrets of a backup in clear; Terminal says what is needed to open it."""
    data = read_bytes(file)
    with errors_of(file):
        if is_age_file(data):
            if not identities:
                raise Terminal("it is encrypted with age: pass --age-identity")
            return decrypted(data, identities)
        if is_sealed_backup(data):
            return opened_backup(data, [key for path in private_keys for key in recovery_keys(read_bytes(path))])
    return SecretBytes(data)


class Restoring:
    """One call of the command; no line of it shows a key."""

    def __init__(self, cluster: KeyCluster, secrets: list[Object]) -> None:
        """Take the key Secrets of the backup."""
        self._cluster = cluster
        self._secrets = secrets
        self._failed = 0
        self._created = 0
        self._there = 0

    async def run(self, *, check: bool) -> int:
        """Create what is missing, or only tell; return the exit status."""
        if not self._secrets:
            raise Terminal("there is no key Secret in the backup")
        known = self._cluster.stored(await self._cluster.secrets())
        there = {one.fingerprint: one for one in known if not one.fault}
        backed_up = self._cluster.stored(self._secrets)
        for secret, one in zip(self._secrets, backed_up, strict=True):
            await self._restore(secret, one, there.get(one.fingerprint), check=check)
        if check:
            self._compare({one.fingerprint for one in backed_up}, there)
        click.echo(
            f"{len(self._secrets)} keys in the backup: {self._created} created, {self._there} there already, "
            f"{self._failed} problems",
            err=True,
        )
        return int(bool(self._failed))

    async def _restore(self, secret: Object, one: StoredKey, there: StoredKey | None, *, check: bool) -> None:
        if one.fault:
            self._complain(f"{one.fault}; it is skipped")
        elif there is not None:
            self._there += 1
            inactive = "" if there.is_active or not one.is_active else ", not active"
            click.echo(f"{one.fingerprint}  there already as {there.secret_name}{inactive}")
        elif check:
            self._complain(f"{one.fingerprint} ({one.secret_name}) is not in the cluster")
        else:
            try:
                click.echo(f"{one.fingerprint}  created as {await self._create(secret)}")
                self._created += 1
            except OperatorError as error:
                self._complain(f"{one.fingerprint}: {error}")

    async def _create(self, secret: Object) -> str:
        """Create a key Secret and return its name: its own, or one that begins with it when that is taken."""
        namespace = self._cluster.namespace
        try:
            made = await self._cluster.client.create(SECRETS, namespace, secret)
        except AlreadyExists:
            # Operators on an empty cluster all give their first key the same name.
            metadata = {**labelled(secret)["metadata"], "generateName": f"{secret['metadata']['name']}-"}
            del metadata["name"]
            made = await self._cluster.client.create(SECRETS, namespace, {**secret, "metadata": metadata})
        return str(made["metadata"]["name"])

    def _compare(self, backed_up: set[str], there: dict[str, StoredKey]) -> None:
        for fingerprint in sorted(there.keys() - backed_up):
            self._complain(f"{fingerprint} ({there[fingerprint].secret_name}) is not in the backup")

    def _complain(self, message: str) -> None:
        self._failed += 1
        click.echo(f"error: {message}", err=True)
