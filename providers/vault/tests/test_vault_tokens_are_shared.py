"""One token for many reads: replaced once, revoked after its last use."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from secrets_operator_vault.authentication import Credential
from secrets_operator_vault.tokens import Tokens

from secrets_operator.errors import Refused, Retryable


@dataclass
class Server:
    """Makes tokens t1, t2, ... and remembers which were revoked."""

    made: int = 0
    left: int = 0
    issued: bool = True
    refuses: bool = False
    revoked: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    renewals: list[Credential] = field(default_factory=list)
    seconds: float = 0.0
    renewable: bool = True
    down: bool = False
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def log_in(self) -> Credential:
        await self.may_answer.wait()
        if self.refuses:
            raise Refused("no")
        self.made += 1
        return Credential(f"t{self.made}", self.issued, self.seconds, self.renewable)

    async def revoke(self, token: str) -> None:
        self.revoked.append(token)

    def let_go(self) -> None:
        self.left += 1

    async def renew(self, credential: Credential) -> Credential | None:
        self.renewed.append(credential.token)
        if self.down:
            raise Retryable("down")
        return self.renewals.pop(0) if self.renewals else None

    def tokens(self) -> Tokens:
        self.may_answer.set()
        return Tokens(Credential("t0", self.issued, self.seconds, self.renewable), self)


async def settled() -> None:
    """Let the tasks that are ready run."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.looptime
async def test_a_token_that_is_left_to_itself_is_neither_renewed_nor_revoked() -> None:
    server = Server(seconds=90.0)
    server.tokens().leave()
    await asyncio.sleep(200)
    assert (server.left, server.revoked, server.renewed) == (1, [], [])


async def test_all_who_were_denied_share_one_login() -> None:
    server = Server()
    tokens = server.tokens()
    server.may_answer.clear()
    async with tokens.lend() as lease:
        waiting = asyncio.gather(*(tokens.replace(lease) for _ in range(5)))
        await settled()
        server.may_answer.set()
        assert await waiting == [True] * 5
    assert server.made == 1


async def test_a_late_denial_of_a_replaced_token_needs_no_login() -> None:
    server = Server()
    tokens = server.tokens()
    async with tokens.lend() as early, tokens.lend() as late:
        assert await tokens.replace(early)
        assert await tokens.replace(late)
    assert server.made == 1


async def test_a_replaced_token_is_revoked_after_its_last_use() -> None:
    server = Server()
    tokens = server.tokens()
    async with tokens.lend() as slow:
        async with tokens.lend() as denied:
            await tokens.replace(denied)
        await settled()
        assert (slow.credential.token, server.revoked) == ("t0", [])
    await settled()
    assert server.revoked == ["t0"]
    await tokens.close()
    assert server.revoked == ["t0", "t1"]


async def test_a_token_that_is_not_ours_is_never_revoked() -> None:
    server = Server(issued=False)
    tokens = server.tokens()
    async with tokens.lend() as lease:
        await tokens.replace(lease)
    await tokens.close()
    assert server.revoked == []


async def test_a_failed_login_reaches_all_and_is_tried_anew_by_the_next() -> None:
    server = Server(refuses=True)
    tokens = server.tokens()
    async with tokens.lend() as lease:
        failures = await asyncio.gather(*(tokens.replace(lease) for _ in range(3)), return_exceptions=True)
        assert [type(failure) for failure in failures] == [Refused] * 3
        server.refuses = False
        assert await tokens.replace(lease)


async def test_one_who_gives_up_does_not_take_the_new_token_from_the_others() -> None:
    server = Server()
    tokens = server.tokens()
    server.may_answer.clear()
    async with tokens.lend() as lease:
        impatient, patient = asyncio.ensure_future(tokens.replace(lease)), asyncio.ensure_future(tokens.replace(lease))
        await settled()
        impatient.cancel()
        await settled()
        server.may_answer.set()
        assert await patient
        with pytest.raises(asyncio.CancelledError):
            await impatient


async def test_closing_waits_for_a_login_under_way_and_revokes_what_it_made() -> None:
    server = Server()
    tokens = server.tokens()
    server.may_answer.clear()
    async with tokens.lend() as lease:
        abandoned = asyncio.ensure_future(tokens.replace(lease))
        await settled()
        abandoned.cancel()
    closing = asyncio.ensure_future(tokens.close())
    await settled()
    server.may_answer.set()
    await closing
    assert server.revoked == ["t0", "t1"]


# Virtual time: no second of these passes.


@pytest.mark.looptime
async def test_a_token_is_renewed_when_two_thirds_of_its_time_have_passed() -> None:
    server = Server(seconds=90.0, renewals=[Credential("t0", True, 90.0, True)])
    tokens = server.tokens()
    await asyncio.sleep(59)
    assert server.renewed == []
    await asyncio.sleep(2)
    assert (server.renewed, server.made) == (["t0"], 0)
    await tokens.close()


@pytest.mark.looptime
async def test_a_token_that_cannot_be_renewed_is_replaced_in_time_and_revoked() -> None:
    server = Server(seconds=90.0)
    tokens = server.tokens()
    await asyncio.sleep(61)
    assert (server.renewed, server.made, server.revoked) == (["t0"], 1, ["t0"])
    await asyncio.sleep(61)
    assert (server.made, server.revoked) == (2, ["t0", "t1"])
    await tokens.close()


@pytest.mark.looptime
async def test_a_token_near_its_longest_lifetime_is_replaced() -> None:
    server = Server(seconds=90.0, renewals=[Credential("t0", True, 20.0, True)])
    tokens = server.tokens()
    await asyncio.sleep(61)
    assert (server.renewed, server.made) == (["t0"], 1)
    await tokens.close()


@pytest.mark.looptime
async def test_a_batch_token_is_replaced_without_asking_to_renew_it() -> None:
    server = Server(seconds=90.0, renewable=False)
    tokens = server.tokens()
    await asyncio.sleep(61)
    assert (server.renewed, server.made) == ([], 1)
    await tokens.close()


@pytest.mark.looptime
async def test_a_renewal_without_an_answer_is_tried_again_while_the_token_lasts() -> None:
    server = Server(seconds=90.0, down=True)
    tokens = server.tokens()
    await asyncio.sleep(85)
    assert len(server.renewed) >= 2
    server.down = False
    server.renewals = [Credential("t0", True, 90.0, True)]
    await asyncio.sleep(4)
    assert server.made == 0
    async with tokens.lend() as lease:
        assert lease.credential.token == "t0"
    await tokens.close()


@pytest.mark.looptime
async def test_a_token_without_an_end_or_of_somebody_else_is_left_alone() -> None:
    for server in (Server(seconds=0.0), Server(seconds=90.0, issued=False)):
        tokens = server.tokens()
        await asyncio.sleep(1000)
        assert (server.renewed, server.made) == ([], 0)
        await tokens.close()


@pytest.mark.looptime
async def test_closing_ends_the_renewals() -> None:
    server = Server(seconds=90.0)
    tokens = server.tokens()
    await tokens.close()
    await asyncio.sleep(1000)
    assert (server.renewed, server.made, server.revoked) == ([], 0, ["t0"])
