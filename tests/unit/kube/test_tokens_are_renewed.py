"""When a token is read again, and what happens when that fails."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.kube.credentials import FixedToken, RenewedToken, read_token_file
from secrets_operator.kube.errors import InvalidConnection


@dataclass
class Hands:
    """A clock that a test moves."""

    at: float = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.at


@dataclass
class Issuer:
    """Hands out numbered tokens and counts how often it is asked."""

    current: bytes = b"one"
    asked: int = 0
    failing: bool = False

    def read(self) -> SecretBytes:
        self.asked += 1
        if self.failing:
            raise InvalidConnection("no token")
        return SecretBytes(self.current)


async def test_the_token_is_read_again_after_a_minute_and_not_before() -> None:
    clock, issuer = Hands(), Issuer()
    credential = RenewedToken(SecretBytes(b"one"), issuer.read, clock=clock)
    issuer.current = b"two"
    clock.at += 59
    assert (await credential.token()).reveal() == b"one"
    assert issuer.asked == 0
    clock.at += 1
    assert (await credential.token()).reveal() == b"two"
    assert issuer.asked == 1


async def test_a_rejected_token_is_replaced_at_once() -> None:
    clock, issuer = Hands(), Issuer(b"two")
    credential = RenewedToken(SecretBytes(b"one"), issuer.read, clock=clock)
    assert await credential.replaced(SecretBytes(b"one"))
    assert (await credential.token()).reveal() == b"two"


async def test_a_storm_of_rejections_reads_the_token_once() -> None:
    clock, issuer = Hands(), Issuer(b"two")
    credential = RenewedToken(SecretBytes(b"one"), issuer.read, clock=clock)
    answers = await asyncio.gather(*[credential.replaced(SecretBytes(b"one")) for _ in range(50)])
    assert all(answers)
    assert issuer.asked == 1


async def test_an_unchanged_token_is_no_reason_for_a_second_attempt_and_is_looked_for_once_a_second() -> None:
    clock, issuer = Hands(), Issuer(b"one")
    credential = RenewedToken(SecretBytes(b"one"), issuer.read, clock=clock)
    answers = await asyncio.gather(*[credential.replaced(SecretBytes(b"one")) for _ in range(50)])
    assert not any(answers)
    assert issuer.asked == 1
    clock.at += 1
    issuer.current = b"two"
    assert await credential.replaced(SecretBytes(b"one"))


async def test_a_failed_read_leaves_the_last_token_in_use() -> None:
    clock, issuer = Hands(), Issuer(failing=True)
    credential = RenewedToken(SecretBytes(b"one"), issuer.read, clock=clock)
    clock.at += 61
    assert (await credential.token()).reveal() == b"one"
    assert not await credential.replaced(SecretBytes(b"one"))
    assert issuer.asked == 2


async def test_a_rejection_renews_where_a_read_would_only_look() -> None:
    """A login plug-in's token is cached until it expires; a 401 needs a new login."""
    reader, login = Issuer(b"one"), Issuer(b"two")
    credential = RenewedToken(SecretBytes(b"one"), reader.read, clock=Hands(), renew=login.read)
    assert await credential.replaced(SecretBytes(b"one"))
    assert (reader.asked, login.asked) == (0, 1)


async def test_a_fixed_token_has_no_replacement() -> None:
    credential = FixedToken(SecretBytes(b"one"))
    assert not await credential.replaced(await credential.token())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b" \n", "is empty", id="an empty file"),
        pytest.param(b"one\ntwo", "visible ASCII", id="two lines, which would be a second header"),
        pytest.param("tøken".encode(), "visible ASCII", id="other letters"),
    ],
)
def test_a_file_that_holds_no_token_is_refused_without_quoting_it(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(InvalidConnection, match=message) as caught:
        read_token_file(file)
    assert "two" not in str(caught.value)


def test_a_missing_token_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConnection, match="absent cannot be read"):
        read_token_file(tmp_path / "absent")


def test_white_space_around_a_token_does_not_count(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(b"  one\n")
    assert read_token_file(file).reveal() == b"one"
