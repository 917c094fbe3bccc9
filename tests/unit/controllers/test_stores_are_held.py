"""A store has the finalizer while a PushSecret is to delete something from it, and no longer."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.applying.finalizers import Finalizers
from secrets_operator.controllers.store_finalizers import StoreFinalizers
from secrets_operator.flow import Object
from secrets_operator.kube.errors import Conflict
from secrets_operator.resources.labels import SECRET_STORE_FINALIZER
from tests.builders import push_secret, store
from tests.memory_cluster import MemoryCluster

DELETES = push_secret(spec={"deletionPolicy": "Delete"})
THEIRS, GOING = ["example.com/theirs"], "2026-03-01T12:00:00Z"
HELD = [*THEIRS, SECRET_STORE_FINALIZER]


async def settled(
    cached: Object, push_secrets: list[Object], *, sees_all: bool = True, live: Object | None = None
) -> Any:
    """Return the finalizers that the store has then, and how often it was written."""
    cluster = MemoryCluster(live or cached)
    finalizers = StoreFinalizers(Finalizers(cluster.client), lambda: push_secrets, sees_all=lambda _: sees_all)
    await finalizers.settle(cached)
    found = cluster.objects[cached["kind"], cached["metadata"]["namespace"], cached["metadata"]["name"]]
    return found["metadata"].get("finalizers"), cluster.calls["patch SecretStore"]


@pytest.mark.parametrize(
    ("cached", "push_secrets", "sees_all", "expected"),
    [
        pytest.param(store(), [DELETES], True, ([SECRET_STORE_FINALIZER], 1), id="needed -> put on"),
        pytest.param(store(finalizers=THEIRS), [DELETES], True, (HELD, 1), id="those of others stay"),
        pytest.param(store(finalizers=HELD), [DELETES], True, (HELD, 0), id="there already -> nothing written"),
        pytest.param(store(finalizers=HELD), [], True, (THEIRS, 1), id="needed no more -> taken off, and no other"),
        pytest.param(
            store(finalizers=HELD), [push_secret()], True, (THEIRS, 1), id="only named by one that does not delete"
        ),
        pytest.param(store(finalizers=HELD), [], False, (HELD, 0), id="who may need it is not all seen -> stays"),
        pytest.param(store(), [], True, (None, 0), id="never needed -> nothing written"),
        pytest.param(store(deletionTimestamp=GOING), [DELETES], True, (None, 0), id="on its way out -> too late"),
    ],
)
async def test_a_store_is_settled(cached: Object, push_secrets: Any, *, sees_all: bool, expected: Any) -> None:
    assert await settled(cached, push_secrets, sees_all=sees_all) == expected


async def test_a_store_that_was_replaced_by_a_namesake_is_left_alone() -> None:
    assert await settled(store(), [DELETES], live=store(uid="another")) == (None, 0)


async def test_a_store_that_changed_meanwhile_is_tried_again() -> None:
    cluster = MemoryCluster(store())
    cluster.failures["patch SecretStore"] = [Conflict("changed", code=409)]
    finalizers = StoreFinalizers(Finalizers(cluster.client), lambda: [DELETES], sees_all=lambda _: True)
    with pytest.raises(Conflict):
        await finalizers.settle(store())
