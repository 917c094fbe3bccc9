"""What a reference to Secrets Manager reads."""

from __future__ import annotations

from typing import Any

import pytest
from secrets_operator_aws.secrets_manager import SecretsManagerRequests

from secrets_operator.errors import NotFound, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Answer, Found, Reference, Rejected


def found(text: str | bytes) -> Found:
    return Found(SecretBytes(text if isinstance(text, bytes) else text.encode()))


@pytest.fixture
def versions(aws: Any) -> dict[str, str]:
    """A secret with three versions; returns the version ids of previous and current, and its ARN."""
    arn = aws.create_secret(Name="app/db", SecretString="first")["ARN"]
    previous = aws.put_secret_value(SecretId="app/db", SecretString="second")["VersionId"]
    current = aws.put_secret_value(SecretId="app/db", SecretString="third")["VersionId"]
    aws.put_secret_value(SecretId="app/db", SecretString="next", VersionStages=["canary"])
    return {"arn": arn, "previous": previous, "current": current}


@pytest.mark.parametrize(
    ("key", "version", "expected"),
    [
        pytest.param("app/db", "", found("third"), id="a name reads the current version"),
        pytest.param("{arn}", "", found("third"), id="an ARN reads it too"),
        pytest.param("app/db", "AWSCURRENT", found("third"), id="a stage by name"),
        pytest.param("app/db", "AWSPREVIOUS", found("second"), id="the previous stage"),
        pytest.param("app/db", "canary", found("next"), id="a stage of one's own"),
        pytest.param("app/db", "uuid/{previous}", found("second"), id="a version id"),
        pytest.param("app/db", "nightly", Absent(), id="a stage that does not exist is absent"),
        pytest.param(
            "app/db", "uuid/00000000-0000-0000-0000-000000000000", Absent(), id="a version that does not exist"
        ),
        pytest.param("app/nothing", "", Absent(), id="a secret that does not exist is absent"),
    ],
)
async def test_a_reference_is_read(
    versions: dict[str, str], open_session: Any, key: str, version: str, expected: Any
) -> None:
    session = await open_session()
    reference = Reference(key.format(**versions), version.format(**versions))
    assert list(await session.fetch([reference])) == [expected]


async def test_a_version_id_the_sdk_refuses_to_send_is_rejected_without_quoting_it(aws: Any, open_session: Any) -> None:
    session = await open_session()
    (answer,) = await session.fetch([Reference("app/db", "uuid/short")])
    assert isinstance(answer, Rejected)
    assert "short" not in answer.message


async def test_binary_values_are_read_as_they_are(aws: Any, open_session: Any) -> None:
    aws.create_secret(Name="keystore", SecretBinary=b"\x00\xff\x80 binary")
    session = await open_session()
    assert list(await session.fetch([Reference("keystore")])) == [found(b"\x00\xff\x80 binary")]


async def test_binary_values_arrive_in_a_batch_too(aws: Any, gateway: Any, open_session: Any) -> None:
    aws.create_secret(Name="keystore", SecretBinary=b"\x00\xff\x80 binary")
    aws.create_secret(Name="text", SecretString="t")
    session = await open_session()
    assert list(await session.fetch([Reference("keystore"), Reference("text")])) == [
        found(b"\x00\xff\x80 binary"),
        found("t"),
    ]
    assert gateway.calls["GetSecretValue"] == 0


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        pytest.param({"SecretString": "text", "SecretBinary": b"bytes"}, found(b"text"), id="a string before bytes"),
        pytest.param({"SecretString": ""}, found(b""), id="an empty string is one"),
        pytest.param({}, Rejected("the secret has neither a string nor a binary value"), id="neither"),
    ],
)
def test_the_value_of_a_secret_is(response: dict[str, Any], expected: Answer) -> None:
    assert SecretsManagerRequests().answer(Reference("a"), {"ARN": "arn:a", "Name": "a", **response}) == expected


async def test_a_prefix_is_put_before_every_key(aws: Any, open_session: Any) -> None:
    aws.create_secret(Name="team-a/db", SecretString="of a")
    aws.create_secret(Name="db", SecretString="of nobody")
    session = await open_session(prefix="team-a/")
    assert list(await session.fetch([Reference("db"), Reference("team-a/db")])) == [found("of a"), Absent()]


async def test_a_secret_scheduled_for_deletion_is_rejected_not_absent(aws: Any, open_session: Any) -> None:
    for name in ("leaving", "staying"):
        aws.create_secret(Name=name, SecretString=name)
    aws.delete_secret(SecretId="leaving", RecoveryWindowInDays=7)
    session = await open_session()
    for references in ([Reference("leaving")], [Reference("leaving"), Reference("staying")]):
        answer = (await session.fetch(references))[0]
        assert isinstance(answer, Rejected)
        assert "deletion" in answer.message
        assert not answer.credentials


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(
            {"team": "a", "cost centre": "<9&>"}, rb'{"cost centre":"\u003c9\u0026\u003e","team":"a"}', id="tags"
        ),
        pytest.param({}, b"{}", id="no tags"),
    ],
)
async def test_metadata_is_the_tags_as_json(aws: Any, open_session: Any, tags: dict[str, str], expected: bytes) -> None:
    aws.create_secret(Name="app/db", SecretString="s", Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
    session = await open_session()
    (answer,) = await session.fetch([Reference("app/db", "AWSPREVIOUS", metadata=True)])
    assert answer == found(expected)


async def test_the_metadata_of_a_missing_secret_is_an_error_and_never_absent(aws: Any, open_session: Any) -> None:
    session = await open_session()
    (answer,) = await session.fetch([Reference("app/nothing", metadata=True)])
    assert isinstance(answer, Rejected)


async def test_a_property_is_a_literal_key_before_it_is_a_path(aws: Any, open_session: Any) -> None:
    session = await open_session()
    payload = SecretBytes(b'{"tls.crt":"literal","tls":{"crt":"nested","key":"k"},"n":1.50}')
    assert session.select(payload, "tls.crt") == SecretBytes(b"literal")
    assert session.select(payload, "tls.key") == SecretBytes(b"k")
    assert session.select(payload, "n") == SecretBytes(b"1.5")
    with pytest.raises(NotFound, match=r"property tls\.pem does not exist"):
        session.select(payload, "tls.pem")


async def test_extract_keeps_the_text_of_everything_but_strings(aws: Any, open_session: Any) -> None:
    session = await open_session()
    payload = SecretBytes(b'{"s":"x","n":1.50,"o":{"b": 1 ,"a":[]},"z":null}')
    assert session.extract(payload) == {
        "s": SecretBytes(b"x"),
        "n": SecretBytes(b"1.50"),
        "o": SecretBytes(b'{"b": 1 ,"a":[]}'),
        "z": SecretBytes(b""),
    }
    with pytest.raises(Terminal, match="not a JSON object"):
        session.extract(SecretBytes(b"[1]"))
