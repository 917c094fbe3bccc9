"""What a reflector lists and watches where the metadata of objects is all that may be known of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.requests import Target, watch_metadata, watch_params
from secrets_operator.kube.resources import Resource


class MetadataSource:
    """A :class:`~secrets_operator.watching.reflector.Source` of metadata."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        continue_: str = "",
    ) -> Object:
        """Return a page of the collection; raises as :meth:`Client.list`."""
        selectors = {"label_selector": label_selector, "field_selector": field_selector}
        return await self._client.list_metadata(resource, namespace, **selectors, limit=limit, continue_=continue_)

    def watch(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
        seconds: int = 0,
    ) -> AsyncGenerator[Object, None]:
        """Yield the events; raises as :meth:`Client.watch`."""
        params = watch_params(label_selector, field_selector, resource_version, seconds=seconds)
        return self._client.events(watch_metadata(Target(resource, namespace), params))
