"""The Secret that an unsealed SealedSecret becomes.

Taken from ``spec.template``: labels, annotations, type, immutable. Name and namespace are the SealedSecret's own.
Anything else in the template's metadata (uid, resourceVersion, managedFields, finalizers and the like) stays behind:
it got there by copying a live object and would break or block the new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.sealing.encoding import encode_base64
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.scopes import PREFIX, is_true

_NAMES: dict[type, str] = {str: "string", bool: "boolean"}
API_VERSION = "bitnami.com/v1alpha1"
KIND = "SealedSecret"
SKIP_OWNER = PREFIX + "skip-set-owner-references"


def secret_manifest(sealed: Object, data: Mapping[str, SecretBytes]) -> Object:
    """Return the Secret to apply: values in clear, so it must never be logged. InvalidSpec names an odd field."""
    template = section(sealed, "spec", "template")
    manifest: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": _metadata(sealed)}
    for field, kind in (("type", str), ("immutable", bool)):
        value = template.get(field)
        if value is not None and not isinstance(value, kind):
            raise InvalidSpec(f"must be a {_NAMES[kind]}", field=f"spec.template.{field}")
        if value is not None and value != "":
            manifest[field] = value
    manifest["data"] = {item: encode_base64(data[item].reveal()) for item in sorted(data)}
    return manifest


def _metadata(sealed: Object) -> Object:
    """Return the metadata of the Secret."""
    given = section(sealed, "spec", "template", "metadata")
    metadata: Object = {"name": sealed["metadata"]["name"], "namespace": sealed["metadata"]["namespace"]}
    for field in ("labels", "annotations"):
        if given.get(field):
            metadata[field] = _strings(given[field], f"spec.template.metadata.{field}")
    owners = _owner_references(sealed, given, metadata.get("annotations", {}))
    if owners:
        metadata["ownerReferences"] = owners
    return metadata


def _owner_references(sealed: Object, given: Object, annotations: Mapping[str, str]) -> list[Any]:
    """Return the SealedSecret as the only owner, or what the template says when it asks not to be owned."""
    if is_true(annotations, SKIP_OWNER):
        return list(given.get("ownerReferences") or [])
    name, uid = sealed["metadata"]["name"], sealed["metadata"].get("uid", "")
    return [{"apiVersion": API_VERSION, "kind": KIND, "name": name, "uid": uid, "controller": True}]


def _strings(value: Any, field: str) -> dict[str, str]:
    """Return a map of strings."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise InvalidSpec("must be a map of strings", field=field)
    return dict(value)
