"""What a reference reads from Parameter Store, and how many calls it costs."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Found, Reference, Rejected

STORE: dict[str, Any] = {"service": "ParameterStore"}
VALUE_CALLS = ("GetParameter", "GetParameters")


def found(text: str | bytes) -> Found:
    return Found(SecretBytes(text if isinstance(text, bytes) else text.encode()))


def put(ssm: Any, name: str, *values: str, **options: Any) -> str:
    """Store one version of a parameter after the other and return its ARN."""
    for number, value in enumerate(values):
        ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=number > 0, **options)
    arn: str = ssm.get_parameter(Name=name)["Parameter"]["ARN"]
    return arn


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("", found("third"), id="the latest"),
        pytest.param("1", found("first"), id="a version by number"),
        pytest.param("stable", found("second"), id="a version by label"),
    ],
)
async def test_a_version_is_a_number_or_a_label(ssm: Any, open_session: Any, version: str, expected: Found) -> None:
    put(ssm, "/app/db", "first", "second", "third")
    ssm.label_parameter_version(Name="/app/db", ParameterVersion=2, Labels=["stable"])
    session = await open_session(**STORE)
    assert list(await session.fetch([Reference("/app/db", version)])) == [expected]


async def test_a_missing_version_is_rejected_and_never_absent(ssm: Any, open_session: Any) -> None:
    put(ssm, "/app/db", "first")
    session = await open_session(**STORE)
    (answer,) = await session.fetch([Reference("/app/db", "9")])
    assert isinstance(answer, Rejected)


async def test_a_missing_parameter_is_absent_alone_and_in_a_batch(ssm: Any, open_session: Any) -> None:
    put(ssm, "/app/db", "v")
    session = await open_session(**STORE)
    assert list(await session.fetch([Reference("/app/gone")])) == [Absent()]
    asked = [Reference("/app/gone"), Reference("/app/db"), Reference("/app/lost")]
    assert list(await session.fetch(asked)) == [Absent(), found("v"), Absent()]


async def test_a_prefix_is_put_before_every_key(ssm: Any, open_session: Any) -> None:
    put(ssm, "/team-a/db", "of a")
    session = await open_session(**STORE, prefix="/team-a/")
    assert list(await session.fetch([Reference("db")])) == [found("of a")]


async def test_a_parameter_is_read_by_its_arn_and_by_its_name_beside_it(
    ssm: Any, gateway: Any, open_session: Any
) -> None:
    arns = [put(ssm, f"/app/{index}", f"value-{index}") for index in range(3)]
    gateway.calls.clear()
    session = await open_session(**STORE)
    asked = [Reference(arn) for arn in arns] + [Reference("/app/0"), Reference("/app/1")]
    assert list(await session.fetch(asked)) == [found(f"value-{index}") for index in (0, 1, 2, 0, 1)]
    assert dict(gateway.calls) == {"GetParameters": 2}


@pytest.mark.parametrize(
    ("count", "batches", "singles"),
    [
        pytest.param(1, 0, 1, id="one parameter is one plain call"),
        pytest.param(10, 1, 0, id="ten parameters are one batch"),
        pytest.param(11, 1, 1, id="the one left over is read alone"),
        pytest.param(25, 3, 0, id="twenty-five parameters are three batches"),
    ],
)
async def test_values_are_read_in_batches(
    *, ssm: Any, gateway: Any, open_session: Any, count: int, batches: int, singles: int
) -> None:
    for index in range(count):
        put(ssm, f"/app/{index}", f"value-{index}")
    gateway.calls.clear()
    session = await open_session(**STORE)
    answers = await session.fetch([Reference(f"/app/{index}") for index in range(count)])
    assert list(answers) == [found(f"value-{index}") for index in range(count)]
    assert tuple(gateway.calls[call] for call in VALUE_CALLS) == (singles, batches)


async def test_versions_share_batches_and_two_of_one_parameter_are_not_mixed_up(
    ssm: Any, gateway: Any, open_session: Any
) -> None:
    for name in ("/app/a", "/app/b"):
        put(ssm, name, f"{name} first", f"{name} second")
    gateway.calls.clear()
    session = await open_session(**STORE)
    asked = [Reference(name, version) for version in ("1", "", "2") for name in ("/app/a", "/app/b")]
    expected = [f"{name} {value}" for value in ("first", "second", "second") for name in ("/app/a", "/app/b")]
    assert list(await session.fetch(asked)) == [found(text) for text in expected]
    assert dict(gateway.calls) == {"GetParameters": 3}


async def test_a_version_written_into_the_key_is_read_alone(ssm: Any, gateway: Any, open_session: Any) -> None:
    put(ssm, "/app/db", "first", "second")
    gateway.calls.clear()
    session = await open_session(**STORE)
    asked = [Reference("/app/db:1"), Reference("/app/db")]
    assert list(await session.fetch(asked)) == [found("first"), found("second")]
    assert dict(gateway.calls) == {"GetParameter": 2}


async def test_a_denied_batch_call_is_left_alone_and_parameters_are_read_one_by_one(
    ssm: Any, gateway: Any, open_session: Any
) -> None:
    for index in range(3):
        put(ssm, f"/app/{index}", f"value-{index}")
    gateway.fail("GetParameters", 400, "AccessDeniedException")
    gateway.calls.clear()
    session = await open_session(**STORE)
    for _ in range(2):
        answers = await session.fetch([Reference(f"/app/{index}") for index in range(3)])
        assert list(answers) == [found(f"value-{index}") for index in range(3)]
    assert dict(gateway.calls) == {"GetParameters": 1, "GetParameter": 6}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param({"team": "a", "cost": "<9&>"}, rb'{"cost":"\u003c9\u0026\u003e","team":"a"}', id="tags"),
        pytest.param({}, b"{}", id="no tags"),
    ],
)
async def test_metadata_is_the_tags_as_json(ssm: Any, open_session: Any, tags: dict[str, str], expected: bytes) -> None:
    put(ssm, "/app/db", "v", Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    session = await open_session(**STORE)
    assert list(await session.fetch([Reference("/app/db", metadata=True)])) == [found(expected)]


async def test_the_metadata_of_a_missing_parameter_is_an_error_and_never_absent(ssm: Any, open_session: Any) -> None:
    session = await open_session(**STORE)
    (answer,) = await session.fetch([Reference("/app/nothing", metadata=True)])
    assert isinstance(answer, Rejected)


async def test_calls_are_counted_by_service_call_and_result(ssm: Any, open_session: Any, host: Any) -> None:
    put(ssm, "/app/db", "v")
    host.calls.clear()
    session = await open_session(**STORE)
    await session.fetch([Reference("/app/db")])
    await session.fetch([Reference("/app/gone")])
    assert dict(host.calls) == {
        ("AWS/ParameterStore", "GetParameter", True): 1,
        ("AWS/ParameterStore", "GetParameter", False): 1,
    }
