"""AWS as users meet it: few calls for many resources, Secrets that survive trouble, and trouble that stays at home."""

from __future__ import annotations

import pytest

from tests.aws_accounts import Account
from tests.cluster.manifests import Object, aws_store, external_secret, push_secret, pushed_to
from tests.cluster_world import Aws, OperatorProcess, World, condition, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

KEYS, RESOURCES, BATCHES = 40, 200, 2


def account_of(world: World, namespace: str, aws: Aws, *, keys_of: str = "") -> Account:
    """Give a namespace an access key of its own, or another one's, and return what that key does."""
    access_key = f"AKIA{keys_of or namespace}"
    world.put_secret(namespace, "aws-credentials", {"id": access_key, "key": "test-secret-access-key"})
    return aws.accounts.of(access_key)


def value_calls(account: Account) -> dict[str, int]:
    return {call: count for call, count in account.calls.items() if "Value" in call or "GetParameter" in call}


def test_resources_that_wait_for_one_store_share_full_batches(
    world: World, namespace: str, operator: OperatorProcess, aws: Aws
) -> None:
    account = account_of(world, namespace, aws)
    for number in range(KEYS):
        aws.put(f"{namespace}/{number}", f"value-{number}")
    for number in range(RESOURCES):
        world.apply(external_secret(namespace, {"k": f"{namespace}/{number % KEYS}"}, name=f"r{number}", store="aws"))
    world.apply(aws_store(namespace))
    for number in range(RESOURCES):
        world.wait_data(namespace, f"r{number}", {"k": f"value-{number % KEYS}".encode()})
    # Once when they are new, and once more a moment later, in case a value was being written just then.
    assert sum(value_calls(account).values()) <= 2 * BATCHES
    assert set(value_calls(account)) == {"BatchGetSecretValue"}


def test_resources_of_stores_with_equal_keys_share_full_batches(
    world: World, namespace: str, operator: OperatorProcess, aws: Aws
) -> None:
    places = [namespace, *(world.create_namespace() for _ in range(3))]
    accounts = [account_of(world, place, aws, keys_of=namespace) for place in places]
    for number in range(KEYS):
        aws.put(f"{namespace}/{number}", f"value-{number}")
    for number in range(RESOURCES):
        key = f"{namespace}/{number % KEYS}"
        place = places[number // KEYS % len(places)]
        world.apply(external_secret(place, {"k": key}, name=f"r{number}", store="aws"))
    for place in places:
        world.apply(aws_store(place))
    for number in range(RESOURCES):
        place = places[number // KEYS % len(places)]
        world.wait_data(place, f"r{number}", {"k": f"value-{number % KEYS}".encode()})
    # As much as if they had one store.
    assert sum(value_calls(accounts[0]).values()) <= 2 * BATCHES
    for place in places[1:]:
        world.delete_namespace(place)


def test_parameters_become_secrets(world: World, namespace: str, operator: OperatorProcess, aws: Aws) -> None:
    account_of(world, namespace, aws)
    for value in ("first", "second"):
        aws.parameters.put_parameter(
            Name=f"/{namespace}/smtp/password", Value=value, Type="SecureString", Overwrite=True
        )
    world.apply(aws_store(namespace, service="ParameterStore", prefix=f"/{namespace}/"))
    manifest = external_secret(namespace, {"password": "smtp/password"}, store="aws")
    manifest["spec"]["data"] += [{"secretKey": "former", "remoteRef": {"key": "smtp/password", "version": "1"}}]
    manifest["spec"]["dataFrom"] = [{"find": {"path": f"/{namespace}", "name": {"regexp": "password$"}}}]
    world.apply(manifest)
    found = f"_{namespace}_smtp_password"
    world.wait_data(namespace, "app", {"password": b"second", "former": b"first", found: b"second"})


def test_the_role_of_a_service_account_reads(world: World, namespace: str, operator: OperatorProcess, aws: Aws) -> None:
    aws.put(f"{namespace}/db", "value")
    role = "arn:aws:iam::123456789012:role/reader"
    world.apply(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "reader", "namespace": namespace, "annotations": {"eks.amazonaws.com/role-arn": role}},
        }
    )
    world.apply(aws_store(namespace, auth={"jwt": {"serviceAccountRef": {"name": "reader"}}}))
    world.apply(external_secret(namespace, {"k": f"{namespace}/db"}, store="aws"))
    world.wait_condition("SecretStore", namespace, "aws")
    world.wait_data(namespace, "app", {"k": b"value"})


def test_a_store_with_settings_for_pushing_is_read_from(
    world: World, namespace: str, operator: OperatorProcess, aws: Aws
) -> None:
    account_of(world, namespace, aws)
    aws.put(f"{namespace}/db", "value")
    world.apply(aws_store(namespace, secretsManager={"recoveryWindowInDays": 7}))
    world.apply(external_secret(namespace, {"k": f"{namespace}/db"}, store="aws"))
    world.wait_data(namespace, "app", {"k": b"value"})


