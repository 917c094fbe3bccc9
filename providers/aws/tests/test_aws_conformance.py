"""The aws provider keeps the contract of providers, in each service that it writes to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from secrets_operator_aws.provider import PROVIDER

from secrets_operator.provider import Query, Reference, RemoteEntry, RetrySettings
from secrets_operator.provider.conformance import Finds, Known, Opening, Pushes, Subject, checks
from secrets_operator.provider.push_conformance import push_checks

DOCUMENT = b'{"user":"svc-7f3a","tls.crt":"pem-51c2","limits":{"rate": 1.50},"none":null}'
PREFIX = "conformance/"


async def nothing(_key: str) -> object:
    return None


PUSHES = Pushes(
    RemoteEntry("pushed", "a.b"),
    beside=RemoteEntry("pushed", "beside"),
    foreign=RemoteEntry("document", "user"),
    state=nothing,
)


def subject(spec: dict[str, Any], host: Any, pushes: Pushes = PUSHES) -> Subject:
    opening = Opening({**spec, "prefix": PREFIX}, host)
    return Subject(
        provider=PROVIDER,
        working=opening,
        known=[Known(Reference("text"), b"plain-0c9d"), Known(Reference("text", "AWSCURRENT"), b"plain-0c9d")],
        absent=Reference("absent"),
        document=Known(Reference("document"), DOCUMENT),
        properties={"user": b"svc-7f3a", "tls.crt": b"pem-51c2", "limits.rate": b"1.5", "limits": b'{"rate": 1.50}'},
        keys={"user": b"svc-7f3a", "tls.crt": b"pem-51c2", "limits": b'{"rate": 1.50}', "none": b""},
        denied=opening,
        broken=Opening(opening.spec, host and replace(host, retry=RetrySettings(1))),
        finds=Finds(
            Query(path=PREFIX, name="t"),
            {f"{PREFIX}text": b"plain-0c9d", f"{PREFIX}document": DOCUMENT},
            nothing=Query(name="^nowhere/"),
        ),
        pushes=pushes,
        credentials=["wJalrXUtnFEMI/K7MDENG", "AKIAIOSFODNN7EXAMPLE"],
    )


CHECKS = checks(subject({}, None))
PUSH_CHECKS = push_checks(subject({}, None, Pushes(RemoteEntry("pushed"), foreign=RemoteEntry("text"), state=nothing)))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_aws_provider_keeps_the_contract(
    aws: Any, gateway: Any, spec: dict[str, Any], host: Any, check: Any
) -> None:
    aws.create_secret(Name=f"{PREFIX}text", SecretString="plain-0c9d")
    aws.create_secret(Name=f"{PREFIX}document", SecretString=DOCUMENT.decode())
    for operation in ("GetSecretValue", "ListSecrets", "DescribeSecret"):
        if check.__name__ == "wrong_credentials_are_refused":
            gateway.fail(operation, 400, "UnrecognizedClientException", "AKIAIOSFODNN7EXAMPLE")
        if check.__name__ == "a_silent_remote_side_is_no_answer":
            gateway.fail(operation, 500, "InternalServiceError", "RequestID: 7a1c-req")

    async def state(key: str) -> object:
        try:
            described = aws.describe_secret(SecretId=f"{PREFIX}{key}")
        except aws.exceptions.ResourceNotFoundException:
            return None
        return [described[name] for name in ("VersionIdsToStages", "Tags") if name in described]

    await check(subject(spec, host, replace(PUSHES, state=state)))


@pytest.mark.parametrize("check", PUSH_CHECKS, ids=lambda check: check.__name__)
async def test_parameters_are_pushed_alike(
    *, ssm: Any, gateway: Any, spec: dict[str, Any], host: Any, check: Any
) -> None:
    ssm.put_parameter(Name=f"{PREFIX}text", Value="plain-0c9d", Type="String")

    async def state(key: str) -> object:
        try:
            found = ssm.get_parameter(Name=f"{PREFIX}{key}")["Parameter"]
        except ssm.exceptions.ParameterNotFound:
            return None
        return found["Version"], ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=f"{PREFIX}{key}")[
            "TagList"
        ]

    pushes = Pushes(RemoteEntry("pushed"), foreign=RemoteEntry("text"), state=state)
    await check(subject({**spec, "service": "ParameterStore"}, host, pushes))
