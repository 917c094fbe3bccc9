"""Reads everything one resource asks of a store: answers become values or misses, in the order of the reads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from secrets_operator.errors import NotFound, OperatorError
from secrets_operator.fetching.batching import Got, GotMatches
from secrets_operator.fetching.openings import OpenSession
from secrets_operator.flow import Cause, Fetched, Miss, Query, Read, SecretBytes, Value
from secrets_operator.provider import (
    Absent,
    Answer,
    Failed,
    FindAnswer,
    Found,
    Matches,
    Reference,
    Rejected,
    Session,
)


async def gather(reads: Sequence[Read], session: OpenSession, since: float, namespace: str = "") -> Fetched:
    """Ask for all reads at once, so that they share batches with each other and with other resources.

    Nothing that was read before ``since``, a monotonic time, is accepted. ``namespace`` is that of the resource
    which reads.
    """
    answers = await asyncio.gather(*(_ask(read, session, since, namespace) for read in reads))
    results = [interpret(read, got.answer, session.session) for read, got in zip(reads, answers, strict=True)]
    return Fetched(
        values=tuple(result for result in results if isinstance(result, Value)),
        misses=tuple(result for result in results if isinstance(result, Miss)),
        read_at=min((got.read_at for got in answers), default=None),
    )


async def _ask(read: Read, session: OpenSession, since: float, namespace: str) -> Got | GotMatches:
    if read.find is not None:
        return await session.finder.find(read.find, since)
    reference = Reference(read.key, read.version, read.metadata)
    if session.per_reader:
        reference = replace(reference, property=read.property, namespace=namespace)
    return await session.batcher.read(session.complete(reference), since)


def interpret(read: Read, answer: Answer | FindAnswer, session: Session) -> Value | Miss:
    """Turn one answer into the data it contributes, or into the reason why it contributes none."""
    asked = repr(read.key) if read.find is None else _shown(read.find)
    match answer:
        case Found(payload):
            return _pick(read, payload, session)
        case Matches(payloads):
            return Value(read, payloads)
        case Absent():
            version = f" (version {read.version})" if read.version else ""
            return Miss(read, Cause.ABSENT, f"{asked}{version} does not exist in the store")
        case Failed(message, after):
            return Miss(read, Cause.FAILED, f"{asked} could not be read: {message}", after)
        case Rejected(message, credentials):
            return Miss(read, Cause.REJECTED, f"{asked} was refused: {message}", credentials=credentials)


def _shown(query: Query) -> str:
    """Name a query by where it starts, else by the names it matches: enough to tell it in a list of entries."""
    return f"path {query.path!r}" if query.path else f"the query for {query.name!r}" if query.name else "the query"


def _pick(read: Read, payload: SecretBytes, session: Session) -> Value | Miss:
    try:
        picked = session.select(payload, read.property) if read.property else payload
        data: Mapping[str, SecretBytes] = {read.secret_key: picked} if read.secret_key else session.extract(picked)
    except NotFound:
        return Miss(read, Cause.REJECTED, f"{read.key!r} has no property {read.property!r}")
    except OperatorError as error:
        return Miss(read, Cause.REJECTED, f"{read.key!r}: {error}")
    return Value(read, data)
