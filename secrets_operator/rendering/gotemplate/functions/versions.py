"""Sprig's semver and semverCompare.

In: texts. Out: a version with methods, or whether a version satisfies a constraint. Neighbours: ``semantic_versions``,
``version_constraints``.
"""

from __future__ import annotations

from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.semantic_versions import Version, parse_version
from secrets_operator.rendering.gotemplate.functions.version_constraints import satisfies
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context

_COST_PER_BYTE = 40


def _semver(ctx: Context, text: bytes) -> Version:
    ctx.charge(_COST_PER_BYTE * len(text))
    return parse_version(text)


def _semver_compare(ctx: Context, constraint: bytes, version: bytes) -> bool:
    return satisfies(ctx, constraint, _semver(ctx, version).parts)


FUNCTIONS: tuple[Function, ...] = (
    Function("semver", (STRING,), _semver),
    Function("semverCompare", (STRING, STRING), _semver_compare),
)
