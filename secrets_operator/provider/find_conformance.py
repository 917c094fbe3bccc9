"""The checks of ``conformance`` on queries: whole answers or none, and an honest refusal where there is no find."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider.contract import Absent, Answer, FindAnswer, Matches, Rejected, Session
from secrets_operator.provider.probing import Ask, require, require_clean, session
from secrets_operator.provider.subject import Check, Finds, Subject

_AT_ONCE = 5
_NO_PATTERN = "(unclosed"


def find_checks(subject: Subject) -> list[Check]:
    """Return the checks that apply to a subject."""
    if subject.finds is None:
        return [a_query_is_refused_rather_than_answered_empty]
    return [all_matches_are_found, nothing_found_is_an_answer, a_pattern_that_is_none_is_rejected]


def asks(subject: Subject) -> Iterator[Ask]:
    """Yield everything a plug-in can be asked, for the checks of trouble."""

    async def one(opened: Session) -> Answer:
        return (await opened.fetch([subject.known[0].reference]))[0]

    yield one
    if subject.finds is not None:
        query = subject.finds.query

        async def many(opened: Session) -> FindAnswer:
            return await opened.find(query)

        yield many


async def a_query_is_refused_rather_than_answered_empty(subject: Subject) -> None:
    """Who cannot find says so: an empty answer would delete."""
    async with session(subject) as opened:
        answer = await opened.find(Query(name=".*"))
        require(isinstance(answer, Rejected), f"a query is Rejected, not {type(answer).__name__}")


async def all_matches_are_found(subject: Subject) -> None:
    """A query is answered by the exact names and bytes, also when it is asked many times at once."""
    finds = _finds(subject)
    expected = Matches({name: SecretBytes(value) for name, value in finds.matches.items()})
    async with session(subject) as opened:
        for answer in await asyncio.gather(*(opened.find(finds.query) for _ in range(_AT_ONCE))):
            require(isinstance(answer, Matches), f"a query is answered by Matches, not {type(answer).__name__}")
            require(answer == expected, f"the matches are {sorted(finds.matches)} with their exact values")
            require_clean(subject, f"{answer!r} {answer}")


async def nothing_found_is_an_answer(subject: Subject) -> None:
    """No match is Matches of nothing, or Absent where not even the place exists."""
    async with session(subject) as opened:
        answer = await opened.find(_finds(subject).nothing)
        require(answer in (Matches({}), Absent()), f"nothing found is Matches({{}}), not {type(answer).__name__}")


async def a_pattern_that_is_none_is_rejected(subject: Subject) -> None:
    """A name that is no regular expression matches neither everything nor nothing."""
    async with session(subject) as opened:
        answer = await opened.find(replace(_finds(subject).query, name=_NO_PATTERN))
        require(isinstance(answer, Rejected), f"a malformed name.regexp is Rejected, not {type(answer).__name__}")


def _finds(subject: Subject) -> Finds:
    assert subject.finds is not None, "these checks are for subjects that can find"
    return subject.finds
