"""Which certificates of a bundle count, however it is written and whatever else is in it."""

from __future__ import annotations

import base64
import ssl

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.provider.trust import client_context, trust_problems, trusted_certificates
from secrets_operator.resources.providers.certificates import TrustedCA
from tests.certificates import Authority

FIRST, SECOND = (Authority().certificate.decode() for _ in range(2))
DAMAGED = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
CUT_SHORT = "-----BEGIN CERTIFICATE-----\nMIIB"
OTHER_BLOCK = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"
BUNDLES = [
    pytest.param(FIRST, [FIRST], id="one certificate"),
    pytest.param(FIRST + SECOND, [FIRST, SECOND], id="several, all of which count"),
    pytest.param(f"# Test CA\n{FIRST}\n# Other\n{SECOND}", [FIRST, SECOND], id="remarks before each"),
    pytest.param(f"# Prüfstelle\n{FIRST}", [FIRST], id="remarks that are no ASCII"),
    pytest.param(FIRST.replace("\n", "\r\n"), [FIRST], id="lines that end as on Windows"),
    pytest.param(FIRST + DAMAGED + SECOND, [FIRST, SECOND], id="a damaged one between -> the others count"),
    pytest.param(DAMAGED + FIRST, [FIRST], id="a damaged one first -> the other counts"),
    pytest.param(FIRST + CUT_SHORT, [FIRST], id="the last one cut short -> the first counts"),
    pytest.param(OTHER_BLOCK + FIRST, [FIRST], id="a block of another kind"),
]
NOT_BUNDLES = [
    pytest.param("junk", id="no PEM"),
    pytest.param("", id="nothing"),
    pytest.param(DAMAGED, id="one that is damaged"),
    pytest.param(CUT_SHORT, id="one without end"),
    pytest.param(OTHER_BLOCK, id="a block of another kind only"),
    pytest.param(FIRST + DAMAGED * 1000, id="more than a thousand"),
]


def encoded(text: str, times: int = 1) -> str:
    for _ in range(times):
        text = base64.b64encode(text.encode()).decode()
    return text


def trusted_by(pem: str | None) -> set[bytes]:
    return set(client_context(pem).get_ca_certs(binary_form=True))


def certificates(expected: list[str]) -> set[bytes]:
    return {ssl.PEM_cert_to_DER_cert(one) for one in expected}


@pytest.mark.parametrize(("bundle", "expected"), BUNDLES)
@pytest.mark.parametrize("times", [1, 2], ids=["in base64", "in base64 twice"])
async def test_a_bundle_in_the_store(bundle: str, expected: list[str], times: int) -> None:
    trusted = TrustedCA.model_validate({"caBundle": encoded(bundle, times)})
    assert list(trust_problems(trusted, "SecretStore")) == []
    assert trusted_by(await trusted_certificates(trusted, MemoryHost())) == certificates(expected)


@pytest.mark.parametrize(("bundle", "expected"), BUNDLES)
@pytest.mark.parametrize("kind", ["Secret", "ConfigMap"])
async def test_a_bundle_in_another_object(bundle: str, expected: list[str], kind: str) -> None:
    trusted = TrustedCA.model_validate({"caProvider": {"type": kind, "name": "ca", "key": "ca.crt"}})
    held = {("default", "ca"): {"ca.crt": bundle}}
    host = MemoryHost(secrets=held) if kind == "Secret" else MemoryHost(config_maps=held)
    assert trusted_by(await trusted_certificates(trusted, host)) == certificates(expected)


@pytest.mark.parametrize("bundle", [one for one in NOT_BUNDLES if one.values[0]])
def test_a_bundle_of_which_nothing_counts_is_a_problem_of_its_field(bundle: str) -> None:
    trusted = TrustedCA.model_validate({"caBundle": encoded(bundle)})
    assert [problem.path for problem in trust_problems(trusted, "SecretStore", at="server")] == ["server.caBundle"]


@pytest.mark.parametrize("bundle", NOT_BUNDLES)
async def test_an_object_of_which_nothing_counts_is_refused(bundle: str) -> None:
    trusted = TrustedCA.model_validate({"caProvider": {"type": "Secret", "name": "ca", "key": "ca.crt"}})
    with pytest.raises(InvalidSpec) as caught:
        await trusted_certificates(trusted, MemoryHost(secrets={("default", "ca"): {"ca.crt": bundle}}))
    assert caught.value.field == "caProvider"
    assert "AAAA" not in str(caught.value)
