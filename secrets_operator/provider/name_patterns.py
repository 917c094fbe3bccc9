"""Regular expressions on names of secrets (``find.name.regexp``), found anywhere in a name as in Go."""

from __future__ import annotations

from collections.abc import Callable

from secrets_operator.errors import InvalidSpec
from secrets_operator.resources.regular_expressions import RegexpError, compile_regexp


def name_matcher(expression: str) -> Callable[[str], bool]:
    """Return the test whether a name matches; an empty expression matches all. Raises InvalidSpec for a wrong one."""
    try:
        pattern = compile_regexp(expression)
    except RegexpError as error:
        raise InvalidSpec(str(error), field="name.regexp") from error
    return lambda name: pattern.search(name.encode("utf-8", "replace")) is not None
