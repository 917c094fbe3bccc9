"""A host reads what a session logs in with under the namespace rule, and knows when it has changed since."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec, NamespaceUnknown
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.host import Outside, StoreHost
from secrets_operator.fetching.referents import Referents
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.provider import StoreIdentity
from secrets_operator.reporting.metrics import Metrics
from tests.memory_cluster import MemoryCluster
from tests.shared_reading import store_calls

REFERENCE: dict[str, Any] = {"name": "reader", "audiences": ["sts.amazonaws.com"]}


def account(role: str, version: str) -> Object:
    metadata = {"name": "reader", "namespace": "team", "resourceVersion": version, "annotations": {"role": role}}
    return {"kind": "ServiceAccount", "metadata": metadata}


@pytest.fixture
def cluster() -> MemoryCluster:
    return MemoryCluster(account("first", "1"))


@pytest.fixture
def noticed() -> list[bool]:
    """What the host said of depending on who uses it."""
    return []


@pytest.fixture
async def host(cluster: MemoryCluster, noticed: list[bool]) -> AsyncIterator[StoreHost]:
    blocking, identity = Blocking(1), StoreIdentity("ClusterSecretStore", "store", "team")
    outside = Outside(Referents(cluster.client), blocking, Metrics("1"))
    calls = store_calls(blocking)
    yield StoreHost(identity, outside=outside, calls=calls, noticed=lambda: noticed.append(True))
    blocking.close()


async def test_a_service_account_whose_annotations_change_makes_the_session_stale(
    cluster: MemoryCluster, host: StoreHost
) -> None:
    assert await host.service_account_annotations(REFERENCE, field="auth") == {"role": "first"}
    assert not await host.credentials_changed()
    cluster.put(account("second", "2"))
    assert await host.credentials_changed()


async def test_reading_one_without_a_namespace_is_reading_the_consumers(host: StoreHost, noticed: list[bool]) -> None:
    await host.service_account_annotations(REFERENCE, field="auth")
    assert noticed


async def test_an_account_without_annotations_has_none(cluster: MemoryCluster, host: StoreHost) -> None:
    cluster.put({"kind": "ServiceAccount", "metadata": {"name": "plain", "namespace": "team"}})
    assert await host.service_account_annotations({"name": "plain"}, field="auth") == {}


async def test_a_missing_account_is_named_by_its_field(host: StoreHost) -> None:
    with pytest.raises(InvalidSpec, match=r"^auth\.jwt: there is no ServiceAccount team/nobody"):
        await host.service_account_annotations({"name": "nobody"}, field="auth.jwt")


async def test_naming_the_consumers_namespace_keeps_the_session_from_others(
    host: StoreHost, noticed: list[bool]
) -> None:
    assert not noticed
    assert host.consumer_namespace(field="sessionTagsPolicy") == "team"
    assert noticed


async def test_the_namespace_of_a_selector_is_the_one_it_names_or_else_the_consumers(
    host: StoreHost, noticed: list[bool]
) -> None:
    assert host.namespace_of({"namespace": "platform", "name": "reader"}, field="auth") == "platform"
    assert not noticed
    assert (host.namespace_of(REFERENCE, field="auth"), noticed) == ("team", [True])


async def test_a_session_that_serves_everybody_reads_nothing_of_the_one_it_was_opened_for(host: StoreHost) -> None:
    host.serve_everybody()
    with pytest.raises(NamespaceUnknown):
        await host.secret_value({"name": "login", "key": "token"}, field="auth")


# --- whole Secrets, opened by a label ---

LABEL = {"external-secrets.io/type": "webhook"}


def login(labels: dict[str, str], version: str = "1") -> Object:
    metadata = {"name": "login", "namespace": "team", "resourceVersion": version, "labels": labels}
    return {"kind": "Secret", "metadata": metadata, "data": {"token": "dA==", "user": "dQ=="}}


async def test_all_keys_of_a_labelled_secret_are_read_and_a_change_makes_the_session_stale(
    cluster: MemoryCluster, host: StoreHost
) -> None:
    cluster.put(login({**LABEL, "other": "x"}))
    found = await host.secret_data({"name": "login", "key": "token"}, labels=LABEL, field="secrets[0].secretRef")
    assert found == {"token": SecretBytes(b"t"), "user": SecretBytes(b"u")}
    assert not await host.credentials_changed()
    cluster.put(login(LABEL, version="2"))
    assert await host.credentials_changed()


@pytest.mark.parametrize("labels", [{}, {"external-secrets.io/type": "other"}])
async def test_a_secret_without_the_label_stays_closed(
    cluster: MemoryCluster, host: StoreHost, labels: dict[str, str]
) -> None:
    cluster.put(login(labels))
    with pytest.raises(InvalidSpec, match=r"Secret team/login needs the label external-secrets\.io/type: webhook"):
        await host.secret_data({"name": "login"}, labels=LABEL, field="secrets[0].secretRef")
