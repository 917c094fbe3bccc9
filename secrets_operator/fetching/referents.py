"""The one guarded reader of objects that a user's resource names.

Nothing else may read across namespaces; ``provider/namespaces.py`` has the rule of stores.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from secrets_operator.errors import InvalidSpec, NotFound
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS, Resource
from secrets_operator.provider import StoreIdentity
from secrets_operator.provider.namespaces import reachable_namespace


class Referent(NamedTuple):
    """An object that was read, and its resourceVersion; that is empty when there is no such object."""

    kind: str
    namespace: str
    name: str
    version: str


OnRead = Callable[[StoreIdentity, Referent], None]


def _ignore(_asker: StoreIdentity, _found: Referent) -> None:
    return


class Referents:
    """Reads Secrets, ConfigMaps, ServiceAccounts and their tokens on behalf of a store."""

    def __init__(self, client: Client, *, on_read: OnRead = _ignore) -> None:
        """Tell ``on_read`` of every object that is read."""
        self._client = client
        self._on_read = on_read

    async def secret(self, asker: StoreIdentity, selector: Mapping[str, Any], *, field: str) -> Object:
        """Return the Secret a selector names. Raises InvalidSpec, NamespaceUnknown or a Retryable of the API."""
        return await self._read(SECRETS, asker, selector, field=field)

    async def config_map(self, asker: StoreIdentity, selector: Mapping[str, Any], *, field: str) -> Object:
        """Return the ConfigMap a selector names; raises as :meth:`secret`."""
        return await self._read(CONFIG_MAPS, asker, selector, field=field)

    async def service_account(self, asker: StoreIdentity, selector: Mapping[str, Any], *, field: str) -> Object:
        """Return the ServiceAccount a selector names; raises as :meth:`secret`."""
        return await self._read(SERVICE_ACCOUNTS, asker, selector, field=field)

    async def source(self, namespace: str, name: str) -> Object | None:
        """Return a Secret of the namespace of who pushes it; None is the definite answer that there is none.

        Raises InvalidSpec or a Retryable of the API.
        """
        try:
            return await self._client.get(SECRETS, namespace, name)
        except NotFound:
            return None

    async def sources(self, namespace: str, label_selector: str) -> list[Object]:
        """Return all Secrets with some labels in the namespace of who pushes them; raises as :meth:`source`."""
        found: list[Object] = (await self._client.list(SECRETS, namespace, label_selector=label_selector))["items"]
        return found

    async def token(
        self,
        asker: StoreIdentity,
        selector: Mapping[str, Any],
        *,
        audiences: Sequence[str],
        field: str,
        seconds: int = 3600,
    ) -> SecretBytes:
        """Return a fresh token of the ServiceAccount a selector names; raises as :meth:`secret`."""
        namespace, name = reachable_namespace(asker, selector, field=field), _name(selector, field)
        try:
            issued = await self._client.create_token(namespace, name, audiences=audiences, seconds=seconds)
        except NotFound as error:
            raise InvalidSpec(f"there is no ServiceAccount {namespace}/{name}", field=field) from error
        return issued.token

    async def _read(
        self, resource: Resource, asker: StoreIdentity, selector: Mapping[str, Any], *, field: str
    ) -> Object:
        namespace, name = reachable_namespace(asker, selector, field=field), _name(selector, field)
        try:
            found = await self._client.get(resource, namespace, name)
        except NotFound as error:
            self._on_read(asker, Referent(resource.kind, namespace, name, ""))
            raise InvalidSpec(f"there is no {resource.kind} {namespace}/{name}", field=field) from error
        version = found["metadata"].get("resourceVersion", "")
        self._on_read(asker, Referent(resource.kind, namespace, name, version))
        return found


def secret_key(secret: Object, selector: Mapping[str, Any], *, field: str) -> SecretBytes:
    """Return one key of a Secret's data; raises InvalidSpec naming what is missing."""
    value = (secret.get("data") or {}).get(_key(selector, field))
    if value is None:
        raise InvalidSpec(_no_such_key("Secret", secret, selector), field=f"{field}.key")
    try:
        return SecretBytes(base64.b64decode(value))
    except binascii.Error as error:
        raise InvalidSpec("the value is not base64", field=f"{field}.key") from error


def secret_data(secret: Object, labels: Mapping[str, str], *, field: str) -> dict[str, SecretBytes]:
    """Return all keys of a Secret; raises InvalidSpec when it lacks one of ``labels``."""
    metadata = secret["metadata"]
    found = metadata.get("labels") or {}
    for name, value in labels.items():
        if found.get(name) != value:
            message = f"Secret {metadata['namespace']}/{metadata['name']} needs the label {name}: {value}"
            raise InvalidSpec(message, field=field)
    return {name: secret_key(secret, {"key": name}, field=field) for name in secret.get("data") or {}}


def config_map_key(config_map: Object, selector: Mapping[str, Any], *, field: str) -> str:
    """Return one key of a ConfigMap's data; raises InvalidSpec naming what is missing."""
    value: str | None = (config_map.get("data") or {}).get(_key(selector, field))
    if value is None:
        raise InvalidSpec(_no_such_key("ConfigMap", config_map, selector), field=f"{field}.key")
    return value


def _no_such_key(kind: str, referent: Object, selector: Mapping[str, Any]) -> str:
    metadata = referent["metadata"]
    return f"{kind} {metadata['namespace']}/{metadata['name']} has no key {selector['key']!r}"


def _name(selector: Mapping[str, Any], field: str) -> str:
    return _required(selector, "name", field)


def _key(selector: Mapping[str, Any], field: str) -> str:
    return _required(selector, "key", field)


def _required(selector: Mapping[str, Any], member: str, field: str) -> str:
    value = selector.get(member)
    if not value:
        raise InvalidSpec("is required", field=f"{field}.{member}")
    return str(value)
