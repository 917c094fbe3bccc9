"""Lists in pages show one moment, whatever happens meanwhile."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from devcluster.pagination import Continue, read
from devcluster.statuses import ApiError

from devcluster import Cluster

Builders = dict[str, Callable[..., dict[str, Any]]]


async def names(api: Any, path: str, **params: str) -> list[str]:
    return [item["metadata"]["name"] for item in (await api.get(path, **params))["items"]]


@pytest.fixture
async def path(api: Any, namespace: str, builders: Builders) -> str:
    """The path of five secrets, a to e."""
    for name in "abcde":
        await api.create(f"{namespace}/secrets", builders["secret"](name))
    return f"{namespace}/secrets"


async def test_pages_cover_everything_once(api: Any, path: str) -> None:
    seen, token = [], ""
    while True:
        page = await api.get(path, limit="2", **({"continue": token} if token else {}))
        seen += [item["metadata"]["name"] for item in page["items"]]
        token = page["metadata"].get("continue", "")
        if not token:
            break
        assert page["metadata"]["remainingItemCount"] == 5 - len(seen)
    assert seen == list("abcde")


async def test_later_pages_show_the_moment_of_the_first(api: Any, path: str, builders: Builders) -> None:
    first = await api.get(path, limit="2")
    await api.call("DELETE", f"{path}/d")
    await api.create(path, builders["secret"]("cc"))
    await api.merge(f"{path}/e", {"data": {"k": "bmV3"}})
    rest = await api.get(path, limit="9", **{"continue": first["metadata"]["continue"]})
    assert [(item["metadata"]["name"], item["data"]["k"]) for item in rest["items"]] == [
        ("c", "dg=="),
        ("d", "dg=="),
        ("e", "dg=="),
    ]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert await names(api, path) == ["a", "b", "c", "cc", "e"]


async def test_an_exact_revision_can_be_listed(api: Any, path: str) -> None:
    revision = (await api.get(path))["metadata"]["resourceVersion"]
    await api.call("DELETE", f"{path}/a")
    exact = {"resourceVersion": revision, "resourceVersionMatch": "Exact"}
    assert await names(api, path, **exact) == list("abcde")


async def test_a_token_expires_with_the_history(cluster: Cluster, api: Any, path: str) -> None:
    token = (await api.get(path, limit="2"))["metadata"]["continue"]
    cluster.expire_history()
    status, body = await api.call("GET", path, params={"continue": token})
    assert (status, body["reason"]) == (410, "Expired")


def test_tokens_survive_their_own_encoding() -> None:
    place = Continue(7, ("ns", "name"))
    assert read(place.token()) == place


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("garbage", id="not JSON inside"),
        pytest.param("a", id="not base64"),
        pytest.param(base64.urlsafe_b64encode(b"{}").decode(), id="nothing inside"),
        pytest.param(base64.urlsafe_b64encode(b'{"start":1,"rv":2}').decode(), id="of the wrong types"),
    ],
)
def test_foreign_tokens_are_refused(token: str) -> None:
    with pytest.raises(ApiError) as refused:
        read(token)
    assert refused.value.code == 400
