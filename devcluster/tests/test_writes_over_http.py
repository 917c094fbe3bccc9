"""Creating, updating and patching over HTTP, where the recordings are silent."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from devcluster import Cluster

Builders = dict[str, Callable[..., dict[str, Any]]]
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GADGETS = "/apis/example.dev/v1/namespaces/t/gadgets"
V1 = "example.dev/v1"


def gadget(spec: dict[str, Any], version: str = V1, **meta: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": "Gadget", "metadata": {"name": "g", **meta}, "spec": spec}


def two_versions(builders: Builders) -> dict[str, Any]:
    """Gadgets whose v1 (stored) knows size and color, and whose v1beta1 knows size and has a default."""
    definition = builders["definition"]({"size": {"type": "integer"}, "color": {"type": "string"}})
    older = orjson.loads(orjson.dumps(definition["spec"]["versions"][0]))
    older |= {"name": "v1beta1", "storage": False}
    properties = older["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    del properties["color"]
    properties["mode"] = {"type": "string", "default": "slow"}
    definition["spec"]["versions"].append(older)
    return definition


async def test_each_version_shows_what_its_schema_knows(api: Any, namespace: str, builders: Builders) -> None:
    await api.create(DEFINITIONS, two_versions(builders))
    await api.create(GADGETS, gadget({"size": 1, "color": "red"}))
    older = await api.get(f"{GADGETS.replace('v1', 'v1beta1', 1)}/g")
    assert (older["apiVersion"], older["spec"]) == ("example.dev/v1beta1", {"size": 1, "mode": "slow"})
    assert (await api.get(f"{GADGETS}/g"))["spec"] == {"size": 1, "color": "red"}


async def test_an_object_written_in_one_version_is_read_in_another(
    api: Any, namespace: str, builders: Builders
) -> None:
    await api.create(DEFINITIONS, two_versions(builders))
    path = GADGETS.replace("v1", "v1beta1", 1)
    created = await api.create(path, gadget({"size": 1}, "example.dev/v1beta1"))
    assert created["apiVersion"] == "example.dev/v1beta1"
    found = await api.get(f"{GADGETS}/g")
    assert (found["apiVersion"], found["spec"]) == (V1, {"size": 1})
    listed = await api.get(GADGETS)
    assert [item["apiVersion"] for item in listed["items"]] == [V1]


async def test_a_changed_definition_holds_at_once(api: Any, namespace: str, builders: Builders) -> None:
    definition = builders["definition"]({"size": {"type": "integer"}})
    await api.create(DEFINITIONS, definition)
    await api.create(GADGETS, gadget({"size": 1, "late": "dropped"}))
    patch = builders["definition"]({"size": {"type": "integer"}, "late": {"type": "string", "default": "new"}})
    await api.merge(f"{DEFINITIONS}/gadgets.example.dev", {"spec": patch["spec"]})
    assert (await api.get(f"{GADGETS}/g"))["spec"] == {"size": 1, "late": "new"}


@pytest.mark.parametrize(
    ("spec", "problems"),
    [
        pytest.param({"size": 1, "odd": 2}, ".spec.odd: field not declared in schema", id="one"),
        pytest.param(
            {"odd": 1, "even": 2},
            "errors:\n  .spec.even: field not declared in schema\n  .spec.odd: field not declared in schema",
            id="several",
        ),
    ],
)
async def test_a_field_that_the_schema_lacks_is_dropped_by_a_create_and_an_error_for_an_apply(
    api: Any, namespace: str, builders: Builders, spec: dict[str, Any], problems: str
) -> None:
    await api.create(DEFINITIONS, builders["definition"]({"size": {"type": "integer"}}))
    assert "odd" not in (await api.create(GADGETS, gadget(spec)))["spec"]
    status, body = await api.apply(f"{GADGETS}/g", gadget(spec), force="true")
    message = f"failed to create typed patch object (t/g; example.dev/v1, Kind=Gadget): {problems}"
    assert (status, body["message"], body.get("reason")) == (500, message, None)


async def test_an_impossible_definition_is_refused(api: Any, builders: Builders) -> None:
    definition = builders["definition"]({"size": {"type": "integer"}})
    definition["metadata"]["name"] = "other.example.dev"
    status, body = await api.call("POST", DEFINITIONS, definition)
    assert (status, body["reason"]) == (422, "Invalid")


@pytest.mark.parametrize("path", ["secrets/a", "configmaps/a"])
async def test_dry_runs_change_nothing(
    cluster: Cluster, api: Any, namespace: str, builders: Builders, path: str
) -> None:
    plural = path.partition("/")[0]
    made = builders["secret" if plural == "secrets" else "config_map"]
    await api.create(f"{namespace}/{plural}", made("a"))
    before = await api.get(f"{namespace}/{plural}")
    dry = {"dryRun": "All"}
    await api.call("POST", f"{namespace}/{plural}", made("b"), params=dry)
    await api.call("PUT", f"{namespace}/{path}", made("a", {"z": "eg=="}), params=dry)
    await api.apply(f"{namespace}/{path}", made("a", {"z": "eg=="}), force="true", **dry)
    status, _ = await api.call("DELETE", f"{namespace}/{path}", params=dry)
    assert status == 200
    assert await api.get(f"{namespace}/{plural}") == before


async def test_deleting_a_collection_spares_what_is_not_selected(api: Any, namespace: str, builders: Builders) -> None:
    for name, app in (("a", "x"), ("b", "y"), ("c", "x")):
        await api.create(f"{namespace}/secrets", builders["secret"](name, labels={"app": app}))
    status, body = await api.call("DELETE", f"{namespace}/secrets", params={"labelSelector": "app=x"})
    assert (status, body["kind"], len(body["items"])) == (200, "SecretList", 2)
    assert [item["metadata"]["name"] for item in (await api.get(f"{namespace}/secrets"))["items"]] == ["b"]


async def test_identical_applies_write_once(api: Any, namespace: str, builders: Builders) -> None:
    path = f"{namespace}/secrets/a"
    applied = builders["secret"]("a", labels={"app": "x"})
    status, first = await api.apply(path, applied)
    assert status == 201
    assert await api.apply(path, applied) == (200, first)


async def test_string_data_applied_twice_writes_once(api: Any, namespace: str) -> None:
    applied = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"k": "v"}}
    _, first = await api.apply(f"{namespace}/secrets/a", applied)
    _, second = await api.apply(f"{namespace}/secrets/a", applied)
    assert second == first
    assert second["data"] == {"k": "dg=="}


async def test_events_are_one_object_in_two_groups(api: Any, namespace: str) -> None:
    event = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "regarding": {"kind": "Secret", "name": "s", "namespace": "t"},
        "reason": "Synced",
        "note": "done",
        "type": "Normal",
        "action": "Sync",
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "c",
        "reportingInstance": "i",
    }
    await api.create("/apis/events.k8s.io/v1/namespaces/t/events", event)
    core = await api.get(f"{namespace}/events/e")
    assert (core["involvedObject"]["name"], core["message"], core["reportingComponent"]) == ("s", "done", "c")
    path = "/apis/events.k8s.io/v1/namespaces/t/events/e"
    await api.merge(path, {"note": "again"})
    assert (await api.get(path))["note"] == "again"
    assert (await api.get(f"{namespace}/events/e"))["message"] == "again"


@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [
        pytest.param("PUT secrets/a", {"kind": "Pod", "apiVersion": "v1"}, 400, id="another kind"),
        pytest.param("PUT secrets/a", [], 400, id="not an object"),
        pytest.param("POST secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": []}, 400, id="bad metadata"),
        pytest.param("POST secrets/a", {}, 405, id="create under a name"),
        pytest.param("POST secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": {}}, 422, id="no name"),
        pytest.param("PATCH secrets/a", {"metadata": {"name": "b"}}, 400, id="renaming"),
        pytest.param("PATCH secrets/a", {"metadata": {"labels": {"a b": "c"}}}, 422, id="a malformed label"),
        pytest.param("GET secrets/a/nothing", None, 404, id="an unknown subresource"),
        pytest.param("GET namespaces", None, 404, id="a cluster resource inside a namespace"),
        pytest.param("GET secrets?labelSelector=%3D", None, 400, id="a malformed selector"),
        pytest.param("GET secrets?limit=x", None, 400, id="a malformed limit"),
        pytest.param("GET secrets?resourceVersion=99999999", None, 504, id="a revision from the future"),
        pytest.param("DELETE secrets/a?propagationPolicy=Odd", None, 422, id="an unknown policy"),
        pytest.param("DELETE secrets/a?dryRun=Some", None, 422, id="an unknown kind of dry run"),
        pytest.param("PATCH secrets/a?fieldValidation=Odd", {}, 422, id="an unknown validation"),
    ],
)
async def test_what_is_refused(
    api: Any, namespace: str, builders: Builders, request_line: str, body: Any, status: int
) -> None:
    await api.create(f"{namespace}/secrets", builders["secret"]("a"))
    method, path = request_line.split()
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    found, answer = await api.call(method, f"{namespace}/{path}", body, Content_Type=kind)
    assert found == status, answer


async def test_built_in_kinds_may_leave_out_what_the_path_says(api: Any, namespace: str) -> None:
    created = await api.create(f"{namespace}/secrets", {"metadata": {"name": "a"}})
    assert (created["kind"], created["apiVersion"]) == ("Secret", "v1")


async def test_custom_resources_name_their_kind(api: Any, namespace: str, builders: Builders) -> None:
    await api.create(DEFINITIONS, builders["definition"]({}))
    status, body = await api.call("POST", GADGETS, {"apiVersion": V1, "metadata": {"name": "g"}})
    assert (status, body["reason"]) == (400, "BadRequest")


async def test_bodies_above_three_megabytes_are_refused(api: Any, namespace: str, builders: Builders) -> None:
    large = builders["config_map"]("c", {"k": "x" * (3 * 1024 * 1024)})
    assert (await api.call("POST", f"{namespace}/configmaps", large))[0] == 413


async def test_large_definitions_are_taken(api: Any, builders: Builders) -> None:
    many = {f"field{number}": {"type": "string", "description": "x" * 1000} for number in range(1500)}
    await api.create(DEFINITIONS, builders["definition"](many))


async def test_aggregated_discovery_names_custom_resources(api: Any, builders: Builders) -> None:
    await api.create(DEFINITIONS, builders["definition"]({}, subresources={"status": {}}))
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    status, body = await api.call("GET", "/apis", Accept=accept)
    assert status == 200
    found = next(item for item in body["items"] if item["metadata"]["name"] == "example.dev")
    resource = found["versions"][0]["resources"][0]
    assert (resource["resource"], resource["subresources"][0]["subresource"]) == ("gadgets", "status")


async def test_definitions_show_when_they_were_made_in_whole_seconds(api: Any, builders: Builders) -> None:
    await api.create(DEFINITIONS, builders["definition"]({}))
    _, table = await api.call("GET", DEFINITIONS, Accept="application/json;as=Table;g=meta.k8s.io;v=v1")
    (row,) = table["rows"]
    assert row["cells"] == ["gadgets.example.dev", row["object"]["metadata"]["creationTimestamp"]]
