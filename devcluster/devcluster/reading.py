"""Get and list: selection, pages, consistent snapshots, and encoding in slices so that nobody has to wait."""

import asyncio
from dataclasses import dataclass

import orjson

from devcluster import field_selectors, label_selectors, pagination
from devcluster.answers import Answer
from devcluster.calls import Call, ControlPlane
from devcluster.custom_resources import served_document
from devcluster.documents import Document, labels
from devcluster.history import Entry, HistoryExpired
from devcluster.representations import Form, encode, encode_item, encode_table, negotiate, table_rows
from devcluster.served_resources import ServedResource
from devcluster.statuses import ApiError, bad_request, expired, not_found, too_large_revision
from devcluster.storage import Collection, ObjectKey

_SLICE = 250
_TOO_OLD_TOKEN = (
    "The provided continue parameter is too old to display a consistent list result. "
    "You can start a new list without the continue parameter."
)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list or watch is narrowed to."""

    resource: ServedResource
    namespace: str
    labels: label_selectors.Selector
    fields: field_selectors.FieldSelector

    def matches(self, entry: Entry) -> bool:
        """Say whether an object belongs to the selection."""
        meta = entry.document["metadata"]
        if self.namespace and meta.get("namespace", "") != self.namespace:
            return False
        if self.labels and not label_selectors.matches(self.labels, labels(entry.document)):
            return False
        return not self.fields or field_selectors.matches(self.fields, served_document(self.resource, entry))


def selection(resource: ServedResource, call: Call) -> Selection:
    """Read the selectors of a request.

    Raises:
        ApiError: 400, one cannot be parsed.

    """
    fields = field_selectors.parse(call.query.get("fieldSelector", ""), resource.strategy.fields)
    if call.info.verb == "watch" and call.info.name:
        # A watch of one object may name it in the path.
        fields = (*fields, *field_selectors.parse(f"metadata.name={call.info.name}", resource.strategy.fields))
    namespace = call.info.namespace if resource.namespaced else ""
    return Selection(resource, namespace, label_selectors.parse(call.query.get("labelSelector", "")), fields)


def requested_form(call: Call) -> Form:
    """Return the form that the client asks for.

    Raises:
        ApiError: 406, the server cannot produce it.

    """
    accept, included = call.headers.get("Accept", ""), call.query.get("includeObject", "")
    return negotiate(accept, include_object=included, as_of=call.received)


def revision_parameter(call: Call) -> int:
    """Return the `resourceVersion` parameter, 0 when there is none.

    Raises:
        ApiError: 500, it is not a number (as the real server answers).

    """
    text = call.query.get("resourceVersion", "")
    if not text:
        return 0
    if not text.isdigit():
        why = f'strconv.ParseUint: parsing "{text}": invalid syntax'
        raise ApiError(500, "", f'resourceVersion: Invalid value: "{text}": {why}')
    return int(text)


def get(plane: ControlPlane, resource: ServedResource, call: Call, key: ObjectKey) -> Answer:
    """Answer with one object.

    Raises:
        ApiError: 404, it is not there.

    """
    form = requested_form(call)
    entry = plane.store.collection(resource.storage).get(key)
    if entry is None:
        raise not_found(resource.named(key[1]))
    return entry_answer(resource, entry, form)


def entry_answer(
    resource: ServedResource, entry: Entry, form: Form, code: int = 200, warnings: tuple[str, ...] = ()
) -> Answer:
    """Answer with one object in the form asked for."""
    if form.kind == "table":
        meta = {"resourceVersion": entry.document["metadata"].get("resourceVersion", "")}
        return Answer(code, encode_table(resource, table_rows(resource, [entry], form), meta), warnings=warnings)
    return Answer(code, encode(resource, entry, form), warnings=warnings)


async def list_objects(plane: ControlPlane, resource: ServedResource, call: Call) -> Answer:
    """Answer with a list.

    Raises:
        ApiError: 400, 406, 410 or 504, the parameters cannot be served.

    """
    form, wanted = requested_form(call), selection(resource, call)
    collection = plane.store.collection(resource.storage)
    revision, entries = _snapshot(plane, collection, call, wanted.namespace)
    found = await _matching(wanted, entries)
    page, token, remaining = pagination.page(found, _limit(call), revision)
    meta: Document = {"resourceVersion": str(revision)}
    if token:
        meta |= {"continue": token}
        if not (wanted.labels or wanted.fields):
            meta |= {"remainingItemCount": remaining}
    return Answer(200, await encode_list(resource, page, form, meta))


async def encode_list(resource: ServedResource, entries: list[Entry], form: Form, meta: Document) -> bytes:
    """Return the JSON of a list, giving way to other requests between slices."""
    if form.kind == "table":
        rows: list[bytes] = []
        for start in range(0, len(entries), _SLICE):
            rows += table_rows(resource, entries[start : start + _SLICE], form)
            await asyncio.sleep(0)
        return encode_table(resource, rows, meta)
    partial = form.kind == "partial"
    kind = "PartialObjectMetadataList" if partial else resource.list_kind
    api_version = "meta.k8s.io/v1" if partial else resource.api_version
    head = f'{{"kind":"{kind}","apiVersion":"{api_version}","metadata":'.encode() + orjson.dumps(meta) + b',"items":['
    items: list[bytes] = []
    for index, entry in enumerate(entries, 1):
        items.append(encode_item(resource, entry, form))
        if index % _SLICE == 0:
            await asyncio.sleep(0)
    return head + b",".join(items) + b"]}\n"


async def _matching(wanted: Selection, entries: list[Entry]) -> list[Entry]:
    if not (wanted.labels or wanted.fields):
        return entries
    found = []
    for index, entry in enumerate(entries, 1):
        if wanted.matches(entry):
            found.append(entry)
        if index % (_SLICE * 4) == 0:
            await asyncio.sleep(0)
    return found


def _limit(call: Call) -> int:
    text = call.query.get("limit", "") or "0"
    if not text.isdigit():
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _snapshot(plane: ControlPlane, collection: Collection, call: Call, namespace: str) -> tuple[int, list[Entry]]:
    """Return the revision a list shows, and its objects: the state of now, or of a page's first request."""
    token = call.query.get("continue", "")
    if token:
        place = pagination.read(token)
        try:
            past = state_at(collection, place.revision, namespace)
        except HistoryExpired:
            raise expired(_TOO_OLD_TOKEN) from None
        return place.revision, [entry for key, entry in past if key > place.after]
    asked = revision_parameter(call)
    if asked > plane.store.revision:
        raise too_large_revision(asked, plane.store.revision)
    if call.query.get("resourceVersionMatch") == "Exact" and asked:
        try:
            return asked, [entry for _, entry in state_at(collection, asked, namespace)]
        except HistoryExpired:
            raise expired(f"The resourceVersion for the provided list is too old: {asked}") from None
    return plane.store.revision, collection.entries(namespace)


def state_at(collection: Collection, revision: int, namespace: str) -> list[tuple[ObjectKey, Entry]]:
    """Return the objects of a past revision in key order, by undoing every change since.

    Raises:
        HistoryExpired: the changes since are not known any more.

    """
    state: dict[ObjectKey, Entry] = {}
    for entry in collection.entries(namespace):
        meta = entry.document["metadata"]
        state[meta.get("namespace", ""), meta["name"]] = entry
    for change in reversed(collection.history.since(revision)):
        meta = change.entry.document["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        if change.previous is None:
            state.pop(key, None)
        elif not namespace or key[0] == namespace:
            state[key] = change.previous
    return sorted(state.items(), key=lambda item: item[0])
