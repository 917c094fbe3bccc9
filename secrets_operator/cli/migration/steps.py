"""The steps of a migration on a cluster: look, say, and on request do. Each can be repeated; none deletes anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from secrets_operator.errors import NotFound, Refused
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import AlreadyExists, ResourceUnknown
from secrets_operator.kube.resources import (
    CLUSTER_EXTERNAL_SECRETS,
    CLUSTER_SECRET_STORES,
    EXTERNAL_SECRETS,
    NAMESPACES,
    PUSH_SECRETS,
    SECRET_STORES,
    SECRETS,
    Resource,
)
from secrets_operator.planning.migration import (
    ESO_WEBHOOKS,
    copied_key,
    is_of_external_secrets,
    is_of_sealed_secrets,
    is_running,
    kept_finalizers,
    named,
)
from secrets_operator.planning.push_stores import is_held
from secrets_operator.resources.labels import SEALING_KEY_LABEL

DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment", confidential=False)
WEBHOOKS = Resource(
    "admissionregistration.k8s.io",
    "v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
    namespaced=False,
    confidential=False,
)
_STORES = (SECRET_STORES, CLUSTER_SECRET_STORES)
_FINALIZED = (EXTERNAL_SECRETS, CLUSTER_EXTERNAL_SECRETS, *_STORES, NAMESPACES)
_PAGE = 500
UNLABELLED_KEY = "sealed-secrets-key"


async def from_external_secrets(client: Client, *, act: bool) -> None:
    """Take External Secrets Operator's finalizers off; raises Refused while it, or a webhook of its, is there."""
    await _refuse_while_running(client, is_of_external_secrets, "External Secrets Operator")
    await _refuse_webhooks(client)
    pushing = await _all(client, PUSH_SECRETS)
    for resource in _FINALIZED:
        for found in await _all(client, resource):
            kept = kept_finalizers(found)
            # What a PushSecret is to delete some day needs its store until then.
            is_needed = resource in _STORES and is_held({**found, "kind": resource.kind}, pushing)
            if kept is not None and not is_needed:
                await _set_finalizers(client, resource, found, kept, act=act)
    _close(act=act)


async def from_sealed_secrets(client: Client, source: str, target: str, *, act: bool) -> None:
    """Copy the sealing keys of namespace ``source`` to ``target``; raises Refused while the controller is running."""
    await _refuse_while_running(client, is_of_sealed_secrets, "the Sealed Secrets controller")
    keys = await _all(client, SECRETS, namespace=source, label_selector=SEALING_KEY_LABEL)
    keys += await _first_key(client, source, {key["metadata"]["name"] for key in keys})
    if not keys:
        raise Refused(f"namespace {source} has no sealing key: name the namespace of the controller with --from")
    for key in keys:
        await _copy(client, key, target, act=act)
    _close(act=act)


async def _first_key(client: Client, namespace: str, known: set[str]) -> list[Object]:
    """Return the key of the first releases, which has a fixed name and no label."""
    if UNLABELLED_KEY in known:
        return []
    try:
        return [await client.get(SECRETS, namespace, UNLABELLED_KEY)]
    except NotFound:
        return []


async def _copy(client: Client, key: Object, target: str, *, act: bool) -> None:
    name = key["metadata"]["name"]
    if await _exists(client, target, name):
        click.echo(f"there already: sealing key {target}/{name}")
        return
    click.echo(f"{'copied' if act else 'to copy'}: sealing key {name} to {target}")
    if act:
        try:
            await client.create(SECRETS, target, copied_key(key, target))
        except AlreadyExists:
            return


async def _exists(client: Client, namespace: str, name: str) -> bool:
    try:
        await client.get(SECRETS, namespace, name)
    except NotFound:
        return False
    return True


async def _set_finalizers(client: Client, resource: Resource, found: Object, kept: list[str], *, act: bool) -> None:
    metadata = found["metadata"]
    (name,) = named([found])
    click.echo(f"{'taken off' if act else 'to take off'}: finalizers of {resource.kind} {name}")
    if act:
        # The resourceVersion keeps a finalizer that somebody adds meanwhile.
        body = {"metadata": {"finalizers": kept or None, "resourceVersion": metadata["resourceVersion"]}}
        await client.patch(resource, metadata.get("namespace", ""), metadata["name"], body)


async def _refuse_while_running(client: Client, is_theirs: Callable[[Object], bool], who: str) -> None:
    running = [one for one in await _all(client, DEPLOYMENTS) if is_theirs(one) and is_running(one)]
    if running:
        listed = ", ".join(named(running))
        raise Refused(f"{who} is running: scale its Deployments to 0 first ({listed})")


async def _refuse_webhooks(client: Client) -> None:
    left = [name for name in named(await _all(client, WEBHOOKS)) if name in ESO_WEBHOOKS]
    if left:
        raise Refused(
            "the webhooks of External Secrets Operator would refuse every change: kubectl delete "
            f"validatingwebhookconfiguration {' '.join(left)}"
        )


async def _all(client: Client, resource: Resource, *, namespace: str = "", label_selector: str = "") -> list[Object]:
    """Return every object of a kind; none where the kind is not served."""
    found: list[Object] = []
    page: dict[str, Any] = {}
    while True:
        try:
            page = await client.list(
                resource,
                namespace,
                label_selector=label_selector,
                limit=_PAGE,
                continue_=page.get("metadata", {}).get("continue", ""),
            )
        except ResourceUnknown:
            return found
        found += page["items"]
        if not page["metadata"].get("continue"):
            return found


def _close(*, act: bool) -> None:
    click.echo("done" if act else "nothing was changed: repeat with --yes")
