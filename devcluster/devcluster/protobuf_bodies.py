"""Request bodies in Kubernetes' Protocol Buffers: kubectl and Helm send some requests in no other form.

`kubectl create namespace|secret|role|...`, `create token`, `auth can-i` and Helm's deletions use typed clients that
write protobuf and accept JSON answers. The kinds they send are described here by their field numbers (from the
`generated.proto` files of k8s.io/api); a body with anything else is refused rather than stored in part.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from devcluster.clock import timestamp
from devcluster.documents import Document
from devcluster.protobuf_wire import DamagedMessage, fields
from devcluster.statuses import bad_request, unsupported_media_type

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"

Scalar = Literal["text", "bytes", "number", "flag", "time"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its JSON name, what it holds, and whether it repeats, is a map, or may be empty on purpose."""

    name: str
    holds: "Scalar | Mapping[int, Field]" = "text"
    shape: Literal["one", "many", "map"] = "one"
    keeps_empty: bool = False


Message = Mapping[int, Field]


def _texts(*names: str) -> Message:
    return {number: Field(name) for number, name in enumerate(names, 1)}


_OWNER: Message = {
    1: Field("kind"),
    3: Field("name"),
    4: Field("uid"),
    5: Field("apiVersion"),
    6: Field("controller", "flag", keeps_empty=True),
    7: Field("blockOwnerDeletion", "flag", keeps_empty=True),
}
_META: Message = {
    **_texts("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion"),
    7: Field("generation", "number"),
    8: Field("creationTimestamp", "time"),
    11: Field("labels", "text", "map"),
    12: Field("annotations", "text", "map"),
    13: Field("ownerReferences", _OWNER, "many"),
    14: Field("finalizers", "text", "many"),
}
_RULE: Message = {
    number: Field(name, "text", "many")
    for number, name in enumerate(("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"), 1)
}
_SUBJECT = _texts("kind", "apiGroup", "name", "namespace")
_ROLE_REFERENCE = _texts("apiGroup", "kind", "name")
_ROLE: Message = {1: Field("metadata", _META), 2: Field("rules", _RULE, "many")}
_BINDING: Message = {
    1: Field("metadata", _META),
    2: Field("subjects", _SUBJECT, "many"),
    3: Field("roleRef", _ROLE_REFERENCE),
}
_RESOURCE = _texts("namespace", "verb", "group", "version", "resource", "subresource", "name")
_ACCESS: Message = {
    1: Field("resourceAttributes", _RESOURCE),
    2: Field("nonResourceAttributes", _texts("path", "verb")),
}
_SUBJECT_ACCESS: Message = {**_ACCESS, 3: Field("user"), 4: Field("groups", "text", "many"), 6: Field("uid")}
_PORT: Message = {
    1: Field("name"),
    2: Field("hostPort", "number"),
    3: Field("containerPort", "number"),
    4: Field("protocol"),
    5: Field("hostIP"),
}
_CONTAINER: Message = {
    1: Field("name"),
    2: Field("image"),
    3: Field("command", "text", "many"),
    4: Field("args", "text", "many"),
    5: Field("workingDir"),
    6: Field("ports", _PORT, "many"),
    7: Field("env", _texts("name", "value"), "many"),
    14: Field("imagePullPolicy"),
}
_POD: Message = {2: Field("containers", _CONTAINER, "many"), 3: Field("restartPolicy"), 8: Field("serviceAccountName")}
_TEMPLATE: Message = {1: Field("metadata", _META), 2: Field("spec", _POD)}
_DEPLOYMENT: Message = {
    1: Field("replicas", "number", keeps_empty=True),
    2: Field("selector", {1: Field("matchLabels", "text", "map")}),
    3: Field("template", _TEMPLATE),
    4: Field("strategy", _texts("type")),
}


def _with_spec(spec: Message) -> Message:
    return {1: Field("metadata", _META), 2: Field("spec", spec)}


