"""Which slot of a frame each variable of a template has, resolved when the template is compiled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Scope:
    """The variables visible at one point of a template; slot 0 is ``$``."""

    def __init__(self) -> None:
        self._slots: defaultdict[str, list[int]] = defaultdict(list, {"$": [0]})
        self._declared: list[str] = []
        self.size = 1

    def declare(self, name: str) -> int:
        """Make a variable visible from here on and return its slot."""
        slot = self.size
        self.size += 1
        self._slots[name].append(slot)
        self._declared.append(name)
        return slot

    def slot(self, name: str) -> int | None:
        """Return the slot of the variable last declared under a name, ``None`` where there is none."""
        slots = self._slots.get(name)
        return slots[-1] if slots else None

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Forget at the end what was declared within."""
        depth = len(self._declared)
        yield
        for name in self._declared[depth:]:
            self._slots[name].pop()
        del self._declared[depth:]
