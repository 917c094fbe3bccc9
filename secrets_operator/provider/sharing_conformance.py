"""The rules of sessions that share what they read, as checks; one that shares nothing keeps them all."""

from __future__ import annotations

from collections.abc import Hashable

from secrets_operator.provider.contract import sharing_of
from secrets_operator.provider.probing import require, require_clean, require_found, session
from secrets_operator.provider.subject import Subject


async def what_is_shared_is_what_is_read(subject: Subject) -> None:
    """Complete references have the answers of the references they were made of, each its own."""
    async with session(subject) as opened:
        sharing = sharing_of(opened)
        if sharing is None:
            return
        known = list({item.reference: item for item in (*subject.known, subject.document)}.values())
        complete = [sharing.complete(item.reference) for item in known]
        require(len(set(complete)) == len(known), "different references stay different when they are complete")
        for item, answer in zip(known, await sharing.fetch(complete), strict=True):
            require_found(answer, item)
        require(all(sharing.batch_of(reference) >= 1 for reference in complete), "a call reads one reference or more")


async def equal_logins_have_one_identity(subject: Subject) -> None:
    """Two sessions opened alike share, and what is compared shows no credential."""
    async with session(subject) as first, session(subject) as second:
        ours, theirs = sharing_of(first), sharing_of(second)
        if ours is None or theirs is None:
            require(ours is theirs, "either both of two sessions opened alike share or neither")
            return
        require(isinstance(ours.identity, Hashable), "an identity can be hashed")
        require(ours.identity == theirs.identity, "two sessions opened alike have one identity")
        require_clean(subject, repr(ours.identity))
