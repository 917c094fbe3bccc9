"""Whatever values of the declared types a function gets, it returns or raises FunctionError or TemplateError."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secrets_operator.rendering.gotemplate import Context, Limits, TemplateError
from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.formatting.printf import sprint
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import (
    copying,
    decimals,
    defaults,
    dicts,
    encoding,
    hashes,
    json_text,
    lists,
    membership,
    merging,
    numbers,
    paths,
    reflection,
    regexes,
    sequences,
    splitting,
    string_case,
    texts,
    trimming,
    urls,
    versions,
    word_case,
    wrapping,
)
from secrets_operator.rendering.gotemplate.functions.semantic_versions import parse_version
from secrets_operator.rendering.gotemplate.gotypes import ANY, ANY_MAP, BOOL, FLOAT64, INT, STRING, GoType
from secrets_operator.rendering.gotemplate.values import (
    ByteSlice,
    GoError,
    GoList,
    GoMap,
    Int64,
    Uint64,
    any_list,
    any_map,
    string_list,
    type_of,
)

MODULES = (
    copying,
    decimals,
    defaults,
    dicts,
    encoding,
    hashes,
    json_text,
    lists,
    membership,
    merging,
    numbers,
    paths,
    reflection,
    regexes,
    sequences,
    splitting,
    string_case,
    texts,
    trimming,
    urls,
    versions,
    word_case,
    wrapping,
)
FUNCTIONS = [function for module in MODULES for function in module.FUNCTIONS]
TELLING = [b"", b"a", b"%", b"$1", b"(", b"1.2.3", b"[1]", b'{"a":', b"=", b"YQ==", b"\xff", b"0x", b"1e999", b"::"]

strings = st.one_of(st.binary(max_size=20), st.sampled_from(TELLING), st.text(max_size=12).map(str.encode))
ints = st.one_of(st.integers(-5, 20), st.integers(-(2**63), 2**63 - 1))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    strings,
    ints,
    ints.map(Int64),
    st.integers(0, 2**64 - 1).map(Uint64),
    st.floats(),
    st.complex_numbers(),
    st.binary(max_size=5).map(ByteSlice),
    st.builds(GoError, strings),
    st.sampled_from([b"1.2.3", b"v1-rc+b"]).map(parse_version),
)


def containers(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(children, max_size=4).map(any_list),
        st.lists(strings, max_size=4).map(string_list),
        st.lists(ints, max_size=4).map(lambda items: GoList(items, INT)),
        st.just(GoList([], ANY, is_nil=True)),
        st.dictionaries(strings, children, max_size=4).map(any_map),
        st.dictionaries(strings, strings, max_size=3).map(lambda entries: GoMap(entries, STRING, STRING)),
    )


anything = st.recursive(scalars, containers, max_leaves=8)
maps = st.one_of(
    st.dictionaries(strings, anything, max_size=4).map(any_map), st.builds(lambda: GoMap({}, STRING, ANY, is_nil=True))
)
BY_TYPE: dict[GoType, st.SearchStrategy[Any]] = {
    ANY: anything,
    STRING: strings,
    INT: ints,
    FLOAT64: st.floats(),
    BOOL: st.booleans(),
    ANY_MAP: maps,
}


def arguments_of(function: Function) -> st.SearchStrategy[list[Any]]:
    values = [BY_TYPE[go_type] for go_type in function.params]
    if not function.variadic:
        return st.tuples(*values).map(list)
    more = st.lists(values[-1], max_size=4)
    return st.tuples(*values[:-1], more).map(lambda drawn: [*drawn[:-1], *drawn[-1]])


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_raises_only_its_errors(function: Function, make_context: Callable[..., Context]) -> None:
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(arguments_of(function))
    def check(arguments: list[Any]) -> None:
        ctx = make_context(Limits(steps=20_000, allocated_bytes=1_000_000))
        with suppress(FunctionError, TemplateError):
            result = function.call(ctx, *arguments)
            type_of(result)
            sprint(ctx, (result,))

    check()


def test_a_function_is_named_once() -> None:
    names = [function.name for function in FUNCTIONS]
    assert sorted(set(names)) == sorted(names)
