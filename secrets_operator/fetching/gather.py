"""Reads everything one resource asks of a store: answers become values or misses, in the order of the reads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from secrets_operator.errors import NotFound, OperatorError
from secrets_operator.fetching.sessions import OpenSession
from secrets_operator.flow import Cause, Fetched, Miss, Read, SecretBytes, Value
from secrets_operator.provider import Absent, Answer, Failed, Found, Reference, Rejected, Session


async def gather(reads: Sequence[Read], session: OpenSession) -> Fetched:
    """Ask for all reads at once, so that they share batches with each other and with other resources."""
    references = [Reference(read.key, read.version, read.metadata) for read in reads]
    answers = await asyncio.gather(*(session.batcher.read(reference) for reference in references))
    results = [interpret(read, answer, session.session) for read, answer in zip(reads, answers, strict=True)]
    return Fetched(
        values=tuple(result for result in results if isinstance(result, Value)),
        misses=tuple(result for result in results if isinstance(result, Miss)),
    )


def interpret(read: Read, answer: Answer, session: Session) -> Value | Miss:
    """Turn one answer into the data it contributes, or into the reason why it contributes none."""
    match answer:
        case Found(payload):
            return _pick(read, payload, session)
        case Absent():
            version = f" (version {read.version})" if read.version else ""
            return Miss(read, Cause.ABSENT, f"{read.key!r}{version} does not exist in the store")
        case Failed(message, after):
            return Miss(read, Cause.FAILED, f"{read.key!r} could not be read: {message}", after)
        case Rejected(message, credentials):
            return Miss(read, Cause.REJECTED, f"{read.key!r} was refused: {message}", credentials=credentials)


def _pick(read: Read, payload: SecretBytes, session: Session) -> Value | Miss:
    try:
        picked = session.select(payload, read.property) if read.property else payload
        data: Mapping[str, SecretBytes] = {read.secret_key: picked} if read.secret_key else session.extract(picked)
    except NotFound:
        return Miss(read, Cause.REJECTED, f"{read.key!r} has no property {read.property!r}")
    except OperatorError as error:
        return Miss(read, Cause.REJECTED, f"{read.key!r}: {error}")
    return Value(read, data)
