"""Reads the values of what a listing found, for the queries of both services.

A listing is complete or the query fails, and so are the values: a part of them would look as if the other secrets were
deleted.
"""

from __future__ import annotations

from collections.abc import Mapping

from secrets_operator.provider import Answer, Failed, FindAnswer, Found, Matches, Reference, Rejected
from secrets_operator.provider.parallel import in_parallel
from secrets_operator_aws.reading import Reads

Trouble = Failed | Rejected
NO_CONDITION = Rejected("set name.regexp or tags; name.regexp: '.*' finds everything")

_BATCHES_AT_ONCE = 4


async def values_of(names: Mapping[str, str], reader: Reads, *, batch_size: int) -> FindAnswer:
    """Read the values of ``names`` by the keys they are read with; one deleted since the listing is left out."""
    # Sorted, so that of several troubles it is always the same one that is told.
    references = [Reference(key) for key in sorted(names, key=lambda key: names[key])]
    batches = [references[start : start + batch_size] for start in range(0, len(references), batch_size)]
    read = await in_parallel(reader.read, batches, at_once=_BATCHES_AT_ONCE, enough=_has_trouble)
    answers = {reference: answers[reference] for batch, answers in read for reference in batch}
    for reference, answer in answers.items():
        if isinstance(answer, Trouble):
            return _about(names[reference.key], answer)
    return Matches({names[ref.key]: answer.payload for ref, answer in answers.items() if isinstance(answer, Found)})


def _has_trouble(answers: Mapping[Reference, Answer]) -> bool:
    return any(isinstance(answer, Trouble) for answer in answers.values())


def _about(name: str, trouble: Trouble) -> Trouble:
    """Name the secret that the user must act on; an outage or a bad credential is nobody's in particular."""
    if isinstance(trouble, Failed) or trouble.credentials:
        return trouble
    return Rejected(f"{name!r}: {trouble.message}")
