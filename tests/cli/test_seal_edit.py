"""``seal edit`` shows masked values in an editor and changes only the lines that the user changed."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster_world import wait_for

pytestmark = pytest.mark.process
Run = Callable[..., Any]
Write = Callable[..., str]

# Does to the text what the file beside it says, and keeps what it was shown and where.
EDITOR = """\
import os, pathlib, re, sys
here, path = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[-1])
text = path.read_text()
with open(here / "shown", "a") as shown:
    shown.write(text)
(here / "place").write_text(f"{path} {os.stat(path).st_mode & 0o777:o} {os.stat(path.parent).st_mode & 0o777:o}")
path.with_name(".swap").write_text("left behind")
path.write_text(eval((here / "expression").read_text()))
"""


class Editor:
    """A program that edits as it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "editor.py").write_text(EDITOR)

    def does(self, expression: str) -> None:
        """Set the expression that makes the new text of ``text``."""
        (self.folder / "expression").write_text(expression)

    @property
    def shown(self) -> str:
        return (self.folder / "shown").read_text()

    @property
    def place(self) -> list[str]:
        return (self.folder / "place").read_text().split(" ")


# Before run_seal, which takes the environment as it is then.
@pytest.fixture(autouse=True)
def editor(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Editor:
    editor = Editor(tmp_path_factory.mktemp("editor"))
    monkeypatch.setenv("VISUAL", f"{shlex.quote(sys.executable)} {editor.folder / 'editor.py'}")
    return editor


def test_values_are_masked_and_one_line_changes(
    run_seal: Run, editor: Editor, repository: Any, sealed_yaml: Write, certificate: str, opened: Any
) -> None:
    repository.commit(db=sealed_yaml(a="CANARY", b="CANARY", c="CANARY"))
    editor.does("text.replace('b: <sealed>', 'b: 010')")
    process = run_seal("edit", "db", "--cert", certificate)
    assert (process.returncode, process.stdout, process.stderr) == (0, b"", b"")
    assert repository.changed_lines() == ["-    b: SEALED # b", "+    b: SEALED # b"]
    assert opened((repository.root / "db").read_bytes())["b"] == b"010"
    assert editor.shown.startswith("# team-a/db of db: scope strict; type Opaque\n")
    assert editor.shown.endswith("\na: <sealed>\nb: <sealed>\nc: <sealed>\n")
    assert "CANARY" not in editor.shown


def test_the_file_is_private_and_gone_with_all_that_the_editor_left(
    run_seal: Run, editor: Editor, repository: Any, sealed_yaml: Write
) -> None:
    repository.commit(db=sealed_yaml())
    editor.does("text")
    assert run_seal("edit", "db").stderr == b"nothing changed\n"
    path, mode, folder_mode = editor.place
    assert (mode, folder_mode, Path(path).parent.exists()) == ("600", "700", False)
    assert repository.git("status", "--porcelain") == ""


def test_lines_are_added_removed_and_renamed_together(
    run_seal: Run, editor: Editor, repository: Any, sealed_yaml: Write, certificate: str, opened: Any
) -> None:
    repository.commit(db=sealed_yaml(facts=True, a="1", b="2"))
    editor.does("text.replace('a: <sealed>', 'uno: <sealed>\\nkey: |\\n  one\\n  two\\n')")
    assert run_seal("edit", "db", "--cert", certificate).returncode == 0
    assert opened((repository.root / "db").read_bytes()) == {"uno": b"1", "b": b"2", "key": b"one\ntwo\n"}
    editor.does("text.replace('b: <sealed>\\n', '')")
    assert run_seal("edit", "db").returncode == 0
    assert opened((repository.root / "db").read_bytes()).keys() == {"uno", "key"}
    assert run_seal("lint", "--strict", "db").returncode == 0
    assert (repository.root / "db").read_text().count(',"items":["key"]') == 1


def test_reveal_needs_a_key_and_keeps_what_is_not_changed(
    run_seal: Run, editor: Editor, repository: Any, sealed_yaml: Write, opened: Any, sealing_data: Path
) -> None:
    repository.commit(db=sealed_yaml(a="one", b="two\nlines\n", c="<sealed>"))
    editor.does("text.replace('a: one', 'a: uno')")
    key = str(sealing_data / "tls.key")
    assert (
        run_seal("edit", "db", "--reveal", "--recovery-private-key", key, CERT=str(sealing_data / "tls.crt")).returncode
        == 0
    )
    assert repository.changed_lines() == ["-    a: SEALED # a", "+    a: SEALED # a"]
    assert editor.shown.endswith('\na: one\nb: |\n  two\n  lines\nc: "<sealed>"\n')
    values = opened((repository.root / "db").read_bytes())
    assert values == {"a": b"uno", "b": b"two\nlines\n", "c": b"<sealed>"}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        pytest.param("text + 'x: [CANARY'", "document 1: not valid YAML", id="broken YAML"),
        pytest.param("text + 'x: {CANARY: 1}'", "x: the value must be a text", id="a mapping for a value"),
        pytest.param("text + 'x:\\n'", "x: there is no value: write '' for an empty one", id="no value"),
        pytest.param(
            "text + 'x: <sealed>\\n'", "x: <sealed> stands for a value that is there already", id="a new mask"
        ),
        pytest.param("text + 'a b: CANARY\\n'", "key: 'a b' is no valid key of a Secret", id="no key of a Secret"),
        pytest.param("text + 'password: CANARY\\n'", "the key password is there twice", id="a key twice"),
    ],
)
def test_a_mistake_is_shown_again_and_then_nothing_is_written(
    run_seal: Run, editor: Editor, repository: Any, sealed_yaml: Write, expression: str, message: str
) -> None:
    repository.commit(db=sealed_yaml())
    editor.does(f"text if text.startswith('# error') else {expression}")
    process = run_seal("edit", "db")
    assert process.returncode == 1
    assert process.stderr.decode().startswith("error: ")
    assert message in process.stderr.decode()
    assert f"# error: {message}" in editor.shown
    assert b"CANARY" not in process.stderr
    assert repository.git("status", "--porcelain") == ""


def test_an_editor_that_fails_changes_nothing(
    run_seal: Run, refused: Any, editor: Editor, repository: Any, sealed_yaml: Write
) -> None:
    repository.commit(db=sealed_yaml())
    editor.does("sys.exit(3)")
    refused(run_seal("edit", "db"), "the editor ")
    assert not Path(editor.place[0]).parent.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_the_file_is_gone_when_the_command_is_ended(
    editor: Editor, repository: Any, sealed_yaml: Write, sealing_data: Path, number: signal.Signals
) -> None:
    """The editor is ended with it, and nothing is left of the values that it was shown."""
    repository.commit(db=sealed_yaml(a="CANARY"))
    editor.does("__import__('time').sleep(600)")
    key = str(sealing_data / "tls.key")
    command = [
        sys.executable,
        "-m",
        "secrets_operator",
        "seal",
        "edit",
        "db",
        "--reveal",
        "--recovery-private-key",
        key,
    ]
    with subprocess.Popen(command, cwd=repository.root, stderr=subprocess.PIPE) as process:
        wait_for("the editor has the text", (editor.folder / "place").exists)
        wait_for("it says where", (editor.folder / "place").read_text)
        place = Path(editor.place[0])
        assert "CANARY" in place.read_text()
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (128 + number, b"")
    assert not place.parent.exists()
    assert repository.git("status", "--porcelain") == ""
