"""What is read from the environment is declared, and so documented; so are labels and annotations."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest

from charts.generation.__main__ import PLUGINS
from secrets_operator.cli.run import run
from secrets_operator.environment import VARIABLES, Variable
from secrets_operator.resources import labels
from secrets_operator.resources.documented_marks import SET_BY_USERS, WRITTEN_BY_US

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "secrets_operator", *sorted(ROOT.glob("providers/*/secrets_operator_*"))]
# Where the environment is read without a declaration, and why it has to be.
UNDECLARED = {
    "secrets_operator/environment.py": "this is how declared variables are read",
    "secrets_operator/cli/sealing/created_data.py": "the names are those in the user's own file",
    "providers/aws/secrets_operator_aws/sharing.py": "all that begins with AWS_ decides what the SDK does",
}


def undeclared_reads(source: str) -> Iterator[int]:
    """The lines that do more with an environment than to hand it on."""
    tree = ast.parse(source)
    handed_on = {
        id(part)
        for node in ast.walk(tree)
        for part in (
            [*node.args, *(keyword.value for keyword in node.keywords)]
            if isinstance(node, ast.Call)
            else [node.value]
            if isinstance(node, ast.Assign)
            else []
        )
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute | ast.Name):
            continue
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        if name in {"getenv", "getenvb"}:
            yield node.lineno
        if name.lstrip("_") in {"environ", "environb"} and isinstance(node.ctx, ast.Load) and id(node) not in handed_on:
            yield node.lineno


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param('os.environ.get("A")', True, id="a variable is read by its name"),
        pytest.param('os.environ["A"]', True, id="a variable is taken by its name"),
        pytest.param('"A" in environ', True, id="a variable is looked for"),
        pytest.param('self._environ.get("A")', True, id="an environment that was handed on is read"),
        pytest.param('os.getenv("A")', True, id="the other function of os is used"),
        pytest.param("map(os.environ.get, names)", True, id="the reading is handed on"),
        pytest.param("KUBECONFIG.read(os.environ)", False, id="a declared variable is read"),
        pytest.param("load(os.environ, clock=clock)", False, id="the environment is handed on"),
        pytest.param("environ = means.environ", False, id="the environment gets a name"),
    ],
)
def test_a_reading_without_a_declaration_is_found(line: str, found: bool) -> None:
    assert bool(list(undeclared_reads(line))) == found


def test_no_variable_is_read_without_a_declaration() -> None:
    found = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in package.rglob("*.py")
        if any(undeclared_reads(path.read_text(encoding="utf-8")))
    }
    assert found == UNDECLARED.keys()


@pytest.mark.parametrize("package", [pytest.param(package, id=package.name) for package in PACKAGES])
def test_what_a_distribution_declares_is_in_its_table(package: Path) -> None:
    if not (package / "environment.py").exists():
        assert package.name.removeprefix("secrets_operator_").replace("_", "-") not in PLUGINS
        return
    module = import_module(f"{package.name}.environment")
    listed = {*module.VARIABLES, *getattr(module, "GUARDS", ())}
    assert {value for value in vars(module).values() if isinstance(value, Variable)} <= listed
    assert module.VARIABLES in (VARIABLES, *PLUGINS.values())


@pytest.mark.parametrize(
    ("variable", "text", "option", "value"),
    [
        pytest.param("LOG_LEVEL", "debug", "log_level", "debug", id="a flag whose parameter has its name"),
        pytest.param("WATCH_NAMESPACE", "a b", "watch_namespaces", ("a", "b"), id="a flag that is given again"),
        pytest.param("WATCH_NAMESPACES", "a b", "watch_namespaces", ("a", "b"), id="the same by its parameter"),
        pytest.param("ROTATE_PERIOD", "1h", "key_renew_period", timedelta(hours=1), id="the other name of a flag"),
        pytest.param("ENABLE_SEALED_SECRETS", "false", "sealed_secrets", False, id="a switch that is on"),
        pytest.param("ADMISSION", "true", "admission", True, id="a switch that is off"),
    ],
)
def test_a_flag_of_run_has_a_variable_of_its_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, option: str, value: object
) -> None:
    monkeypatch.setenv(f"SECRETS_OPERATOR_RUN_{variable}", text)
    context = run.make_context("run", [], auto_envvar_prefix="SECRETS_OPERATOR_RUN")
    assert context.params[option] == value


def test_the_command_line_wins_over_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETS_OPERATOR_RUN_LOG_LEVEL", "debug")
    context = run.make_context("run", ["--log-level", "error"], auto_envvar_prefix="SECRETS_OPERATOR_RUN")
    assert context.params["log_level"] == "error"


@pytest.mark.parametrize("name", sorted(name for name in vars(labels) if re.search("_(LABEL|ANNOTATION)$", name)))
def test_every_label_and_annotation_is_explained(name: str) -> None:
    explained = {mark.name for mark in (*SET_BY_USERS, *WRITTEN_BY_US)}
    assert getattr(labels, name) in explained
