"""Which sealing key opened which item, as an annotation of the generated Secret remembers it. Pure.

The form is a JSON object: fingerprint of a key -> names of the items it opened. The first fingerprint has an empty
list: it is the key of every item that no other list names. Fingerprints are those of public keys, so nothing in it is
secret; it is a hint which key to try first, and wrong or unreadable hints cost nothing but time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import orjson


def key_memory(opened_by: Mapping[str, str]) -> str:
    """Return the text for the annotation; ``opened_by`` maps items to fingerprints and is not empty."""
    usual = min(Counter(opened_by.values()).items(), key=lambda counted: (-counted[1], counted[0]))[0]
    others: dict[str, list[str]] = {}
    for item, fingerprint in sorted(opened_by.items()):
        if fingerprint != usual:
            others.setdefault(fingerprint, []).append(item)
    return orjson.dumps({usual: [], **dict(sorted(others.items()))}).decode()


def remembered_keys(text: str, items: Iterable[str]) -> dict[str, str]:
    """Return the fingerprint that opened each of ``items``; empty when the text is none of ours."""
    memory = read_memory(text)
    return {item: memory.of(item) for item in items} if memory is not None else {}


@dataclass(frozen=True, slots=True)
class KeyMemory:
    """The key of most items, and of the others by name."""

    usual: str
    others: Mapping[str, str]

    def of(self, item: str) -> str:
        """Return the fingerprint that opened an item."""
        return self.others.get(item, self.usual)


# Most Secrets of a cluster remember the same.
@lru_cache(maxsize=1024)
def read_memory(text: str) -> KeyMemory | None:
    """Read the text of the annotation; None when it is none of ours."""
    try:
        memory = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(memory, dict) or not memory or not all(isinstance(named, list) for named in memory.values()):
        return None
    others = {item: fingerprint for fingerprint, named in memory.items() for item in named if isinstance(item, str)}
    return KeyMemory(next(iter(memory)), others)
