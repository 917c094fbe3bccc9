"""The Secret that a push or a deletion makes of the one that is there. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from secrets_operator.errors import InvalidSpec, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Push
from secrets_operator.provider.pushed_values import require_keys, whole
from secrets_operator.resources.policies import POWERFUL_SECRET_TYPES, power_of
from secrets_operator.resources.tracking import of_a_copy
from secrets_operator_kubernetes.field_ownership import is_made_by_a_push, pushed_keys
from secrets_operator_kubernetes.push_settings import PushSettings

Secret = Mapping[str, Any]

_OPAQUE = "Opaque"
# https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data
_KEY = re.compile(r"[-._A-Za-z0-9]{1,253}")


def pushed(push: Push, settings: PushSettings, there: Secret | None) -> dict[str, Any] | None:
    """Return the Secret to write, None when it is there already.

    Raises Terminal for a type that is not written, and where the Secret that is there cannot become this one;
    InvalidSpec for an entry that names no key.
    """
    data = _data(push, there)
    kind = push.source.type or _OPAQUE
    if kind in POWERFUL_SECRET_TYPES:
        raise Terminal(f"{power_of(kind)}: set template.type to another one")
    if there is None:
        made = {
            "metadata": {"name": push.remote.remote_key, **_metadata(push, settings, {})},
            "type": kind,
            "data": data,
        }
        return {"apiVersion": "v1", "kind": "Secret", **made}
    _require_type(there.get("type") or _OPAQUE, kind)
    metadata = there.get("metadata") or {}
    wanted = {**there, "data": data, "metadata": {**metadata, **_metadata(push, settings, metadata)}}
    if wanted["metadata"] == _with_maps(metadata) and data == (there.get("data") or {}):
        return None
    if there.get("immutable") is True and data != (there.get("data") or {}):
        raise Terminal("the remote Secret is immutable: delete it, or push to another one")
    return wanted


def without(there: Secret, name: str) -> dict[str, Any] | None:
    """Return the Secret without the key ``name``, or without all keys, as far as pushes wrote them.

    It is the same when there is nothing to take out, and None when nothing but ours is in it.
    """
    data = there.get("data") or {}
    ours = pushed_keys(there)
    rest = {key: value for key, value in data.items() if key not in ours or name not in ("", key)}
    return None if data and not rest and is_made_by_a_push(there) else {**there, "data": rest}


def _data(push: Push, there: Secret | None) -> dict[str, str]:
    name, source = push.remote.property, push.source.data
    if not name and push.secret_key:
        raise InvalidSpec(
            "requires property in RemoteRef to push secret value if secret key is defined: name the key of the remote "
            "Secret, or remove secretKey to push them all",
            field="match.remoteRef.property",
        )
    if not name:
        require_keys(source)
        return {key: _encoded(value) for key, value in source.items()}
    if not _KEY.fullmatch(name):
        raise InvalidSpec("is no key of a Secret: letters, digits, '-', '_' and '.'", field="match.remoteRef.property")
    value = source[push.secret_key] if push.secret_key else whole(source)
    return {**((there or {}).get("data") or {}), name: _encoded(value)}


def _metadata(push: Push, settings: PushSettings, there: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return labels and annotations as the policies want them."""
    source = {"labels": push.source.labels, "annotations": push.source.annotations}
    given = {"labels": settings.labels, "annotations": settings.annotations}
    return {
        name: _merged(of_a_copy(source[name]), given[name], there.get(name) or {}, settings)
        for name in ("labels", "annotations")
    }


def _merged(
    source: dict[str, str], given: dict[str, str], there: Mapping[str, str], settings: PushSettings
) -> dict[str, str]:
    if settings.target_merge_policy == "Ignore":
        return dict(there)
    wanted = given if settings.source_merge_policy == "Replace" else source | given
    return wanted if settings.target_merge_policy == "Replace" else {**there, **wanted}


def _with_maps(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {**metadata, **{name: metadata.get(name) or {} for name in ("labels", "annotations")}}


def _require_type(present: str, wanted: str) -> None:
    if present in POWERFUL_SECRET_TYPES:
        raise Terminal(power_of(present))
    if present != wanted:
        raise Terminal(
            f"the remote Secret is of type {present}, which cannot become {wanted}: set template.type, or delete it"
        )


def _encoded(value: SecretBytes) -> str:
    return base64.b64encode(value.reveal()).decode()