def test_what_is_pushed_is_there_with_its_policy_and_is_deleted_with_the_push_secret(
    world: World, namespace: str, operator: OperatorProcess, aws: Aws
) -> None:
    account_of(world, namespace, aws)
    world.put_secret(namespace, "source", {"user": "u-19aa"})
    policy = {"data": {"policy.json": '{"Id":"ours"}'}, "metadata": {"name": "policies", "namespace": namespace}}
    world.apply({"apiVersion": "v1", "kind": "ConfigMap", **policy})
    store = aws_store(namespace, prefix=f"{namespace}/", secretsManager={"forceDeleteWithoutRecovery": True})
    world.apply(store)
    entry = pushed_to("db", "user", of="user")
    source = {"kind": "ConfigMap", "name": "policies", "key": "policy.json"}
    entry["metadata"] = {
        "apiVersion": "kubernetes.external-secrets.io/v1alpha1",
        "kind": "PushSecretMetadata",
        "spec": {"secretPushFormat": "string", "resourcePolicy": {"policySourceRef": source}},
    }
    refs = [{"name": "aws"}]
    world.apply(push_secret(namespace, [entry], secretStoreRefs=refs, deletionPolicy="Delete"))
    world.wait_condition("PushSecret", namespace, "app", reason="Synced")
    name = f"{namespace}/db"
    assert aws.client.get_secret_value(SecretId=name)["SecretString"] == '{"user":"u-19aa"}'
    assert aws.client.get_resource_policy(SecretId=name)["ResourcePolicy"] == '{"Id":"ours"}'

    world.delete("PushSecret", namespace, "app")
    wait_for("the PushSecret is gone", lambda: world.get("PushSecret", namespace, "app") is None)
    with pytest.raises(aws.client.exceptions.ResourceNotFoundException):
        aws.client.describe_secret(SecretId=name)


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        pytest.param(400, "ThrottlingException", "AWS asks to slow down", id="a throttle"),
        pytest.param(503, "ServiceUnavailable", "AWS cannot be reached or does not answer", id="an outage"),
        pytest.param(400, "ExpiredTokenException", "the credentials are not accepted", id="an expired credential"),
        pytest.param(400, "AccessDeniedException", "access is denied", id="a lost permission"),
        pytest.param(200, "", "AWS cannot be reached or does not answer", id="half a document"),
    ],
)
def test_the_last_good_secret_survives(
    *, world: World, namespace: str, operator: OperatorProcess, aws: Aws, status: int, code: str, says: str
) -> None:
    account = account_of(world, namespace, aws)
    aws.put(f"{namespace}/db", "value")
    world.apply(_impatient(aws_store(namespace)))
    world.apply(
        external_secret(
            namespace,
            {"k": f"{namespace}/db"},
            store="aws",
            refreshInterval="1s",
            target={"deletionPolicy": "Delete"},
        )
    )
    world.wait_data(namespace, "app", {"k": b"value"})
    if code:
        account.fails(status, code)
    else:
        account.answers(b'{"Name":"db","SecretStr')
    failed = world.wait_condition("ExternalSecret", namespace, "app", status="False", says=says)
    assert "7a1c" not in failed["message"]
    assert world.data(namespace, "app") == {"k": b"value"}
    account.recovers()
    aws.put(f"{namespace}/db", "rotated")
    world.wait_data(namespace, "app", {"k": b"rotated"})


def test_a_throttled_account_shows_on_its_store_and_slows_down_no_other(
    world: World, namespace: str, operator: OperatorProcess, aws: Aws
) -> None:
    account = account_of(world, namespace, aws)
    other = world.create_namespace()
    account_of(world, other, aws)
    aws.put(f"{namespace}/db", "value")
    world.apply(_impatient(aws_store(namespace)))
    world.apply(aws_store(other))
    for number in range(6):
        name = f"r{number}"
        world.apply(external_secret(namespace, {"k": f"{namespace}/db"}, name=name, store="aws", refreshInterval="1s"))
        world.wait_data(namespace, name, {"k": b"value"})
    account.fails(400, "ThrottlingException")

    def circuit() -> Object:
        return condition(world.get("SecretStore", namespace, "aws"), "CircuitOpen") or {}

    wait_for("the store says that it is throttled", lambda: "slow down" in circuit().get("message", ""), seconds=60)
    world.apply(external_secret(other, {"k": f"{namespace}/db"}, store="aws"))
    world.wait_data(other, "app", {"k": b"value"})
    assert world.data(namespace, "r0") == {"k": b"value"}
    world.delete_namespace(other)


def _impatient(store: Object) -> Object:
    """Let a store make each call once, so that trouble shows soon."""
    store["spec"]["retrySettings"] = {"maxRetries": 1}
    return store
