"""Deletion of objects: preconditions, finalizers, propagation policies, collections.

What follows a deletion (dependents, the content of a namespace, the objects of a definition) is done by
`garbage_collection`, `namespace_lifecycle` and `definition_lifecycle`, which listen to the store.
"""

from dataclasses import dataclass
from typing import Any

from devcluster.bodies import media_type, read_value
from devcluster.calls import Call, ControlPlane, invalid_options
from devcluster.clock import timestamp
from devcluster.documents import Document
from devcluster.field_errors import invalid_value, not_supported
from devcluster.history import Entry
from devcluster.protobuf_bodies import MEDIA_TYPE, read_protobuf
from devcluster.request_info import is_true
from devcluster.served_resources import ServedResource
from devcluster.statuses import bad_request, conflict, not_found
from devcluster.storage import ObjectKey
from devcluster.updating import modify

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"
_POLICIES = {"": "", "Background": "", "Orphan": ORPHAN, "Foreground": FOREGROUND}


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """The options of a deletion; `finalizer` is what the propagation policy asks for."""

    finalizer: str | None = None
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """The outcome of a deletion: the last state, and whether the object is gone."""

    entry: Entry
    gone: bool


def delete_options(resource: ServedResource, call: Call) -> DeleteOptions:
    """Read the options from body and query.

    Raises:
        ApiError: 400 or 422, they cannot be read or are impossible.

    """
    body = _sent_options(resource, call)
    preconditions = body.get("preconditions") or {}
    asked = call.query.get("dryRun", "")
    dry_run = body.get("dryRun") or ([asked] if asked else [])
    if any(value != "All" for value in dry_run):
        raise invalid_options("delete", [not_supported("dryRun", dry_run[0], ["All"])])
    return DeleteOptions(
        finalizer=_finalizer(body, call),
        uid=preconditions.get("uid") or "",
        resource_version=preconditions.get("resourceVersion") or "",
        dry_run=bool(dry_run),
    )


def _sent_options(resource: ServedResource, call: Call) -> Document:
    if not call.body.strip():
        return {}
    if media_type(call.headers.get("Content-Type", "")) == MEDIA_TYPE:
        body: Any = read_protobuf(call.body)
    else:
        body = read_value(resource, call.body, "application/json")
    if not isinstance(body, dict) or body.get("kind", "DeleteOptions") != "DeleteOptions":
        raise bad_request("the body of a deletion must be DeleteOptions")
    return body


def _finalizer(body: Document, call: Call) -> str | None:
    policy = body.get("propagationPolicy") or call.query.get("propagationPolicy", "")
    orphan = body.get("orphanDependents")
    if orphan is None and "orphanDependents" in call.query:
        orphan = is_true(call.query["orphanDependents"])
    if policy and orphan is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        raise invalid_options("delete", [invalid_value("propagationPolicy", policy, why)])
    if policy not in _POLICIES:
        raise invalid_options("delete", [not_supported("propagationPolicy", policy, [*filter(None, _POLICIES)])])
    if orphan is not None:
        return ORPHAN if orphan else ""
    return _POLICIES[policy] if policy else None


def delete(plane: ControlPlane, resource: ServedResource, key: ObjectKey, options: DeleteOptions) -> Deleted:
    """Delete an object, or mark it when finalizers hold it.

    Raises:
        ApiError: 404, it is not there; 409, a precondition fails.

    """
    live = plane.store.collection(resource.storage).get(key)
    if live is None:
        raise not_found(resource.named(key[1]))
    meta = live.document["metadata"]
    _check_preconditions(resource, meta, options)
    wanted = _finalizers(meta, options.finalizer)
    held = bool(wanted) or resource.kind == "Namespace"
    if "deletionTimestamp" in meta and held:
        return Deleted(live, gone=False)
    if options.dry_run:
        return Deleted(live, gone=not held)
    if held:
        return Deleted(_mark(plane, resource, live, wanted), gone=False)
    return Deleted(plane.store.remove(resource.storage, key), gone=True)


def _check_preconditions(resource: ServedResource, meta: Document, options: DeleteOptions) -> None:
    named = resource.named_by_kind(meta["name"])
    if options.uid and options.uid != meta["uid"]:
        found = f"the UID in the precondition ({options.uid}) does not match the UID in record ({meta['uid']})"
        raise conflict(named, f"{found}. The object might have been deleted and then recreated")
    if options.resource_version and options.resource_version != meta["resourceVersion"]:
        asked = f"the ResourceVersion in the precondition ({options.resource_version})"
        found = f"does not match the ResourceVersion in record ({meta['resourceVersion']})"
        raise conflict(named, f"{asked} {found}. The object might have been modified")


def _finalizers(meta: Document, wanted: str | None) -> list[str]:
    current: list[str] = meta.get("finalizers") or []
    if wanted is None or "deletionTimestamp" in meta:
        return current
    kept = [name for name in current if name not in {ORPHAN, FOREGROUND}]
    return [*kept, wanted] if wanted else kept


def _mark(plane: ControlPlane, resource: ServedResource, live: Entry, finalizers: list[str]) -> Entry:
    """Set the deletion timestamp; for a namespace also the phase."""

    def change(document: Document) -> None:
        meta = document["metadata"]
        meta["deletionTimestamp"] = timestamp(plane.clock())
        if finalizers:
            meta["finalizers"] = finalizers
        if resource.kind == "Namespace":
            document["status"] = {**document.get("status", {}), "phase": "Terminating"}
            return
        meta["deletionGracePeriodSeconds"] = 0
        if meta.get("generation"):
            meta["generation"] += 1

    return modify(plane, resource, live, change)


def drop_finalizer(document: Document, name: str) -> None:
    """Take one finalizer off an object, in place."""
    meta = document["metadata"]
    kept = [found for found in meta.get("finalizers") or () if found != name]
    if kept:
        meta["finalizers"] = kept
    else:
        meta.pop("finalizers", None)
