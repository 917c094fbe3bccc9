"""Password: each rule of its spec, the numbers of characters, and what is refused."""

from __future__ import annotations

import base64
import os
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.generators.drawing import Drawing
from secrets_operator.generators.password import GENERATOR, SYMBOLS
from secrets_operator.provider.memory import MemoryHost

NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def made(spec: dict[str, Any]) -> dict[str, bytes]:
    generated = await GENERATOR.generate(spec, MemoryHost(), now=NOW, entropy=os.urandom)
    return {key: value.reveal() for key, value in generated.values.items()}


async def counts(spec: dict[str, Any]) -> tuple[int, int, int]:
    """Return how many letters, digits and symbols a password has."""
    text = (await made(spec))["password"].decode()
    letters, digits = sum(one.isalpha() for one in text), sum(one.isdigit() for one in text)
    return letters, digits, len(text) - letters - digits


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, (12, 6, 6), id="nothing said -> 24 characters, a quarter digits and a quarter symbols"),
        pytest.param({"length": 0}, (12, 6, 6), id="length 0 -> the default"),
        pytest.param({"length": 10}, (6, 2, 2), id="quarters are rounded down"),
        pytest.param({"length": 8, "digits": 0, "symbols": 0}, (8, 0, 0), id="letters only"),
        pytest.param({"length": 10, "digits": 10, "symbols": 0}, (0, 10, 0), id="every digit once"),
        pytest.param({"length": 3, "digits": 1}, (2, 1, 0), id="one number said, the other its default"),
        pytest.param({"length": 200, "allowRepeat": True}, (100, 50, 50), id="repeats allowed -> any length"),
    ],
)
async def test_it_has_as_many_letters_digits_and_symbols_as_asked_for(
    spec: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    assert await counts(spec) == expected


async def test_without_repeats_no_character_occurs_twice() -> None:
    text = (await made({"length": 40}))["password"].decode()
    assert max(Counter(text).values()) == 1


async def test_without_upper_case_there_is_none() -> None:
    text = (await made({"length": 20, "noUpper": True}))["password"].decode()
    assert text == text.lower()


async def test_symbols_are_those_asked_for() -> None:
    text = (await made({"length": 8, "symbols": 3, "symbolCharacters": "-_-."}))["password"].decode()
    assert {one for one in text if not one.isalnum()} == {"-", "_", "."}


async def test_all_symbols_of_the_default_can_occur() -> None:
    text = (await made({"length": 30, "digits": 0, "symbols": 30}))["password"].decode()
    assert sorted(text) == sorted(SYMBOLS)


async def test_each_key_has_a_password_of_its_own() -> None:
    passwords = await made({"secretKeys": ["admin", "reader"]})
    assert passwords.keys() == {"admin", "reader"}
    assert passwords["admin"] != passwords["reader"]


@pytest.mark.parametrize(
    ("encoding", "decode"),
    [
        pytest.param("raw", bytes, id="raw"),
        pytest.param("base64", base64.b64decode, id="base64"),
        pytest.param("base64url", base64.urlsafe_b64decode, id="base64url"),
        pytest.param("base32", base64.b32decode, id="base32"),
        pytest.param("hex", lambda text: bytes.fromhex(text.decode()), id="hex"),
    ],
)
async def test_it_is_encoded_as_asked_for(encoding: str, decode: Any) -> None:
    assert len(decode((await made({"encoding": encoding}))["password"])) == 24


@pytest.mark.parametrize(
    ("spec", "path", "message"),
    [
        pytest.param(
            {"length": 4, "digits": 3, "symbols": 2},
            "length",
            "3 digits and 2 symbols are more than the length of 4: lower them",
            id="more digits and symbols than characters",
        ),
        pytest.param(
            {"length": 44},
            "digits",
            "11 different digits are asked for and there are 10: set allowRepeat to true",
            id="a default length of 44 asks for 11 digits",
        ),
        pytest.param(
            {"length": 8, "digits": 0, "symbols": 3, "symbolCharacters": "--_"},
            "symbols",
            "3 different symbols are asked for and there are 2: set allowRepeat to true",
            id="more symbols than there are, doubled ones counted once",
        ),
        pytest.param(
            {"length": 8, "digits": 0, "symbols": 2, "symbolCharacters": "a1-"},
            "symbols",
            "2 different symbols are asked for and there are 1: set allowRepeat to true",
            id="symbols that are letters or digits may be taken",
        ),
        pytest.param(
            {"length": 53, "digits": 0, "symbols": 0},
            "length",
            "53 different letters are asked for and there are 52: set allowRepeat to true",
            id="more letters than there are",
        ),
        pytest.param(
            {"length": 27, "digits": 0, "symbols": 0, "noUpper": True},
            "length",
            "27 different letters are asked for and there are 26: set allowRepeat to true",
            id="more lower-case letters than there are",
        ),
        pytest.param(
            {"secretKeys": ["a", "b", "a"]},
            "secretKeys",
            "must name each key once: remove the second a",
            id="a key twice",
        ),
        pytest.param({"digits": -1}, "digits", "must be at least 0", id="a negative number"),
        pytest.param(
            {"encoding": "rot13"},
            "encoding",
            "must be one of raw, base64, base64url, base32 or hex",
            id="an encoding that is none",
        ),
    ],
)
async def test_what_no_password_can_be_is_refused_with_the_field(spec: dict[str, Any], path: str, message: str) -> None:
    assert [(problem.path, problem.message) for problem in GENERATOR.problems(spec)] == [(path, message)]


async def test_generating_refuses_it_as_well() -> None:
    with pytest.raises(InvalidSpec, match="digits"):
        await made({"length": 44})


def test_randomness_is_an_argument() -> None:
    one, other = (Drawing(lambda count: bytes([200] * count)).below(201) for _ in range(2))
    assert one == other == 200


def test_every_number_is_as_likely_as_every_other() -> None:
    # Of 256 bytes the last 6 are beyond the last whole multiple of 250 and are drawn again.
    rows = iter([bytes([255]), bytes([250]), bytes([249])])
    assert Drawing(lambda _: next(rows)).below(250) == 249


def test_a_mix_is_a_reordering() -> None:
    assert sorted(Drawing(os.urandom).shuffled("abcdef")) == list("abcdef")
