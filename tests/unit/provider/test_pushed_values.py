"""The value that an entry of a PushSecret pushes."""

from __future__ import annotations

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Push, RemoteEntry
from secrets_operator.provider.memory import push_of
from secrets_operator.provider.pushed_values import value_of


def push(secret_key: str, **data: bytes) -> Push:
    return push_of(RemoteEntry("remote"), data, secret_key)


@pytest.mark.parametrize(
    ("pushed", "expected"),
    [
        pytest.param(push("a", a=b"\xff\x00", b=b"2"), b"\xff\x00", id="a key -> its bytes"),
        pytest.param(push("", b=b"2", a=b"1"), b'{"a":"1","b":"2"}', id="all -> an object of strings, sorted"),
        pytest.param(push("", a=b'<&> "\n'), rb'{"a":"<&> \"\n"}', id="all -> HTML is left alone"),
        pytest.param(push("", a="\u2028".encode()), rb'{"a":"\u2028"}', id="all -> separators as Go writes them"),
    ],
)
def test_the_value_of_an_entry(pushed: Push, expected: bytes) -> None:
    assert value_of(pushed).reveal() == expected


@pytest.mark.parametrize(
    ("pushed", "told"),
    [
        pytest.param(push(""), "no keys", id="a Secret without keys empties nothing"),
        pytest.param(push("", a=b"text", keystore=b"\xfe\xed"), "keystore", id="bytes are not replaced by others"),
    ],
)
def test_what_cannot_be_said_faithfully_is_not_pushed(pushed: Push, told: str) -> None:
    with pytest.raises(InvalidSpec, match=told):
        value_of(pushed)
