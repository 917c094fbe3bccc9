"""A cluster in memory whose Secrets know their field managers, by the dev cluster's own server-side apply."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping
from typing import Any

from devcluster.builtin_types import builtin_schema
from devcluster.field_management import ApplyOptions, UpdateOptions, apply, record_update

from secrets_operator.flow import Object
from secrets_operator.kube.resources import SECRETS, Resource
from tests.memory_cluster import MemoryCluster

SECRET = builtin_schema("", "v1", "Secret")
_NOW = "2026-03-01T12:00:00Z"


class FieldManagedCluster(MemoryCluster):
    """Applies Secrets as an API server does: foreign fields stay, and what is applied no more goes."""

    def __init__(self, *objects: Object) -> None:
        super().__init__(*objects)
        self._born = 0

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
        if resource is not SECRETS:
            return await super().apply(resource, namespace, name, body, manager=manager, subresource=subresource)
        self._called("apply", resource.kind)
        place = (resource.kind, namespace, name)
        options = ApplyOptions(manager, force=True, api_version="v1", subresource="", now=_NOW)
        applied = apply(self.objects.get(place), copy.deepcopy(dict(body)), options=options, schema=SECRET)
        self.objects[place] = self._identified(applied)
        return self.objects[place]

    def edit(self, namespace: str, name: str, change: Callable[[dict[str, str]], object], *, manager: str) -> None:
        """Change the data of a Secret as somebody else does, by a plain update; make the Secret when there is none."""
        place = ("Secret", namespace, name)
        live = self.objects.get(place)
        empty: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}}
        edited = copy.deepcopy(live or empty)
        plain = {key: base64.b64decode(value).decode() for key, value in edited.get("data", {}).items()}
        change(plain)
        edited["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
        record_update(live, edited, options=UpdateOptions(manager, "v1", "", _NOW), schema=SECRET)
        self.objects[place] = self._identified(edited)

    def data(self, namespace: str, name: str) -> dict[str, str] | None:
        """Return the data of a Secret in plain text; None when there is no Secret."""
        found = self.objects.get(("Secret", namespace, name))
        if found is None:
            return None
        return {key: base64.b64decode(value).decode() for key, value in (found.get("data") or {}).items()}

    def _identified(self, secret: Object) -> Object:
        self._born += 1
        secret.setdefault("type", "Opaque")
        secret["metadata"].setdefault("uid", f"uid-{self._born}")
        return secret
