"""What an entry brings is rewritten or converted, checked, decoded and looked through, in this order."""

from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Fetched, Read, Value
from secrets_operator.rendering.external_secret import secret_data
from secrets_operator.resources.rewrites import Rewrite
from tests.builders import values

ENTRY = "spec.dataFrom[2].extract"
CUT = {"regexp": {"source": "^prod/", "target": ""}}
NOTHING = {"regexp": {"source": "nothing", "target": ""}}
MERGE: dict[str, Any] = {"merge": {}}
SHOUT = {"transform": {"template": "upper"}}


def spread(*rewrite: dict[str, Any], data: dict[str, str], **read: str) -> Value:
    operations = tuple(Rewrite.model_validate(operation) for operation in rewrite)
    return Value(Read(ENTRY, "all", rewrite=operations, **read), values(**data))  # type: ignore[arg-type] # names vary


def single(value: str, **read: str) -> Value:
    return Value(Read("spec.data[0].remoteRef", "one", secret_key="k", **read), values(k=value))  # type: ignore[arg-type] # names vary


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(spread(CUT, data={"prod/a": "1"}), {"a": "1"}, id="keys are rewritten"),
        pytest.param(spread(CUT, data={"prod/": "1"}), {}, id="a key that became empty is dropped"),
        pytest.param(spread(SHOUT, data={"a": "1"}), {"A": "1"}, id="templates get the renderer"),
        pytest.param(spread(data={"a/b": "1"}), {"a_b": "1"}, id="without rewrite keys are converted"),
        pytest.param(spread(data={"a": "aGk="}, decoding="Base64"), {"a": "hi"}, id="each value is decoded"),
        pytest.param(
            spread(MERGE, data={"x": '{"a":"aGk="}'}, decoding="Base64"),
            {"a": "hi"},
            id="members of a merge are decoded, not what was merged",
        ),
        pytest.param(single("aGk=", decoding="Auto"), {"k": "hi"}, id="a single value is decoded"),
        pytest.param(single("a\0b", null_bytes="Ignore"), {"k": "a\0b"}, id="a zero byte is allowed unless refused"),
        pytest.param(single("AA==", null_bytes="Fail"), {"k": "AA=="}, id="what is not decoded has no zero byte"),
    ],
)
def test_stages(value: Value, expected: dict[str, str]) -> None:
    found = secret_data(Fetched((value,)), transform=lambda _template, key: key.upper())
    assert found == values(**expected)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(
            spread(NOTHING, data={"a/b": "1"}),
            r"^spec\.dataFrom\[2\]\.extract: 'a/b' is no valid key",
            id="with rewrite keys are not converted, so a slash is refused",
        ),
        pytest.param(
            spread({"regexp": {"source": "(", "target": ""}}, data={"a": "1"}),
            r"^spec\.dataFrom\[2\]\.rewrite\[0\]\.regexp\.source: ",
            id="a wrong operation is named by its path",
        ),
        pytest.param(
            spread(data={"a": "hunter2"}, decoding="Base64"),
            r"^spec\.dataFrom\[2\]\.extract\.decodingStrategy: the value of 'a' is not Base64",
            id="a value that is not encoded is named by its key",
        ),
        pytest.param(
            single("hunter2", decoding="Base64URL"),
            r"^spec\.data\[0\]\.remoteRef\.decodingStrategy: the value of 'k' is not Base64URL",
            id="so is a single one",
        ),
        pytest.param(
            single("AA==", decoding="Base64", null_bytes="Fail"),
            r"^spec\.data\[0\]\.remoteRef\.nullBytePolicy: the value of 'k' has a zero byte",
            id="zero bytes are looked for after decoding",
        ),
        pytest.param(
            spread(data={"a": "x\0"}, null_bytes="Fail"),
            r"^spec\.dataFrom\[2\]\.extract\.nullBytePolicy: the value of 'a'",
            id="a zero byte in an entry of many is named by its key",
        ),
    ],
)
def test_failures_name_the_field(value: Value, message: str) -> None:
    with pytest.raises(InvalidSpec, match=message) as caught:
        secret_data(Fetched((value,)))
    assert "hunter2" not in str(caught.value)


def test_all_entries_share_one_allowance_of_work() -> None:
    grow, clear = {"regexp": {"source": "", "target": "x" * 500}}, {"regexp": {"source": ".*", "target": ""}}
    entry = spread(grow, clear, data={"k" * 5000: "1"})  # makes a key of 2.5 million characters on its way
    assert secret_data(Fetched((entry,))) == {}
    with pytest.raises(InvalidSpec, match="too many to be rewritten"):
        secret_data(Fetched((entry,) * 5))
