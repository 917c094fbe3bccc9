"""Creation of objects: names, server-owned metadata, defaults, validation, managed fields, storage."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from devcluster.calls import ControlPlane, WriteOptions
from devcluster.clock import timestamp
from devcluster.decoding import decode
from devcluster.documents import Document
from devcluster.field_management import UpdateOptions, record_update
from devcluster.history import Entry
from devcluster.metadata_validation import metadata_errors, name_errors
from devcluster.names import generate
from devcluster.namespaces import check_namespace_accepts
from devcluster.served_resources import ServedResource
from devcluster.statuses import already_exists, bad_request, generate_name_taken, invalid
from devcluster.structural import FieldError

_ATTEMPTS = 8
_SERVER_OWNED = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
)


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of a write: the object, whether it is new, and warnings for the client."""

    entry: Entry
    created: bool = False
    warnings: list[str] = field(default_factory=list)


def create(
    plane: ControlPlane, resource: ServedResource, document: Document, *, namespace: str, options: WriteOptions
) -> Written:
    """Create an object from a client's document, which is changed on the way.

    Raises:
        ApiError: 400, 404, 409 or 422, it cannot be created.

    """
    warnings = decode(resource, document, options)
    place_in_namespace(resource, document, namespace)
    if document["metadata"].get("resourceVersion"):
        raise bad_request("resourceVersion should not be set on objects to be created")
    drop_status(resource, document)

    def manage(decoded: Document) -> None:
        managed = UpdateOptions(options.manager, resource.api_version, "", timestamp(plane.clock()))
        record_update(None, decoded, options=managed, schema=resource.schema)

    entry = create_decoded(plane, resource, document, manage, dry_run=options.dry_run)
    return Written(entry, created=True, warnings=warnings)


def create_decoded(
    plane: ControlPlane,
    resource: ServedResource,
    document: Document,
    manage: Callable[[Document], None],
    *,
    dry_run: bool = False,
) -> Entry:
    """Create an object from a decoded document; `manage` records who set its fields.

    Raises:
        ApiError: 404, 409 or 422, it cannot be created.

    """
    check_namespace_accepts(plane, resource, document)
    now = plane.clock()
    meta = document["metadata"]
    for owned in _SERVER_OWNED:
        meta.pop(owned, None)
    _choose_name(plane, resource, meta)
    resource.strategy.default(document)
    manage(document)
    meta = document["metadata"]
    meta["uid"] = str(uuid.UUID(int=plane.dice.getrandbits(128), version=4))
    meta["creationTimestamp"] = timestamp(now)
    if resource.strategy.has_generation:
        meta["generation"] = 1
    resource.strategy.prepare_for_create(document)
    errors = _errors(resource, document)
    if errors:
        raise invalid(resource.named_by_kind(meta.get("name", "")), errors)
    return _store(plane, resource, document, created=now, dry_run=dry_run)


def place_in_namespace(resource: ServedResource, document: Document, namespace: str) -> None:
    """Put the object into the namespace of the request.

    Raises:
        ApiError: 400, it names another.

    """
    meta = document["metadata"]
    if not resource.namespaced:
        meta.pop("namespace", None)
        return
    if meta.get("namespace") and meta["namespace"] != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    meta["namespace"] = namespace


def drop_status(resource: ServedResource, document: Document) -> None:
    """Forget a status that only the status subresource may set."""
    if "status" in resource.subresources:
        document.pop("status", None)


def _choose_name(plane: ControlPlane, resource: ServedResource, meta: Document) -> None:
    prefix = meta.get("generateName")
    if meta.get("name") or not prefix:
        return
    collection = plane.store.collection(resource.storage)
    for _ in range(_ATTEMPTS):
        meta["name"] = generate(prefix, plane.dice)
        if collection.get(resource.key(meta.get("namespace", ""), meta["name"])) is None:
            return
    raise generate_name_taken(resource.named(meta["name"]))


def _errors(resource: ServedResource, document: Document) -> list[FieldError]:
    strategy = resource.strategy
    errors = name_errors(document, strategy.name_rule) + metadata_errors(document)
    return errors + strategy.validate(document)


def _store(
    plane: ControlPlane, resource: ServedResource, document: Document, *, created: float, dry_run: bool
) -> Entry:
    meta = document["metadata"]
    key = resource.key(meta.get("namespace", ""), meta["name"])
    if plane.store.collection(resource.storage).get(key) is not None:
        raise already_exists(resource.named(meta["name"]))
    if dry_run:
        return Entry(document, 0, created, resource)
    stored_document, author = stored_form(resource, document)
    return plane.store.write(resource.storage, stored_document, created=created, written_by=author)


def stored_form(resource: ServedResource, document: Document) -> tuple[Document, ServedResource | None]:
    """Return a document under its storage version, and through which resource it can be read as it is."""
    if resource.version == resource.storage_version:
        return document, resource
    group = f"{resource.group}/" if resource.group else ""
    return {**document, "apiVersion": f"{group}{resource.storage_version}"}, None
