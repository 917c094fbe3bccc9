"""Modules and functions stay small, names say something, and nothing unfinished or private is committed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.source_tree import files, modules, shown

MODULE_LINES = 400
FUNCTION_LINES = 60
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "misc", "manager", "base"}

# Put together, so that this file does not hold what it forbids.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
STUB = "NotImplemented" + "Error"
REGISTRIES = re.compile(
    r"\b(?:" + "|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.(?:org|com)"]) + ")"
)
PATHS_OF_ONE_MACHINE = re.compile(r"(?<![\w.$}>*-])/(?:work|root|Users)/\w")


def texts() -> Iterator[tuple[str, str]]:
    """Yield path and text of each file that is text."""
    for path in files():
        try:
            yield shown(path), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_the_tree_is_found() -> None:
    every = {shown(path) for path in modules()}
    assert {"secrets_operator/errors.py", "conftest.py", "tests/packaging/test_architecture_holds.py"} <= every
    assert not [path for path in every if path.startswith(".")]


def test_modules_are_small() -> None:
    lines = {shown(path): len(path.read_text().splitlines()) for path in modules()}
    assert {path: count for path, count in lines.items() if count > MODULE_LINES} == {}


def test_functions_are_small() -> None:
    long = {
        f"{shown(path)}:{node.name}": length(node)
        for path in modules()
        for node in functions(ast.parse(path.read_text()))
        if length(node) > FUNCTION_LINES
    }
    assert long == {}


def test_modules_are_named_after_their_concept() -> None:
    parts = {shown(path): {part.strip("_") for part in path.with_suffix("").parts} for path in modules()}
    assert [path for path, names in parts.items() if names & NAMES_THAT_SAY_NOTHING] == []


def test_nothing_is_left_unfinished() -> None:
    marks = [line for line in found(UNFINISHED) if not line.startswith(("tests/packaging/", "tests/data/"))]
    assert marks == []


def _raises_not_implemented(node: ast.AST) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == STUB


def _only_declares(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether nothing but a docstring stands before the raise, as in a method that subclasses must give."""
    return len([step for step in function.body if not isinstance(step, ast.Expr)]) == 1


def test_only_contracts_leave_work_to_others() -> None:
    stubs = [
        f"{shown(path)}:{node.name}"
        for path in modules()
        for node in functions(ast.parse(path.read_text()))
        if any(map(_raises_not_implemented, node.body)) and not _only_declares(node)
    ]
    assert stubs == []


def test_no_file_names_a_package_registry() -> None:
    assert found(REGISTRIES) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert found(PATHS_OF_ONE_MACHINE) == []
