"""What a Secret tells about generated values in it: when they were made, and whether they can be kept. Pure.

Generated values are nowhere but in the Secret. So the record of the sync that made them is an annotation of the Secret,
written together with them: a crash or a restart before the status is written does not make new values. And a repair
keeps values that nobody touched: what our field manager still holds is as it was applied. With an object that is no
Secret it is the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.planning.marks import OPERATOR_MARK_PREFIXES
from secrets_operator.planning.refresh import Synced, format_time, parse_time
from secrets_operator.planning.secret_state import Digester, OwnedFields, SecretState
from secrets_operator.planning.targets import DesiredSecret, changed_keys
from secrets_operator.resources.templates import Template, TemplateMetadata

_TEMPLATE_MARK = "{{"


@dataclass(frozen=True, slots=True)
class Record:
    """The sync that last made values, and the keys of the Secret that depend on them."""

    synced: Synced
    keys: tuple[str, ...]

    def __str__(self) -> str:
        made = format_time(self.synced.refreshed_at) if self.synced.refreshed_at is not None else ""
        return json.dumps({"keys": self.keys, "made": made, "version": self.synced.version}, separators=(",", ":"))


def record_of(target: SecretState | None, annotation: str, manager: str) -> Record | None:
    """Return the record on a Secret; None without one, or when it is not ``manager`` that wrote it."""
    if target is None or target.deleting or annotation not in target.owned_by(manager).annotations:
        return None
    try:
        record: Any = json.loads(target.annotations[annotation])
        return Record(Synced(record["version"], parse_time(record["made"])), tuple(record["keys"]))
    except (KeyError, TypeError, ValueError):
        return None


def latest(reported: Synced, record: Record | None) -> Synced:
    """Return the later one of the syncs that the status and the Secret tell of."""
    made = record.synced.refreshed_at if record is not None else None
    if record is None or made is None:
        return reported
    return reported if reported.refreshed_at is not None and reported.refreshed_at >= made else record.synced


def kept_keys(target: SecretState | None, annotation: str, manager: str) -> frozenset[str]:
    """Return the keys whose values can be kept: all that depend on generated values, or none.

    A Secret is kept when it is still as we applied it, or as External Secrets Operator wrote it under our name. Of
    values that belong together, such as a key pair, none is kept when one was changed.
    """
    if target is None or target.deleting:
        return frozenset()
    record = record_of(target, annotation, manager)
    if record is not None:
        keys = frozenset(record.keys)
        return keys if keys <= target.owned_by(manager).data & target.digests.keys() else frozenset()
    if target.is_as_eso_wrote_it:
        return frozenset(key for key in target.digests if manager in target.writers.get(key, ()))
    return frozenset()


def kept_leaves(target: SecretState | None, annotation: str, manager: str) -> frozenset[str]:
    """Return the leaves of an object that is no Secret if its generated values can be kept, or none.

    Which leaves they are in cannot be told, so all count as one, and nobody else may hold any: of a list that several
    write to only the API server knows whose an item is.
    """
    record = record_of(target, annotation, manager)
    if record is None or target is None:
        return frozenset()
    held = frozenset(record.keys) <= target.owned_by(manager).data & target.digests.keys()
    shared = any(writer != manager for leaf in record.keys for writer in target.writers.get(leaf, ()))
    return frozenset(record.keys) if held and not shared else frozenset()


@dataclass(frozen=True, slots=True)
class KeptParts:
    """A Secret with a template whose values are kept, so that there is nothing to render it from."""

    data: dict[str, SecretBytes]
    labels: dict[str, str]
    annotations: dict[str, str]


def kept_parts(
    template: Template | None, data: Mapping[str, SecretBytes], live: SecretState | None, manager: str
) -> KeptParts:
    """Return what was made: ``data`` as it is, labels and annotations as they are and as the template has them.

    One that is computed from values and was changed by somebody else comes back with the next refresh.
    """
    owned = live.owned_by(manager) if live is not None else OwnedFields()
    labels = live.labels if live is not None else {}
    annotations = live.annotations if live is not None else {}
    metadata = template.metadata if template is not None else TemplateMetadata()
    return KeptParts(
        dict(data),
        {**_own(labels, owned.labels), **_plain(metadata.labels)},
        {**_own(annotations, owned.annotations), **_plain(metadata.annotations)},
    )


def _own(metadata: Mapping[str, str], owned: frozenset[str]) -> dict[str, str]:
    return {
        name: text for name, text in metadata.items() if name in owned and not name.startswith(OPERATOR_MARK_PREFIXES)
    }


def _plain(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if _TEMPLATE_MARK not in text}


def with_record(
    desired: DesiredSecret, annotation: str, record: Record, live: SecretState | None, digester: Digester
) -> DesiredSecret:
    """Add the record; the one that is there stays while it is true, so that equal values cause no write."""
    known = record_of(live, annotation, desired.manager)
    same = known is not None and (known.synced.version, known.keys) == (record.synced.version, record.keys)
    if known is not None and same and not changed_keys(desired, live, digester):
        record = known
    return replace(desired, annotations={**desired.annotations, annotation: str(record)})


def ordered(keys: Iterable[str]) -> tuple[str, ...]:
    """Return keys as a record has them."""
    return tuple(sorted(keys))
