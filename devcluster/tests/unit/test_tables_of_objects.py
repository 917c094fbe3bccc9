import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from devcluster.ages import age, human_duration
from devcluster.json_paths import JsonPath
from devcluster.tables import builtin_columns, custom_columns, table

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RECORDINGS = Path(__file__).parents[1] / "recordings"


def widget_recording() -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]:
    (scenario,) = json.loads((RECORDINGS / "crd.json").read_text())
    steps = {step.get("note"): step for step in scenario["steps"]}
    version = steps["install"]["request"]["json"]["spec"]["versions"][1]
    live = steps["another version, conversion None"]["response"]["body"]
    return version["additionalPrinterColumns"], live, steps["printer columns"]


def test_printer_columns_as_recorded() -> None:
    columns, live, step = widget_recording()
    live["metadata"]["creationTimestamp"] = NOW.isoformat()
    got = table([live], custom_columns(columns), include_object="None", now=NOW)
    want = step["response"]["body"]
    for index in (0, 3):
        del got["columnDefinitions"][index]["description"]
    assert got == {**want, "metadata": {}}


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        pytest.param("None", None, id="nothing"),
        pytest.param(
            "Metadata",
            {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "a"}},
            id="metadata",
        ),
        pytest.param("Object", {"metadata": {"name": "a"}, "data": {}}, id="everything"),
    ],
)
def test_objects_in_rows(include: str, expected: dict[str, Any] | None) -> None:
    found = table(
        [{"metadata": {"name": "a"}, "data": {}}], builtin_columns("", "Secret"), include_object=include, now=NOW
    )
    assert found["rows"][0].get("object") == expected


DAY_OLD = {"name": "x", "creationTimestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("group", "kind", "members", "expected"),
    [
        pytest.param(
            "", "Secret", {"type": "Opaque", "data": {"a": "", "b": ""}}, {"Type": "Opaque", "Data": 2}, id="Secret"
        ),
        pytest.param("", "ConfigMap", {"data": {"a": ""}, "binaryData": {"b": ""}}, {"Data": 2}, id="ConfigMap"),
        pytest.param("", "Namespace", {"status": {"phase": "Active"}}, {"Status": "Active"}, id="Namespace"),
        pytest.param(
            "",
            "Pod",
            {
                "spec": {"containers": [{}, {}]},
                "status": {"phase": "Running", "containerStatuses": [{"ready": True, "restartCount": 3}]},
            },
            {"Ready": "1/2", "Status": "Running", "Restarts": "3"},
            id="Pod",
        ),
        pytest.param(
            "apps",
            "Deployment",
            {"spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}}, "status": {"readyReplicas": 1}},
            {"Ready": "1/2", "Up-to-date": 0, "Selector": "a=b"},
            id="Deployment",
        ),
        pytest.param(
            "",
            "Service",
            {"spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30000}]}},
            {"Port(s)": "80:30000/TCP"},
            id="Service",
        ),
        pytest.param(
            "rbac.authorization.k8s.io",
            "RoleBinding",
            {"roleRef": {"kind": "Role", "name": "r"}},
            {"Role": "Role/r"},
            id="RoleBinding",
        ),
        pytest.param("coordination.k8s.io", "Lease", {"spec": {"holderIdentity": "me"}}, {"Holder": "me"}, id="Lease"),
        pytest.param("", "Unheard", {}, {"Name": "x", "Age": "24h"}, id="a kind without columns of its own"),
    ],
)
def test_built_in_columns(group: str, kind: str, members: dict[str, Any], expected: dict[str, Any]) -> None:
    columns = builtin_columns(group, kind)
    (row,) = table([{"metadata": DAY_OLD, **members}], columns, include_object="None", now=NOW)["rows"]
    cells = dict(zip([column.name for column in columns], row["cells"], strict=True))
    assert cells == {**cells, **expected}
    assert cells["Name"] == "x"


def test_definitions_show_when_they_were_created() -> None:
    columns = builtin_columns("apiextensions.k8s.io", "CustomResourceDefinition")
    (row,) = table([{"metadata": DAY_OLD}], columns, include_object="None", now=NOW)["rows"]
    assert ([column.name for column in columns], row["cells"]) == (
        ["Name", "Created At"],
        ["x", "2026-01-01T00:00:00Z"],
    )


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        pytest.param("string", 5, "5", id="a number as text"),
        pytest.param("string", True, "true", id="a truth value as text"),
        pytest.param("string", ["a", "b"], "[a b]", id="a list as text"),
        pytest.param("integer", 5.0, 5, id="a whole number"),
        pytest.param("integer", "5", None, id="a text is no number"),
        pytest.param("boolean", "yes", None, id="a text is no truth value"),
        pytest.param("number", 1, 1.0, id="a number"),
        pytest.param("date", "2026-01-01T00:00:00Z", "24h", id="a date is shown as age"),
        pytest.param("date", "soon", "<invalid>", id="not a date"),
        pytest.param("string", None, None, id="null"),
    ],
)
def test_cells_have_the_type_of_their_column(kind: str, value: Any, expected: Any) -> None:
    (column,) = custom_columns([{"name": "C", "type": kind, "jsonPath": ".spec.x"}])[1:]
    assert column.cell({"spec": {"x": value}}, NOW) == expected


def test_without_columns_the_age_is_shown_and_an_absent_value_is_null() -> None:
    assert [column.name for column in custom_columns([])] == ["Name", "Age"]
    (column,) = custom_columns(
        [{"name": "C", "type": "string", "jsonPath": ".a.b", "priority": 1, "description": "d"}]
    )[1:]
    assert column.cell({"a": {}}, NOW) is None
    assert (column.priority, column.description) == (1, "d")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(".a.b", [1], id="members"),
        pytest.param("{.a.b}", [1], id="in braces"),
        pytest.param(".l[1]", ["q"], id="an index"),
        pytest.param(".l[-1]", ["q"], id="from the end"),
        pytest.param(".l[*]", ["p", "q"], id="all items"),
        pytest.param(".m['x.y/z']", [2], id="a quoted member"),
        pytest.param(r".m.x\.y/z", [2], id="an escaped dot"),
        pytest.param('.c[?(@.type=="B")].n', [4], id="a filter by text"),
        pytest.param(".c[?(@.n>3)].type", ["B"], id="a filter by number"),
        pytest.param(".c[?(@.extra)].type", ["A"], id="a filter by presence"),
        pytest.param(".a.z", [], id="nothing there"),
    ],
)
def test_json_path(path: str, expected: list[Any]) -> None:
    obj = {
        "a": {"b": 1},
        "l": ["p", "q"],
        "m": {"x.y/z": 2},
        "c": [{"type": "A", "n": 3, "extra": 1}, {"type": "B", "n": 4}],
    }
    assert JsonPath(path).find(obj) == expected


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (timedelta(seconds=0), "0s"),
        (timedelta(seconds=119), "119s"),
        (timedelta(seconds=125), "2m5s"),
        (timedelta(minutes=9), "9m"),
        (timedelta(minutes=12, seconds=30), "12m"),
        (timedelta(hours=3, minutes=20), "3h20m"),
        (timedelta(hours=47), "47h"),
        (timedelta(days=2, hours=5), "2d5h"),
        (timedelta(days=30), "30d"),
        (timedelta(days=800), "2y70d"),
        (timedelta(days=3650), "10y"),
        (timedelta(seconds=-10), "<invalid>"),
    ],
    ids=str,
)
def test_durations_for_people(duration: timedelta, expected: str) -> None:
    assert human_duration(duration.total_seconds()) == expected


def test_an_unknown_age() -> None:
    assert age(None, NOW) == "<unknown>"
