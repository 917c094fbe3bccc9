"""Updates of objects: concurrency, server-owned fields, the status subresource, generation, storage."""

from collections.abc import Callable

from devcluster.calls import ControlPlane, WriteOptions
from devcluster.clock import timestamp
from devcluster.creating import Written, create, place_in_namespace, stored_form
from devcluster.custom_resources import served_document
from devcluster.decoding import decode
from devcluster.documents import Document, clone
from devcluster.field_errors import invalid_value
from devcluster.field_management import UpdateOptions, record_update
from devcluster.history import Entry
from devcluster.metadata_validation import update_errors
from devcluster.served_resources import ServedResource
from devcluster.statuses import ApiError, bad_request, conflict, invalid, not_found
from devcluster.storage import ObjectKey

_CARRIED_OVER = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")
_UNCOUNTED = {"metadata", "apiVersion", "kind"}


def replace(
    plane: ControlPlane,
    resource: ServedResource,
    document: Document,
    *,
    key: ObjectKey,
    subresource: str,
    options: WriteOptions,
) -> Written:
    """Replace an object by a client's document (PUT), which is changed on the way.

    Raises:
        ApiError: 400, 404, 409 or 422, it cannot be replaced.

    """
    warnings = decode(resource, document, options)
    place_in_namespace(resource, document, key[0])
    meta = document["metadata"]
    if meta.setdefault("name", key[1]) != key[1]:
        why = f"the name of the object ({meta['name']}) does not match the name on the URL ({key[1]})"
        raise bad_request(why)
    live = plane.store.collection(resource.storage).get(key)
    if live is None:
        if not resource.strategy.create_on_update or subresource:
            raise not_found(resource.named(key[1]))
        return create(plane, resource, document, namespace=key[0], options=options)
    if not meta.get("resourceVersion"):
        _refuse_unconditional(resource, key[1])
        meta["resourceVersion"] = str(live.revision)
    entry = update(plane, resource, live, document, subresource=subresource, options=options)
    return Written(entry, warnings=warnings)


def update(
    plane: ControlPlane,
    resource: ServedResource,
    live: Entry,
    document: Document,
    *,
    subresource: str,
    options: WriteOptions,
) -> Entry:
    """Store a decoded document over the live object, recording the manager of what changed."""

    def manage(before: Document, after: Document) -> None:
        managed = UpdateOptions(options.manager, resource.api_version, subresource, timestamp(plane.clock()))
        record_update(before, after, options=managed, schema=resource.schema)

    update_managed = (manage, options.dry_run)
    return finish(plane, resource, live, document, subresource=subresource, managed=update_managed)


def finish(
    plane: ControlPlane,
    resource: ServedResource,
    live: Entry,
    document: Document,
    *,
    subresource: str,
    managed: tuple[Callable[[Document, Document], None], bool],
) -> Entry:
    """Store a decoded document over the live object; `managed` is how to record managers and whether it is a dry run.

    Raises:
        ApiError: 409, the resourceVersion or uid is not the live one; 422, it is invalid.

    """
    before = served_document(resource, live)
    manage, dry_run = managed
    _check_preconditions(resource, document["metadata"], live)
    document = _carry_over(resource, document, before, subresource)
    manage(before, document)
    errors = update_errors(document, before, validated_twice=not resource.custom)
    errors += resource.strategy.validate_update(document, before)
    if errors:
        raise invalid(resource.named_by_kind(document["metadata"]["name"]), errors)
    if _same(document, before):
        return live
    _count_generation(resource, document, before)
    return _store(plane, resource, live, document, dry_run=dry_run)


def _refuse_unconditional(resource: ServedResource, name: str) -> None:
    if not resource.strategy.unconditional_update:
        error = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
        raise invalid(resource.named(name), [error])


def _check_preconditions(resource: ServedResource, meta: Document, live: Entry) -> None:
    live_meta = live.document["metadata"]
    named = resource.named(live_meta["name"])
    if meta.get("uid") and meta["uid"] != live_meta["uid"]:
        found = f"UID in precondition: {meta['uid']}, UID in object meta: {live_meta['uid']}"
        raise conflict(named, f"Precondition failed: {found}")
    asked = meta.get("resourceVersion", "")
    if asked and asked != live_meta["resourceVersion"]:
        if not str(asked).isdigit():
            why = f'strconv.ParseUint: parsing "{asked}": invalid syntax'
            raise ApiError(400, "BadRequest", f'resourceVersion: Invalid value: "{asked}": {why}')
        raise conflict(named)


def _carry_over(resource: ServedResource, document: Document, before: Document, subresource: str) -> Document:
    """Return the document with everything from the live object that this write may not touch."""
    if subresource == "status":
        meta = {**before["metadata"]}
        if "managedFields" in document["metadata"]:
            meta["managedFields"] = document["metadata"]["managedFields"]
        kept = {**before, "metadata": meta}
        kept.pop("status", None)
        return kept | ({"status": document["status"]} if "status" in document else {})
    if subresource == "finalize":
        return {**before, "metadata": dict(before["metadata"]), "spec": document.get("spec") or {}}
    meta = document["metadata"] = dict(document["metadata"])
    for field in _CARRIED_OVER:
        meta.pop(field, None)
        if field in before["metadata"]:
            meta[field] = before["metadata"][field]
    meta["resourceVersion"] = before["metadata"]["resourceVersion"]
    if "status" in resource.subresources:
        document.pop("status", None)
        if "status" in before:
            document["status"] = before["status"]
    resource.strategy.prepare_for_update(document, before)
    return document


def _same(document: Document, before: Document) -> bool:
    """Say whether the update changes anything but the times of managed fields."""
    if document == before:
        return True
    return {**document, "metadata": _timeless(document)} == {**before, "metadata": _timeless(before)}


def _timeless(document: Document) -> Document:
    meta = dict(document["metadata"])
    meta["managedFields"] = [{**entry, "time": ""} for entry in meta.get("managedFields") or ()]
    return meta


def _count_generation(resource: ServedResource, document: Document, before: Document) -> None:
    if not resource.strategy.has_generation:
        return
    uncounted = _UNCOUNTED | {"status"} if "status" in resource.subresources else _UNCOUNTED
    fields = (set(document) | set(before)) - uncounted
    if any(document.get(field) != before.get(field) for field in fields):
        document["metadata"]["generation"] = before["metadata"].get("generation", 0) + 1


def _store(plane: ControlPlane, resource: ServedResource, live: Entry, document: Document, *, dry_run: bool) -> Entry:
    if dry_run:
        return Entry(document, live.revision, live.created, resource)
    meta = document["metadata"]
    if "deletionTimestamp" in meta and not meta.get("finalizers") and not _held_by_spec(document):
        # The last finalizer is gone: what the client sees is the object as it was stored last, without it.
        plane.store.remove(resource.storage, resource.key(meta.get("namespace", ""), meta["name"]))
        return Entry(document, live.revision, live.created, resource)
    stored_document, author = stored_form(resource, document)
    return plane.store.write(resource.storage, stored_document, created=live.created, written_by=author)


def _held_by_spec(document: Document) -> bool:
    return document["kind"] == "Namespace" and bool(document["spec"].get("finalizers"))


def modify(plane: ControlPlane, resource: ServedResource, live: Entry, change: Callable[[Document], None]) -> Entry:
    """Let the server itself change an object: no validation, no manager; removed when nothing holds it any more."""
    document = clone(live.document)
    change(document)
    return _store(plane, resource, live, document, dry_run=False)
