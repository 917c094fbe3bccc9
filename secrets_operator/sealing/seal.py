"""A Secret manifest becomes a SealedSecret manifest.

The input is a dict as read from JSON or YAML, the output has the members and their order that kubeseal writes.
Neighbours: ``input_secrets`` reads the input, ``hybrid`` encrypts, ``scopes`` names what values are bound to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.resources.names import SEALED_SECRET
from secrets_operator.sealing import hybrid
from secrets_operator.sealing.encoding import decode_base64, encode_base64
from secrets_operator.sealing.errors import BadBase64Error, InputSecretError
from secrets_operator.sealing.hybrid import Random
from secrets_operator.sealing.scopes import Scope, label, scope_annotations, scope_of, with_scope

# Copies of the manifest, values included, that client-side appliers leave behind.
LAST_APPLIED = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubecfg.ksonnet.io/last-applied-configuration",
)
# What of a Secret's metadata goes into the template besides labels and annotations, around which they stand.
# The rest (uid, resourceVersion, ownerReferences, timestamps...) belongs to the object the manifest was read from.
_KEPT_BEFORE = ("name", "generateName", "namespace")
_KEPT_AFTER = ("finalizers", "managedFields")


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the caller decides over the input: ``strict`` is the default and leaves the input's annotations alone."""

    name: str = ""
    namespace: str = ""
    scope: Scope = Scope.STRICT
    allow_empty_data: bool = False


def seal_value(public_key: rsa.RSAPublicKey, plaintext: SecretBytes, *, label: bytes, random: Random) -> str:
    """Encrypt one value and return it as it stands in ``spec.encryptedData``."""
    return encode_base64(hybrid.seal(public_key, plaintext, label=label, random=random))


def seal_secret(secret: Object, public_key: rsa.RSAPublicKey, *, overrides: Overrides, random: Random) -> Object:
    """Encrypt a Secret; InputSecretError names what is missing or of the wrong form."""
    values = plaintexts(secret)
    if not values and not overrides.allow_empty_data:
        message = "secret.data is empty in input Secret: pass --allow-empty-data if it is meant to be"
        raise InputSecretError(message)
    metadata = _template_metadata(secret.get("metadata") or {}, overrides)
    scope = scope_of(metadata.get("annotations", {}))
    bound_to = label(scope, namespace=metadata.get("namespace", ""), name=metadata["name"])
    encrypted = {
        item: seal_value(public_key, value, label=bound_to, random=random) for item, value in sorted(values.items())
    }
    return {
        "kind": SEALED_SECRET.kind,
        "apiVersion": SEALED_SECRET.api_version,
        "metadata": _outer_metadata(metadata, scope),
        "spec": {"template": _template(secret, metadata), "encryptedData": encrypted},
    }


def plaintexts(secret: Object) -> dict[str, SecretBytes]:
    """Return the values of a Secret, ``stringData`` over ``data``; InputSecretError names what is of the wrong form."""
    values = {}
    for item, text in string_map(secret.get("data"), "data").items():
        try:
            values[item] = SecretBytes(decode_base64(text))
        except BadBase64Error as error:
            raise InputSecretError(error.message, field=f"data[{item}]") from error
    for item, text in string_map(secret.get("stringData"), "stringData").items():
        values[item] = SecretBytes(text.encode())
    return values


def _template_metadata(given: Object, overrides: Overrides) -> Object:
    """Return the metadata of ``spec.template``, in the order in which kubeseal writes it."""
    annotations = string_map(given.get("annotations"), "metadata.annotations")
    kept = {name: value for name, value in annotations.items() if name not in LAST_APPLIED}
    if overrides.scope is not Scope.STRICT:
        kept = with_scope(kept, overrides.scope)
    fields = {
        **{field: given.get(field) for field in _KEPT_BEFORE},
        "labels": dict(sorted(string_map(given.get("labels"), "metadata.labels").items())),
        "annotations": dict(sorted(kept.items())),
        **{field: given.get(field) for field in _KEPT_AFTER},
    }
    fields["name"] = _name(given, overrides)
    fields["namespace"] = _namespace(given, overrides, scope_of(kept))
    return {field: value for field, value in fields.items() if value}


def _name(given: Object, overrides: Overrides) -> str:
    """Return the name to seal for."""
    name = overrides.name or _string(given.get("name"), "metadata.name")
    if not name:
        raise InputSecretError("missing metadata.name in input Secret: add it or pass --name")
    return name


def _namespace(given: Object, overrides: Overrides, scope: Scope) -> str:
    """Return the namespace to seal for; a cluster-wide Secret keeps its own, and may have none."""
    declared = _string(given.get("namespace"), "metadata.namespace")
    if scope is Scope.CLUSTER_WIDE:
        return declared
    if declared and overrides.namespace and declared != overrides.namespace:
        message = (
            f'namespace mismatch: input secret is in namespace "{declared}" but "{overrides.namespace}" was specified'
        )
        raise InputSecretError(message)
    if not declared and not overrides.namespace:
        raise InputSecretError("secret must declare a namespace: add metadata.namespace or pass --namespace")
    return declared or overrides.namespace


def _outer_metadata(metadata: Object, scope: Scope) -> Object:
    """Return the metadata of the SealedSecret itself: name, namespace and scope, nothing else."""
    outer: Object = {field: metadata[field] for field in ("name", "namespace") if field in metadata}
    if scope is not Scope.STRICT:
        outer["annotations"] = scope_annotations(scope)
    return outer


def _template(secret: Object, metadata: Object) -> Object:
    """Return ``spec.template``."""
    template: Object = {"metadata": metadata}
    kind = _string(secret.get("type"), "type")
    if kind:
        template["type"] = kind
    immutable = secret.get("immutable")
    if immutable is not None:
        if not isinstance(immutable, bool):
            raise InputSecretError("must be true or false", field="immutable")
        template["immutable"] = immutable
    return template


def _string(value: Any, field: str) -> str:
    """Return a string field, empty when it is absent."""
    if value is not None and not isinstance(value, str):
        raise InputSecretError("must be a string", field=field)
    return value or ""


def string_map(value: Any, field: str) -> Mapping[str, str]:
    """Return a map of strings, null values as empty strings; InputSecretError names the entry, never its value."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputSecretError("must be a map of strings", field=field)
    return {str(key): _string(text, f"{field}[{key}]") for key, text in value.items()}
