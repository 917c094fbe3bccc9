"""Sprig's uniq, has and without: what is in a list, by deep equality, and their must* twins.

In: lists and values of any type. Out: new lists and booleans. Neighbours: ``equality``, ``lists``.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.equality import Seen, deep_equal
from secrets_operator.rendering.gotemplate.functions.lists import elements
from secrets_operator.rendering.gotemplate.gotypes import ANY
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import GoList, any_list


def _uniq(ctx: Context, values: Any) -> GoList:
    seen = Seen(ctx)
    kept = []
    for item in elements(ctx, values, "find uniq"):
        if item not in seen:
            seen.add(item)
            kept.append(item)
    return any_list(kept)


def _without(ctx: Context, values: Any, *unwanted: Any) -> GoList:
    seen = Seen(ctx)
    for value in unwanted:
        seen.add(value)
    return any_list([item for item in elements(ctx, values, "find without") if item not in seen])


def _has(ctx: Context, value: Any, values: Any) -> bool:
    return values is not None and any(deep_equal(ctx, value, item) for item in elements(ctx, values, "find has"))


FUNCTIONS: tuple[Function, ...] = (
    Function("uniq", (ANY,), _uniq),
    Function("mustUniq", (ANY,), _uniq),
    Function("without", (ANY, ANY), _without, variadic=True),
    Function("mustWithout", (ANY, ANY), _without, variadic=True),
    Function("has", (ANY, ANY), _has),
    Function("mustHas", (ANY, ANY), _has),
)
