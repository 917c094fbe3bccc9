"""What ``seal`` asks the controller: its certificate, whether it opens SealedSecrets, to seal them again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from secrets_operator.cli.sealing.cluster_access import connect, impersonation, timeout
from secrets_operator.cli.sealing.controller import Controller, published_certificate
from secrets_operator.cli.sealing.flags import ClusterFlags, ConnectionFlags
from secrets_operator.cli.sealing.sealed_documents import read_sealed_secrets
from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate
from secrets_operator.clock import SystemClock
from secrets_operator.errors import Refused
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.resources.labels import FACTS_ANNOTATION
from secrets_operator.resources.names import SEALED_SECRET
from secrets_operator.sealing.facts import with_facts
from secrets_operator.sealing.fields import section

T = TypeVar("T")

# What the API server adds to an object; upstream drops these, and with the rest nothing could be applied again.
_SERVER_FIELDS = (
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)


def fetch_certificate(cluster: ClusterFlags) -> bytes:
    """Return the PEM certificate of the controller, or where it cannot be asked that of the operator's ConfigMap."""

    async def certificate(client: Client) -> bytes:
        try:
            return await (await Controller.find(client, cluster.controller)).certificate()
        except Refused:
            published = await published_certificate(client, cluster.controller.controller_namespace)
            if cluster.controller.controller_name or published is None:
                raise
            return published

    return connected(cluster.connection, certificate)


def validate(source: bytes, cluster: ClusterFlags) -> None:
    """Return when the controller can open every SealedSecret of the input; Refused names the first it cannot."""
    sealed_secrets = read_sealed_secrets(source)

    async def verify(found: Controller) -> None:
        for _, sealed in sealed_secrets:
            if not await found.opens(sealed):
                raise Refused(f"unable to decrypt sealed secret: {section(sealed, 'metadata').get('name', '')}")

    ask_controller(cluster, verify)


def re_encrypt(source: bytes, cluster: ClusterFlags) -> list[Object]:
    """Return every SealedSecret of the input sealed with the newest key."""
    sealed_secrets = read_sealed_secrets(source)

    async def rotate(found: Controller) -> list[Object]:
        rotated = [_plain(await found.sealed_again(sealed)) for _, sealed in sealed_secrets]
        if not any(map(_has_facts, rotated)):
            return rotated
        # A controller that keeps annotations need not know this one, which would then speak of the former sealing.
        by = SealingCertificate.parse(await found.certificate(), now=SystemClock().now())
        return [
            with_facts(sealed, section(sealed, "spec", "encryptedData"), by.sealing()) if _has_facts(sealed) else sealed
            for sealed in rotated
        ]

    return ask_controller(cluster, rotate)


def ask_controller(cluster: ClusterFlags, question: Callable[[Controller], Awaitable[T]]) -> T:
    """Return the controller's answer to a question, asked over one connection."""

    async def ask(client: Client) -> T:
        return await question(await Controller.find(client, cluster.controller))

    return connected(cluster.connection, ask)


def connected(connection: ConnectionFlags, call: Callable[[Client], Awaitable[T]]) -> T:
    """Return what a call makes of a client that is open for as long as it runs."""
    clock = SystemClock()
    access = replace(connect(connection, clock=clock), headers=impersonation(connection))
    seconds = timeout(connection)

    async def run() -> T:
        async with Client(access, clock=clock, timeout=seconds) as client:
            return await call(client)

    return asyncio.run(run())


def _plain(sealed: Object) -> Object:
    """Return the controller's answer as a manifest: with its kind, which upstream leaves out, and nothing of a server.

    The members are in the order in which kubeseal writes them.
    """
    metadata = {name: value for name, value in section(sealed, "metadata").items() if name not in _SERVER_FIELDS}
    spec = section(sealed, "spec")
    ordered = {name: spec[name] for name in ("template", "encryptedData") if name in spec}
    return {
        "kind": SEALED_SECRET.kind,
        "apiVersion": SEALED_SECRET.api_version,
        "metadata": metadata,
        "spec": ordered | spec,
    }


def _has_facts(sealed: Object) -> bool:
    return FACTS_ANNOTATION in section(sealed, "metadata", "annotations")
