"""What one PushSecret pushes to one store: its entries of ``data``, and those that ``dataTo`` makes of keys. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Key
from secrets_operator.planning.label_selectors import selects
from secrets_operator.resources.push_secret import PushData, PushDataTo, PushSecretSpec, PushStoreRef
from secrets_operator.resources.regular_expressions import compile_regexp

Rename = Callable[[str, PushDataTo, Sequence[str]], Mapping[str, str]]
"""(path of the entry, entry, keys) -> the remote name of each key; raises InvalidSpec."""

Keys = Callable[[str, str], Collection[str]]
"""(strategy, path of the entry) -> the keys of the source under that conversion strategy; raises InvalidSpec."""


class Place(NamedTuple):
    """A place at a store: a remote secret, or one property of it."""

    remote_key: str
    property: str = ""

    def __str__(self) -> str:
        return f"{self.remote_key}/{self.property}" if self.property else self.remote_key


@dataclass(frozen=True, slots=True)
class PushTarget:
    """A store that is pushed to."""

    key: Key
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PushEntry:
    """One thing to push, and where it goes."""

    field: str
    """Its path in the resource, for messages."""

    place: Place
    secret_key: str = ""
    """The key whose value is pushed, after conversion; empty for a whole Secret."""

    only: frozenset[str] | None = None
    """Of a whole Secret only these keys; None for all of them."""

    conversion: str = "None"
    metadata: Mapping[str, Any] | None = None

    def record(self) -> dict[str, Any]:
        """Return the entry as the status keeps it: in the form of ``data[]``."""
        remote = {"remoteKey": self.place.remote_key}
        if self.place.property:
            remote["property"] = self.place.property
        match: dict[str, Any] = {"secretKey": self.secret_key} if self.secret_key else {}
        entry: dict[str, Any] = {"match": {**match, "remoteRef": remote}}
        if self.metadata:
            entry["metadata"] = dict(self.metadata)
        if self.conversion != "None":
            entry["conversionStrategy"] = self.conversion
        return entry


def means(ref: PushStoreRef, target: PushTarget) -> bool:
    """Tell whether a reference means a store: by its labels, or else by its name."""
    if ref.kind != target.key.kind:
        return False
    if ref.label_selector is not None:
        return selects(ref.label_selector, target.labels)
    return ref.name == target.key.name


def check_data_to(spec: PushSecretSpec, targets: Collection[PushTarget]) -> None:
    """Raise InvalidSpec for an entry of ``dataTo`` whose labels no store has that is pushed to."""
    for index, entry in enumerate(spec.data_to):
        selector = entry.store_ref.label_selector
        if selector is not None and not any(means(entry.store_ref, target) for target in targets):
            message = f"no {entry.store_ref.kind} of spec.secretStoreRefs has these labels"
            raise InvalidSpec(message, field=f"spec.dataTo[{index}].storeRef.labelSelector")


def push_entries(spec: PushSecretSpec, target: PushTarget, *, keys: Keys, rename: Rename) -> tuple[PushEntry, ...]:
    """Return what goes to ``target``, in the order of the spec, ``data`` first.

    Raises InvalidSpec for a key that the source does not have, and for two entries of one place.
    """
    given = [_of_data(f"spec.data[{index}]", entry, keys) for index, entry in enumerate(spec.data)]
    taken = {entry.secret_key for entry in given} - {""}
    made = [
        entry
        for index, one in enumerate(spec.data_to)
        if means(one.store_ref, target)
        for entry in _of_data_to(f"spec.dataTo[{index}]", one, keys, rename)
    ]
    _check_apart(made)
    entries = [*given, *(entry for entry in made if entry.secret_key not in taken)]
    _check_apart(entries)
    return tuple(entries)


def _of_data(path: str, entry: PushData, keys: Keys) -> PushEntry:
    secret_key, remote = entry.match.secret_key or "", entry.match.remote_ref
    if secret_key and secret_key not in keys(entry.conversion_strategy, path):
        raise InvalidSpec(f"the source has no key {secret_key!r}", field=f"{path}.match.secretKey")
    place = Place(remote.remote_key, remote.property or "")
    return PushEntry(path, place, secret_key, conversion=entry.conversion_strategy, metadata=entry.metadata)


def _of_data_to(path: str, entry: PushDataTo, keys: Keys, rename: Rename) -> Iterator[PushEntry]:
    expression = entry.match.regexp if entry.match is not None else None
    matches = compile_regexp(expression or "")
    chosen = sorted(key for key in keys(entry.conversion_strategy, path) if matches.search(key.encode()))
    if not chosen:
        return
    if entry.remote_key:
        place, only = Place(entry.remote_key), frozenset(chosen)
        yield PushEntry(path, place, only=only, conversion=entry.conversion_strategy, metadata=entry.metadata)
        return
    names = rename(path, entry, chosen)
    for key in chosen:
        place = Place(names[key])
        yield PushEntry(path, place, key, conversion=entry.conversion_strategy, metadata=entry.metadata)


def _check_apart(entries: Sequence[PushEntry]) -> None:
    seen: dict[Place, PushEntry] = {}
    for entry in entries:
        other = seen.setdefault(entry.place, entry)
        if other is not entry:
            message = f"{str(entry.place)!r} is pushed by {other.field} as well: give each a place of its own"
            raise InvalidSpec(message, field=entry.field)
