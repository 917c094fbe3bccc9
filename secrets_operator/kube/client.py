"""The client of the API server: one HTTP session, raw dicts, errors of :mod:`.errors` and no other.

In: resources, names and bodies. Out: objects as they were sent, or one error per failed call. It never retries, apart
from once after a 401 with another token: what to do about a failure is the caller's decision. It never logs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from secrets_operator.call_rate import CallRate
from secrets_operator.clock import Clock
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.kube import mapping, requests
from secrets_operator.kube.connection import Connection
from secrets_operator.kube.errors import ApiError, Fenced
from secrets_operator.kube.fence import Fence
from secrets_operator.kube.requests import Request, Target
from secrets_operator.kube.resources import LEASES, Resource, group_version_path
from secrets_operator.kube.session import Account, Limits, Session, ignore
from secrets_operator.kube.streams import events


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token of a ServiceAccount and the end of its validity."""

    token: SecretBytes
    expires: datetime


class Client:
    """Talks to one API server; use it as ``async with Client(...) as client``.

    Every method raises an :class:`ApiError` when the call fails, and InvalidSpec for a name no object can have.
    """

    def __init__(  # noqa: PLR0913 - one connection has these settings; all but two have defaults
        self,
        connection: Connection,
        *,
        clock: Clock,
        account: Account = ignore,
        fence: Fence | None = None,
        rate: CallRate | None = None,
        timeout: float = 30.0,
        silence: float = 75.0,
        connections: int = 64,
    ) -> None:
        """Allow ``timeout`` seconds a call, ``silence`` seconds without data in a watch, ``connections`` calls at once.

        Bookmarks come about once a minute, so a longer silence means that the watch is dead. Watches do not count
        among the ``connections``. While ``fence`` is closed, what would change the cluster is refused (Fenced).
        Calls wait for their turn by ``rate``, except those about Leases: a replica that waits must not seem dead.
        """
        limits = Limits(call=timeout, silence=silence)
        self._session = Session(connection, clock=clock, account=account, limits=limits)
        self._slots = asyncio.Semaphore(connections)
        self._fence = fence
        self._rate = rate

    async def __aenter__(self) -> Self:
        await self._session.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """Return an object; raises NotFound when there is none."""
        return await self._object(requests.get(Target(resource, namespace, name)))

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
        """Return a list, or a page of at most ``limit`` items of it; raises Gone when ``continue_`` has expired."""
        params = requests.page_params(label_selector, field_selector, limit=limit, continue_=continue_)
        request = requests.list_(Target(resource, namespace), params)
        return mapping.parsed_list(request, await self._call(request))

    async def list_metadata(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        continue_: str = "",
    ) -> Object:
        """Return what ``list`` does, of each object the metadata alone: values neither travel nor enter memory."""
        params = requests.page_params(label_selector, field_selector, limit=limit, continue_=continue_)
        request = requests.list_metadata(Target(resource, namespace), params)
        return mapping.parsed_list(request, await self._call(request))

    async def create(self, resource: Resource, namespace: str, body: Mapping[str, Any], *, manager: str = "") -> Object:
        """Create an object and return it; raises AlreadyExists."""
        return await self._object(requests.create(Target(resource, namespace), body, manager=manager))

    async def apply(  # noqa: PLR0913 - these are the parameters of a server-side apply
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        manager: str,
        force: bool = True,
        subresource: str = "",
    ) -> Object:
        """Apply ``body`` as field manager ``manager`` and return the object; raises ApplyConflict without ``force``."""
        target = Target(resource, namespace, name, subresource)
        return await self._object(requests.apply(target, body, manager=manager, force=force))

    async def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        manager: str = "",
        subresource: str = "",
    ) -> Object:
        """Merge ``body`` into an object and return it; raises Conflict for an old ``metadata.resourceVersion``."""
        target = Target(resource, namespace, name, subresource)
        return await self._object(requests.patch(target, body, manager=manager))

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str = "", resource_version: str = ""
    ) -> Object:
        """Delete an object; raises Conflict when it no longer has ``uid`` or ``resource_version``, where given."""
        target = Target(resource, namespace, name)
        return await self._object(requests.delete(target, uid=uid, resource_version=resource_version))

    async def create_token(
        self, namespace: str, service_account: str, *, audiences: Sequence[str] = (), seconds: int = 3600
    ) -> IssuedToken:
        """Return a fresh token of a ServiceAccount, valid for about ``seconds`` (at least 600, says the API server)."""
        request = requests.create_token(namespace, service_account, audiences, seconds)
        status = (await self._object(request)).get("status", {})
        try:
            expires = datetime.fromisoformat(status["expirationTimestamp"])
            return IssuedToken(SecretBytes(status["token"].encode()), expires)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise mapping.not_kubernetes(request, 201) from None

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
        """Yield the events after ``resource_version``, bookmarks among them, until the API server ends the watch.

        It is asked to do so after ``seconds``. Raises Unreachable when the stream falls silent, and what an ERROR event
        stands for (Gone). Close the iterator (``contextlib.aclosing``) to give its connection back.
        """
        params = requests.watch_params(label_selector, field_selector, resource_version, seconds=seconds)
        return self.events(requests.watch(Target(resource, namespace), params))

    def events(self, request: Request) -> AsyncGenerator[Object, None]:
        """Yield the events of a watch, in whatever form it asks for them; as :meth:`watch`."""
        return events(request, self._session.stream(request))

    async def send(self, request: Request) -> bytes:
        """Send a request that is about no object, such as one through a proxy, and return the body of the answer."""
        return await self._call(request)

    async def served(self, group: str, version: str) -> tuple[Resource, ...]:
        """Return the kinds served in a version of a group; raises ResourceUnknown when there is no such version."""
        found = await self._object(requests.raw(group_version_path(group, version)))
        kinds = found.get("resources") or ()
        return tuple(
            Resource(group, version, kind["name"], kind["kind"], namespaced=bool(kind.get("namespaced")))
            for kind in kinds
            if "/" not in kind["name"]
        )

    async def version(self) -> Object:
        """Return what the API server says about itself; ``gitVersion`` is the interesting part."""
        return await self._object(requests.raw("/version"))

    async def ready(self) -> bool:
        """Return whether the API server says that it is ready."""
        try:
            await self._call(requests.raw("/readyz"))
        except ApiError:
            return False
        return True

    async def _object(self, request: Request) -> Object:
        return mapping.parsed(request, await self._call(request))

    async def _call(self, request: Request) -> bytes:
        if self._rate is not None and request.kind != LEASES.kind:
            await self._rate.turn()
        async with self._slots:
            # Only now: a wait for a connection may have been long.
            if request.changes and self._fence is not None and not self._fence.is_open:
                raise Fenced("this replica does not hold its lease: nothing is written")
            return await self._session.call(request)
