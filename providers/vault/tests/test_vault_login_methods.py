"""Passwords and signed tokens as logins, and which of several methods is used."""

from __future__ import annotations

from typing import Any

import pytest
from secrets_operator_vault.authentication import METHODS

from secrets_operator.errors import InvalidSpec, Refused
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Found
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.resources.providers.vault_auth import METHODS as FIELDS

VALUE = Found(SecretBytes(b'{"n":"1"}'))
PASSWORD = "test-only pässword "


def test_the_table_has_every_method_in_the_order_of_precedence() -> None:
    assert tuple(method.field for method in METHODS) == FIELDS


async def test_userpass_logs_in(place: Any, policy: str, spec: Any, reads: Any, enabled: Any) -> None:
    mount = await enabled(place, "userpass", policy)
    await place.ask("POST", f"auth/{mount}/users/jo", {"password": PASSWORD, "token_policies": policy})
    auth = {"userPass": {"path": mount, "username": " jo\n", "secretRef": {"name": "pw", "key": "password"}}}
    # A Secret made from a file ends in a line break; the space before it is part of the password.
    host = MemoryHost(secrets={("default", "pw"): {"password": f"{PASSWORD}\n"}})
    assert await reads(spec, auth, host) == VALUE
    wrong = MemoryHost(secrets={("default", "pw"): {"password": "wrong-and-private"}})
    with pytest.raises(Refused) as refused:
        await reads(spec, auth, wrong)
    assert refused.value.field == "auth.userPass"
    assert "wrong-and-private" not in str(refused.value)


async def test_ldap_logs_in(place: Any, policy: str, spec: Any, stand_in: Any, reads: Any, enabled: Any) -> None:
    mount = await enabled(place, "ldap", policy)
    await place.ask("POST", f"auth/{mount}/config", {"token_policies": policy})
    auth = {"ldap": {"path": mount, "username": "jo@example.test", "secretRef": {"name": "pw", "key": "password"}}}
    host = MemoryHost(secrets={("default", "pw"): {"password": "test-directory-pw"}})
    assert await reads(spec, auth, host) == VALUE
    assert stand_in.log.matching("/login/jo@example.test$")


async def test_an_empty_password_is_never_sent(spec: Any, kv2: str, reads: Any) -> None:
    auth = {"ldap": {"username": "jo", "secretRef": {"name": "pw", "key": "password"}}}
    with pytest.raises(InvalidSpec) as refused:
        await reads(spec, auth, MemoryHost(secrets={("default", "pw"): {"password": "\n"}}))
    assert refused.value.field == "auth.ldap.secretRef"


@pytest.mark.parametrize("role", [{"role": "app"}, {}], ids=["a role", "the default role"])
async def test_a_signed_token_logs_in(spec: Any, jwt_mount: str, signer: Any, role: dict[str, str], reads: Any) -> None:
    auth = {"jwt": {"path": jwt_mount, "secretRef": {"name": "t", "key": "jwt"}, **role}}
    host = MemoryHost(secrets={("default", "t"): {"jwt": signer.token("app") + "\n"}})
    assert await reads(spec, auth, host) == VALUE


async def test_the_role_that_is_named_counts_and_not_the_default(
    spec: Any, jwt_mount: str, signer: Any, reads: Any
) -> None:
    auth = {"jwt": {"path": jwt_mount, "secretRef": {"name": "t", "key": "jwt"}, "role": "nobodys"}}
    with pytest.raises(Refused) as refused:
        await reads(spec, auth, MemoryHost(secrets={("default", "t"): {"jwt": signer.token("app")}}))
    assert refused.value.field == "auth.jwt"


async def test_a_token_is_requested_for_a_service_account(
    spec: Any, jwt_mount: str, signer: Any, reads: Any, accounts: Any
) -> None:
    wanted: dict[str, Any] = {"serviceAccountRef": {"name": "app", "audiences": ["own"]}}
    auth: dict[str, Any] = {"jwt": {"path": jwt_mount, "kubernetesServiceAccountToken": wanted}}
    host = accounts(token=signer.token("app"))
    assert await reads(spec, auth, host) == VALUE
    assert host.asked == [("app", ("own", "vault"), 600)]
    wanted |= {"audiences": ["a"], "expirationSeconds": 1200}
    await reads(spec, auth, host)
    assert host.asked[1:] == [("app", ("own", "a"), 1200)]
