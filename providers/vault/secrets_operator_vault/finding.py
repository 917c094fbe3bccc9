"""Finds secrets below a path by name or tags: folders are listed level by level, then what matches is read.

Every folder and every value is read or the query fails: a part of them would look as if the others were deleted. Left
out is only what Vault says does not exist, such as a secret whose latest version is deleted.
https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#list-secrets
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Query
from secrets_operator.provider import (
    MOST_MATCHES,
    TOO_MANY_MATCHES,
    Absent,
    Answer,
    Failed,
    FindAnswer,
    Found,
    Matches,
    Rejected,
)
from secrets_operator.provider.answering import answered
from secrets_operator.provider.name_patterns import name_matcher
from secrets_operator.provider.parallel import in_parallel
from secrets_operator_vault import documents
from secrets_operator_vault.answers import metadata_in, names_in, value_answer
from secrets_operator_vault.asking import Asking
from secrets_operator_vault.paths import METADATA, V2, VALUES, Engine, path_below, segments

# Half of what a store may have under way, so that other reads get their turn.
_AT_ONCE = 8

T = TypeVar("T")

Place = tuple[str, ...]
"""Segments from the mount to a folder or a secret."""

_Trouble = Failed | Rejected


class Search:
    """One query under way. A name wins over tags; with neither everything below the path matches."""

    def __init__(self, query: Query, asking: Asking, engine: Engine) -> None:
        """Raises InvalidSpec for a query that cannot be asked."""
        self._start = tuple(segments(query.path))
        self._name_matches = name_matcher(query.name)
        self._tags = () if query.name else query.tags
        self._asking = asking
        self._engine = engine
        if self._tags and engine.version != V2:
            raise InvalidSpec("an engine of version v1 has no tags: set name.regexp")

    async def run(self) -> FindAnswer:
        """Return values as JSON by their paths below the mount; raises InvalidSpec as the constructor."""
        places = await self._listed()
        if self._tags and isinstance(places, list):
            places = await self._tagged(places)
        return await self._values(places) if isinstance(places, list) else places

    async def _listed(self) -> list[Place] | Absent | _Trouble:
        """Return every secret whose name matches."""
        matching: list[Place] = []
        folders: list[Place] = [self._start]
        while folders:
            listed = await self._each(self._list, folders)
            if not isinstance(listed, list):
                return listed
            if folders == [self._start] and listed[0][1] == Absent():
                return Absent()
            found = [(folder, name) for folder, names in listed if isinstance(names, list) for name in names]
            folders = [(*folder, _segment(name)) for folder, name in found if name.endswith("/")]
            secrets = ((*folder, _segment(name)) for folder, name in found if not name.endswith("/"))
            matching += [place for place in secrets if self._name_matches("/".join(place))]
            if len(matching) > MOST_MATCHES:
                return TOO_MANY_MATCHES
        return matching

    async def _tagged(self, places: Sequence[Place]) -> list[Place] | _Trouble:
        """Return the secrets that have all the tags."""
        read = await self._each(self._metadata, places)
        if not isinstance(read, list):
            return read
        return [place for place, metadata in read if isinstance(metadata, dict) and self._has_tags(metadata)]

    async def _values(self, places: Sequence[Place]) -> FindAnswer:
        read = await self._each(self._value, places)
        if not isinstance(read, list):
            return read
        return Matches({"/".join(place): answer.payload for place, answer in read if isinstance(answer, Found)})

    async def _each(
        self, ask: Callable[[Place], Awaitable[T]], places: Sequence[Place]
    ) -> list[tuple[Place, T]] | _Trouble:
        """Ask for every place, or return the first trouble in their order."""
        results = await in_parallel(
            lambda place: answered(partial(ask, place)),
            places,
            at_once=_AT_ONCE,
            enough=lambda result: isinstance(result, _Trouble),
        )
        answers: list[tuple[Place, T]] = []
        for place, result in results:
            if isinstance(result, _Trouble):
                return _about(place, result)
            answers.append((place, result))
        return answers

    async def _list(self, folder: Place) -> list[str] | Absent | _Trouble:
        reply = await self._asking.read(path_below(self._engine, folder, METADATA), {"list": "true"})
        return await self._asking.judged(reply) or names_in(reply)

    async def _metadata(self, place: Place) -> dict[str, Any] | Absent | _Trouble:
        reply = await self._asking.read(path_below(self._engine, place, METADATA), {})
        return await self._asking.judged(reply) or metadata_in(reply)

    async def _value(self, place: Place) -> Answer:
        reply = await self._asking.read(path_below(self._engine, place, VALUES), {})
        return await self._asking.judged(reply) or value_answer(reply, self._engine.version)

    def _has_tags(self, metadata: dict[str, Any]) -> bool:
        return all(name in metadata and documents.text_of(metadata[name]) == value for name, value in self._tags)


def _segment(name: str) -> str:
    """Return the one segment that an entry of a listing adds; raises InvalidSpec for what no path can hold."""
    found = segments(name)
    if len(found) != 1:
        raise InvalidSpec("a folder holds a name that cannot be part of a path: narrow the query")
    return found[0]


def _about(place: Place, trouble: _Trouble) -> _Trouble:
    """Name the place that the user must act on; an outage or a bad credential is nobody's in particular."""
    if isinstance(trouble, Failed) or trouble.credentials or not place:
        return trouble
    return Rejected(f"{'/'.join(place)!r}: {trouble.message}")
