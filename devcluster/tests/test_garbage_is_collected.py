"""Owner references, finalizers, and the deletion of namespaces and definitions."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Builders = dict[str, Callable[..., dict[str, Any]]]
Eventually = Callable[[Callable[[], Awaitable[bool]], str], Awaitable[None]]
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def owned_by(owner: dict[str, Any], **more: Any) -> dict[str, Any]:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"]}
    return {**reference, "uid": owner["metadata"]["uid"], **more}


async def status_of(api: Any, path: str) -> int:
    status: int = (await api.call("GET", path))[0]
    return status


async def test_dependents_follow_their_owner(
    api: Any, namespace: str, builders: Builders, eventually: Eventually
) -> None:
    owner = await api.create(f"{namespace}/configmaps", builders["config_map"]("o"))
    references = [owned_by(owner)]
    await api.create(f"{namespace}/secrets", builders["secret"]("d", ownerReferences=references))
    await api.create(f"{namespace}/secrets", builders["secret"]("other"))
    await api.call("DELETE", f"{namespace}/configmaps/o")

    async def gone() -> bool:
        return await status_of(api, f"{namespace}/secrets/d") == 404

    await eventually(gone, "the dependent goes")
    assert await status_of(api, f"{namespace}/secrets/other") == 200


async def test_a_dependent_of_two_loses_one_reference(
    api: Any, namespace: str, builders: Builders, eventually: Eventually
) -> None:
    owners = [await api.create(f"{namespace}/configmaps", builders["config_map"](name)) for name in ("o", "p")]
    references = [owned_by(owner) for owner in owners]
    await api.create(f"{namespace}/secrets", builders["secret"]("d", ownerReferences=references))
    await api.call("DELETE", f"{namespace}/configmaps/o")

    async def one_left() -> bool:
        meta = (await api.get(f"{namespace}/secrets/d"))["metadata"]
        return [reference["name"] for reference in meta["ownerReferences"]] == ["p"]

    await eventually(one_left, "only the reference to p is left")


async def test_foreground_deletion_waits_for_blocking_dependents(
    api: Any, namespace: str, builders: Builders, eventually: Eventually
) -> None:
    owner = await api.create(f"{namespace}/configmaps", builders["config_map"]("o"))
    blocking = [owned_by(owner, blockOwnerDeletion=True)]
    dependent = builders["secret"]("d", ownerReferences=blocking, finalizers=["example.dev/hold"])
    await api.create(f"{namespace}/secrets", dependent)
    path = f"{namespace}/configmaps/o"
    _, marked = await api.call("DELETE", path, params={"propagationPolicy": "Foreground"})
    assert marked["metadata"]["finalizers"] == ["foregroundDeletion"]

    async def dependent_marked() -> bool:
        return "deletionTimestamp" in (await api.get(f"{namespace}/secrets/d"))["metadata"]

    await eventually(dependent_marked, "the dependent is being deleted")
    assert await status_of(api, path) == 200
    await api.merge(f"{namespace}/secrets/d", {"metadata": {"finalizers": None}})

    async def owner_gone() -> bool:
        return await status_of(api, path) == 404

    await eventually(owner_gone, "the owner goes after its dependent")


async def test_an_owner_that_never_was_counts_as_gone_after_a_moment(
    api: Any, namespace: str, builders: Builders, eventually: Eventually
) -> None:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "ghost", "uid": "no-such-uid"}
    await api.create(f"{namespace}/secrets", builders["secret"]("d", ownerReferences=[reference]))
    assert await status_of(api, f"{namespace}/secrets/d") == 200

    async def gone() -> bool:
        return await status_of(api, f"{namespace}/secrets/d") == 404

    await eventually(gone, "the dependent of nobody goes")


async def test_a_namespace_goes_with_everything_in_it(
    api: Any, namespace: str, builders: Builders, eventually: Eventually
) -> None:
    held = builders["secret"]("held", finalizers=["example.dev/hold"])
    await api.create(f"{namespace}/secrets", held)
    _, marked = await api.call("DELETE", namespace)
    assert marked["status"]["phase"] == "Terminating"
    status, refused = await api.call("POST", f"{namespace}/secrets", builders["secret"]("late"))
    assert (status, refused["details"]["causes"][0]["reason"]) == (403, "NamespaceTerminating")

    async def reported() -> bool:
        conditions = (await api.get(namespace))["status"].get("conditions", [])
        return any("example.dev/hold" in condition["message"] for condition in conditions)

    await eventually(reported, "the namespace says which finalizer holds it")
    await api.merge(f"{namespace}/secrets/held", {"metadata": {"finalizers": None}})

    async def gone() -> bool:
        return await status_of(api, namespace) == 404

    await eventually(gone, "the namespace goes when the last object is gone")


async def test_a_namespace_can_be_finalized_by_hand(
    api: Any, namespace: str, builders: Builders, eventually: Eventually
) -> None:
    await api.create(f"{namespace}/secrets", builders["secret"]("held", finalizers=["example.dev/hold"]))
    _, marked = await api.call("DELETE", namespace)
    status, _ = await api.call("PUT", f"{namespace}/finalize", {**marked, "spec": {}})
    assert status in {200, 409}

    async def gone() -> bool:
        fresh = (await api.call("GET", namespace))[1]
        if fresh["kind"] == "Namespace":
            await api.call("PUT", f"{namespace}/finalize", {**fresh, "spec": {}})
        return await status_of(api, namespace) == 404

    await eventually(gone, "the namespace goes although an object is left")


async def test_a_definition_goes_with_its_objects(
    api: Any, namespace: str, builders: Builders, eventually: Eventually
) -> None:
    await api.create(DEFINITIONS, builders["definition"]({}))
    path = f"{namespace.replace('/api/v1', '/apis/example.dev/v1')}/gadgets"
    gadget = {"apiVersion": "example.dev/v1", "kind": "Gadget", "metadata": {"name": "g", "finalizers": ["a/b"]}}
    await api.create(path, gadget)
    await api.call("DELETE", f"{DEFINITIONS}/gadgets.example.dev")

    async def marked() -> bool:
        return "deletionTimestamp" in (await api.get(f"{path}/g"))["metadata"]

    await eventually(marked, "the object is being deleted")
    assert (await api.call("POST", path, gadget))[0] == 405
    await api.merge(f"{path}/g", {"metadata": {"finalizers": None}})

    async def gone() -> bool:
        return await status_of(api, f"{DEFINITIONS}/gadgets.example.dev") == 404

    await eventually(gone, "the definition goes after its objects")
    assert await status_of(api, path) == 404


@pytest.mark.parametrize("policy", ["Background", "Foreground", "Orphan"])
async def test_every_policy_deletes_an_object_without_dependents(
    api: Any, namespace: str, builders: Builders, eventually: Eventually, policy: str
) -> None:
    await api.create(f"{namespace}/configmaps", builders["config_map"]("o"))
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy}
    assert (await api.call("DELETE", f"{namespace}/configmaps/o", options))[0] == 200

    async def gone() -> bool:
        return await status_of(api, f"{namespace}/configmaps/o") == 404

    await eventually(gone, "the object goes")
