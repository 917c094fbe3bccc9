"""The four patch types: JSON patch, merge patch, strategic merge patch and server-side apply."""

from collections.abc import Callable
from typing import Any

import jsonpatch

from devcluster.bodies import media_type, read_value
from devcluster.calls import Call, ControlPlane, WriteOptions, invalid_options
from devcluster.clock import timestamp
from devcluster.creating import Written, create_decoded, drop_status, place_in_namespace
from devcluster.custom_resources import served_document
from devcluster.decoding import check_kind, check_metadata, decode, unknown_field_warnings
from devcluster.documents import Document, clone
from devcluster.field_errors import required
from devcluster.field_management import ApplyConflict, ApplyInvalid, ApplyOptions, apply
from devcluster.served_resources import ServedResource
from devcluster.statuses import ApiError, apply_conflict, bad_request, not_found, unsupported_media_type
from devcluster.storage import ObjectKey
from devcluster.strategic_merge import strategic_merge
from devcluster.updating import finish, update

APPLY = "application/apply-patch+yaml"
_JSON, _MERGE = "application/json-patch+json", "application/merge-patch+json"
_STRATEGIC = "application/strategic-merge-patch+json"
_Patcher = Callable[[ServedResource, Document, Any], Document]


def patch(
    plane: ControlPlane, resource: ServedResource, call: Call, *, key: ObjectKey, options: WriteOptions
) -> Written:
    """Patch an object; server-side apply also creates one.

    Raises:
        ApiError: 400, 404, 409, 415 or 422, the patch is refused.

    """
    kind = media_type(call.headers.get("Content-Type", ""))
    if kind == APPLY:
        return _apply(plane, resource, call, key=key, options=options)
    patcher = _patcher(resource, kind)
    body = read_value(resource, call.body, kind)
    live = plane.store.collection(resource.storage).get(key)
    if live is None:
        raise not_found(resource.named(key[1]))
    document = patcher(resource, clone(served_document(resource, live)), body)
    if resource.conversion:
        document = resource.conversion.to_stored(document)
        resource = plane.registry.stored_as(resource)
    warnings = decode(resource, document, options)
    place_in_namespace(resource, document, key[0])
    if document["metadata"].get("name") != key[1]:
        raise bad_request("the name of the object cannot be changed by a patch; leave metadata.name as it is")
    entry = update(plane, resource, live, document, subresource=call.info.subresource, options=options)
    return Written(entry, warnings=warnings)


def merge(target: Any, change: Any) -> Any:
    """Apply a JSON merge patch (RFC 7386) and return the result; the target may be changed."""
    if not isinstance(change, dict):
        return change
    merged = target if isinstance(target, dict) else {}
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def _patcher(resource: ServedResource, kind: str) -> _Patcher:
    if resource.custom and kind == _STRATEGIC:
        accepted = f"{_JSON}, {_MERGE}, {APPLY}"
        message = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
        raise unsupported_media_type(message, bare=True)
    patchers: dict[str, _Patcher] = {_JSON: _json_patch, _MERGE: _merge_patch, _STRATEGIC: _strategic_patch}
    if kind not in patchers:
        raise unsupported_media_type()
    return patchers[kind]


def _json_patch(_resource: ServedResource, document: Document, operations: Any) -> Document:
    try:
        patched = jsonpatch.JsonPatch(operations).apply(document)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, AttributeError):
        message = "the server rejected our request due to an error in our request"
        raise ApiError(422, "Invalid", message, {}) from None
    return _object(patched)


def _merge_patch(_resource: ServedResource, document: Document, change: Any) -> Document:
    return _object(merge(document, _object(change)))


def _strategic_patch(resource: ServedResource, document: Document, change: Any) -> Document:
    try:
        return strategic_merge(document, _object(change), resource.schema)
    except (ValueError, TypeError, KeyError) as err:
        raise bad_request(f"the strategic merge patch cannot be applied: {err}") from err


def _object(value: Any) -> Document:
    if not isinstance(value, dict):
        raise bad_request("the patch must make an object; send a JSON object")
    return value


def _apply(
    plane: ControlPlane, resource: ServedResource, call: Call, *, key: ObjectKey, options: WriteOptions
) -> Written:
    subresource = call.info.subresource
    applied, warnings = _applied(resource, call, key, options)
    live = plane.store.collection(resource.storage).get(key)
    if live is None and subresource:
        raise not_found(resource.named(key[1]))
    settings = ApplyOptions(options.manager, options.force, resource.api_version, subresource, timestamp(plane.clock()))
    before = served_document(resource, live) if live else None
    asked = applied["metadata"].pop("resourceVersion", "")
    merged = _merged(before, applied, settings, resource)
    resource.strategy.decode(merged)
    resource.strategy.default(merged)
    if live is None:
        entry = create_decoded(plane, resource, merged, _keep_managers, dry_run=options.dry_run)
        return Written(entry, created=True, warnings=warnings)
    if asked:
        merged["metadata"] = {**merged["metadata"], "resourceVersion": asked}
    managed = (lambda _before, _after: None, options.dry_run)
    entry = finish(plane, resource, live, merged, subresource=subresource, managed=managed)
    return Written(entry, warnings=warnings)


def _keep_managers(_document: Document) -> None:
    """Leave the managed fields as server-side apply has set them."""


def _applied(resource: ServedResource, call: Call, key: ObjectKey, options: WriteOptions) -> tuple[Document, list[str]]:
    """Return the applied configuration, checked, and warnings about it."""
    if not call.query.get("fieldManager"):
        raise invalid_options("patch", [required("fieldManager", "is required for apply patch")])
    applied = _object(read_value(resource, call.body, APPLY))
    check_kind(resource, applied)
    check_metadata(resource, applied)
    meta = applied["metadata"]
    if meta.get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    if meta.setdefault("name", key[1]) != key[1]:
        raise bad_request(f"the name of the object ({meta['name']}) does not match the name on the URL ({key[1]})")
    place_in_namespace(resource, applied, key[0])
    if call.info.subresource == "status":
        applied = {field: applied[field] for field in ("apiVersion", "kind", "metadata", "status") if field in applied}
    else:
        drop_status(resource, applied)
    unknown = resource.schema.prune(applied)
    if unknown and resource.custom:
        raise _untyped(resource, applied, unknown)
    return applied, unknown_field_warnings(resource, unknown, options)


def _untyped(resource: ServedResource, applied: Document, unknown: list[str]) -> ApiError:
    """Return the answer to an apply of fields that a custom resource's schema lacks: they cannot have an owner.

    Other writes drop them. The status is 500, as structured-merge-diff's errors reach the client unmapped.
    """
    meta = applied["metadata"]
    problems = [f".{path}: field not declared in schema" for path in unknown]
    said = problems[0] if len(problems) == 1 else "\n".join(["errors:", *(f"  {problem}" for problem in problems)])
    place = f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else f"/{meta['name']}"
    name = f"{place}; {resource.api_version}, Kind={resource.kind}"
    return ApiError(500, "", f"failed to create typed patch object ({name}): {said}")


def _merged(before: Document | None, applied: Document, settings: ApplyOptions, resource: ServedResource) -> Document:
    try:
        return apply(before, applied, options=settings, schema=resource.schema)
    except ApplyConflict as err:
        raise apply_conflict(str(err), err.causes) from err
    except ApplyInvalid as err:
        raise bad_request(str(err)) from err
