"""The contract of a provider as checks that any plug-in's tests can run; needs no test framework.

A plug-in describes itself by a :class:`Subject` and runs every check that applies to it:

    @pytest.mark.parametrize("check", checks(SUBJECT), ids=lambda check: check.__name__)
    def test_the_plug_in_keeps_the_contract(check):
        asyncio.run(check(SUBJECT))

A check that fails raises :class:`NonConformance`, whose message names the rule and never shows a value.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from secrets_operator.errors import NotFound, OperatorError, Retryable, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider.contract import (
    Absent,
    Answer,
    Capabilities,
    Failed,
    Found,
    Reference,
    Rejected,
    Session,
)
from secrets_operator.provider.subject import Known, NonConformance, Opening, Subject

__all__ = ["Check", "Known", "NonConformance", "Opening", "Subject", "checks"]

# Enough to exceed the largest batch of the services in use.
_MANY = 45
_AT_ONCE = 12
_NOT_JSON = SecretBytes(b"\xff\x00 c9f0b7 is no JSON document")
_ODD_VALUES: tuple[Any, ...] = (None, True, -1, 1.5, "", "odd", [], [None], [1], {}, {"odd": None}, [{}])


Check = Callable[[Subject], Coroutine[Any, Any, None]]


def checks(subject: Subject) -> list[Check]:
    """Return the checks that apply to a subject."""
    applicable: list[Check] = list(_ALWAYS)
    if subject.denied is not None:
        applicable.append(wrong_credentials_are_refused)
    if subject.broken is not None:
        applicable.append(a_silent_remote_side_is_no_answer)
    return applicable


async def the_provider_describes_itself(subject: Subject) -> None:
    """A name and capabilities of the declared types."""
    _require(subject.provider.name.isidentifier(), "the name is a property name such as aws or gcpsm")
    _require(isinstance(subject.provider.capabilities, Capabilities), "capabilities are of the type Capabilities")


async def a_good_spec_has_no_problems(subject: Subject) -> None:
    """The working spec is accepted."""
    found = subject.provider.problems(subject.working.spec, store_kind=subject.working.host.store.kind)
    _require(not found, f"the working spec has no problems, but: {[problem.path for problem in found]}")


async def an_unknown_field_is_a_problem(subject: Subject) -> None:
    """What is not acted on is named, never ignored."""
    spec = {**subject.working.spec, "noSuchField": "odd"}
    paths = [problem.path for problem in subject.provider.problems(spec, store_kind="SecretStore")]
    _require("noSuchField" in paths, "an unknown field is reported by its path")


async def any_spec_can_be_checked(subject: Subject) -> None:
    """``problems`` returns, whatever a user wrote in a field."""
    for name in subject.working.spec:
        for odd in _ODD_VALUES:
            spec = {**subject.working.spec, name: odd}
            for kind in ("SecretStore", "ClusterSecretStore"):
                try:
                    subject.provider.problems(spec, store_kind=kind)
                except Exception as error:
                    raise NonConformance(f"problems() raised {type(error).__name__} on an odd {name}") from error


async def stored_values_are_found(subject: Subject) -> None:
    """Every known reference is answered by its exact bytes."""
    async with _session(subject) as session:
        for known in (*subject.known, subject.document):
            answers = await session.fetch([known.reference])
            _require(len(answers) == 1, "one reference has one answer")
            _require_found(answers[0], known)


async def the_absent_is_absent(subject: Subject) -> None:
    """What does not exist is answered by Absent, the only answer that may ever remove something."""
    async with _session(subject) as session:
        answers = await session.fetch([subject.absent])
        _require(list(answers) == [Absent()], f"a missing secret is Absent, not {_kinds(answers)}")


async def answers_come_in_order(subject: Subject) -> None:
    """Many references at once have one answer each, in their order."""
    absent = [Reference(f"{subject.absent.key}-{index}") for index in range(_MANY)]
    known = list({item.reference: item for item in (*subject.known, subject.document)}.values())
    asked = [*absent[:1], *(item.reference for item in known), *absent[1:]]
    async with _session(subject) as session:
        for references in (asked, asked[::-1]):
            answers = dict(zip(references, await session.fetch(references), strict=True))
            for item in known:
                _require_found(answers[item.reference], item)
            missing = [answers[reference] for reference in absent]
            _require(all(isinstance(answer, Absent) for answer in missing), f"all Absent, not {_kinds(missing)}")
        _require(len(await session.fetch([])) == 0, "no references have no answers")


async def metadata_is_answered(subject: Subject) -> None:
    """Asking for metadata has an answer also where there is none to give."""
    reference = subject.known[0].reference
    async with _session(subject) as session:
        answers = await session.fetch([Reference(reference.key, reference.version, metadata=True)])
        _require(isinstance(answers[0], Found | Rejected), f"metadata is Found or Rejected, not {_kinds(answers)}")


async def many_tasks_share_a_session(subject: Subject) -> None:
    """Concurrent fetches do not mix their answers."""
    async with _session(subject) as session:
        rounds = await asyncio.gather(
            *(session.fetch([subject.absent, known.reference]) for known in subject.known for _ in range(_AT_ONCE))
        )
        for known, answers in zip([known for known in subject.known for _ in range(_AT_ONCE)], rounds, strict=True):
            _require(isinstance(answers[0], Absent), "concurrent fetches keep their order")
            _require_found(answers[1], known)


async def a_cancelled_fetch_leaves_the_session_usable(subject: Subject) -> None:
    """A task that gives up does not take the others with it."""
    known = subject.known[0]
    async with _session(subject) as session:
        abandoned = asyncio.ensure_future(session.fetch([known.reference]))
        await asyncio.sleep(0)
        abandoned.cancel()
        await asyncio.gather(abandoned, return_exceptions=True)
        _require_found((await session.fetch([known.reference]))[0], known)


async def properties_are_selected(subject: Subject) -> None:
    """Paths pick their text; a path that picks nothing raises NotFound, also in a value that has no properties."""
    async with _session(subject) as session:
        payload = SecretBytes(subject.document.value)
        for path, text in subject.properties.items():
            _require(session.select(payload, path) == SecretBytes(text), f"property {path} picks its text")
        for odd in (payload, _NOT_JSON):
            await _raises(NotFound, subject, partial(session.select, odd, "noSuchProperty"))


async def mappings_are_spread(subject: Subject) -> None:
    """A mapping becomes keys; anything else raises Terminal."""
    async with _session(subject) as session:
        keys = session.extract(SecretBytes(subject.document.value))
        _require(set(keys) == set(subject.keys), f"extract makes the keys {sorted(subject.keys)}, not {sorted(keys)}")
        for name, text in subject.keys.items():
            _require(keys[name] == SecretBytes(text), f"key {name} has its text")
        await _raises(Terminal, subject, partial(session.extract, _NOT_JSON))


async def a_store_can_be_validated_and_reopened(subject: Subject) -> None:
    """The credential proves good, and closing one session leaves the next one alone."""
    async with _session(subject) as first, _session(subject) as second:
        await first.validate()
        await second.validate()
    async with _session(subject) as third:
        _require_found((await third.fetch([subject.known[0].reference]))[0], subject.known[0])


async def nothing_shows_a_secret(subject: Subject) -> None:
    """Neither sessions nor answers show values or credentials."""
    async with _session(subject) as session:
        asked = [known.reference for known in (*subject.known, subject.document)]
        answers = await session.fetch(list(dict.fromkeys(asked)))
        for shown in (subject.provider, session, *answers):
            _require_clean(subject, f"{shown!r} {shown}")


async def wrong_credentials_are_refused(subject: Subject) -> None:
    """Turned-down credentials raise Terminal on opening, or fetch says so; nothing counts as Absent."""
    trouble = await _trouble(subject, subject.denied)
    _require(
        isinstance(trouble, Terminal) or (isinstance(trouble, Rejected) and trouble.credentials),
        f"wrong credentials are Terminal or Rejected(credentials=True), not {type(trouble).__name__}",
    )


async def a_silent_remote_side_is_no_answer(subject: Subject) -> None:
    """An outage raises Retryable on opening, or is Failed; nothing counts as Absent, and the message is stable."""
    trouble, again = await _trouble(subject, subject.broken), await _trouble(subject, subject.broken)
    _require(isinstance(trouble, Retryable | Failed), f"an outage is Failed, not {type(trouble).__name__}")
    _require(str(trouble) == str(again), "the message of an outage is the same each time")


_ALWAYS: tuple[Check, ...] = (
    the_provider_describes_itself,
    a_good_spec_has_no_problems,
    an_unknown_field_is_a_problem,
    any_spec_can_be_checked,
    stored_values_are_found,
    the_absent_is_absent,
    answers_come_in_order,
    metadata_is_answered,
    many_tasks_share_a_session,
    a_cancelled_fetch_leaves_the_session_usable,
    properties_are_selected,
    mappings_are_spread,
    a_store_can_be_validated_and_reopened,
    nothing_shows_a_secret,
)


@asynccontextmanager
async def _session(subject: Subject, opening: Opening | None = None) -> AsyncIterator[Session]:
    chosen = opening or subject.working
    session = await subject.provider.open(chosen.spec, chosen.host)
    try:
        yield session
    finally:
        await session.close()


async def _trouble(subject: Subject, opening: Opening | None) -> OperatorError | Answer:
    """Return the error of opening, or else the answer of a fetch."""
    try:
        async with _session(subject, opening) as session:
            answer: OperatorError | Answer = (await session.fetch([subject.known[0].reference]))[0]
    except OperatorError as error:
        answer = error
    _require_clean(subject, f"{answer!r} {answer}")
    return answer


async def _raises(expected: type[OperatorError], subject: Subject, call: Callable[[], object]) -> None:
    try:
        call()
    except expected as error:
        _require_clean(subject, str(error))
        return
    raise NonConformance(f"{expected.__name__} is raised")


def _require(condition: bool, rule: str) -> None:
    if not condition:
        raise NonConformance(rule)


def _require_found(answer: Answer, known: Known) -> None:
    _require(isinstance(answer, Found), f"{known.reference.key} is Found, not {type(answer).__name__}")
    _require(answer == Found(SecretBytes(known.value)), f"{known.reference.key} has its exact value")


def _require_clean(subject: Subject, shown: str) -> None:
    values = [known.value.decode("utf-8", "replace") for known in (*subject.known, subject.document)]
    leaked = any(secret in shown for secret in (*values, *subject.credentials, "c9f0b7") if secret)
    _require(not leaked, "no value or credential shows in a message or repr")


def _kinds(answers: Sequence[Answer]) -> list[str]:
    return sorted({type(answer).__name__ for answer in answers})
