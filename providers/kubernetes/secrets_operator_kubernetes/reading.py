"""Reads Secrets of one namespace: single ones by name, or all that a query matches.

A missing Secret is absent only on the word of the API server about that very Secret, in a namespace that exists: a
mistyped ``remoteNamespace``, or a proxy's page, must never look like a deletion.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from secrets_operator.errors import InvalidSpec, Terminal
from secrets_operator.flow import Query
from secrets_operator.provider import (
    MOST_MATCHES,
    TOO_MANY_MATCHES,
    Absent,
    Answer,
    FindAnswer,
    Found,
    Matches,
    Reference,
)
from secrets_operator.provider.name_patterns import name_matcher
from secrets_operator_kubernetes.client import Client, Reply
from secrets_operator_kubernetes.documents import Members, metadata_of, payload_of
from secrets_operator_kubernetes.errors import Meaning, error_for

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_NAME = 253
# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?", re.ASCII)
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?", re.ASCII)
_PAGE = 100
_MOST_PAGES = 1000


def secrets_path(namespace: str) -> str:
    """Return the path of the Secrets of a namespace."""
    return f"{_namespace_path(namespace)}/secrets"


def secret_path(namespace: str, name: str) -> str:
    """Return the path of a Secret; raises InvalidSpec for what cannot be the name of one."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise InvalidSpec("a key is the name of a Secret: lower-case letters, digits, '-' and '.'")
    return f"{secrets_path(namespace)}/{name}"


def _namespace_path(namespace: str) -> str:
    return f"api/v1/namespaces/{quote(namespace, safe='')}"


class Reading:
    """The Secrets of one namespace."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    async def one(self, reference: Reference) -> Answer:
        """Read one Secret; raises what the client raises, and InvalidSpec for a key that names none."""
        name = reference.key
        reply = await self._client.get("GetSecret", secret_path(self._namespace, name))
        if reply.status == 404 and reply.is_status_about("secrets", name):
            return await self._absent()
        secret = self._document(reply, "get secrets")
        return Found(metadata_of(secret) if reference.metadata else payload_of(secret))

    async def matching(self, query: Query) -> FindAnswer:
        """Read all Secrets with the labels, or else with a name that matches; raises as :meth:`one`."""
        matches, selector = self._condition(query)
        found: dict[str, Members] = {}
        position = {"limit": str(_PAGE), **({"labelSelector": selector} if selector else {})}
        for _ in range(_MOST_PAGES):
            listed = self._document(await self._page(position), "list secrets")
            for secret in _items(listed):
                name = _name(secret)
                if matches(name):
                    found[name] = payload_of(secret)
            if len(found) > MOST_MATCHES:
                return TOO_MANY_MATCHES
            following = (listed.get("metadata") or {}).get("continue")
            if not following:
                return Matches(found) if found else await self._nothing()
            position["continue"] = str(following)
        raise Terminal("the namespace holds too many Secrets: find by tags")

    async def _page(self, position: Mapping[str, str]) -> Reply:
        return await self._client.get("ListSecrets", secrets_path(self._namespace), position)

    def _condition(self, query: Query) -> tuple[Callable[[str], bool], str]:
        """Return the test of a name and the label selector that a query comes down to; raises InvalidSpec."""
        if query.path:
            raise InvalidSpec("Secrets have no paths: remove it", field="find.path")
        matches = name_matcher(query.name)
        if query.tags:
            return (lambda _: True), _selector(query.tags)
        if not query.name:
            raise InvalidSpec("set name.regexp or tags", field="find")
        return matches, ""

    async def _nothing(self) -> FindAnswer:
        """Tell a namespace without matches from one that does not exist, which lists nothing either."""
        await self._require_namespace()
        return Matches({})

    async def _absent(self) -> Answer:
        await self._require_namespace()
        return Absent()

    async def _require_namespace(self) -> None:
        """Raise Terminal when the namespace does not exist; who may not look at namespaces is taken at their word."""
        reply = await self._client.get("GetNamespace", _namespace_path(self._namespace))
        if reply.status == 404 and reply.is_status_about("namespaces", self._namespace):
            raise Terminal(f"there is no namespace {self._namespace}: check remoteNamespace")
        if reply.status not in (200, 403):
            raise error_for(reply, doing="get the namespace")

    def _document(self, reply: Reply, doing: str) -> Mapping[str, Any]:
        if reply.status != 200:
            raise error_for(reply, doing=f"{doing} in namespace {self._namespace}")
        return reply.document()


def _items(listed: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items = listed.get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Terminal(Meaning.NOT_KUBERNETES.value)
    return items


def _name(secret: Mapping[str, Any]) -> str:
    metadata = secret.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str):
        raise Terminal(Meaning.NOT_KUBERNETES.value)
    return name


def _selector(tags: tuple[tuple[str, str], ...]) -> str:
    for key, value in tags:
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise InvalidSpec("is not a label that an object can have", field="find.tags")
    return ",".join(f"{key}={value}" for key, value in tags)
