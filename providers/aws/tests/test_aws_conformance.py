"""The aws provider keeps the contract of providers."""

from __future__ import annotations

from typing import Any

import pytest
from secrets_operator_aws.provider import PROVIDER

from secrets_operator.provider import Query, Reference
from secrets_operator.provider.conformance import Finds, Known, Opening, Subject, checks

DOCUMENT = b'{"user":"svc-7f3a","tls.crt":"pem-51c2","limits":{"rate": 1.50},"none":null}'


def subject(spec: dict[str, Any], host: Any) -> Subject:
    opening = Opening({**spec, "prefix": "conformance/"}, host)
    return Subject(
        provider=PROVIDER,
        working=opening,
        known=[Known(Reference("text"), b"plain-0c9d"), Known(Reference("text", "AWSCURRENT"), b"plain-0c9d")],
        absent=Reference("absent"),
        document=Known(Reference("document"), DOCUMENT),
        properties={"user": b"svc-7f3a", "tls.crt": b"pem-51c2", "limits.rate": b"1.5", "limits": b'{"rate": 1.50}'},
        keys={"user": b"svc-7f3a", "tls.crt": b"pem-51c2", "limits": b'{"rate": 1.50}', "none": b""},
        denied=opening,
        broken=opening,
        finds=Finds(
            Query(path="conformance/", name="t"),
            {"conformance/text": b"plain-0c9d", "conformance/document": DOCUMENT},
            nothing=Query(name="^nowhere/"),
        ),
        credentials=["wJalrXUtnFEMI/K7MDENG", "AKIAIOSFODNN7EXAMPLE"],
    )


CHECKS = checks(subject({}, None))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_aws_provider_keeps_the_contract(
    aws: Any, gateway: Any, spec: dict[str, Any], host: Any, check: Any
) -> None:
    aws.create_secret(Name="conformance/text", SecretString="plain-0c9d")
    aws.create_secret(Name="conformance/document", SecretString=DOCUMENT.decode())
    for operation in ("GetSecretValue", "ListSecrets"):
        if check.__name__ == "wrong_credentials_are_refused":
            gateway.fail(operation, 400, "UnrecognizedClientException", "AKIAIOSFODNN7EXAMPLE")
        if check.__name__ == "a_silent_remote_side_is_no_answer":
            gateway.fail(operation, 500, "InternalServiceError", "RequestID: 7a1c-req")
    await check(subject(spec, host))
