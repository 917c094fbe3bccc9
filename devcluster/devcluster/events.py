"""Events: their defaults and checks, and the two forms (`v1` and `events.k8s.io/v1`) of one stored object."""

from devcluster.documents import Document
from devcluster.field_errors import invalid_value
from devcluster.served_resources import Conversion
from devcluster.strategy import Strategy, fields_with
from devcluster.structural import FieldError

_OBJECT_FIELDS = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_RENAMED = (
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
)


class EventStrategy(Strategy):
    """The rules of Events."""

    def prepare_for_create(self, document: Document) -> None:
        """Fill in the fields that the API always shows."""
        for field in ("source", "involvedObject"):
            document[field] = document.get(field) or {}
        for field in ("firstTimestamp", "lastTimestamp", "eventTime"):
            document.setdefault(field, None)
        for field in ("reportingComponent", "reportingInstance"):
            document.setdefault(field, "")

    def prepare_for_update(self, document: Document, live: Document) -> None:  # noqa: ARG002 - the hook's signature
        """Fill in the fields that the API always shows."""
        self.prepare_for_create(document)

    def validate(self, document: Document) -> list[FieldError]:
        """Check that the event lies in the namespace of what it is about."""
        about = document["involvedObject"].get("namespace", "")
        namespace = document["metadata"].get("namespace", "")
        if about == namespace or (not about and namespace == "default"):
            return []
        return [invalid_value("involvedObject.namespace", about, "does not match event.namespace")]


def event_strategy() -> Strategy:
    """Return the strategy of Events with the fields they can be selected by."""
    objects = tuple(f"involvedObject.{field}" for field in _OBJECT_FIELDS)
    fields = fields_with(*objects, "reason", "reportingComponent", "type", source="source.component")
    return EventStrategy(fields=fields, create_on_update=True)


def _renamed(document: Document, pairs: list[tuple[str, str]], api_version: str) -> Document:
    names = dict(pairs)
    converted = {names.get(field, field): value for field, value in document.items()}
    converted["apiVersion"] = api_version
    return converted


def _to_core(document: Document) -> Document:
    return _renamed(document, [(new, old) for old, new in _RENAMED], "v1")


def _to_events_group(document: Document) -> Document:
    return _renamed(document, list(_RENAMED), "events.k8s.io/v1")


EVENTS_GROUP = Conversion(to_stored=_to_core, from_stored=_to_events_group)
"""How `events.k8s.io/v1` Events are kept as core ones."""
