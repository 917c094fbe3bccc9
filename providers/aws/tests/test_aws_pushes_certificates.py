"""What a push makes of a certificate in Certificate Manager, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from secrets_operator.provider import (
    Absent,
    Deleted,
    Failed,
    Present,
    Pushed,
    Pushing,
    Rejected,
    RemoteEntry,
    RetrySettings,
)
from tests.aws_pushes import certificate, entry

WRITES = {"ImportCertificate", "DeleteCertificate", "AddTagsToCertificate", "RemoveTagsFromCertificate"}
KEY_TAG = {"managed-by": "external-secrets", "external-secrets-remote-key": "p/web"}


@pytest.fixture
async def pushing(open_session: Any) -> Pushing:
    found: Pushing = (await open_session(RetrySettings(1), service="CertificateManager", prefix="p/")).pushing
    return found


def there(acm: Any) -> dict[str, dict[str, str]]:
    """Return the tags of all certificates by ARN."""
    arns = [entry["CertificateArn"] for entry in acm.list_certificates()["CertificateSummaryList"]]
    listed = {arn: acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] for arn in arns}
    return {arn: {tag["Key"]: tag["Value"] for tag in tags} for arn, tags in listed.items()}


def writes(gateway: Any) -> dict[str, int]:
    return {call: count for call, count in gateway.calls.items() if call in WRITES}


@pytest.mark.parametrize("chained", [False, True], ids=["alone", "with a chain"])
async def test_a_certificate_is_imported_once_and_again_when_it_is_another(
    *, acm: Any, gateway: Any, pushing: Pushing, chained: bool
) -> None:
    data, renewed = certificate(7, chained=chained), certificate(8, chained=chained)
    assert await pushing.push(entry("web", data, tags={"team": "shop"})) == Pushed(changed=True)
    ((arn, tags),) = there(acm).items()
    assert tags == {**KEY_TAG, "team": "shop"}
    assert await pushing.push(entry("web", data)) == Pushed(changed=False)
    assert writes(gateway) == {"ImportCertificate": 1}

    assert await pushing.push(entry("web", renewed)) == Pushed(changed=True)
    assert list(there(acm)) == [arn], "in its place"
    leaf, *chain = x509.load_pem_x509_certificates(renewed["tls.crt"])
    read = acm.get_certificate(CertificateArn=arn)
    assert x509.load_pem_x509_certificate(read["Certificate"].encode()) == leaf
    assert x509.load_pem_x509_certificates(read["CertificateChain"].encode()) == (chain or [leaf])


async def test_another_session_finds_it_by_its_tag(acm: Any, gateway: Any, pushing: Pushing, open_session: Any) -> None:
    data = certificate(7)
    await pushing.push(entry("web", data))
    await pushing.push(entry("other", certificate(9)))
    again: Pushing = (await open_session(service="CertificateManager", prefix="p/")).pushing
    gateway.calls.clear()
    assert await again.push(entry("web", data)) == Pushed(changed=False)
    assert gateway.calls["GetResources"] == 1
    assert await again.exists(RemoteEntry("web")) == Present()
    assert gateway.calls["GetResources"] == 1, "what was found is remembered"
    assert await again.delete(RemoteEntry("web")) == Deleted(changed=True)
    assert await again.delete(RemoteEntry("web")) == Deleted(changed=False)
    assert await pushing.exists(RemoteEntry("web")) == Absent(), "what somebody else deleted is not remembered"
    assert len(there(acm)) == 1


async def test_tags_follow_the_push(acm: Any, gateway: Any, pushing: Pushing) -> None:
    data = certificate(7)
    await pushing.push(entry("web", data, tags={"team": "shop", "old": "x"}))
    assert await pushing.push(entry("web", data, tags={"team": "ops"})) == Pushed(changed=True)
    assert list(there(acm).values()) == [{**KEY_TAG, "team": "ops"}]
    assert gateway.calls["ImportCertificate"] == 1
    assert await pushing.push(entry("web", data)) == Pushed(changed=False)


async def test_one_whose_mark_was_taken_away_is_left_alone(acm: Any, pushing: Pushing) -> None:
    await pushing.push(entry("web", certificate(7)))
    (arn,) = there(acm)
    mark = {"Key": "managed-by", "Value": "external-secrets"}
    acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[mark])
    assert await pushing.delete(RemoteEntry("web")) == Deleted(changed=False)
    assert await pushing.push(entry("web", certificate(8))) == Pushed(changed=True)
    assert len(there(acm)) == 2


@pytest.mark.parametrize(
    ("push", "says"),
    [
        pytest.param(entry("web", "x"), "secretKey: must be empty", id="a single key"),
        pytest.param(entry("web", {"tls.crt": b"x"}), "has no tls.key", id="no key"),
        pytest.param(entry("web", {"tls.crt": b"", "tls.key": b""}), "no tls.crt and no tls.key", id="nothing in it"),
        pytest.param(entry("web", {"tls.crt": b"x", "tls.key": b"y"}), "no certificate in PEM", id="no PEM"),
        pytest.param(
            entry("web", certificate(7), tags={"external-secrets-remote-key": "x"}),
            "metadata.spec.tags.external-secrets-remote-key",
            id="the tag of the key",
        ),
    ],
)
async def test_what_cannot_be_pushed_is_named_and_nothing_is_asked(
    gateway: Any, pushing: Pushing, push: Any, says: str
) -> None:
    answer = await pushing.push(push)
    assert isinstance(answer, Rejected)
    assert says in answer.message
    assert not gateway.calls


async def test_a_listing_without_an_answer_imports_nothing(acm: Any, gateway: Any, pushing: Pushing) -> None:
    gateway.fail("GetResources", 500, "InternalServiceException")
    answer = await pushing.push(entry("web", certificate(7)))
    assert isinstance(answer, Failed)
    assert writes(gateway) == {}
