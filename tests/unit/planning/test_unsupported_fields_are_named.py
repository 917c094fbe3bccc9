"""A field that is not acted on is named with its path, and its value where only that is the reason."""

from typing import Any

import pytest

from secrets_operator.planning.support import EXTERNAL_SECRET, STORE, Supported, unsupported_fields, unsupported_message

REF = {"key": "db"}


@pytest.mark.parametrize(
    ("supported", "spec", "expected"),
    [
        pytest.param(
            EXTERNAL_SECRET,
            {
                "refreshInterval": "1h",
                "secretStoreRef": {"name": "s", "kind": "SecretStore"},
                "target": {"name": "t", "creationPolicy": "Owner", "deletionPolicy": "Retain", "immutable": False},
                "data": [{"secretKey": "a", "remoteRef": {**REF, "property": "p", "decodingStrategy": "None"}}],
                "dataFrom": [{"extract": {**REF, "conversionStrategy": "Unicode"}}],
            },
            [],
            id="a spec of supported fields has none",
        ),
        pytest.param(EXTERNAL_SECRET, {"target": {}, "data": []}, [], id="empty objects and lists ask for nothing"),
        pytest.param(EXTERNAL_SECRET, {"syncWindows": {"kind": "allow"}}, ["spec.syncWindows"], id="an object is one"),
        pytest.param(EXTERNAL_SECRET, {"target": {"template": {}}}, ["spec.target.template"], id="even an empty one"),
        pytest.param(
            {"target.policy": frozenset({"Keep"})},
            {"target": {"policy": "Drop"}},
            ["spec.target.policy: Drop"],
            id="a value that is not acted on is shown",
        ),
        pytest.param(
            {"target.frozen": frozenset({False})},
            {"target": {"frozen": True}},
            ["spec.target.frozen: True"],
            id="a boolean that is not acted on is shown",
        ),
        pytest.param(
            EXTERNAL_SECRET,
            {
                "dataFrom": [{"extract": REF}, {"find": {"name": {}}}],
                "data": [{"secretKey": "a", "remoteRef": {**REF, "decodingStrategy": "Base64"}}],
            },
            ["spec.dataFrom[1].find", "spec.data[0].remoteRef.decodingStrategy: Base64"],
            id="paths carry indexes, and all are named in order",
        ),
        pytest.param(
            STORE, {"provider": {"any": {"thing": [1]}}, "controller": "x"}, [], id="a provider's are its own"
        ),
        pytest.param(
            STORE, {"conditions": [{}], "retrySettings": {}}, ["spec.conditions", "spec.retrySettings"], id="a store's"
        ),
    ],
)
def test_unsupported_fields(supported: Supported, spec: dict[str, Any], expected: list[str]) -> None:
    assert unsupported_fields(spec, supported) == expected


def test_the_message_names_all() -> None:
    assert unsupported_message(["spec.a", "spec.b"]) == "not supported yet: spec.a, spec.b"
