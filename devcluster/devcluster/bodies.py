"""Request bodies: JSON, or YAML where a client may send it, and what the server says about unreadable ones."""

from typing import Any

import orjson
import yaml

from devcluster.documents import Document
from devcluster.protobuf_bodies import MEDIA_TYPE, read_protobuf
from devcluster.served_resources import ServedResource
from devcluster.statuses import ApiError, bad_request, unsupported_media_type

_JSON_TYPES = {"application/json", ""}
_YAML_TYPES = {"application/yaml", "application/apply-patch+yaml"}


def media_type(content_type: str) -> str:
    """Return the media type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def read_object(resource: ServedResource, body: bytes, content_type: str) -> Document:
    """Read an object to create or to update.

    Raises:
        ApiError: 400, the body is not an object; 415, its type is not supported.

    """
    kind = media_type(content_type)
    if kind == MEDIA_TYPE:
        return read_protobuf(body)
    if kind not in _JSON_TYPES | _YAML_TYPES:
        accepted = f"application/json, application/yaml, {MEDIA_TYPE}"
        raise unsupported_media_type(
            f"the body of the request was in an unknown format - accepted media types include: {accepted}", bare=True
        )
    found = read_value(resource, body, kind)
    if not isinstance(found, dict):
        raise _unrecognized(resource, "json: cannot unmarshal into Go value of type struct", body)
    return found


def read_value(resource: ServedResource, body: bytes, kind: str) -> Any:
    """Read JSON, or YAML when the media type says so.

    Raises:
        ApiError: 400, the body cannot be parsed.

    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as err:
        if kind not in _YAML_TYPES:
            raise _unrecognized(resource, f"json parse error: {_go_complaint(body, err.pos)}", body) from None
    try:
        return orjson.loads(orjson.dumps(yaml.safe_load(body), default=str))
    except (yaml.YAMLError, TypeError, ValueError):
        raise bad_request("error parsing YAML: the body is not a YAML document") from None


def _go_complaint(body: bytes, position: int) -> str:
    text = body.decode(errors="replace")
    if position >= len(text):
        return "unexpected end of JSON input"
    before = text[:position].rstrip()
    place = "object key string" if before.endswith(("{", ",")) else "value"
    return f"invalid character '{text[position]}' looking for beginning of {place}"


def _unrecognized(resource: ServedResource, why: str, body: bytes) -> ApiError:
    # A Secret's text stays out of the answer: unlike Kubernetes, which repeats the body.
    shown = body.decode(errors="replace") if resource.kind != "Secret" else "..."
    message = f"the object provided is unrecognized (must be of type {resource.kind}): couldn't get version/kind; {why}"
    return bad_request(f"{message} ({shown})")
