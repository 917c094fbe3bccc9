"""Chunks of any size become whole lines, and lines become events or the error they stand for."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_operator.kube import errors, requests
from secrets_operator.kube.requests import Target
from secrets_operator.kube.resources import SECRETS
from secrets_operator.kube.streams import Lines, events

WATCH = requests.watch(Target(SECRETS), {})


@given(
    lines=st.lists(st.binary(min_size=1, max_size=40).filter(lambda line: b"\n" not in line)),
    sizes=st.lists(st.integers(1, 50), min_size=1),
    tail=st.binary(max_size=10).filter(lambda line: b"\n" not in line),
)
def test_lines_are_the_same_however_the_bytes_are_cut(lines: list[bytes], sizes: list[int], tail: bytes) -> None:
    stream = b"".join(line + b"\n" for line in lines) + tail
    cutter, found, at, turn = Lines(), [], 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        found += cutter.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert found == lines


async def chunks(*parts: bytes) -> AsyncGenerator[bytes, None]:
    for part in parts:
        yield part


async def test_events_come_as_they_were_sent_and_a_cut_line_does_not() -> None:
    added = b'{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}\n'
    bookmark = b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"2"}}}\n'
    found = [
        event async for event in events(WATCH, chunks(added[:9], added[9:] + bookmark[:30], bookmark[30:], b'{"ty'))
    ]
    assert [(event["type"], event["object"]["metadata"]["resourceVersion"]) for event in found] == [
        ("ADDED", "1"),
        ("BOOKMARK", "2"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}', errors.Gone, id="expired"
        ),
        pytest.param(
            b'{"type":"ERROR","object":{"kind":"Status","code":500}}', errors.ServerError, id="internal error"
        ),
        pytest.param(b'{"type":"ERROR","object":{}}', errors.ServerError, id="error without a code"),
        pytest.param(b"<html>", errors.ServerError, id="no JSON"),
        pytest.param(b"[]", errors.ServerError, id="no event"),
        pytest.param(b'{"type":"ADDED"}', errors.ServerError, id="no object"),
        pytest.param(b'{"type":"ADDED","object":{"metadata":{}}}', errors.ServerError, id="no version"),
        pytest.param(b'{"type":3,"object":{"metadata":{"resourceVersion":"1"}}}', errors.ServerError, id="no type"),
    ],
)
async def test_a_line_that_is_no_change_raises(line: bytes, expected: type[errors.ApiError]) -> None:
    with pytest.raises(errors.ApiError) as caught:
        _ = [event async for event in events(WATCH, chunks(line + b"\n"))]
    assert type(caught.value) is expected
