"""The schema of ``metadata`` (meta/v1 ObjectMeta), the same for built-in kinds and custom resources."""

from __future__ import annotations

from typing import Any


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _text_map(description: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"type": "string"}, "description": description}


def owner_reference_schema() -> dict[str, Any]:
    """Return the schema of one owner reference, which has one owner as a whole (atomic)."""
    return {
        "type": "object",
        "description": "Names an object that this object belongs to.",
        "x-kubernetes-map-type": "atomic",
        "required": ["apiVersion", "kind", "name", "uid"],
        "properties": {
            "apiVersion": _text("API version of the owner."),
            "kind": _text("Kind of the owner."),
            "name": _text("Name of the owner."),
            "uid": _text("UID of the owner."),
            "controller": {"type": "boolean", "description": "True when the owner manages this object."},
            "blockOwnerDeletion": {
                "type": "boolean",
                "description": "True when a foreground deletion of the owner waits for this object.",
            },
        },
    }


def _managed_fields_schema() -> dict[str, Any]:
    return {
        "type": "array",
        "description": "Which manager owns which fields; kept by the API server.",
        "items": {
            "type": "object",
            "properties": {
                "manager": _text("Name of the manager."),
                "operation": _text("Apply or Update."),
                "apiVersion": _text("API version that the field set is written in."),
                "time": _text("When the entry was written."),
                "fieldsType": _text("Always FieldsV1."),
                "fieldsV1": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "subresource": _text("Subresource that the fields were written through."),
            },
        },
    }


def object_metadata_schema() -> dict[str, Any]:
    """Return the schema of ObjectMeta with the list types that server-side apply and strategic merge use."""
    return {
        "type": "object",
        "description": "Name, labels and bookkeeping that every object has.",
        "properties": {
            "name": _text("Name of the object, unique in its namespace."),
            "generateName": _text("Prefix from which the server makes a unique name."),
            "namespace": _text("Namespace of the object."),
            "selfLink": _text("Kept for old clients; always empty."),
            "uid": _text("Identity of the object, never used twice."),
            "resourceVersion": _text("Opaque version of the object, new at each write."),
            "generation": {"type": "integer", "description": "Counts changes of the desired state."},
            "creationTimestamp": {
                "type": "string",
                "format": "date-time",
                "nullable": True,
                "description": "When the object was created.",
            },
            "deletionTimestamp": {
                "type": "string",
                "format": "date-time",
                "description": "When the deletion of the object was requested.",
            },
            "deletionGracePeriodSeconds": {"type": "integer", "description": "Seconds left to stop gracefully."},
            "labels": _text_map("Keys and values to select objects by."),
            "annotations": _text_map("Keys and values for tools and people."),
            "ownerReferences": {
                "type": "array",
                "description": "Objects that this object belongs to.",
                "items": owner_reference_schema(),
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["uid"],
                "x-kubernetes-patch-strategy": "merge",
                "x-kubernetes-patch-merge-key": "uid",
            },
            "finalizers": {
                "type": "array",
                "description": "What must be done before the object may go.",
                "items": {"type": "string"},
                "x-kubernetes-list-type": "set",
                "x-kubernetes-patch-strategy": "merge",
            },
            "managedFields": _managed_fields_schema(),
        },
    }
