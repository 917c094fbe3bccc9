"""What a visitor asked to see: the query of the page, checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Key
from secrets_operator.serving.dashboard.rows import KINDS, Row, State

# Kubernetes allows no longer names.
_LONGEST = 253
_FIELDS = ("namespace", "kind", "state", "name")


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that a row has to meet, empty ones left out, and the page of those that do, from 1."""

    namespace: str = ""
    kind: str = ""
    state: str = ""
    name: str = ""
    """Part of the name."""

    page: int = 1

    def admits(self, row: Row) -> bool:
        """Tell whether a row is to be shown."""
        return self.concerns(row.key) and self.state in ("", row.state)

    def concerns(self, key: Key) -> bool:
        """Tell whether a change of a resource may change what is shown."""
        return (
            self.namespace in ("", key.namespace)
            and self.kind in ("", key.kind)
            and (not self.name or self.name in key.name)
        )

    @property
    def is_narrow(self) -> bool:
        """Whether anything is filtered out."""
        return any(getattr(self, field) for field in _FIELDS)

    @property
    def query(self) -> str:
        """The query of this view, without the page; begins with a question mark, or is empty."""
        return self.query_of(1)

    def query_of(self, page: int) -> str:
        """The query of another page of this view."""
        given = {field: getattr(self, field) for field in _FIELDS if getattr(self, field)}
        text = urlencode({**given, **({"page": page} if page > 1 else {})})
        return f"?{text}" if text else ""

    def at(self, page: int) -> Filter:
        """Return the same conditions with another page."""
        return replace(self, page=page)


def read_filter(query: Mapping[str, str]) -> Filter:
    """Read the query of a request; InvalidSpec names the parameter and what it may be."""
    texts = {field: query.get(field, "").strip() for field in _FIELDS}
    for field, text in texts.items():
        if len(text) > _LONGEST:
            raise InvalidSpec(f"at most {_LONGEST} characters", field=field)
    for field, known in (("kind", KINDS), ("state", tuple(State))):
        if texts[field] and texts[field] not in known:
            raise InvalidSpec(f"is one of {', '.join(known)}", field=field)
    page = query.get("page", "") or "1"
    if not page.isascii() or not page.isdigit() or len(page) > 6 or int(page) < 1:
        raise InvalidSpec("is a number from 1", field="page")
    return Filter(**texts, page=int(page))


def read_key(query: Mapping[str, str]) -> Key:
    """Read which resource is asked for; InvalidSpec when the query names none."""
    kind, namespace, name = (query.get(field, "") for field in ("kind", "namespace", "name"))
    if kind not in KINDS:
        raise InvalidSpec(f"is one of {', '.join(KINDS)}", field="kind")
    if not name or max(len(name), len(namespace)) > _LONGEST:
        raise InvalidSpec(f"is the name of a {kind}", field="name")
    return Key(kind, namespace, name)


def detail_query(key: Key) -> str:
    """Return the query by which :func:`read_key` finds a resource again."""
    return "?" + urlencode({"kind": key.kind, "namespace": key.namespace, "name": key.name})
