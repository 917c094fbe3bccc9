"""Which namespace a store may read, and what is said about objects and keys that are not there."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec, NamespaceUnknown, OperatorError
from secrets_operator.fetching.referents import Referents, config_map_key, secret_key
from secrets_operator.provider import StoreIdentity
from secrets_operator.provider.namespaces import reachable_namespace
from tests.builders import secret
from tests.memory_cluster import MemoryCluster

OWN = StoreIdentity("SecretStore", "store", "team")
CLUSTER = StoreIdentity("ClusterSecretStore", "store", "consumer")
NOBODY = StoreIdentity("ClusterSecretStore", "store", "")


@pytest.mark.parametrize(
    ("asker", "namespace", "expected"),
    [
        pytest.param(OWN, None, "team", id="a SecretStore reads its own namespace"),
        pytest.param(OWN, "", "team", id="also with an empty namespace"),
        pytest.param(OWN, "team", "team", id="which it may name"),
        pytest.param(OWN, "prod", InvalidSpec, id="a SecretStore reads no other namespace"),
        pytest.param(CLUSTER, "prod", "prod", id="a ClusterSecretStore reads the namespace its selector names"),
        pytest.param(CLUSTER, None, "consumer", id="without one, the consumer's"),
        pytest.param(NOBODY, "prod", "prod", id="a selector with a namespace needs no consumer"),
        pytest.param(NOBODY, None, NamespaceUnknown, id="one without needs one"),
    ],
)
def test_reachable_namespace(asker: StoreIdentity, namespace: str | None, expected: str | type[OperatorError]) -> None:
    selector = {"name": "x"} if namespace is None else {"name": "x", "namespace": namespace}
    if isinstance(expected, str):
        assert reachable_namespace(asker, selector, field="auth") == expected
    else:
        with pytest.raises(expected, match=r"^auth"):
            reachable_namespace(asker, selector, field="auth")


Act = Callable[[Referents], Awaitable[object]]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        pytest.param(
            lambda referents: referents.secret(OWN, {"name": "x"}, field="auth"),
            "auth: there is no Secret team/x",
            id="a missing Secret",
        ),
        pytest.param(
            lambda referents: referents.config_map(CLUSTER, {"name": "x"}, field="ca"),
            "ca: there is no ConfigMap consumer/x",
            id="a missing ConfigMap",
        ),
        pytest.param(
            lambda referents: referents.token(OWN, {"name": "x"}, audiences=[], field="auth"),
            "auth: there is no ServiceAccount team/x",
            id="a missing ServiceAccount",
        ),
        pytest.param(
            lambda referents: referents.secret(OWN, {}, field="auth"), "auth.name: is required", id="no name given"
        ),
        pytest.param(
            lambda referents: referents.secret(OWN, {"name": "x", "namespace": "prod"}, field="auth"),
            "auth.namespace: a SecretStore reads its own namespace only: "
            "remove the namespace, or use a ClusterSecretStore",
            id="a foreign namespace",
        ),
    ],
)
async def test_what_cannot_be_read_is_named(act: Act, message: str) -> None:
    cluster = MemoryCluster(secret("x", "prod", data={"k": "v"}))
    with pytest.raises(InvalidSpec) as caught:
        await act(Referents(cluster.client))
    assert str(caught.value) == message
    assert "get Secret" not in cluster.calls or "prod" not in message


async def test_a_token_is_issued_for_its_audiences() -> None:
    account = {"kind": "ServiceAccount", "metadata": {"name": "sa", "namespace": "team"}}
    referents = Referents(MemoryCluster(account).client)
    token = await referents.token(OWN, {"name": "sa"}, audiences=["vault", "x"], field="auth")
    assert token.reveal() == b"team/sa:vault,x"


SECRET = secret("x", "team", data={"k": "value", "empty": ""})
CONFIG_MAP: dict[str, Any] = {"metadata": {"name": "x", "namespace": "team"}, "data": {"k": "value"}}


def test_a_key_is_read() -> None:
    assert secret_key(SECRET, {"name": "x", "key": "k"}, field="auth").reveal() == b"value"
    assert secret_key(SECRET, {"name": "x", "key": "empty"}, field="auth").reveal() == b""
    assert config_map_key(CONFIG_MAP, {"name": "x", "key": "k"}, field="ca") == "value"


@pytest.mark.parametrize(
    ("read", "message"),
    [
        pytest.param(
            lambda: secret_key(SECRET, {"name": "x", "key": "other"}, field="auth"),
            "auth.key: Secret team/x has no key 'other'",
            id="a key the Secret does not have",
        ),
        pytest.param(
            lambda: config_map_key({**CONFIG_MAP, "data": None}, {"name": "x", "key": "k"}, field="ca"),
            "ca.key: ConfigMap team/x has no key 'k'",
            id="a ConfigMap without data",
        ),
        pytest.param(
            lambda: secret_key(SECRET, {"name": "x"}, field="auth"), "auth.key: is required", id="no key given"
        ),
    ],
)
def test_a_missing_key_is_named(read: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        read()
    assert str(caught.value) == message
