"""Which sealing key opened which item, as an annotation of the generated Secret remembers it. Pure.

The form is a JSON object: fingerprint of a key -> names of the items it opened. The first fingerprint has an empty
list: it is the key of every item that no other list names. Fingerprints are those of public keys, so nothing in it is
secret; it is a hint which key to try first, and wrong or unreadable hints cost nothing but time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

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
    try:
        memory = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(memory, dict) or not memory or not all(isinstance(named, list) for named in memory.values()):
        return {}
    usual = next(iter(memory))
    of = {item: fingerprint for fingerprint, named in memory.items() for item in named if isinstance(item, str)}
    return {item: of.get(item, usual) for item in items}
