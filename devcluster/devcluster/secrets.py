"""Secrets: `stringData`, the default type, immutability and what each well-known type must contain.

Rules and wording follow Kubernetes' `ValidateSecret` and `ValidateSecretUpdate`. Values never appear in errors.
Note: this module is about the resource; Python's `secrets` is another.
"""

import base64
import binascii
import re
from typing import Any

import orjson

from devcluster.documents import Document
from devcluster.field_errors import forbidden_field, invalid_value, required, too_long
from devcluster.names import config_key_error
from devcluster.statuses import ApiError, bad_request
from devcluster.strategy import Strategy, fields_with
from devcluster.structural import FieldError

MAX_SIZE = 1024 * 1024
_REDACTED = "<secret contents redacted>"
_FROZEN = "field is immutable when `immutable` is set"
_BASE64_PREFIX = re.compile(r"[A-Za-z0-9+/\r\n]*={0,2}")
_REQUIRED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
}
_JSON_KEYS = {"kubernetes.io/dockercfg": ".dockercfg", "kubernetes.io/dockerconfigjson": ".dockerconfigjson"}


class SecretStrategy(Strategy):
    """The rules of Secrets."""

    def decode(self, document: Document) -> None:
        """Check the base64 of `data` and fold `stringData` into it."""
        for field in ("data", "stringData"):
            if document.get(field, {}) is None:
                del document[field]
            if not isinstance(document.get(field, {}), dict):
                raise _unreadable(f"json: cannot unmarshal into Go struct field Secret.{field}")
        for key, value in document.get("data", {}).items():
            document["data"][key] = _checked_base64(value)
        text = document.pop("stringData", None)
        if text:
            data = document.setdefault("data", {})
            for key, value in text.items():
                data[key] = base64.b64encode(str(value).encode()).decode()
        if document.get("data") == {}:
            del document["data"]

    def default(self, document: Document) -> None:
        """Set the type."""
        if not document.get("type"):
            document["type"] = "Opaque"

    def validate(self, document: Document) -> list[FieldError]:
        """Check keys, size and what the type demands."""
        data = document.get("data", {})
        errors = [invalid_value(f"data[{key}]", key, why) for key in sorted(data) if (why := config_key_error(key))]
        if sum(len(value) * 3 // 4 for value in data.values()) > MAX_SIZE:
            errors.append(too_long("data", MAX_SIZE))
        return errors + _type_errors(document["type"], data, document)

    def validate_update(self, document: Document, live: Document) -> list[FieldError]:
        """Check that the type stays, and that nothing of an immutable Secret changes."""
        errors = []
        if document["type"] != live["type"]:
            errors.append(invalid_value("type", document["type"], "field is immutable"))
        return errors + immutability_errors(document, live, ("data",)) + self.validate(document)


def immutability_errors(document: Document, live: Document, fields: tuple[str, ...]) -> list[FieldError]:
    """Return the errors of a change to an object whose `immutable` is set."""
    if not live.get("immutable"):
        return []
    errors = [] if document.get("immutable") else [forbidden_field("immutable", _FROZEN)]
    changed = [field for field in fields if (document.get(field) or {}) != (live.get(field) or {})]
    return errors + [forbidden_field(field, _FROZEN) for field in changed]


def secret_strategy() -> Strategy:
    """Return the strategy of Secrets with the fields they can be selected by."""
    return SecretStrategy(fields=fields_with("type"))


def _checked_base64(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        found = {bool: "bool", int: "number", float: "number"}.get(type(value), "object")
        raise _unreadable(f"json: cannot unmarshal {found} into Go struct field Secret.data of type []uint8")
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        match = _BASE64_PREFIX.match(value)
        position = min(match.end() if match else 0, len(value))
        raise _unreadable(f"illegal base64 data at input byte {position}") from None
    return value


def _unreadable(why: str) -> ApiError:
    return bad_request(f'Secret in version "v1" cannot be handled as a Secret: {why}')


def _type_errors(kind: str, data: Document, document: Document) -> list[FieldError]:
    missing = [required(f"data[{key}]") for key in _REQUIRED_KEYS.get(kind, ()) if key not in data]
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        missing = [required("data[username]"), required("data[password]")]
    if kind == "kubernetes.io/service-account-token":
        annotations = document["metadata"].get("annotations") or {}
        if not annotations.get("kubernetes.io/service-account.name"):
            missing = [required("metadata.annotations[kubernetes.io/service-account.name]")]
    key = _JSON_KEYS.get(kind)
    return missing + (_json_errors(key, data[key]) if key and key in data else [])


def _json_errors(key: str, value: str) -> list[FieldError]:
    raw = base64.b64decode(value)
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError as err:
        first = raw.lstrip()[:1].decode(errors="replace")
        why = f"invalid character '{first}' looking for beginning of value" if err.pos == 0 else "invalid JSON"
        return [invalid_value(f"data[{key}]", _REDACTED, why if raw else "unexpected end of JSON input")]
    return []
