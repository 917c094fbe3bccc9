"""The conformance suite is itself tested: a plug-in that breaks one rule is caught by the check of that rule."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from secrets_operator.errors import NotFound, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import (
    Absent,
    Answer,
    Failed,
    FindAnswer,
    Found,
    Host,
    Matches,
    Problem,
    Query,
    Reference,
    Rejected,
    RetrySettings,
)
from secrets_operator.provider.conformance import NonConformance, checks
from tests.conforming_plugin import Honest, Plugin, broken_by, subject


class InWrongOrder(Honest):
    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        answers = [self._answer(reference) for reference in references]
        return sorted(answers, key=lambda answer: not isinstance(answer, Found))


class MissingAsFailure(Honest):
    def _answer(self, reference: Reference) -> Answer:
        answer = super()._answer(reference)
        return Failed("no such secret") if isinstance(answer, Absent) else answer


class OtherBytes(Honest):
    def _answer(self, reference: Reference) -> Answer:
        answer = super()._answer(reference)
        return Found(SecretBytes(answer.payload.reveal().upper())) if isinstance(answer, Found) else answer


class TalkativeAbout(Honest):
    def __repr__(self) -> str:
        return "session of token-2b90"


class QuotingInErrors(Honest):
    def extract(self, payload: SecretBytes) -> Mapping[str, SecretBytes]:
        try:
            return super().extract(payload)
        except Terminal:
            raise Terminal(f"cannot spread {payload.reveal()!r}") from None


class NoneForMissing(Honest):
    def select(self, payload: SecretBytes, path: str) -> SecretBytes:
        try:
            return super().select(payload, path)
        except NotFound:
            return SecretBytes(b"")


class OneAtATime(Honest):
    """Mixes the answers of concurrent fetches."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Sequence[Reference] = ()

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        self.asked = references
        await asyncio.sleep(0)
        return [self._answer(reference) for reference in self.asked]


class PoisonedByCancellation(Honest):
    poisoned = False

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        if self.poisoned:
            return [Failed("gone")] * len(references)
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.poisoned = True
            raise
        return await super().fetch(references)


class MetadataAsAbsent(Honest):
    def _answer(self, reference: Reference) -> Answer:
        return Absent() if reference.metadata else super()._answer(reference)


class PartOfTheMatches(Honest):
    async def find(self, query: Query) -> FindAnswer:
        answer = await super().find(query)
        return Matches(dict(list(answer.payloads.items())[:1])) if isinstance(answer, Matches) else answer


class NothingAsRefusal(Honest):
    async def find(self, query: Query) -> FindAnswer:
        answer = await super().find(query)
        return Rejected("nothing matches") if answer == Matches({}) else answer


class NothingForNoPattern(Honest):
    async def find(self, query: Query) -> FindAnswer:
        answer = await super().find(query)
        return Matches({}) if isinstance(answer, Rejected) else answer


class Invalid(Honest):
    async def validate(self) -> None:
        raise NonConformance("validation of a good store")


class DeniedLater(Honest):
    """Opens with any credentials and takes the refusal for an absence."""

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        return [Absent()] * len(references)


def complaining_always(spec: Mapping[str, Any]) -> Sequence[Problem]:
    return [Problem(name, "no") for name in spec]


def crashing_on_odd_values(spec: Mapping[str, Any]) -> Sequence[Problem]:
    return [Problem(name, "unknown field") for name in spec if name != "mode"] or [
        Problem("mode", "odd") for _ in spec["mode"].split() if spec["mode"] != "working"
    ]


@dataclass
class OpensAnyway(Plugin):
    answer: Answer = field(default_factory=Absent)

    async def open(self, spec: Mapping[str, Any], host: Host) -> Any:  # noqa: ARG002 the contract
        session = Honest()
        return session if spec["mode"] == "working" else AlwaysAnswering(self.answer)


class AlwaysAnswering(Honest):
    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        return [self.answer] * len(references)

    async def find(self, query: Query) -> FindAnswer:  # noqa: ARG002 the contract
        assert not isinstance(self.answer, Found)
        return self.answer


class NoMatchesInAnOutage(AlwaysAnswering):
    def __init__(self) -> None:
        super().__init__(Failed("the server does not answer"))

    async def find(self, query: Query) -> FindAnswer:  # noqa: ARG002 the contract
        return Matches({})


class FindsNothingWhenBroken(Plugin):
    async def open(self, spec: Mapping[str, Any], host: Host) -> Any:  # noqa: ARG002 the contract
        return NoMatchesInAnOutage() if spec["mode"] == "broken" else Honest()


class ConfusedByRetrySettings(Plugin):
    async def open(self, spec: Mapping[str, Any], host: Host) -> Any:
        return OtherBytes() if host.retry == RetrySettings(0, 0.0) else await super().open(spec, host)


def test_a_plug_in_that_keeps_the_rules_passes_every_check() -> None:
    assert broken_by(subject(Plugin())) == set()


class CannotFind(Honest):
    async def find(self, query: Query) -> FindAnswer:  # noqa: ARG002 the contract
        return Rejected("the plug-in does not support find")


