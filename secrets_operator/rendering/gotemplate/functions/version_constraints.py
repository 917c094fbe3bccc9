"""Constraints on versions as Masterminds/semver 3.4 reads and checks them: ``>=1.2, <2 || ^3``, ``1.2.x``, ``1 - 2``.

In: a constraint's text and a version. Out: whether it holds. Alternatives are joined by ``||``, what must hold together
by commas or spaces. RE2 reads the syntax, since the grammar backtracks without end in other engines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import re2

from secrets_operator.rendering.gotemplate.errors import FunctionError, LimitError
from secrets_operator.rendering.gotemplate.functions.semantic_versions import (
    Parts,
    compare,
    compare_prereleases,
    parse_version,
)
from secrets_operator.rendering.gotemplate.limits import Context

_CONSTRAINT_BYTES = 4096
_OPERATORS: Final = rb"(?:=||!=|>|<|>=|=>|<=|=<|~|~>|\^)"
_SEGMENT: Final = rb"[0-9|xX*]+"
_TAIL: Final = rb"(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_PATTERN: Final = rb"v?" + _SEGMENT + rb"(?:\." + _SEGMENT + rb")?(?:\." + _SEGMENT + rb")?" + _TAIL
_ONE: Final = _OPERATORS + rb"\s*" + _PATTERN
_GROUP: Final = rb"\s*" + _ONE + rb"\s*(?:(?:\s+|,\s*)" + _ONE + rb")*\s*"
_RANGE: Final = rb"\s*(" + _PATTERN + rb")\s+-\s+(" + _PATTERN + rb")\s*"
_TAKEN_APART: Final = (
    rb"\s*(" + _OPERATORS + rb")\s*v?(" + _SEGMENT + rb")(?:\.(" + _SEGMENT + rb"))?(?:\.(" + _SEGMENT + rb"))?"
    rb"(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+.*)?\s*"
)
_WILDCARDS: Final = frozenset({None, b"x", b"X", b"*"})


@dataclass(frozen=True, slots=True)
class _Constraint:
    """One operator and version; ``fixed`` numbers of the version are given, the others are wildcards or missing."""

    operator: bytes
    bound: Parts
    fixed: int

    @property
    def is_open(self) -> bool:
        return self.fixed < 3


def satisfies(ctx: Context, constraint: bytes, version: Parts) -> bool:
    """Return whether a version satisfies a constraint; raise FunctionError when the constraint is none."""
    if len(constraint) > _CONSTRAINT_BYTES:
        raise LimitError(f"a version constraint has more than {_CONSTRAINT_BYTES} bytes")
    ctx.charge(4 * len(constraint))
    ctx.step(1 + len(constraint))
    groups = [_group(ctx, text) for text in _with_ranges_rewritten(constraint).split(b"||")]
    return any(_holds(group, version) for group in groups)


def _with_ranges_rewritten(constraint: bytes) -> bytes:
    for found in list(re2.compile(_RANGE).finditer(constraint)):
        constraint = constraint.replace(found[0], b">= %b, <= %b " % (found[1], found[2]), 1)
    return constraint


def _group(ctx: Context, text: bytes) -> list[_Constraint]:
    if not re2.compile(_GROUP).fullmatch(text):
        raise FunctionError("improper constraint")
    constraints = []
    for found in re2.compile(_ONE).finditer(text):
        ctx.step()
        constraints.append(_constraint(found[0]))
    return constraints


def _constraint(text: bytes) -> _Constraint:
    found = re2.compile(_TAKEN_APART).fullmatch(text)
    if found is None:
        raise FunctionError("improper constraint")
    operator, *numbers, prerelease = found.groups()
    fixed = next((index for index, number in enumerate(numbers) if number in _WILDCARDS), 3)
    # The numbers after the first wildcard do not count.
    bound = b".".join([*numbers[:fixed], *[b"0"] * (3 - fixed)]) + (prerelease or b"")
    return _Constraint(operator, _parsed(bound), fixed)


def _parsed(version: bytes) -> Parts:
    try:
        return parse_version(version).parts
    except FunctionError:
        raise FunctionError("constraint parser error") from None


def _holds(group: list[_Constraint], version: Parts) -> bool:
    # A pre-release is only meant where one of the group's versions is one.
    if version.prerelease and not any(constraint.bound.prerelease for constraint in group):
        return False
    return all(_CHECKS[constraint.operator](version, constraint) for constraint in group)


def _differs(version: Parts, constraint: _Constraint) -> bool:
    if not constraint.is_open:
        return compare(version, constraint.bound) != 0
    given = max(constraint.fixed, 1)
    if version.numbers[:given] != constraint.bound.numbers[:given]:
        return True
    if constraint.fixed == 0:
        return _differs_from_wildcard(version, constraint)
    prereleases = version.prerelease, constraint.bound.prerelease
    return constraint.fixed == 2 and any(prereleases) and compare_prereleases(*prereleases) != 0


def _differs_from_wildcard(version: Parts, constraint: _Constraint) -> bool:
    return version.numbers[1:] != (0, 0) or compare(version, constraint.bound) != 0


def _is_greater(version: Parts, constraint: _Constraint) -> bool:
    given = constraint.fixed
    if given in {1, 2}:
        return version.numbers[:given] > constraint.bound.numbers[:given]
    return compare(version, constraint.bound) > 0


def _is_at_least(version: Parts, constraint: _Constraint) -> bool:
    return compare(version, constraint.bound) >= 0


def _is_less(version: Parts, constraint: _Constraint) -> bool:
    return compare(version, constraint.bound) < 0


def _is_at_most(version: Parts, constraint: _Constraint) -> bool:
    if not constraint.is_open:
        return compare(version, constraint.bound) <= 0
    given = 1 if constraint.fixed == 1 else 2
    return version.numbers[:given] <= constraint.bound.numbers[:given]


def _is_about(version: Parts, constraint: _Constraint) -> bool:
    """Check ~: the same minor version, or the same major one where no minor is given, and not less."""
    if compare(version, constraint.bound) < 0:
        return False
    if constraint.bound.numbers == (0, 0, 0) and constraint.fixed in {0, 3}:
        return True
    given = 1 if constraint.fixed == 1 else 2
    return version.numbers[:given] == constraint.bound.numbers[:given]


def _is_equal(version: Parts, constraint: _Constraint) -> bool:
    return _is_about(version, constraint) if constraint.is_open else compare(version, constraint.bound) == 0


def _is_compatible(version: Parts, constraint: _Constraint) -> bool:
    """Check ^: nothing left of the first number that is not zero changes, and not less."""
    bound = constraint.bound
    if compare(version, bound) < 0:
        return False
    if bound.major > 0 or constraint.fixed == 1:
        return version.major == bound.major
    if bound.minor > 0 or constraint.fixed == 2:
        return version.numbers[:2] == bound.numbers[:2]
    return version.numbers == bound.numbers


_CHECKS: Final[Mapping[bytes, Callable[[Parts, _Constraint], bool]]] = MappingProxyType(
    {
        b"": _is_equal,
        b"=": _is_equal,
        b"!=": _differs,
        b">": _is_greater,
        b"<": _is_less,
        b">=": _is_at_least,
        b"=>": _is_at_least,
        b"<=": _is_at_most,
        b"=<": _is_at_most,
        b"~": _is_about,
        b"~>": _is_about,
        b"^": _is_compatible,
    }
)
