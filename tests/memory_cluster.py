"""A cluster in memory that answers the calls the stages make of :class:`secrets_operator.kube.client.Client`.

It keeps objects, counts calls and fails on demand; server-side apply replaces what was there, which is all the tests
that use it need. What depends on the behaviour of an API server is tested on the dev cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any, cast

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.kube.client import Client, IssuedToken
from secrets_operator.kube.errors import AlreadyExists, ApiError, Conflict, NotFound
from secrets_operator.kube.resources import CONFIG_MAPS, Resource

Place = tuple[str, str, str]


class MemoryCluster:
    """Objects by kind, namespace and name."""

    def __init__(self, *objects: Object) -> None:
        self.objects: dict[Place, Object] = {}
        self.calls: Counter[str] = Counter()
        self._numbers = count(1)
        self.failures: dict[str, list[ApiError]] = {}
        """``verb kind`` -> the errors that the next such calls end with."""
        for made in objects:
            self.put(made)

    @property
    def client(self) -> Client:
        return cast("Client", self)

    def put(self, made: Object) -> None:
        meta = made["metadata"]
        self.objects[made["kind"], meta.get("namespace", ""), meta["name"]] = made

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        self._called("get", resource.kind)
        try:
            return self.objects[resource.kind, namespace, name]
        except KeyError:
            raise NotFound(f"no {resource.kind} {namespace}/{name}", code=404) from None

    async def create(self, resource: Resource, namespace: str, body: Mapping[str, Any]) -> Object:
        self._called("create", resource.kind)
        meta = body["metadata"]
        name = meta.get("name") or f"{meta['generateName']}{next(self._numbers)}"
        if (resource.kind, namespace, name) in self.objects:
            raise AlreadyExists(f"{resource.kind} {namespace}/{name} exists", code=409)
        number = next(self._numbers)
        made = {"uid": f"uid-{namespace}-{name}", "resourceVersion": str(number), **meta}
        self.objects[resource.kind, namespace, name] = {**body, "metadata": made}
        return dict(body)

    async def apply(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        manager: str,
        subresource: str = "",
    ) -> Object:
        self._called("apply", f"{resource.kind}/{subresource}" if subresource else resource.kind)
        place = (resource.kind, namespace, name)
        if subresource:
            self.objects[place][subresource] = body[subresource]
        else:
            meta = {"uid": f"uid-{namespace}-{name}", **body["metadata"], "managedFields": [_owned(manager, body)]}
            self.objects[place] = {**body, "metadata": meta}
        return self.objects[place]

    async def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        manager: str = "",  # noqa: ARG002
    ) -> Object:
        self._called("patch", resource.kind)
        found = self.objects[resource.kind, namespace, name]
        for part, change in body.items():
            found[part] = {**found[part], **change}
        return found

    async def delete(self, resource: Resource, namespace: str, name: str, *, uid: str = "") -> None:
        self._called("delete", resource.kind)
        found = self.objects.get((resource.kind, namespace, name))
        if found is None:
            raise NotFound(f"no {resource.kind} {namespace}/{name}", code=404)
        if uid and found["metadata"].get("uid", "") != uid:
            raise Conflict("another uid", code=409)
        del self.objects[resource.kind, namespace, name]

    async def served(self, group: str, version: str) -> tuple[Resource, ...]:
        """Return the one kind of others that there is."""
        return (CONFIG_MAPS,) if (group, version) == ("", "v1") else ()

    async def create_token(
        self, namespace: str, service_account: str, *, audiences: Sequence[str] = (), seconds: int = 3600
    ) -> IssuedToken:
        self._called("create", "token")
        assert seconds >= 600, "the API server grants no shorter tokens"
        if ("ServiceAccount", namespace, service_account) not in self.objects:
            raise NotFound(f"no ServiceAccount {namespace}/{service_account}", code=404)
        text = f"{namespace}/{service_account}:{','.join(audiences)}"
        return IssuedToken(SecretBytes(text.encode()), datetime(2030, 1, 1, tzinfo=UTC))

    def events(self) -> list[tuple[str, str]]:
        """Return reason and message of every Event."""
        return [(made["reason"], made["message"]) for (kind, *_), made in self.objects.items() if kind == "Event"]

    def _called(self, verb: str, kind: str) -> None:
        call = f"{verb} {kind}"
        self.calls[call] += 1
        failing = self.failures.get(call)
        if failing:
            raise failing.pop(0)

    # The last, since it takes the name of the type from those behind it.
    async def list(self, resource: Resource, namespace: str = "", *, label_selector: str = "") -> Object:
        """Return the objects of a namespace that have a label, with its value where one is asked for."""
        self._called("list", resource.kind)
        found = [made for (kind, where, _), made in self.objects.items() if (kind, where) == (resource.kind, namespace)]
        name, _, value = label_selector.partition("=")
        labels = [made["metadata"].get("labels") or {} for made in found]
        return {
            "items": [
                made for made, has in zip(found, labels, strict=True) if value in ("", has.get(name)) and name in has
            ]
        }


def _owned(manager: str, body: Mapping[str, Any]) -> Object:
    members = {f"f:{member}": _names(body["metadata"].get(member)) for member in ("labels", "annotations")}
    fields = {"f:data": _names(body.get("data")), "f:metadata": members}
    return {"manager": manager, "operation": "Apply", "apiVersion": "v1", "fieldsV1": fields}


def _names(members: Mapping[str, Any] | None) -> Object:
    return {f"f:{name}": {} for name in members or ()}