@pytest.mark.parametrize(
    ("session", "broken"),
    [
        pytest.param(CannotFind, set(), id="one that cannot find says so"),
        pytest.param(
            PartOfTheMatches, {"a_query_is_refused_rather_than_answered_empty"}, id="and does not answer all the same"
        ),
    ],
)
def test_a_plug_in_need_not_find(session: Callable[[], Any], broken: set[str]) -> None:
    assert broken_by(replace(subject(Plugin(session=session)), finds=None)) == broken


@pytest.mark.parametrize(
    ("plugin", "check"),
    [
        pytest.param(Plugin(name="not a name"), "the_provider_describes_itself", id="a name that is no property name"),
        pytest.param(Plugin(capabilities="all"), "the_provider_describes_itself", id="capabilities of another type"),
        pytest.param(Plugin(check=lambda _spec: []), "an_unknown_field_is_a_problem", id="unknown fields ignored"),
        pytest.param(
            Plugin(check=complaining_always),
            "a_good_spec_has_no_problems",
            id="a good spec",
        ),
        pytest.param(Plugin(check=crashing_on_odd_values), "any_spec_can_be_checked", id="a crash on odd values"),
        pytest.param(Plugin(session=InWrongOrder), "answers_come_in_order", id="answers in another order"),
        pytest.param(Plugin(session=MissingAsFailure), "the_absent_is_absent", id="absence as failure"),
        pytest.param(Plugin(session=OtherBytes), "stored_values_are_found", id="altered values"),
        pytest.param(Plugin(session=TalkativeAbout), "nothing_shows_a_secret", id="a credential in a repr"),
        pytest.param(Plugin(session=QuotingInErrors), "mappings_are_spread", id="a value in an error"),
        pytest.param(Plugin(session=NoneForMissing), "properties_are_selected", id="a missing property made up"),
        pytest.param(Plugin(session=OneAtATime), "many_tasks_share_a_session", id="shared state between fetches"),
        pytest.param(
            Plugin(session=PoisonedByCancellation),
            "a_cancelled_fetch_leaves_the_session_usable",
            id="a session lost with one task",
        ),
        pytest.param(Plugin(session=MetadataAsAbsent), "metadata_is_answered", id="metadata that deletes"),
        pytest.param(Plugin(session=PartOfTheMatches), "all_matches_are_found", id="part of the matches"),
        pytest.param(Plugin(session=NothingAsRefusal), "nothing_found_is_an_answer", id="no match as a refusal"),
        pytest.param(
            Plugin(session=NothingForNoPattern), "a_pattern_that_is_none_is_rejected", id="no pattern as no match"
        ),
        pytest.param(
            FindsNothingWhenBroken(), "a_silent_remote_side_is_no_answer", id="an outage taken for no matches"
        ),
        pytest.param(ConfusedByRetrySettings(), "retry_settings_are_taken_or_left", id="confused by retry settings"),
        pytest.param(Plugin(session=Invalid), "a_store_can_be_validated_and_reopened", id="a validation that fails"),
        pytest.param(OpensAnyway(), "wrong_credentials_are_refused", id="refusal taken for absence"),
        pytest.param(
            OpensAnyway(answer=Rejected("no")),
            "wrong_credentials_are_refused",
            id="refusal with the credential not blamed",
        ),
        pytest.param(OpensAnyway(), "a_silent_remote_side_is_no_answer", id="an outage taken for absence"),
        pytest.param(
            OpensAnyway(answer=Failed("timeout with token-2b90")),
            "a_silent_remote_side_is_no_answer",
            id="a credential in a message",
        ),
    ],
)
def test_a_broken_rule_is_caught_by_its_check(plugin: Plugin, check: str) -> None:
    assert check in broken_by(subject(plugin))


def test_checks_for_what_a_subject_has_not_are_left_out() -> None:
    local = replace(subject(Plugin()), denied=None, broken=None)
    names = {check.__name__ for check in checks(local)}
    assert names.isdisjoint({"wrong_credentials_are_refused", "a_silent_remote_side_is_no_answer"})


@dataclass
class PerReader(Plugin):
    """A provider whose requests hold the property."""

    per_reader: bool = True


class Verbatim(Honest):
    """Leaves the property to the request."""

    def select(self, payload: SecretBytes, path: str) -> SecretBytes:  # noqa: ARG002 the contract
        return payload


@pytest.mark.parametrize(
    ("session", "caught"),
    [
        pytest.param(Verbatim, [], id="the payload is what was asked for"),
        pytest.param(Honest, ["the_property_is_left_to_the_request"], id="a property is picked once more"),
    ],
)
async def test_a_provider_whose_requests_hold_the_property_picks_nothing(
    session: Callable[[], Any], caught: list[str]
) -> None:
    tried = subject(PerReader(session=session))
    failed = []
    for check in checks(tried):
        try:
            await check(tried)
        except (NonConformance, NotFound):
            failed.append(check.__name__)
    assert failed == caught
