"""The ``fake`` provider: values written in the store itself, for demos and tests.

In: ``data[]`` of key, value and version, and ``validationResult`` (0 ready, 1 unknown, 2 error). Out: the value whose
key and version are exactly those asked for, or all whose key matches, of several versions the one that sorts last.
What is pushed is read back without a version (``fake_pushing``). There is no remote side, so nothing ever fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from secrets_operator.errors import InvalidSpec, Refused, Unsure
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider.contract import (
    Absent,
    Answer,
    Capabilities,
    FindAnswer,
    Found,
    Host,
    Matches,
    Problem,
    Reference,
    Rejected,
)
from secrets_operator.provider.fake_pushing import FakeMemory
from secrets_operator.provider.name_patterns import name_matcher
from secrets_operator.provider.namespaces import CLUSTER_STORE
from secrets_operator.provider.properties import extracted, lookup, selected

_FIELDS = ("data", "validationResult")
_ENTRY_FIELDS = ("key", "value", "version")
_READY, _UNKNOWN, _ERROR = 0, 1, 2


class FakeSession:
    """A session on the values of one store, and on what was pushed to it."""

    def __init__(
        self,
        values: Mapping[tuple[str, str], SecretBytes],
        validation_result: int,
        pushed: FakeMemory | None = None,
    ) -> None:
        """Be read only without a memory of what was ``pushed``."""
        self._given = values
        self._validation_result = validation_result
        self._pushed = pushed.values if pushed is not None else {}
        self.pushing = pushed.pushing({key for key, _ in values}) if pushed is not None else None

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        """Look each reference up."""
        return [self._answer(reference) for reference in references]

    def _answer(self, reference: Reference) -> Answer:
        if reference.metadata:
            return Rejected("the fake provider has no metadata: set metadataPolicy to None")
        value = self._given.get((reference.key, reference.version))
        if value is None and not reference.version:
            value = self._pushed.get(reference.key)
        return Absent() if value is None else Found(value)

    async def find(self, query: Query) -> FindAnswer:
        """Match names by the regular expression; there are no paths and tags."""
        if query.path or query.tags or not query.name:
            return Rejected("the fake provider finds by name only: set name.regexp, remove path and tags")
        try:
            matches = name_matcher(query.name)
        except InvalidSpec as error:
            return Rejected(str(error))
        # In the order of their versions, so that the last one is what stays.
        given = {key: value for (key, _), value in sorted(self._given.items(), key=_entry) if matches(key)}
        return Matches({key: value for key, value in self._pushed.items() if matches(key)} | given)

    def select(self, payload: SecretBytes, path: str) -> SecretBytes:
        """Pick a property by its GJSON path; raises NotFound."""
        return selected(lookup(payload.reveal(), path), path)

    def extract(self, payload: SecretBytes) -> Mapping[str, SecretBytes]:
        """Spread a JSON object; raises Terminal when the value is something else."""
        return extracted(payload)

    async def validate(self) -> None:
        """Say what ``validationResult`` says."""
        if self._validation_result == _UNKNOWN:
            raise Unsure("the result of the validation is unknown", field="validationResult")
        if self._validation_result == _ERROR:
            raise Refused("the store is told to fail its validation", field="validationResult")

    async def close(self) -> None:
        """Nothing is held."""


class FakeProvider:
    """Stores with their values in ``spec.provider.fake``, and what was pushed to them."""

    name = "fake"
    notice = "holds its values in the manifest: it is for tests and demos"
    capabilities = Capabilities.READ_WRITE

    def __init__(self) -> None:
        self._pushed: dict[tuple[str, str, str], FakeMemory] = {}

    def problems(self, spec: Mapping[str, Any], *, store_kind: str) -> Sequence[Problem]:  # noqa: ARG002 the kinds do not differ
        """Check entries and result; a store without data is a store without secrets."""
        found = [Problem(name, "unknown field") for name in spec if name not in _FIELDS]
        data = spec.get("data", [])
        if isinstance(data, list):
            found += [problem for index, entry in enumerate(data) for problem in _entry_problems(index, entry)]
        else:
            found.append(Problem("data", "must be a list"))
        result = spec.get("validationResult", _READY)
        if isinstance(result, bool) or result not in (_READY, _UNKNOWN, _ERROR):
            found.append(Problem("validationResult", "must be 0 (ready), 1 (unknown) or 2 (error)"))
        return found

    async def open(self, spec: Mapping[str, Any], host: Host) -> FakeSession:
        """Take the values; of entries with the same key and version the last counts."""
        values = {
            (entry["key"], entry.get("version", "")): SecretBytes(entry["value"].encode())
            for entry in spec.get("data", [])
        }
        store = host.store
        # A cluster store is one store whoever uses it; namesakes in other namespaces are others.
        place = (store.kind, "" if store.kind == CLUSTER_STORE else store.namespace, store.name)
        pushed = self._pushed.setdefault(place, FakeMemory())
        return FakeSession(values, spec.get("validationResult", _READY), pushed)


def _entry(item: tuple[tuple[str, str], SecretBytes]) -> tuple[str, str]:
    return item[0]


def _entry_problems(index: int, entry: Any) -> Iterator[Problem]:
    path = f"data[{index}]"
    if not isinstance(entry, dict):
        yield Problem(path, "must be an object with key and value")
        return
    yield from (Problem(f"{path}.{name}", "unknown field") for name in entry if name not in _ENTRY_FIELDS)
    for name in ("key", "value"):
        if not isinstance(entry.get(name), str) or not entry[name]:
            yield Problem(f"{path}.{name}", "must be a non-empty string")
    if not isinstance(entry.get("version", ""), str):
        yield Problem(f"{path}.version", "must be a string")


PROVIDER = FakeProvider()
