"""Replays the recorded apply scenarios against the pure functions, without a server in between."""

from __future__ import annotations

import base64
import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
from devcluster.builtin_types import builtin_schema
from devcluster.field_management import (
    ApplyConflict,
    ApplyInvalid,
    ApplyOptions,
    UpdateOptions,
    apply,
    record_update,
)
from devcluster.strategic_merge import strategic_merge
from devcluster.structural import StructuralSchema

RECORDINGS = Path(__file__).parents[1] / "recordings"
SERVER_SET = ("uid", "resourceVersion", "creationTimestamp", "namespace", "generation")
UID = re.compile(r"\d{8}-1111-1111-1111-\d{12}|11111111-1111-1111-1111-111111111111")


def scenario(file: str, name: str) -> list[dict[str, Any]]:
    for found in json.loads((RECORDINGS / file).read_text()):
        if found["name"] == name:
            return [step for step in found["steps"] if "request" in step]
    raise AssertionError(f"{file} has no scenario {name}")


def decoded(obj: dict[str, Any]) -> None:
    """What the server's strategy for Secrets does around the pure functions."""
    text = obj.pop("stringData", None)
    for key, value in (text or {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()


def comparable(obj: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(UID.sub("uid-5", json.dumps(obj)))
    metadata = found["metadata"]
    for name in (*SERVER_SET, "deletionTimestamp", "deletionGracePeriodSeconds"):
        metadata.pop(name, None)
    for entry in metadata.get("managedFields", ()):
        entry.pop("time")
    return found


def options(step: dict[str, Any], api_version: str, now: str) -> ApplyOptions:
    params = step["request"].get("params", {})
    subresource = "status" if step["request"]["path"].endswith("/status") else ""
    return ApplyOptions(params["fieldManager"], params.get("force") == "true", api_version, subresource, now)


def outcome(
    live: dict[str, Any] | None, patch: dict[str, Any], how: ApplyOptions, schema: StructuralSchema
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Apply and return what a refusal says, or the result."""
    try:
        return {}, apply(live, patch, options=how, schema=schema)
    except ApplyConflict as conflict:
        return {"message": str(conflict), "causes": conflict.causes}, {}
    except ApplyInvalid as invalid:
        return {"message": invalid.message}, {}


def refusal_of(status: dict[str, Any]) -> dict[str, Any]:
    return {"message": status.get("message"), "causes": status.get("details", {}).get("causes")}


def test_server_side_apply_core() -> None:
    schema = builtin_schema("", "v1", "Secret")
    live: dict[str, dict[str, Any]] = {}
    compared = 0
    for step in scenario("apply.json", "server-side-apply-core"):
        request, response = step["request"], step["response"]
        name = request["path"].rpartition("/")[2]
        params = request.get("params", {})
        if request["method"] != "PATCH" or "fieldManager" not in params or "json" not in request:
            continue
        patch = copy.deepcopy(request["json"])
        before = copy.deepcopy(live.get(name))
        now = "2026-01-01T00:00:00Z"
        if "merge-patch" in request["headers"]["Content-Type"]:
            result = copy.deepcopy(live[name])
            result["data"].update(patch["data"])
            record_update(
                live[name], result, options=UpdateOptions(params["fieldManager"], "v1", "", now), schema=schema
            )
        else:
            refusal, result = outcome(live.get(name), patch, options(step, "v1", now), schema)
            if refusal:
                assert refusal.items() <= refusal_of(response["body"]).items(), step.get("note")
                compared += 1
                continue
        assert live.get(name) == before, "the live object was changed"
        if response["status"] >= 400:
            continue
        decoded(result)
        schema.default(result)
        assert comparable(result) == comparable(response["body"]), step.get("note")
        compared += 1
        if params.get("dryRun") != "All":
            live[name] = result
    assert compared == 15


def test_custom_resources_under_apply() -> None:
    steps = scenario("crd.json", "custom-resources")
    definition = next(step for step in steps if step.get("note") == "install")["request"]["json"]
    schema = StructuralSchema.compile(definition["spec"]["versions"][1]["schema"]["openAPIV3Schema"])
    live: dict[str, Any] | None = None
    compared = 0
    for step in steps:
        request, response = step["request"], step["response"]
        if "/widgets" not in request["path"] or request["method"] not in ("POST", "PATCH"):
            continue
        if request["json"].get("metadata", {}).get("name", "a") != "a" or response["status"] == 415:
            continue
        now = "2026-01-01T00:00:00Z"
        patch = copy.deepcopy(request["json"])
        subresource = "status" if request["path"].endswith("/status") else ""
        if subresource:
            patch.pop("spec", None)
        else:
            patch.pop("status", None)
        if "apply-patch" in request.get("headers", {}).get("Content-Type", ""):
            refusal, result = outcome(live, patch, options(step, "example.dev/v1", now), schema)
            if refusal:
                assert refusal.items() <= refusal_of(response["body"]).items(), step.get("note")
                compared += 1
                continue
        else:
            result = merged(live, patch)
            schema.prune(result)
            schema.default(result)
            update = UpdateOptions("python-requests", "example.dev/v1", subresource, now)
            record_update(live, result, options=update, schema=schema)
        assert comparable(result) == comparable(response["body"]), step.get("note")
        live = result
        compared += 1
    assert compared >= 10


def merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = copy.deepcopy(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def test_patches_of_a_config_map() -> None:
    schema = builtin_schema("", "v1", "ConfigMap")
    live: dict[str, Any] | None = None
    compared = 0
    for step in scenario("core.json", "patches"):
        request, response = step["request"], step["response"]
        if "/configmaps" not in request["path"] or response["status"] >= 400 or "json" not in request:
            continue
        kind = request.get("headers", {}).get("Content-Type", "")
        if "json-patch" in kind:
            result = jsonpatch.apply_patch(live, request["json"])
        elif "strategic" in kind:
            assert live is not None
            result = strategic_merge(live, request["json"], schema)
        else:
            result = merged(live, request["json"])
        schema.default(result)
        now = "2026-01-01T00:00:00Z"
        record_update(live, result, options=UpdateOptions("python-requests", "v1", "", now), schema=schema)
        assert comparable(result) == comparable(response["body"]), step.get("note")
        live = result
        compared += 1
    assert compared == 8


@pytest.mark.parametrize(
    ("file", "name", "path", "kind"),
    [
        pytest.param("core.json", "events-and-leases", "/events", ("", "v1", "Event"), id="events"),
        pytest.param("core.json", "events-and-leases", "/leases", ("coordination.k8s.io", "v1", "Lease"), id="leases"),
        pytest.param("core.json", "secrets-crud", "/secrets", ("", "v1", "Secret"), id="secrets"),
        pytest.param("gc.json", "garbage-collection", "/secrets", ("", "v1", "Secret"), id="owned secrets"),
        pytest.param("gc.json", "garbage-collection", "/configmaps", ("", "v1", "ConfigMap"), id="empty config maps"),
        pytest.param("access.json", "access", "/serviceaccounts", ("", "v1", "ServiceAccount"), id="service accounts"),
    ],
)
def test_a_created_object_is_owned_and_printed_as_recorded(
    file: str, name: str, path: str, kind: tuple[str, str, str]
) -> None:
    schema = builtin_schema(*kind)
    compared = 0
    for step in scenario(file, name):
        request, response = step["request"], step["response"]
        if request["method"] != "POST" or not request["path"].endswith(path) or response["status"] != 201:
            continue
        if "only" in step:
            continue
        result = copy.deepcopy(request["json"])
        decoded(result)
        assert schema.prune(result) == []
        schema.default(result)
        now = "2026-01-01T00:00:00Z"
        version = result["apiVersion"]
        record_update(None, result, options=UpdateOptions("python-requests", version, "", now), schema=schema)
        want = comparable(response["body"])
        got = json.loads(json.dumps(comparable(result)).replace("${uid}", "uid-2"))
        timeless = re.compile(r'"(2026-01-01T[^"]*|\*time)"')
        assert json.loads(timeless.sub('"*time"', json.dumps(got))) == want, request
        compared += 1
    assert compared
