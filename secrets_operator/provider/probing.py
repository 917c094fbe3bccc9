"""How the checks of ``conformance`` try a plug-in and what they require of what they see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from secrets_operator.errors import OperatorError
from secrets_operator.flow import SecretBytes
from secrets_operator.provider.contract import Answer, FindAnswer, Found, Session
from secrets_operator.provider.push_contract import DeleteAnswer, PresenceAnswer, PushAnswer
from secrets_operator.provider.subject import Known, NonConformance, Opening, Subject

Reply = Answer | FindAnswer | PushAnswer | PresenceAnswer | DeleteAnswer
Ask = Callable[[Session], Awaitable[Reply]]

# In every value the checks make up; it must show nowhere.
MARK = "c9f0b7"


@asynccontextmanager
async def session(subject: Subject, opening: Opening | None = None) -> AsyncIterator[Session]:
    """Lend a session on the working place, or another one, and close it."""
    chosen = opening or subject.working
    opened = await subject.provider.open(chosen.spec, chosen.host)
    try:
        yield opened
    finally:
        await opened.close()


async def trouble(subject: Subject, opening: Opening | None, ask: Ask) -> OperatorError | Reply:
    """Return the error of opening, or else what ``ask`` is answered."""
    try:
        async with session(subject, opening) as opened:
            met: OperatorError | Reply = await ask(opened)
    except OperatorError as error:
        met = error
    require_clean(subject, f"{met!r} {met}")
    return met


async def raises(expected: type[OperatorError], subject: Subject, call: Callable[[], object]) -> None:
    """Require that ``call`` raises an error of that kind without a value in its message."""
    try:
        call()
    except expected as error:
        require_clean(subject, str(error))
        return
    raise NonConformance(f"{expected.__name__} is raised")


def require(condition: bool, rule: str) -> None:
    """Fail the check with the rule that is broken."""
    if not condition:
        raise NonConformance(rule)


def require_found(answer: Answer, known: Known) -> None:
    """Require the exact value of what is known to be stored."""
    require(isinstance(answer, Found), f"{known.reference.key} is Found, not {type(answer).__name__}")
    require(answer == Found(SecretBytes(known.value)), f"{known.reference.key} has its exact value")


def require_clean(subject: Subject, shown: str) -> None:
    """Require that a text holds none of the subject's values and credentials."""
    values = [known.value.decode("utf-8", "replace") for known in (*subject.known, subject.document)]
    leaked = any(secret in shown for secret in (*values, *subject.credentials, MARK) if secret)
    require(not leaked, "no value or credential shows in a message or repr")


def kinds(answers: Sequence[Answer]) -> list[str]:
    """Name the types of answers."""
    return sorted({type(answer).__name__ for answer in answers})
