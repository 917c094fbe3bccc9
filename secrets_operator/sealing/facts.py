"""Sealed facts: with which certificate, for whom and when the items of a SealedSecret were sealed.

A sealed value names neither its key nor its scope, so nobody without the private key can tell whether a file is still
right. The facts are one annotation on the SealedSecret itself, which other tools ignore; they are a record and decide
nothing. Items may be sealed one by one, so each has a certificate and a time; equal ones are written once:

    secrets-operator.dev/sealed: '{"name":"db","namespace":"shop","scope":"strict","sealed":
      [{"certificate":"SHA256:...","at":"2026-01-31T12:00:00Z","items":["password","username"]}]}'

A certificate is named by the fingerprint of its public key (``keyring.fingerprint``). Neighbours: ``seal``, ``scopes``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from secrets_operator.flow import Object
from secrets_operator.resources.labels import FACTS_ANNOTATION
from secrets_operator.sealing.errors import FactsError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.scopes import Scope, scope_of

_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Sealing:
    """One act of sealing: the fingerprint of the certificate's public key, and the time in UTC, whole seconds."""

    certificate: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What the items of a SealedSecret are bound to, and the sealing of each by the item's name."""

    name: str
    namespace: str
    scope: Scope
    items: Mapping[str, Sealing]

    def sealed_again(self, items: Iterable[str], sealing: Sealing) -> Facts:
        """Return the facts after some items, new ones among them, were sealed."""
        return replace(self, items={**self.items, **dict.fromkeys(items, sealing)})

    def only(self, items: Iterable[str]) -> Facts:
        """Return the facts of the items that are left."""
        left = set(items)
        return replace(self, items={item: sealing for item, sealing in self.items.items() if item in left})

    def renamed(self, item: str, new: str) -> Facts:
        """Return the facts after an item, if there are any of it, took another name."""
        return replace(self, items={new if name == item else name: sealing for name, sealing in self.items.items()})


def facts_of(annotations: Mapping[str, object]) -> Facts | None:
    """Return the facts among an object's annotations, None when there are none; FactsError when they do not parse."""
    text = annotations.get(FACTS_ANNOTATION)
    if text is None:
        return None
    try:
        record = json.loads(str(text))
        return Facts(
            name=_text(record["name"]),
            namespace=_text(record["namespace"]),
            scope=Scope(record["scope"]),
            items={_text(item): _sealing(group) for group in record["sealed"] for item in group["items"]},
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        message = "is not what sealing writes there: remove it, or seal again"
        raise FactsError(message, field=f"metadata.annotations[{FACTS_ANNOTATION}]") from None


def readable_facts(annotations: Mapping[str, object]) -> Facts | None:
    """Return the facts among an object's annotations, None when there are none that can be read."""
    try:
        return facts_of(annotations)
    except FactsError:
        return None


def facts_annotation(facts: Facts) -> dict[str, str]:
    """Return the annotation that records the facts; equal facts make equal text."""
    groups: dict[Sealing, list[str]] = {}
    for item, sealing in sorted(facts.items.items()):
        groups.setdefault(sealing, []).append(item)
    record = {
        "name": facts.name,
        "namespace": facts.namespace,
        "scope": str(facts.scope),
        "sealed": [
            {"certificate": sealing.certificate, "at": sealing.at.astimezone(UTC).strftime(_TIME), "items": items}
            for sealing, items in groups.items()
        ],
    }
    return {FACTS_ANNOTATION: json.dumps(record, ensure_ascii=False, separators=(",", ":"))}


def with_facts(sealed: Object, items: Iterable[str], sealing: Sealing) -> Object:
    """Return a SealedSecret whose facts say that these items were sealed now, and forget items that are gone.

    Facts of the other items stay; facts that do not parse, or are about another name, namespace or scope, are replaced.
    """
    metadata = section(sealed, "metadata")
    annotations = section(metadata, "annotations")
    empty = Facts(
        name=str(metadata.get("name") or ""),
        namespace=str(metadata.get("namespace") or ""),
        scope=scope_of(annotations),
        items={},
    )
    known = readable_facts(annotations) or empty
    current = known if replace(known, items={}) == empty else empty
    facts = current.sealed_again(items, sealing).only(section(sealed, "spec", "encryptedData"))
    return {**sealed, "metadata": {**metadata, "annotations": {**annotations, **facts_annotation(facts)}}}


def _sealing(group: Any) -> Sealing:
    at = datetime.strptime(_text(group["at"]), _TIME).replace(tzinfo=UTC)
    return Sealing(certificate=_text(group["certificate"]), at=at)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
