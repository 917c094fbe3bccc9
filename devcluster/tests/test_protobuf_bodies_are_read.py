"""The protobuf bodies that kubectl sends, and what is done with damaged and unknown ones."""

from typing import Any

import pytest
from devcluster.protobuf_bodies import read_protobuf
from devcluster.statuses import ApiError


def field(number: int, content: bytes | str | int) -> bytes:
    """One field on the wire; numbers and lengths below 128."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    raw = content.encode() if isinstance(content, str) else content
    return bytes([number << 3 | 2, len(raw)]) + raw


def envelope(api_version: str, kind: str, message: bytes) -> bytes:
    return b"k8s\x00" + field(1, field(1, api_version) + field(2, kind)) + field(2, message)


META = field(1, field(1, "s") + field(2, "") + field(8, b""))


def test_a_secret() -> None:
    entry = field(1, "k") + field(2, b"\xff\x00")
    body = envelope("v1", "Secret", META + field(2, entry) + field(3, "Opaque") + field(5, 0))
    assert read_protobuf(body) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"k": "/wA="},
        "type": "Opaque",
        "immutable": False,
    }


def test_lists_of_messages_keep_their_order() -> None:
    rules = b"".join(field(2, field(1, verb) + field(3, "secrets")) for verb in ("get", "list"))
    role = read_protobuf(envelope("rbac.authorization.k8s.io/v1", "Role", META + rules))
    assert [rule["verbs"] for rule in role["rules"]] == [["get"], ["list"]]


def test_an_unset_field_that_is_not_known_is_ignored() -> None:
    body = envelope("v1", "ServiceAccount", META + field(2, field(1, "") + field(2, 0)))
    assert read_protobuf(body)["metadata"] == {"name": "s"}


@pytest.mark.parametrize(
    ("message", "options"),
    [
        pytest.param(b"", {}, id="nothing is asked"),
        pytest.param(field(1, 0), {"gracePeriodSeconds": 0}, id="at once"),
        pytest.param(field(2, field(1, "u")), {"preconditions": {"uid": "u"}}, id="only this object"),
        pytest.param(
            field(2, field(1, "u") + field(2, "7")),
            {"preconditions": {"uid": "u", "resourceVersion": "7"}},
            id="only this state of it",
        ),
        pytest.param(field(3, 0), {"orphanDependents": False}, id="dependents are not kept"),
        pytest.param(field(4, "Background"), {"propagationPolicy": "Background"}, id="as Helm deletes"),
        pytest.param(field(5, "All"), {"dryRun": ["All"]}, id="nothing is to happen"),
    ],
)
@pytest.mark.parametrize("version", ["v1", "apps/v1"])
def test_options_of_a_deletion(version: str, message: bytes, options: dict[str, Any]) -> None:
    read = read_protobuf(envelope(version, "DeleteOptions", message))
    assert read == {"apiVersion": version, "kind": "DeleteOptions", **options}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"{}", 400, id="no envelope"),
        pytest.param(b"k8s\x00\x0a\x7f", 400, id="a length beyond the end"),
        pytest.param(b"k8s\x00\xff", 400, id="a number beyond the end"),
        pytest.param(envelope("v1", "Pod", META), 415, id="a kind that is not known"),
        pytest.param(envelope("v1", "Secret", field(1, 5)), 400, id="a number where a message belongs"),
        pytest.param(envelope("v1", "Secret", field(3, b"\xff")), 400, id="a text that is not UTF-8"),
        pytest.param(envelope("v1", "Secret", META + field(9, "x")), 400, id="a field with content that is not known"),
    ],
)
def test_what_is_refused(body: bytes, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        read_protobuf(body)
    assert refused.value.code == code
