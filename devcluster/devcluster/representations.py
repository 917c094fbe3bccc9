"""The forms in which objects go to clients: as they are, as metadata alone, or as a table.

`negotiate` reads the Accept header; the encoders keep what they made with the object's version, so that a
list, a get and all watches share one serialisation.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from devcluster.custom_resources import served_document
from devcluster.documents import Document
from devcluster.history import Entry
from devcluster.served_resources import ServedResource
from devcluster.statuses import ApiError
from devcluster.tables import table

_JSON_TYPES = {"application/json", "application/*", "*/*", "application/yaml"}
_FORMS = {
    "Table": "table",
    "PartialObjectMetadata": "partial",
    "PartialObjectMetadataList": "partial",
}
_META = "meta.k8s.io/v1"
_METADATA_ORDER = (
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
)


@dataclass(frozen=True, slots=True)
class Form:
    """What a client wants: `object`, `partial` or `table`; for tables, how much of each object rows carry, and
    the time (seconds since the epoch) to which ages refer.
    """

    kind: str = "object"
    include_object: str = "Metadata"
    as_of: float = 0.0


OBJECT = Form()


def negotiate(accept: str, *, include_object: str = "", as_of: float = 0.0) -> Form:
    """Return the first form that the client accepts and the server can produce.

    Raises:
        ApiError: 406, there is none.

    """
    if not accept:
        return OBJECT
    for choice in accept.split(","):
        media, *parameters = (part.strip() for part in choice.split(";"))
        if media not in _JSON_TYPES:
            continue
        options = dict(part.partition("=")[::2] for part in parameters)
        if "as" not in options:
            return OBJECT
        if options["as"] in _FORMS and options.get("g") == "meta.k8s.io" and options.get("v") == "v1":
            return Form(_FORMS[options["as"]], include_object or "Metadata", as_of)
    message = "only the following media types are accepted: application/json"
    raise ApiError(406, "NotAcceptable", message, {})


def encode(resource: ServedResource, entry: Entry, form: Form = OBJECT) -> bytes:
    """Return the JSON of one object in a form other than the table."""
    key = (resource, form.kind)
    found = entry.encoded.get(key)
    if found is None:
        document = served_document(resource, entry)
        found = _partial(document) if form.kind == "partial" else _whole(resource, document)
        entry.encoded[key] = found
    return found


def encode_item(resource: ServedResource, entry: Entry, form: Form) -> bytes:
    """Return the JSON of one item of a list: built-in kinds leave out kind and apiVersion there."""
    whole = encode(resource, entry, form)
    if resource.custom or form.kind == "partial":
        return whole
    return b"{" + whole[len(_prefix(resource)) :]


def _prefix(resource: ServedResource) -> bytes:
    return f'{{"kind":"{resource.kind}","apiVersion":"{resource.api_version}",'.encode()


def _whole(resource: ServedResource, document: Document) -> bytes:
    """Return the JSON with fields in the order of the real server: structs for built-in kinds, else sorted."""
    body = {key: value for key, value in document.items() if key not in {"kind", "apiVersion"}}
    if resource.custom:
        return _prefix(resource) + orjson.dumps(body, option=orjson.OPT_SORT_KEYS)[1:]
    body = {"metadata": ordered_metadata(body.pop("metadata")), **body}
    return _prefix(resource) + orjson.dumps(body)[1:]


def ordered_metadata(meta: Document) -> Document:
    """Return metadata with its fields in the order of `ObjectMeta`."""
    return {field: meta[field] for field in _METADATA_ORDER if field in meta}


def _partial(document: Document) -> bytes:
    meta = ordered_metadata(document["metadata"])
    return orjson.dumps({"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": meta})


def table_rows(resource: ServedResource, entries: list[Entry], form: Form) -> list[bytes]:
    """Return the rows of a table, each as JSON."""
    rows = []
    for entry in entries:
        document = served_document(resource, entry)
        (row,) = table([document], resource.columns, include_object="None", now=_now(entry, form))["rows"]
        rows.append(orjson.dumps(row | {"object": _row_object(resource, entry, form)}))
    return rows


def encode_table(resource: ServedResource, rows: list[bytes], list_meta: Document, *, headers: bool = True) -> bytes:
    """Return the JSON of a table; events after the first of a watch come without column definitions."""
    body: Document = {"kind": "Table", "apiVersion": _META, "metadata": list_meta}
    body["columnDefinitions"] = [column.definition() for column in resource.columns] if headers else []
    return orjson.dumps(body)[:-1] + b',"rows":[' + b",".join(rows) + b"]}"


def _now(entry: Entry, form: Form) -> datetime:
    """Return the time to which the ages of an object refer.

    Objects carry their creation in whole seconds, rounded down. Counting from the exact instant keeps an object
    that is a tenth of a second old from being shown as one second old.
    """
    return datetime.fromtimestamp(form.as_of - entry.created % 1, UTC)


def _row_object(resource: ServedResource, entry: Entry, form: Form) -> orjson.Fragment | None:
    if form.include_object == "None":
        return None
    kind = "object" if form.include_object == "Object" else "partial"
    return orjson.Fragment(encode(resource, entry, Form(kind)))
