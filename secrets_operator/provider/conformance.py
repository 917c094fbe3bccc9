"""The contract of a provider as checks that any plug-in's tests can run; needs no test framework.

A plug-in describes itself by a :class:`Subject` and runs every check that applies to it:

    @pytest.mark.parametrize("check", checks(SUBJECT), ids=lambda check: check.__name__)
    def test_the_plug_in_keeps_the_contract(check):
        asyncio.run(check(SUBJECT))

A check that fails raises :class:`NonConformance`, whose message names the rule and never shows a value.
"""

from __future__ import annotations

import asyncio
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

from secrets_operator.errors import NotFound, Retryable, Terminal
from secrets_operator.flow import RetrySettings, SecretBytes
from secrets_operator.provider.contract import Absent, Capabilities, Failed, Found, Reference, Rejected, is_per_reader
from secrets_operator.provider.find_conformance import asks, find_checks
from secrets_operator.provider.probing import (
    MARK,
    kinds,
    raises,
    require,
    require_clean,
    require_found,
    session,
    trouble,
)
from secrets_operator.provider.push_conformance import push_asks, push_checks
from secrets_operator.provider.sharing_conformance import (
    equal_logins_have_one_identity,
    what_is_shared_is_what_is_read,
)
from secrets_operator.provider.subject import Check, Finds, Known, NonConformance, Opening, Pushes, Subject

__all__ = ["Check", "Finds", "Known", "NonConformance", "Opening", "Pushes", "Subject", "checks"]

# Enough to exceed the largest batch of the services in use.
_MANY = 45
_AT_ONCE = 12
_RETRY_SETTINGS = (RetrySettings(), RetrySettings(0, 0.0), RetrySettings(2, 0.1))
_NOT_JSON = SecretBytes(b"\xff\x00 %s is no JSON document" % MARK.encode())
_ODD_VALUES: tuple[Any, ...] = (None, True, -1, 1.5, "", "odd", [], [None], [1], {}, {"odd": None}, [{}])


def checks(subject: Subject) -> list[Check]:
    """Return the checks that apply to a subject."""
    applicable: list[Check] = [*_ALWAYS, *find_checks(subject), *push_checks(subject)]
    per_reader = is_per_reader(subject.provider)
    applicable.append(the_property_is_left_to_the_request if per_reader else properties_are_selected)
    if subject.denied is not None:
        applicable.append(wrong_credentials_are_refused)
    if subject.broken is not None:
        applicable.append(a_silent_remote_side_is_no_answer)
    return applicable


async def the_provider_describes_itself(subject: Subject) -> None:
    """A name and capabilities of the declared types."""
    require(subject.provider.name.isidentifier(), "the name is a property name such as aws or gcpsm")
    require(isinstance(subject.provider.capabilities, Capabilities), "capabilities are of the type Capabilities")


async def a_good_spec_has_no_problems(subject: Subject) -> None:
    """The working spec is accepted."""
    found = subject.provider.problems(subject.working.spec, store_kind=subject.working.host.store.kind)
    require(not found, f"the working spec has no problems, but: {[problem.path for problem in found]}")


async def an_unknown_field_is_a_problem(subject: Subject) -> None:
    """What is not acted on is named, never ignored."""
    spec = {**subject.working.spec, "noSuchField": "odd"}
    paths = [problem.path for problem in subject.provider.problems(spec, store_kind="SecretStore")]
    require("noSuchField" in paths, "an unknown field is reported by its path")


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
    async with session(subject) as opened:
        for known in (*subject.known, subject.document):
            answers = await opened.fetch([known.reference])
            require(len(answers) == 1, "one reference has one answer")
            require_found(answers[0], known)


async def the_absent_is_absent(subject: Subject) -> None:
    """What does not exist is answered by Absent, the only answer that may ever remove something."""
    async with session(subject) as opened:
        answers = await opened.fetch([subject.absent])
        require(list(answers) == [Absent()], f"a missing secret is Absent, not {kinds(answers)}")


async def answers_come_in_order(subject: Subject) -> None:
    """Many references at once have one answer each, in their order."""
    absent = [Reference(f"{subject.absent.key}-{index}") for index in range(_MANY)]
    known = list({item.reference: item for item in (*subject.known, subject.document)}.values())
    asked = [*absent[:1], *(item.reference for item in known), *absent[1:]]
    async with session(subject) as opened:
        for references in (asked, asked[::-1]):
            answers = dict(zip(references, await opened.fetch(references), strict=True))
            for item in known:
                require_found(answers[item.reference], item)
            missing = [answers[reference] for reference in absent]
            require(all(isinstance(answer, Absent) for answer in missing), f"all Absent, not {kinds(missing)}")
        require(len(await opened.fetch([])) == 0, "no references have no answers")


