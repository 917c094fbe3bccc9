"""``seal lint`` reports what is wrong with files, for people, scripts and code scanning."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., str]


@pytest.fixture
def mistakes(repository: Any, sealed_yaml: Write) -> None:
    """Put a sound file, one with an error and a warning, and one that cannot be read into the folder."""
    sound = sealed_yaml(facts=True)
    wrong = sound.replace('name: "db"', "name: CANARY-db\n  uid: x") + "  stringData: {a: CANARY}\n"
    repository.commit(
        **{"sound.yaml": sound, "wrong__two.yaml": sealed_yaml() + "---\n" + wrong, "bad.yaml": "a: [SealedSecret"}
    )


@pytest.mark.usefixtures("mistakes")
def test_text_names_file_line_document_field_and_rule(run_seal: Run) -> None:
    process = run_seal("lint", ".")
    lines = process.stdout.decode().splitlines()
    assert process.returncode == 1
    assert lines[0] == "bad.yaml:1: error: document 1: not valid YAML (line 2, column 1) [unreadable]"
    assert lines[1].startswith("wrong/two.yaml:37: error: document 2: spec.stringData: there is no such field")
    assert [line.rpartition("[")[2] for line in lines[2:]] == ["facts]", "server-field]"]
    assert process.stderr == b"3 errors, 1 warnings\n"


@pytest.mark.usefixtures("mistakes")
def test_json_and_sarif_hold_the_same(run_seal: Run) -> None:
    found = json.loads(run_seal("lint", "-o", "json", ".").stdout)
    process = run_seal("lint", "-o", "sarif", ".")
    (run,) = json.loads(process.stdout)["runs"]
    assert process.returncode == 1
    assert b"CANARY" not in process.stdout.replace(b"CANARY-db", b"")
    assert [result["ruleId"] for result in run["results"]] == [finding["rule"] for finding in found]
    assert {result["ruleId"] for result in run["results"]} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("wrong/two.yaml", found[1]["line"])


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param(["sound.yaml"], 0, id="nothing wrong"),
        pytest.param(["--ignore", "facts", "--ignore", "unknown-field", "wrong"], 0, id="only warnings"),
        pytest.param(["--strict", "--ignore", "facts", "--ignore", "unknown-field", "wrong"], 1, id="strict"),
        pytest.param(["--ignore", "nonsense", "."], 1, id="no such rule"),
        pytest.param(["none.yaml"], 1, id="no such file"),
        pytest.param([], 2, id="no path"),
    ],
)
@pytest.mark.usefixtures("mistakes")
def test_the_exit_status_tells(run_seal: Run, arguments: list[str], status: int) -> None:
    assert run_seal("lint", *arguments).returncode == status


@pytest.mark.usefixtures("mistakes")
def test_a_given_certificate_is_compared(run_seal: Run, certificate: str, new_key: dict[str, str]) -> None:
    assert run_seal("lint", "--cert", certificate, "sound.yaml").returncode == 0
    process = run_seal("lint", "--cert", new_key["cert"], "sound.yaml")
    assert b"[unknown-certificate]" in process.stdout
    assert b"[wrong-key]" in process.stdout
