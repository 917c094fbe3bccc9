"""Validation of `metadata`: labels, annotations, owner references, finalizers, and what an update may not change.

On update Kubernetes runs several of these checks more than once and reports each finding again (the registry's
own pass and the strategy's); `update_errors` says how often, so that the causes of a Status match.
"""

from typing import Any

import orjson

from devcluster.documents import Document
from devcluster.field_errors import forbidden_field, invalid_value, required, too_long
from devcluster.names import NameRule, label_key_error, label_value_error
from devcluster.structural import FieldError

_ANNOTATIONS_LIMIT = 256 * 1024
_STANDARD_FINALIZERS = {"orphan", "foregroundDeletion", "kubernetes"}
_REFERENCE_FIELDS = ("apiVersion", "kind", "name", "uid")


def name_errors(document: Document, rule: NameRule) -> list[FieldError]:
    """Check the name of a new object."""
    meta = document["metadata"]
    name = meta.get("name", "")
    if not name:
        return [required("metadata.name", "name or generateName is required")]
    why = rule(name)
    return [invalid_value("metadata.name", name, why)] if why else []


def metadata_errors(document: Document) -> list[FieldError]:
    """Check labels, annotations, owner references and finalizers."""
    meta = document["metadata"]
    return content_errors(meta) + _finalizer_errors(document)


def content_errors(meta: Document) -> list[FieldError]:
    """Check labels, annotations and owner references."""
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    owners = meta.get("ownerReferences") or []
    if not (labels or annotations or owners):
        return []
    return _label_errors(labels) + _annotation_errors(annotations) + _owner_errors(owners)


def update_errors(document: Document, live: Document, *, validated_twice: bool) -> list[FieldError]:
    """Check the metadata of an update, each finding as often as Kubernetes reports it."""
    meta = document["metadata"]
    content = content_errors(meta)
    transition = _transition_errors(meta, live["metadata"])
    registry = content + _finalizer_errors(document) + content + transition
    strategy = content + transition + (metadata_errors(document) if validated_twice else [])
    return registry + strategy


def _label_errors(labels: Document) -> list[FieldError]:
    errors = []
    for key, value in sorted(labels.items()):
        if why := label_key_error(key):
            errors.append(invalid_value("metadata.labels", key, why))
        if why := label_value_error(value):
            errors.append(invalid_value("metadata.labels", value, why))
    return errors


def _annotation_errors(annotations: Document) -> list[FieldError]:
    errors = [
        invalid_value("metadata.annotations", key, why)
        for key in sorted(annotations)
        if (why := label_key_error(key.lower()))
    ]
    if sum(len(key) + len(value) for key, value in annotations.items()) > _ANNOTATIONS_LIMIT:
        errors.append(too_long("metadata.annotations", _ANNOTATIONS_LIMIT))
    return errors


def _owner_errors(owners: list[Document]) -> list[FieldError]:
    errors = []
    for index, owner in enumerate(owners):
        missing = [field for field in _REFERENCE_FIELDS if not owner.get(field)]
        path = f"metadata.ownerReferences[{index}]"
        errors += [invalid_value(f"{path}.{field}", "", _absent(field)) for field in missing]
    controllers = [f"{owner.get('kind')}/{owner.get('name')}" for owner in owners if owner.get("controller")]
    if len(controllers) > 1:
        found = f'Found "true" in references for {controllers[0]} and {controllers[1]}'
        why = f"Only one reference can have Controller set to true. {found}"
        errors.append(invalid_value("metadata.ownerReferences", [_in_order(owner) for owner in owners], why))
    return errors


def _absent(field: str) -> str:
    return "version must not be empty" if field == "apiVersion" else "must not be empty"


def _in_order(owner: Document) -> Document:
    order = (*_REFERENCE_FIELDS, "controller", "blockOwnerDeletion")
    return {field: owner[field] for field in order if field in owner}


def _finalizer_errors(document: Document) -> list[FieldError]:
    errors = []
    is_core = document["apiVersion"] == "v1"
    for name in document["metadata"].get("finalizers") or ():
        why = label_key_error(name)
        if is_core and not why and "/" not in name and name not in _STANDARD_FINALIZERS:
            why = "name is neither a standard finalizer name nor is it fully qualified"
        if why:
            errors.append(invalid_value("metadata.finalizers", name, why))
    return errors


def _transition_errors(meta: Document, live: Document) -> list[FieldError]:
    errors = []
    if live.get("deletionTimestamp"):
        added = sorted(set(meta.get("finalizers") or []) - set(live.get("finalizers") or []))
        if added:
            listed = ", ".join(orjson.dumps(name).decode() for name in added)
            text = "no new finalizers can be added if the object is being deleted, found new finalizers []string"
            errors.append(forbidden_field("metadata.finalizers", f"{text}{{{listed}}}"))
    return errors + [
        _immutable(field, meta.get(field)) for field in ("name", "namespace") if _differs(field, meta, live)
    ]


def _differs(field: str, meta: Document, live: Document) -> bool:
    return (meta.get(field) or "") != (live.get(field) or "")


def _immutable(field: str, value: Any) -> FieldError:
    return invalid_value(f"metadata.{field}", value, "field is immutable")
