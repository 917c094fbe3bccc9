"""The alerts and the dashboard of the chart ask for what the operator exports, and everybody finds what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml

from tests.exported_metrics import series

ROOT = Path(__file__).parents[2]
FILES = ROOT / "charts/secrets-operator/files"
RUNBOOKS = ROOT / "docs/runbooks"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FILES / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((FILES / "dashboard.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
# What Prometheus adds to every sample that it scrapes.
SCRAPED = {"job", "pod", "instance"}
SECTIONS = ("**What it means.**", "**Impact.**", "## Find the cause", "## What to do")
FLAP_SECONDS = 600


@dataclass(frozen=True)
class Asked:
    """A metric in a query, with the labels it is selected and grouped by."""

    name: str
    labels: frozenset[str]


def asked(query: str) -> list[Asked]:
    """What a query asks for; fails when it is no PromQL."""
    return list(_walk(promql.parse(query), frozenset()))


def _walk(node: Any, grouped: frozenset[str]) -> Iterator[Asked]:
    if isinstance(node, promql.VectorSelector):
        assert node.name is not None, "a selector without a name asks for everything"
        yield Asked(node.name, grouped | {matcher.name for matcher in node.matchers.matchers})
    elif isinstance(node, promql.AggregateExpr):
        modifier = node.modifier
        if modifier is not None and modifier.type == promql.AggModifierType.By:
            grouped = frozenset(modifier.labels)
        yield from _walk(node.expr, grouped)
    elif isinstance(node, promql.BinaryExpr):
        yield from _walk(node.lhs, grouped)
        yield from _walk(node.rhs, grouped)
    elif isinstance(node, promql.Call):
        for argument in node.args:
            yield from _walk(argument, grouped)
    elif isinstance(node, promql.MatrixSelector):
        yield from _walk(node.vector_selector, grouped)
    elif isinstance(node, promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        yield from _walk(node.expr, grouped)
    else:
        assert isinstance(node, promql.NumberLiteral | promql.StringLiteral), type(node)


def queries() -> Iterator[tuple[str, str]]:
    """Every query of the dashboard, with Grafana's variables filled in."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], re.sub(r"\$\w+", ".*", target["expr"].replace("$__rate_interval", "5m"))


def unknown(query: str) -> list[str]:
    known = series()
    found = []
    for one in asked(query):
        if one.name not in known:
            found.append(one.name)
        else:
            found += [f"{one.name}: {label}" for label in one.labels - known[one.name] - SCRAPED]
    return found


@pytest.mark.parametrize("alert", [pytest.param(alert, id=alert["alert"]) for alert in ALERTS])
class TestAlert:
    """One alert."""

    def test_it_asks_for_what_is_exported(self, alert: dict[str, Any]) -> None:
        assert asked(alert["expr"])
        assert unknown(alert["expr"]) == []

    def test_it_waits_until_it_is_no_flap(self, alert: dict[str, Any]) -> None:
        assert promql.parse_duration(alert["for"]).total_seconds() >= FLAP_SECONDS

    def test_it_says_how_bad_it_is_and_what_happened(self, alert: dict[str, Any]) -> None:
        assert alert["labels"]["severity"] in ("critical", "warning", "info")
        assert all(alert["annotations"][name] for name in ("summary", "description"))

    def test_its_texts_name_labels_that_it_has(self, alert: dict[str, Any]) -> None:
        texts = " ".join(alert["annotations"].values())
        named = set(re.findall(r"\$labels\.(\w+)", texts))
        assert named <= set.union(set(), *(one.labels for one in asked(alert["expr"])))

    def test_its_runbook_says_what_to_do(self, alert: dict[str, Any]) -> None:
        assert alert["annotations"]["runbook_url"] == f"docs/runbooks/{alert['alert']}.md"
        text = (RUNBOOKS / f"{alert['alert']}.md").read_text()
        assert text.startswith(f"# {alert['alert']}\n")
        places = [text.find(section) for section in SECTIONS]
        assert places == sorted(places), "a section is missing or out of its place"
        assert places[0] > 0


def test_every_runbook_belongs_to_an_alert_and_is_listed() -> None:
    names = {alert["alert"] for alert in ALERTS}
    assert len(names) == len(ALERTS)
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == names
    text = (ROOT / "docs/metrics.md").read_text()
    rows = re.findall(r"^\| \[(\w+)\]\(runbooks/\1\.md\) \| (\w+) \| (.+) \|$", text, re.MULTILINE)
    stated = [(alert["alert"], alert["labels"]["severity"], alert["annotations"]["description"]) for alert in ALERTS]
    assert rows == stated


def test_queries_in_runbooks_ask_for_what_is_exported() -> None:
    found = [
        code
        for path in RUNBOOKS.glob("*.md")
        for code in re.findall(r"`([^`\n]*(?:secrets_operator_|process_)[^`\n]*)`", path.read_text())
    ]
    assert found
    assert [problem for code in found for problem in unknown(code)] == []


def test_prometheus_itself_accepts_the_alerts() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run(
        [promtool, "check", "rules", FILES / "alerts.yaml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("title", "query"), [pytest.param(*one, id=f"{one[0]}: {one[1]}") for one in queries()])
def test_a_panel_asks_for_what_is_exported(title: str, query: str) -> None:
    assert asked(query), title
    assert unknown(query) == []


@pytest.mark.parametrize("panel", [pytest.param(panel, id=panel["title"]) for panel in PANELS])
def test_a_panel_has_a_title_a_unit_and_the_chosen_data_source(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert {source["uid"] for source in sources} == {"${datasource}"}


def test_the_dashboard_is_nobodys_in_particular() -> None:
    assert (DASHBOARD["id"], DASHBOARD["uid"]) == (None, None)
    assert set(re.findall(r'"uid": (".*?"|null)', (FILES / "dashboard.json").read_text())) == {
        '"${datasource}"',
        "null",
    }
    assert DASHBOARD["templating"]["list"][0]["current"] == {}


def test_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers))
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_a_query_for_what_is_not_exported_is_noticed() -> None:
    assert unknown("sum by (kind, shape) (rate(secrets_operator_reconciles_total[5m])) / secrets_operator_nothing") == [
        "secrets_operator_reconciles_total: shape",
        "secrets_operator_nothing",
    ]
