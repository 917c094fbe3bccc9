"""What the operator remembers of a native Secret: keyed digests and owners, never a value.

The digests are HMACs under a key that only the operator's namespace holds, so a leaked cache, annotation or log tells
nothing about a value, not even whether a guess is right.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.resources.labels import DATA_HASH_ANNOTATION

_DIGEST_BYTES = 16
_ESO_HASH_DIGITS = hashlib.sha3_224().digest_size * 2
# kubectl's copy of the whole manifest it applied, values in plain base64 included.
LAST_APPLIED_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


class Digester:
    """Computes keyed digests of values; equal values of one key of a Secret have equal digests."""

    __slots__ = ("_key",)

    def __init__(self, key: SecretBytes) -> None:
        self._key = key

    def digest(self, value: bytes) -> str:
        """Return the keyed digest of one value, 32 hexadecimal digits."""
        return hmac.digest(self._key.reveal(), value, hashlib.sha256)[:_DIGEST_BYTES].hex()

    def combine(self, digests: Mapping[str, str]) -> str:
        """Return one digest over named digests, whatever their order."""
        text = "\n".join(f"{name}={digests[name]}" for name in sorted(digests))
        return self.digest(text.encode())


@dataclass(frozen=True, slots=True)
class Owner:
    """The controller of a Secret, as its ownerReference names it."""

    group: str
    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class OwnedFields:
    """Which fields of a Secret one field manager applied."""

    data: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    annotations: frozenset[str] = frozenset()
    finalizers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SecretState:
    """A native Secret as far as decisions need it."""

    name: str
    namespace: str
    uid: str = ""
    type: str = "Opaque"
    immutable: bool = False
    deleting: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    finalizers: frozenset[str] = frozenset()
    controller: Owner | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    applied: Mapping[str, OwnedFields] = field(default_factory=dict)
    """Field manager -> what it holds by server-side apply."""

    writers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Data key -> the field managers that hold it, of any operation."""

    is_as_eso_wrote_it: bool = False
    """Whether its data is what External Secrets Operator says to have written last."""
    resource_version: str = field(default="", compare=False)

    def owned_by(self, manager: str) -> OwnedFields:
        """Return what ``manager`` applied; nothing when it never did."""
        return self.applied.get(manager, OwnedFields())


def secret_state(secret: Object, digester: Digester) -> SecretState:
    """Project a Secret as the API server sent it. The object is read, not kept."""
    metadata = secret["metadata"]
    annotations = metadata.get("annotations") or {}
    applied, writers = field_owners(metadata.get("managedFields") or ())
    return SecretState(
        name=metadata["name"],
        namespace=metadata["namespace"],
        uid=metadata.get("uid", ""),
        type=secret.get("type", "Opaque"),
        immutable=bool(secret.get("immutable")),
        deleting="deletionTimestamp" in metadata,
        labels=metadata.get("labels") or {},
        annotations={name: text for name, text in annotations.items() if name != LAST_APPLIED_ANNOTATION},
        finalizers=frozenset(metadata.get("finalizers") or ()),
        controller=controller_of(metadata.get("ownerReferences") or ()),
        digests={name: digester.digest(_decoded(value)) for name, value in (secret.get("data") or {}).items()},
        applied=applied,
        writers=writers,
        resource_version=metadata.get("resourceVersion", ""),
        is_as_eso_wrote_it=_is_as_eso_wrote_it(annotations.get(DATA_HASH_ANNOTATION, ""), secret.get("data") or {}),
    )


def _is_as_eso_wrote_it(data_hash: str, data: Mapping[str, str]) -> bool:
    # Ours are shorter: on Secrets that we wrote nothing is computed.
    return len(data_hash) == _ESO_HASH_DIGITS and hmac.compare_digest(data_hash, eso_data_hash(data))


def eso_data_hash(data: Mapping[str, str]) -> str:
    """Return the data hash of External Secrets Operator: SHA3-224 over Go's text form of a map of byte slices."""
    decoded = {key: _decoded(value) for key, value in data.items()}
    entries = (f"{key}:[{' '.join(map(str, decoded[key]))}]" for key in sorted(decoded, key=str.encode))
    return hashlib.sha3_224(f"map[{' '.join(entries)}]".encode()).hexdigest()


def _decoded(value: str | None) -> bytes:
    try:
        return base64.b64decode(value or "")
    except binascii.Error:  # an API server never sends this; one bad object must not stop a watch
        return b""


def controller_of(references: Iterable[Mapping[str, Any]]) -> Owner | None:
    """Return the controller among ownerReferences, or None."""
    for reference in references:
        if reference.get("controller"):
            group = reference["apiVersion"].rpartition("/")[0]
            return Owner(group, reference["kind"], reference["name"], reference.get("uid", ""))
    return None


def field_owners(
    managed_fields: Iterable[Mapping[str, Any]],
) -> tuple[dict[str, OwnedFields], dict[str, tuple[str, ...]]]:
    """Return what each field manager applied, and which field managers hold each data key."""
    applied: dict[str, OwnedFields] = {}
    writers: dict[str, tuple[str, ...]] = {}
    for entry in managed_fields:
        manager, fields = entry.get("manager", ""), entry.get("fieldsV1") or {}
        data = member_names(fields, "f:data")
        for name in data:
            writers[name] = (*writers.get(name, ()), manager)
        if entry.get("operation") == "Apply" and not entry.get("subresource"):
            metadata = fields.get("f:metadata") or {}
            applied[manager] = OwnedFields(
                data,
                member_names(metadata, "f:labels"),
                member_names(metadata, "f:annotations"),
                _set_members(metadata, "f:finalizers"),
            )
    return applied, writers


def _set_members(fields: Mapping[str, Any], member: str) -> frozenset[str]:
    """Return the members of a set that a ``fieldsV1`` names one by one."""
    return frozenset(json.loads(name[2:]) for name in fields.get(member) or () if name.startswith("v:"))


def member_names(fields: Mapping[str, Any], member: str) -> frozenset[str]:
    """Return the names below ``member`` in a ``fieldsV1``."""
    return frozenset(name[2:] for name in fields.get(member) or () if name.startswith("f:"))