async def metadata_is_answered(subject: Subject) -> None:
    """Asking for metadata has an answer also where there is none to give."""
    reference = subject.known[0].reference
    async with session(subject) as opened:
        answers = await opened.fetch([Reference(reference.key, reference.version, metadata=True)])
        require(isinstance(answers[0], Found | Rejected), f"metadata is Found or Rejected, not {kinds(answers)}")


async def many_tasks_share_a_session(subject: Subject) -> None:
    """Concurrent fetches do not mix their answers."""
    async with session(subject) as opened:
        rounds = await asyncio.gather(
            *(opened.fetch([subject.absent, known.reference]) for known in subject.known for _ in range(_AT_ONCE))
        )
        for known, answers in zip([known for known in subject.known for _ in range(_AT_ONCE)], rounds, strict=True):
            require(isinstance(answers[0], Absent), "concurrent fetches keep their order")
            require_found(answers[1], known)


async def a_cancelled_fetch_leaves_the_session_usable(subject: Subject) -> None:
    """A task that gives up does not take the others with it."""
    known = subject.known[0]
    async with session(subject) as opened:
        abandoned = asyncio.ensure_future(opened.fetch([known.reference]))
        await asyncio.sleep(0)
        abandoned.cancel()
        await asyncio.gather(abandoned, return_exceptions=True)
        require_found((await opened.fetch([known.reference]))[0], known)


async def properties_are_selected(subject: Subject) -> None:
    """Paths pick their text; a path that picks nothing raises NotFound, also in a value that has no properties."""
    async with session(subject) as opened:
        payload = SecretBytes(subject.document.value)
        for path, text in subject.properties.items():
            require(opened.select(payload, path) == SecretBytes(text), f"property {path} picks its text")
        for odd in (payload, _NOT_JSON):
            await raises(NotFound, subject, partial(opened.select, odd, "noSuchProperty"))


async def the_property_is_left_to_the_request(subject: Subject) -> None:
    """A payload is what was asked for, so that nothing is picked from it any more."""
    async with session(subject) as opened:
        payload = SecretBytes(subject.document.value)
        require(opened.select(payload, "noSuchProperty") == payload, "select returns the payload as it is")


async def mappings_are_spread(subject: Subject) -> None:
    """A mapping becomes keys; anything else raises Terminal."""
    async with session(subject) as opened:
        keys = opened.extract(SecretBytes(subject.document.value))
        require(set(keys) == set(subject.keys), f"extract makes the keys {sorted(subject.keys)}, not {sorted(keys)}")
        for name, text in subject.keys.items():
            require(keys[name] == SecretBytes(text), f"key {name} has its text")
        await raises(Terminal, subject, partial(opened.extract, _NOT_JSON))


async def a_store_can_be_validated_and_reopened(subject: Subject) -> None:
    """The credential proves good, and closing one session leaves the next one alone."""
    async with session(subject) as first, session(subject) as second:
        await first.validate()
        await second.validate()
    async with session(subject) as third:
        require_found((await third.fetch([subject.known[0].reference]))[0], subject.known[0])


async def nothing_shows_a_secret(subject: Subject) -> None:
    """Neither sessions nor answers show values or credentials."""
    async with session(subject) as opened:
        asked = [known.reference for known in (*subject.known, subject.document)]
        answers = await opened.fetch(list(dict.fromkeys(asked)))
        for shown in (subject.provider, opened, *answers):
            require_clean(subject, f"{shown!r} {shown}")


async def retry_settings_are_taken_or_left(subject: Subject) -> None:
    """Whatever a store says about trying again, what works goes on working."""
    for settings in _RETRY_SETTINGS:
        host = copy(subject.working.host)
        host.retry = settings
        async with session(subject, replace(subject.working, host=host)) as opened:
            require_found((await opened.fetch([subject.known[0].reference]))[0], subject.known[0])


async def wrong_credentials_are_refused(subject: Subject) -> None:
    """Turned-down credentials raise Terminal on opening, or fetch says so; nothing counts as Absent."""
    for ask in (*asks(subject), *push_asks(subject)):
        met = await trouble(subject, subject.denied, ask)
        require(
            isinstance(met, Terminal) or (isinstance(met, Rejected) and met.credentials),
            f"wrong credentials are Terminal or Rejected(credentials=True), not {type(met).__name__}",
        )


async def a_silent_remote_side_is_no_answer(subject: Subject) -> None:
    """An outage raises Retryable on opening, or is Failed; nothing counts as Absent, and the message is stable."""
    for ask in (*asks(subject), *push_asks(subject)):
        met, again = [await trouble(subject, subject.broken, ask) for _ in range(2)]
        require(isinstance(met, Retryable | Failed), f"an outage is Failed, not {type(met).__name__}")
        require(str(met) == str(again), "the message of an outage is the same each time")


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
    mappings_are_spread,
    a_store_can_be_validated_and_reopened,
    retry_settings_are_taken_or_left,
    nothing_shows_a_secret,
    what_is_shared_is_what_is_read,
    equal_logins_have_one_identity,
)
