"""Puts a deadline and a breaker in front of what sessions are asked.

Whole calls are judged, never single references: a call failed when none of its references was answered. A secret that
is absent or refused is an answer. A call that was under way when the breaker opened still counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from secrets_operator.errors import Retryable
from secrets_operator.fetching.breaker import Breaker
from secrets_operator.flow import Query
from secrets_operator.provider import Answer, Failed, FindAnswer, Reference

A = TypeVar("A")

Fetch = Callable[[Sequence[Reference]], Awaitable[Sequence[Answer]]]
Find = Callable[[Query], Awaitable[FindAnswer]]


class GuardedCalls:
    """Calls that one breaker judges, each within ``deadline`` seconds."""

    def __init__(
        self,
        breaker: Breaker,
        *,
        deadline: float = 30.0,
        asked: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Tell ``asked`` how many references and queries go out."""
        self._asked = asked
        self._breaker = breaker
        self._deadline = deadline

    async def fetch(self, fetch: Fetch, references: Sequence[Reference]) -> Sequence[Answer]:
        """Answer every reference; all of them as failed while the breaker is open, or when there is no answer."""
        try:
            self._breaker.admit()
        except Retryable as error:
            return [Failed(error.message, error.after)] * len(references)
        self._asked(len(references))
        answers: Sequence[Answer] = ()
        try:
            async with asyncio.timeout(self._deadline):
                answers = await fetch(references)
        except TimeoutError:
            answers = [Failed(f"no answer within {self._deadline:g} s")] * len(references)
        finally:
            self._judge(answers)
        return answers

    async def find(self, find: Find, query: Query) -> FindAnswer:
        """Answer a query; as failed while the breaker is open, or when there is no answer."""
        return await self.ask(lambda: find(query), advice=": narrow the query")

    async def ask(self, act: Callable[[], Awaitable[A]], *, advice: str = "") -> A | Failed:
        """Make one call; failed while the breaker is open, or with ``advice`` when there is no answer in time."""
        try:
            self._breaker.admit()
        except Retryable as error:
            return Failed(error.message, error.after)
        self._asked(1)
        answer: A | Failed | None = None
        try:
            async with asyncio.timeout(self._deadline):
                answer = await act()
        except TimeoutError:
            answer = Failed(f"no answer within {self._deadline:g} s{advice}")
        finally:
            self._judge(() if answer is None else (answer,))
        return answer

    def _judge(self, answers: Sequence[object]) -> None:
        failures = [answer for answer in answers if isinstance(answer, Failed)]
        if not answers:
            self._breaker.abandoned()
        elif len(failures) < len(answers):
            self._breaker.succeeded()
        else:
            after = max((failure.after for failure in failures if failure.after is not None), default=None)
            self._breaker.failed(failures[0].message, after)
