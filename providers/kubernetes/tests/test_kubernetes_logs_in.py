"""Who the API server sees: the identity of the store in each of its forms, and never the operator's own."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from devcluster.certificates import Authority, new_authority, server_context
from secrets_operator_kubernetes.provider import PROVIDER
from secrets_operator_kubernetes.tokens import Tokens

from secrets_operator.errors import InvalidSpec, NamespaceUnknown
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Found, Rejected, StoreIdentity
from secrets_operator.provider.memory import MemoryHost

VALUE = Found(SecretBytes(b'{"k":"v"}'))
AUDIENCE = "https://kubernetes.default.svc"
ACCOUNT = {"serviceAccount": {"name": "reader", "audiences": [AUDIENCE]}}
CERT = {
    "cert": {"clientCert": {"name": "pair", "key": "tls.crt"}, "clientKey": {"name": "pair", "key": "tls.key"}},
}
NOW = 1_750_000_000.0


@pytest.fixture
async def app(place: Any) -> None:
    await place.put("app", {"k": b"v"})


@pytest.mark.usefixtures("app")
async def test_a_token_in_a_secret_logs_in(open_session: Any, fetch: Any, token: str) -> None:
    session = await open_session(secrets={"login": {"token": f"{token}\n"}})
    assert await fetch(session, "app") == VALUE
    await session.validate()


@pytest.mark.usefixtures("app", "token")
async def test_a_service_account_logs_in_with_a_token_for_its_audiences(
    place: Any, open_session: Any, fetch: Any, token_host: Any
) -> None:
    session = await open_session(place.store(auth=ACCOUNT), host=token_host)
    assert await fetch(session, "app") == VALUE
    assert token_host.issued == [("shop/reader", (AUDIENCE,))]
    assert token_host.calls == {("Kubernetes", "GetSecret", True): 1}


@pytest.mark.usefixtures("app", "token")
async def test_a_token_that_is_turned_down_is_replaced_once_and_the_read_goes_on(
    place: Any, open_session: Any, fetch: Any, token_host: Any
) -> None:
    session = await open_session(place.store(auth=ACCOUNT), host=token_host)
    place.cluster.fail_requests(401, path="secrets/app")
    assert await fetch(session, "app") == VALUE
    assert len(token_host.issued) == 2


@pytest.mark.usefixtures("app")
async def test_a_token_that_was_replaced_in_its_secret_is_used(
    place: Any, open_session: Any, fetch: Any, token: str
) -> None:
    secrets = {("default", "login"): {"token": "expired"}}
    session = await open_session(host=MemoryHost(secrets=secrets))
    assert (await fetch(session, "app")).credentials
    secrets["default", "login"] = {"token": token}
    assert await fetch(session, "app") == VALUE


async def test_tokens_are_read_again_before_they_are_old() -> None:
    made = iter((b"first", b"second"))

    async def read() -> SecretBytes:
        return SecretBytes(next(made))

    tokens = Tokens(read, old_after=-1.0)
    assert [await tokens.current(), await tokens.current()] == ["first", "second"]


async def test_many_requests_share_one_renewal() -> None:
    made = iter((b"first", b"second"))

    async def read() -> SecretBytes:
        return SecretBytes(next(made))

    tokens = Tokens(read)
    refused = await tokens.current()
    assert set(await asyncio.gather(*(tokens.other_than(refused) for _ in range(5)))) == {"second"}


@pytest.mark.parametrize("odd", ["", "two words", "ä", "a\nb"])
async def test_what_is_no_token_is_refused_and_not_shown(place: Any, odd: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        await PROVIDER.open(place.store(), MemoryHost(secrets={("default", "login"): {"token": odd}}))
    assert not odd or odd not in str(caught.value)


async def test_an_account_of_the_consumer_is_unknown_while_nobody_asks(place: Any) -> None:
    host = MemoryHost(store=StoreIdentity("ClusterSecretStore", "hub", ""))
    with pytest.raises(NamespaceUnknown):
        await PROVIDER.open(place.store(auth=ACCOUNT), host)


# --- kubeconfigs ---


def kubeconfig(place: Any, token: str, *, cluster: dict[str, Any] | None = None, user: Any = None) -> dict[str, Any]:
    data = base64.b64encode(place.cluster.ca_pem.encode()).decode()
    server = {"server": place.cluster.url, "certificate-authority-data": data, **(cluster or {})}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "hub",
        "contexts": [{"name": "hub", "context": {"cluster": "hub", "user": "me", "namespace": "kube-system"}}],
        "clusters": [{"name": "other", "cluster": {"server": "https://x"}}, {"name": "hub", "cluster": server}],
        "users": [{"name": "me", "user": {"token": token} if user is None else user}],
    }


def referring(place: Any) -> dict[str, Any]:
    """Return a store with a kubeconfig in place of all else."""
    return {"authRef": {"name": "login", "key": "config"}, "remoteNamespace": "shop"}


@pytest.mark.usefixtures("app")
async def test_a_kubeconfig_logs_in(place: Any, open_session: Any, fetch: Any, token: str) -> None:
    text = json.dumps(kubeconfig(place, token))
    session = await open_session(referring(place), secrets={"login": {"config": text}})
    assert await fetch(session, "app") == VALUE
    await session.validate()


@pytest.mark.usefixtures("app")
async def test_a_kubeconfig_may_name_the_certificate_of_the_server_and_may_not_check_it(
    place: Any, open_session: Any, fetch: Any, token: str
) -> None:
    named = kubeconfig(place, token, cluster={"tls-server-name": "kubernetes"})
    session = await open_session(referring(place), secrets={"login": {"config": json.dumps(named)}})
    assert await fetch(session, "app") == VALUE
    unchecked = kubeconfig(place, token)
    unchecked["clusters"][1]["cluster"] = {"server": place.cluster.url, "insecure-skip-tls-verify": True}
    session = await open_session(referring(place), secrets={"login": {"config": json.dumps(unchecked)}})
    assert await fetch(session, "app") == VALUE


EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": ["/tmp/pwned"]}


@pytest.mark.parametrize(
    ("cluster", "user", "named"),
    [
        pytest.param({}, {"exec": EXEC}, "the user's exec would run a program", id="a login plug-in"),
        pytest.param({}, {"token": "t", "exec": EXEC}, "the user's exec", id="a plug-in beside a token"),
        pytest.param({}, {"auth-provider": {"name": "gcp"}}, "the user's auth-provider", id="a provider"),
        pytest.param({}, {"tokenFile": "/etc/hostname"}, "the user's tokenFile names a file", id="a token file"),
        pytest.param(
            {}, {"client-certificate": "/a", "client-key": "/b"}, "client-certificate names a file", id="a pair"
        ),
        pytest.param({"certificate-authority": "/ca"}, None, "certificate-authority names a file", id="a CA file"),
        pytest.param({"proxy-url": "http://p"}, None, "the cluster's proxy-url", id="a proxy"),
        pytest.param({}, {"token": "t", "as": "admin"}, "impersonation", id="impersonation"),
        pytest.param({}, {"username": "u", "password": "hunter2"}, "Kubernetes knows no passwords", id="a password"),
        pytest.param({}, {}, "neither a token nor a client certificate", id="nobody"),
        pytest.param({"server": "ftp://x"}, None, "the cluster's server must be an address", id="no server"),
        pytest.param({"insecure-skip-tls-verify": "yes"}, None, "must be true or false", id="no flag"),
    ],
)
async def test_a_kubeconfig_neither_runs_programs_nor_reads_files(
    place: Any, cluster: dict[str, Any], user: Any, named: str
) -> None:
    config = kubeconfig(place, "t0ken-private", cluster=cluster, user=user)
    if "certificate-authority" in cluster:
        del config["clusters"][1]["cluster"]["certificate-authority-data"]
    host = MemoryHost(secrets={("default", "login"): {"config": json.dumps(config)}})
    with pytest.raises(InvalidSpec) as caught:
        await PROVIDER.open(referring(place), host)
    assert named in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "private" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("token: [t0ken-private", id="no YAML"),
        pytest.param("- t0ken-private", id="a list"),
        pytest.param("t0ken-private", id="a text"),
        pytest.param("current-context: t0ken-private", id="a context that is not there"),
        pytest.param("!!python/object/apply:os.system [t0ken-private]", id="a tag"),
    ],
)
async def test_what_is_no_kubeconfig_is_refused_and_not_shown(place: Any, text: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        await PROVIDER.open(referring(place), MemoryHost(secrets={("default", "login"): {"config": text}}))
    assert caught.value.field == "authRef"
    assert "private" not in str(caught.value)


# --- client certificates, on a server that demands one ---


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[tuple[str, Authority, list[Any]]]:
    """A server that asks for a client certificate, and what it saw of each request: (peer's name, headers)."""
    authority, seen = new_authority(NOW), []
    (tmp_path / "ca.crt").write_text(authority.certificate_pem)

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        seen.append((request.transport.get_extra_info("peercert"), dict(request.headers)))
        return web.json_response({"kind": "Secret", "metadata": {"name": "app"}, "data": {"k": "dg=="}})

    context = server_context(authority, NOW)
    context.load_verify_locations(tmp_path / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    assert runner.addresses
    yield f"https://127.0.0.1:{runner.addresses[0][1]}", authority, seen
    await runner.cleanup()


async def test_a_client_certificate_logs_in_and_no_token_is_sent(
    strict: Any, open_session: Any, fetch: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    """With everything in place that the operator itself would log in with."""
    url, authority, seen = strict
    own = tmp_path / "own"
    own.write_text(json.dumps({"users": [{"name": "me", "user": {"token": "operators-own"}}]}))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login operators-own password operators-own\n")
    for name, value in {
        "KUBECONFIG": str(own),
        "NETRC": str(tmp_path / ".netrc"),
        "HOME": str(tmp_path),
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "HTTPS_PROXY": "http://operators-own@127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    ca = base64.b64encode(authority.certificate_pem.encode()).decode()
    spec = {"server": {"url": url, "caBundle": ca}, "auth": CERT}
    pair = {"tls.crt": authority.certificate_pem, "tls.key": authority.key_pem}
    session = await open_session(spec, secrets={"pair": pair})
    assert await fetch(session, "app") == VALUE
    ((peer, headers),) = seen
    assert peer["subject"] == ((("commonName", "devcluster-ca"),),)
    assert "Authorization" not in headers
    assert "operators-own" not in str(headers)


@pytest.mark.parametrize("spec", [{}, {"server": {"url": "https://hub.example.com"}}])
def test_a_store_without_an_identity_of_its_own_is_refused(spec: dict[str, Any]) -> None:
    (problem,) = PROVIDER.problems(spec, store_kind="SecretStore")
    assert "the operator's own identity is never used" in problem.message


async def test_a_pair_that_does_not_belong_together_is_refused_and_not_shown(place: Any) -> None:
    first, second = new_authority(NOW), new_authority(NOW)
    pair = {"tls.crt": first.certificate_pem, "tls.key": second.key_pem}
    with pytest.raises(InvalidSpec) as caught:
        await PROVIDER.open(place.store(auth=CERT), MemoryHost(secrets={("default", "pair"): pair}))
    assert str(caught.value) == "auth.cert: the Secrets do not hold a PEM certificate and its unencrypted private key"


async def test_a_server_under_another_authority_is_not_trusted(place: Any, open_session: Any, fetch: Any) -> None:
    spec = place.store()
    spec["server"]["caBundle"] = base64.b64encode(new_authority(NOW).certificate_pem.encode()).decode()
    answer = await fetch(await open_session(spec), "app")
    assert answer.message.startswith("no TLS connection to the API server")


async def test_a_redirect_is_not_followed(place: Any, open_session: Any, fetch: Any) -> None:
    session = await open_session()
    place.cluster.fail_requests(307, path="secrets/app", headers={"Location": "https://elsewhere.example.com"})
    assert isinstance(await fetch(session, "app"), Rejected)
