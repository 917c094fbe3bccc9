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
                "data": [{"secretKey": "a", "remoteRef": {**REF, "property": "p", "decodingStrategy": "Auto"}}],
                "dataFrom": [
                    {"extract": {**REF, "conversionStrategy": "Unicode", "nullBytePolicy": "Fail"}},
                    {"extract": REF, "rewrite": [{"merge": {}}, {"regexp": {}}, {"transform": {}}]},
                ],
                "syncWindows": {"kind": "allow", "windows": [{"schedule": "@daily", "duration": "1h"}]},
            },
            [],
            id="a spec of supported fields has none",
        ),
        pytest.param(EXTERNAL_SECRET, {"target": {}, "data": []}, [], id="empty objects and lists ask for nothing"),
        pytest.param({"a": None}, {"windows": {"kind": "allow"}}, ["spec.windows"], id="an object is one"),
        pytest.param(EXTERNAL_SECRET, {"target": {"other": {}}}, ["spec.target.other"], id="even an empty one"),
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
            {"many[].extract.key": None, "single[].ref.key": None, "single[].ref.strategy": frozenset({"None"})},
            {
                "many": [{"extract": REF}, {"find": {"name": {}}}],
                "single": [{"ref": {**REF, "strategy": "Base64"}}],
            },
            ["spec.many[1].find", "spec.single[0].ref.strategy: Base64"],
            id="paths carry indexes, and all are named in order",
        ),
        pytest.param(
            STORE,
            {"provider": {"any": {"thing": [1]}}, "controller": "x", "conditions": [{"namespaces": ["a"]}]},
            [],
            id="a provider's are its own, and conditions are acted on",
        ),
        pytest.param(STORE, {"another": [{}], "more": {}}, ["spec.another", "spec.more"], id="a store's"),
    ],
)
def test_unsupported_fields(supported: Supported, spec: dict[str, Any], expected: list[str]) -> None:
    assert unsupported_fields(spec, supported) == expected


def test_the_message_names_all() -> None:
    assert unsupported_message(["spec.a", "spec.b"]) == "not supported yet: spec.a, spec.b"
