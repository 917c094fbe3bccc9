"""``dataFrom.find`` on a cluster: every match becomes a key, and a find that is not answered whole changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.manifests import aws_store, external_secret, fake_store, vault_store
from tests.cluster_world import Aws, Vault, World

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]


def test_matches_become_keys_that_a_secret_can_have(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"team/db": "1", "team/mail": "2", "other": "3"}))
    find: dict[str, Any] = {"name": {"regexp": "^team/"}}
    world.apply(external_secret(namespace, {"own": "other"}, dataFrom=[{"find": find}]))
    world.wait_data(namespace, "app", {"team_db": b"1", "team_mail": b"2", "own": b"3"})
    find["conversionStrategy"] = "Unicode"
    world.apply(external_secret(namespace, {"own": "other"}, dataFrom=[{"find": find}]))
    world.wait_data(namespace, "app", {"team_U002f_db": b"1", "team_U002f_mail": b"2", "own": b"3"})


def test_a_new_match_arrives_and_a_deleted_one_goes(world: World, namespace: str, aws: Aws) -> None:
    for name in ("a", "b"):
        aws.put(f"{namespace}/{name}", name)
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    world.apply(aws_store(namespace))
    find = {"path": f"{namespace}/", "name": {"regexp": "."}}
    world.apply(external_secret(namespace, store="aws", refreshInterval="1s", dataFrom=[{"find": find}]))
    world.wait_data(namespace, "app", {f"{namespace}_a": b"a", f"{namespace}_b": b"b"})
    aws.put(f"{namespace}/c", "c")
    aws.client.delete_secret(SecretId=f"{namespace}/a", ForceDeleteWithoutRecovery=True)
    world.wait_data(namespace, "app", {f"{namespace}_b": b"b", f"{namespace}_c": b"c"})


def _allow(vault: Vault, policy: str, *names: str) -> None:
    rules = [f'path "{vault.mount}/metadata/{policy}" {{ capabilities = ["list"] }}']
    rules += [f'path "{vault.mount}/metadata/{policy}/*" {{ capabilities = ["list"] }}']
    rules += [f'path "{vault.mount}/data/{policy}/{name}" {{ capabilities = ["read"] }}' for name in names]
    vault.client.sys.create_or_update_policy(policy, "\n".join(rules))


def test_a_match_that_may_not_be_read_any_more_removes_nothing(world: World, namespace: str, vault: Vault) -> None:
    for name in ("a", "b"):
        vault.put(f"{namespace}/{name}", {"n": name})
    _allow(vault, namespace, "a", "b")
    made: dict[str, Any] = vault.client.auth.token.create(policies=[namespace])
    world.put_secret(namespace, "vault-token", {"token": made["auth"]["client_token"]})
    world.apply(vault_store(namespace, vault.address, vault.mount))
    find = {"path": namespace}
    world.apply(external_secret(namespace, store="vault", refreshInterval="1s", dataFrom=[{"find": find}]))
    both = {f"{namespace}_a": b'{"n":"a"}', f"{namespace}_b": b'{"n":"b"}'}
    world.wait_data(namespace, "app", both)
    _allow(vault, namespace, "a")
    says = f"spec.dataFrom[0].find: path '{namespace}' was refused: '{namespace}/b': permission denied"
    world.wait_condition("ExternalSecret", namespace, "app", status="False", says=says)
    assert world.data(namespace, "app") == both
    _allow(vault, namespace, "a", "b")
    world.wait_condition("ExternalSecret", namespace, "app")


def test_a_store_that_cannot_be_checked_is_used(world: World, namespace: str) -> None:
    store = fake_store(namespace, {"one": "1"})
    store["spec"]["provider"]["fake"]["validationResult"] = 1
    world.apply(store)
    world.apply(external_secret(namespace, {"k": "one"}))
    world.wait_data(namespace, "app", {"k": b"1"})
    assert world.wait_condition("SecretStore", namespace, "store")["reason"] == "ValidationUnknown"
