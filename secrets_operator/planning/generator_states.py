"""What is kept of values that have to be taken back one day, and when they are. Pure.

Names, label, deadlines and finalizer are those of External Secrets Operator (runtime/statemanager/statemanager.go,
pkg/controllers/generatorstate), so that each operator goes on with the states of the other.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from secrets_operator.flow import Key, Object
from secrets_operator.planning.generators import GeneratorView
from secrets_operator.planning.secret_state import Owner
from secrets_operator.resources.labels import GENERATOR_OWNER_LABEL
from secrets_operator.resources.names import GENERATOR_STATE, GENERATORS_API_VERSION, PUSH_SECRET

OWNER_KEY: Final = GENERATOR_OWNER_LABEL
FINALIZER: Final = "generatorstate.externalsecrets.io/finalizer"
# The newest of an entry is in use; of the one before somebody may still hold the values.
_KEPT: Final = 2
_VERSIONS: Final = {PUSH_SECRET.kind: PUSH_SECRET.version}
_LONGEST_OWNER: Final = 200
_ENTRY: Final = re.compile(r"dataFrom\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Kept:
    """A GeneratorState as far as it matters for what becomes of it."""

    namespace: str
    name: str
    uid: str
    owner_uid: str
    owner_key: str
    age: tuple[str, int]
    """What sorts the states of an entry, the oldest first: several may be of one second."""

    deadline: datetime | None


def kept(found: Object) -> Kept:
    """Read a GeneratorState; one without an owner belongs to nobody."""
    metadata, spec = found["metadata"], found.get("spec") or {}
    owners, version = metadata.get("ownerReferences") or [{}], str(metadata.get("resourceVersion", ""))
    return Kept(
        metadata["namespace"],
        metadata["name"],
        metadata["uid"],
        str(owners[0].get("uid", "")),
        str((metadata.get("labels") or {}).get(OWNER_KEY, "")),
        (str(metadata.get("creationTimestamp", "")), int(version) if version.isdigit() else 0),
        _moment(spec.get("garbageCollectionDeadline")),
    )


def owner_key(owner: Key, entry: str) -> str:
    """Return the label by which the states of one entry of an owner are found: SHA3-224 in hex."""
    text = f"{owner.kind}-{owner.namespace}-{owner.name}-{entry}"
    return hashlib.sha3_224(text.encode()).hexdigest()


def entry_of(field: str) -> str:
    """Return the entry of ``dataFrom`` that a field of an ExternalSecret is about: its index."""
    found = _ENTRY.search(field)
    return found[1] if found else field


def manifest(owner: Owner, key: Key, entry: str, *, resource: Object, state: Mapping[str, Any], mark: str) -> Object:
    """Return the GeneratorState for what ``resource`` made for an owner; ``mark`` makes its name one of its own."""
    return {
        "apiVersion": GENERATORS_API_VERSION,
        "kind": GENERATOR_STATE.kind,
        "metadata": {
            "name": f"gen-{key.kind.lower()}-{key.name[:_LONGEST_OWNER]}-{mark}",
            "namespace": key.namespace,
            "labels": {OWNER_KEY: owner_key(key, entry)},
            "finalizers": [FINALIZER],
            "ownerReferences": [
                {
                    "apiVersion": f"{owner.group}/{_VERSIONS.get(owner.kind, 'v1')}",
                    "kind": owner.kind,
                    "name": owner.name,
                    "uid": owner.uid,
                }
            ],
        },
        "spec": {"resource": resource, "state": dict(state)},
    }


def snapshot(view: GeneratorView, namespace: str) -> Object:
    """Return the generator as it is kept beside what it made; of a ClusterGenerator the one that it holds."""
    return {
        "apiVersion": GENERATORS_API_VERSION,
        "kind": view.kind,
        "metadata": {"name": view.key.name, "namespace": namespace},
        "spec": dict(view.spec),
    }


def spent(states: Iterable[Kept], *, entries: Collection[str], made: Collection[str]) -> list[Kept]:
    """Return the states of one owner that are to get a deadline.

    ``entries`` are the labels of its entries that generate, ``made`` the names of states that were made just now. Of an
    entry the newest two stay; of what is no such entry any more none.
    """
    by_entry: dict[str, list[Kept]] = defaultdict(list)
    for state in states:
        if state.deadline is None:
            by_entry[state.owner_key].append(state)
    found: list[Kept] = []
    for entry, those in by_entry.items():
        older = sorted((one for one in those if one.name not in made), key=lambda one: one.age)
        # The cache may not have what was made just now.
        stay = 0 if entry not in entries else _KEPT - bool(made)
        found += older[: max(len(older) - stay, 0)]
    return found


def printed(moment: datetime) -> str:
    """Return a deadline as it stands in a state."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo is not None else found.replace(tzinfo=UTC)
