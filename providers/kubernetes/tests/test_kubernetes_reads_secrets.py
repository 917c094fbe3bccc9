"""What a Secret of another namespace becomes here."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.errors import NotFound
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Found, Rejected

BINARY = b"\xff\xfe<&>"
DATA = {"a.b": b"exact", "a": b'{"b": "inner", "c": {"d": 1.50}}', "binary": BINARY, "text": b"plain", "list": b"[1,2]"}
META = {"labels": {"team": "shop", "x.io/y": "v"}, "annotations": {"note": '{"z": {"w": 7}}', "a.b": "dotted"}}


@pytest.fixture
async def payload(place: Any, open_session: Any, fetch: Any) -> tuple[Any, SecretBytes]:
    await place.put("app", DATA)
    session = await open_session()
    return session, (await fetch(session, "app")).payload


@pytest.fixture
async def metadata(place: Any, open_session: Any, fetch: Any) -> tuple[Any, SecretBytes]:
    await place.put("app", DATA, **META)
    session = await open_session()
    return session, (await fetch(session, "app", metadata=True)).payload


async def test_a_whole_secret_is_json_with_sorted_keys_and_text_for_values(payload: Any) -> None:
    expected = '{"a":"{\\"b\\": \\"inner\\", \\"c\\": {\\"d\\": 1.50}}","a.b":"exact","binary":"\ufffd\ufffd<&>"'
    assert payload[1].reveal().decode() == expected + ',"list":"[1,2]","text":"plain"}'


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("text", b"plain", id="a key"),
        pytest.param("a.b", b"exact", id="a key with a dot wins over a path"),
        pytest.param("a.c", b'{"d": 1.50}', id="behind the first dot is a path into the value"),
        pytest.param("a.c.d", b"1.5", id="paths are those of GJSON"),
        pytest.param("binary", BINARY, id="bytes that are no text stay what they are"),
        pytest.param("list.0", b"1", id="an item of a list"),
        pytest.param("missing", None, id="no such key"),
        pytest.param("a.missing", None, id="no such member"),
        pytest.param("text.a", None, id="the value is not JSON"),
        pytest.param("text.", None, id="nothing behind the dot"),
    ],
)
async def test_a_property_picks(payload: Any, path: str, expected: bytes | None) -> None:
    session, found = payload
    if expected is None:
        with pytest.raises(NotFound):
            session.select(found, path)
    else:
        assert session.select(found, path).reveal() == expected


async def test_an_extract_keeps_the_bytes(payload: Any) -> None:
    session, found = payload
    assert {name: value.reveal() for name, value in session.extract(found).items()} == DATA


async def test_an_extract_of_a_property_spreads_its_object(payload: Any) -> None:
    session, found = payload
    spread = session.extract(session.select(found, "a"))
    assert {name: value.reveal() for name, value in spread.items()} == {"b": b"inner", "c": b'{"d": 1.50}'}


async def test_a_secret_without_data_is_an_empty_object(place: Any, open_session: Any, fetch: Any) -> None:
    await place.put("empty", {})
    session = await open_session()
    answer = await fetch(session, "empty")
    assert answer == Found(SecretBytes(b"{}"))
    assert session.extract(answer.payload) == {}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("labels", b'{"team":"shop","x.io/y":"v"}', id="all labels"),
        pytest.param("labels.team", b"shop", id="one label"),
        pytest.param("labels.x.io/y", b"v", id="a label with dots in its key"),
        pytest.param("annotations.a.b", b"dotted", id="an annotation with a dot in its key"),
        pytest.param("annotations.note.z", b'{"w": 7}', id="a part of an annotation that is JSON"),
        pytest.param("annotations.note.z.w", b"7", id="a deeper part"),
        pytest.param("labels.none", None, id="no such label"),
        pytest.param("team", None, id="neither labels nor annotations"),
    ],
)
async def test_a_property_of_metadata_picks(metadata: Any, path: str, expected: bytes | None) -> None:
    session, found = metadata
    if expected is None:
        with pytest.raises(NotFound):
            session.select(found, path)
    else:
        assert session.select(found, path).reveal() == expected


async def test_metadata_is_labels_and_annotations(metadata: Any) -> None:
    session, found = metadata
    spread = {name: value.reveal() for name, value in session.extract(found).items()}
    assert spread["labels"] == b'{"team":"shop","x.io/y":"v"}'
    assert found.reveal().startswith(b'{"annotations":{"a.b":"dotted",')
    assert spread.keys() == {"labels", "annotations"}


async def test_a_missing_secret_is_absent(open_session: Any, fetch: Any) -> None:
    session = await open_session()
    assert await fetch(session, "absent") == Absent()
    assert await fetch(session, "absent", metadata=True) == Absent()


async def test_a_namespace_that_does_not_exist_is_no_deletion(place: Any, open_session: Any, fetch: Any) -> None:
    session = await open_session(place.store(remoteNamespace="shpo"), secrets={"login": {"token": place.cluster.token}})
    assert await fetch(session, "app") == Rejected("there is no namespace shpo: check remoteNamespace")


@pytest.mark.parametrize("key", ["", "UPPER", "../x", "a/b", "a_b", "x" * 254])
async def test_a_key_that_names_no_secret_is_refused(open_session: Any, fetch: Any, key: str) -> None:
    assert isinstance(await fetch(await open_session(), key), Rejected)


async def test_a_right_that_is_missing_is_named(place: Any, open_session: Any, fetch: Any) -> None:
    nobody = await place.account("nobody")
    answer = await fetch(await open_session(secrets={"login": {"token": nobody}}), "app")
    sentence = (
        "permission denied: allow it in a Role of the store's identity (get secrets in namespace shop, status 403)"
    )
    assert answer == Rejected(sentence)
