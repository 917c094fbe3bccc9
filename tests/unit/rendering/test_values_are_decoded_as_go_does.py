"""decodingStrategy: base64 as Go reads it, and errors that name the key and never the value."""

import base64
import traceback

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.decoding import decode
from tests.go_answers import go_answers


def decoded(text: bytes, strategy: str) -> bytes:
    return decode(SecretBytes(text), strategy, key="token", field="f").reveal()


@pytest.mark.parametrize(
    ("strategy", "text", "expected"),
    [
        pytest.param("None", b"aGk=", b"aGk=", id="None leaves a value alone"),
        pytest.param("", b"aGk=", b"aGk=", id="no strategy is None"),
        pytest.param("Base64", b"aGk=", b"hi", id="Base64 decodes"),
        pytest.param("Base64", b"", b"", id="nothing decodes to nothing"),
        pytest.param("Base64", b"\r\n", b"", id="line breaks alone are nothing"),
        pytest.param("Base64", b"a\nG\r\nk=\n", b"hi", id="line breaks are ignored anywhere"),
        pytest.param("Base64", b"YQ=\n=", b"a", id="even inside the padding"),
        pytest.param("Base64", b"YR==", b"a", id="bits that fill no byte may be anything"),
        pytest.param("Base64", b"+/+/", b"\xfb\xff\xbf", id="the standard alphabet has + and /"),
        pytest.param("Base64URL", b"-_-_", b"\xfb\xff\xbf", id="the URL alphabet has - and _"),
        pytest.param("Base64URL", b"YQ==", b"a", id="padding belongs to the URL alphabet too"),
        pytest.param("Auto", b"+/+/", b"\xfb\xff\xbf", id="Auto takes the standard alphabet"),
        pytest.param("Auto", b"-_-_", b"\xfb\xff\xbf", id="Auto takes the URL alphabet"),
        pytest.param("Auto", b"+_+_", b"+_+_", id="Auto leaves a mixture alone"),
        pytest.param("Auto", b"plain text", b"plain text", id="Auto leaves text alone"),
        pytest.param("Auto", b"1234", b"\xd7m\xf8", id="Auto decodes what only looks encoded"),
        pytest.param("Auto", b"YQ", b"YQ", id="Auto leaves alone what lacks its padding"),
        pytest.param("Auto", b"\xff\x00", b"\xff\x00", id="Auto leaves bytes alone"),
    ],
)
def test_decode(strategy: str, text: bytes, expected: bytes) -> None:
    assert decoded(text, strategy) == expected


@pytest.mark.parametrize(
    ("strategy", "text"),
    [
        pytest.param("Base64", b"YQ", id="padding is required"),
        pytest.param("Base64", b"YQ=", id="all of it"),
        pytest.param("Base64", b"YWE==", id="and no more"),
        pytest.param("Base64", b"YQ==YQ==", id="nothing comes after padding"),
        pytest.param("Base64", b"Y Q=", id="a space is a foreign character"),
        pytest.param("Base64", b"-_-_", id="the URL alphabet is foreign to Base64"),
        pytest.param("Base64URL", b"+/+/", id="the standard alphabet is foreign to Base64URL"),
        pytest.param("Base64", b"====", id="padding alone is nothing"),
    ],
)
def test_what_is_not_encoded_is_refused_with_its_key(strategy: str, text: bytes) -> None:
    with pytest.raises(InvalidSpec, match=rf"^f: the value of 'token' is not {strategy} ") as caught:
        decoded(text, strategy)
    assert text.decode() not in "".join(traceback.format_exception(caught.value))


def test_an_unknown_strategy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidSpec, match=r"^f: 'Hex' is unknown: use None, Base64, Base64URL or Auto"):
        decoded(b"00", "Hex")


def test_go_gives_the_same_answers() -> None:
    def ours(text: str, strategy: str) -> str | None:
        try:
            return base64.b64encode(decoded(text.encode(), strategy)).decode()
        except InvalidSpec:
            return None

    rows = go_answers("base64")
    assert [ours(row["text"], row["strategy"]) for row in rows] == [row["decoded"] for row in rows]