_SECRET: Message = {
    1: Field("metadata", _META),
    2: Field("data", "bytes", "map"),
    3: Field("type"),
    4: Field("stringData", "text", "map"),
    5: Field("immutable", "flag", keeps_empty=True),
}
_CONFIG_MAP: Message = {
    1: Field("metadata", _META),
    2: Field("data", "text", "map"),
    3: Field("binaryData", "bytes", "map"),
    4: Field("immutable", "flag", keeps_empty=True),
}
_TOKEN: Message = {1: Field("audiences", "text", "many"), 4: Field("expirationSeconds", "number", keeps_empty=True)}
_DELETE_OPTIONS: Message = {
    1: Field("gracePeriodSeconds", "number", keeps_empty=True),
    2: Field("preconditions", _texts("uid", "resourceVersion")),
    3: Field("orphanDependents", "flag", keeps_empty=True),
    4: Field("propagationPolicy"),
    5: Field("dryRun", "text", "many"),
    6: Field("ignoreStoreReadErrorWithClusterBreakingPotential", "flag"),
}
_MESSAGES: Mapping[tuple[str, str], Message] = {
    ("v1", "Namespace"): _with_spec({1: Field("finalizers", "text", "many")}),
    ("v1", "Secret"): _SECRET,
    ("v1", "ConfigMap"): _CONFIG_MAP,
    ("v1", "ServiceAccount"): {1: Field("metadata", _META)},
    ("apps/v1", "Deployment"): _with_spec(_DEPLOYMENT),
    ("rbac.authorization.k8s.io/v1", "Role"): _ROLE,
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): _ROLE,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): _BINDING,
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): _BINDING,
    ("authentication.k8s.io/v1", "TokenRequest"): _with_spec(_TOKEN),
    ("authentication.k8s.io/v1", "SelfSubjectReview"): {1: Field("metadata", _META)},
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview"): _with_spec(_ACCESS),
    ("authorization.k8s.io/v1", "SubjectAccessReview"): _with_spec(_SUBJECT_ACCESS),
    ("authorization.k8s.io/v1", "LocalSubjectAccessReview"): _with_spec(_SUBJECT_ACCESS),
    ("authorization.k8s.io/v1", "SelfSubjectRulesReview"): _with_spec(_texts("namespace")),
}


def read_protobuf(body: bytes) -> Document:
    """Read an object from Kubernetes' protobuf envelope.

    Raises:
        ApiError: 400, the body is damaged or has a field that is not known here; 415, the kind is not.

    """
    if not body.startswith(_MAGIC):
        raise bad_request("the body is not in Kubernetes' protobuf form; send application/json")
    try:
        envelope = dict(fields(body[len(_MAGIC) :]))
        kind = {number: _text(value) for number, value in fields(_raw(envelope.get(1, b"")))}
        named = (kind.get(1, ""), kind.get(2, ""))
        layout = _layout(named)
        if layout is None:
            message = f"the dev cluster reads no protobuf of {' '.join(named)}; send application/json"
            raise unsupported_media_type(message, bare=True)
        decoded = _message(_raw(envelope.get(2, b"")), layout, named[1])
    except DamagedMessage as err:
        raise bad_request(f"the protobuf body cannot be read: {err}") from err
    decoded.pop("status", None)
    return {"apiVersion": named[0], "kind": named[1], **decoded}


def _layout(named: tuple[str, str]) -> Message | None:
    """Return the fields of a kind. DeleteOptions are of every API group: clients name the one they delete from."""
    return _DELETE_OPTIONS if named[1] == "DeleteOptions" else _MESSAGES.get(named)


def _message(raw: bytes, message: Message, path: str) -> Document:
    found: Document = {}
    for number, value in fields(raw):
        field = message.get(number)
        if field is None:
            _refuse_content(path, number, value)
            continue
        _add(found, field, value, f"{path}.{field.name}")
    return found


def _refuse_content(path: str, number: int, value: int | bytes) -> None:
    """Ignore an unknown field that is empty, as Go writes unset ones; refuse one that says something."""
    is_status = number == 3 and "." not in path
    if not is_status and _says_something(value):
        message = f"the dev cluster does not read field {number} of {path} in protobuf; send application/json"
        raise bad_request(message)


def _says_something(value: int | bytes) -> bool:
    if isinstance(value, int) or not value:
        return bool(value)
    try:
        return any(_says_something(part) for _, part in fields(value))
    except DamagedMessage:
        return True


def _add(found: Document, field: Field, value: int | bytes, path: str) -> None:
    if field.shape == "map":
        entry = dict(fields(_raw(value)))
        found.setdefault(field.name, {})[_text(entry.get(1, b""))] = _value(field, entry.get(2, b""), path)
        return
    converted = _value(field, value, path)
    if field.shape == "many":
        found.setdefault(field.name, []).append(converted)
    elif converted or field.keeps_empty:
        found[field.name] = converted


def _value(field: Field, value: int | bytes, path: str) -> Any:
    if not isinstance(field.holds, str):
        return _message(_raw(value), field.holds, path)
    if field.holds == "text":
        return _text(value)
    if field.holds == "bytes":
        return base64.b64encode(_raw(value)).decode()
    if field.holds == "time":
        seconds = dict(fields(_raw(value))).get(1, 0)
        return timestamp(float(seconds)) if isinstance(seconds, int) and seconds else ""
    return bool(value) if field.holds == "flag" else value


def _raw(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise DamagedMessage("a number where bytes belong")
    return value


def _text(value: int | bytes) -> str:
    try:
        return _raw(value).decode()
    except UnicodeDecodeError:
        raise DamagedMessage("a text that is not UTF-8") from None
