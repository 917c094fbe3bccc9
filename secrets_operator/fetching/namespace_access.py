"""Judges whether a namespace may use a store: the conditions of the store, the labels of the namespace.

In: a store and the name of a consumer's namespace. Out: what speaks against it. Namespaces come from the watch; one
that it does not (yet) know, as always when the operator works in some namespaces only, is read from the API server.
"""

from __future__ import annotations

from collections.abc import Callable

from secrets_operator.errors import NotFound
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import Forbidden
from secrets_operator.kube.resources import NAMESPACES
from secrets_operator.planning.namespace_conditions import admits, condition_problems, denied, has_conditions
from secrets_operator.planning.namespaces import Namespace, namespace


class NamespaceAccess:
    """See the module's docstring."""

    def __init__(self, client: Client, *, cached: Callable[[str], Namespace | None]) -> None:
        self._client = client
        self._cached = cached

    async def denial(self, store: Object, name: str) -> str:
        """Return why namespace ``name`` may not use ``store``; empty when it may.

        Conditions that make no sense admit nobody. Nobody's namespace (an empty name) is the operator itself, checking
        a store. Raises Retryable when the API server does not answer.
        """
        if not name or not has_conditions(store):
            return ""
        problems = condition_problems(store)
        if problems:
            return f"{_named(store)} cannot be used: {'; '.join(map(str, problems))}"
        try:
            found = self._cached(name) or await self._read(name)
        except Forbidden:
            return (
                f"{_named(store)} has conditions, and the operator may not read namespace {name} to judge them: "
                "allow it to get namespaces"
            )
        return denied(store, name) if found is None or not admits(store, found) else ""

    async def _read(self, name: str) -> Namespace | None:
        try:
            return namespace(await self._client.get(NAMESPACES, "", name))
        except NotFound:
            return None


def _named(store: Object) -> str:
    return f"{store['kind']} {store['metadata']['name']}"
