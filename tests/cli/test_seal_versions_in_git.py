"""Versions of SealedSecrets compared and merged by key, by hand and by Git itself."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.process
Run = Callable[..., Any]
Write = Callable[..., str]


@pytest.fixture
def attributed(repository: Any) -> Any:
    """Return a repository whose YAML files are compared and merged by ``seal``."""
    command = f"{shlex.quote(sys.executable)} -m secrets_operator seal"
    repository.git("config", "diff.sealedsecret.textconv", f"{command} git-textconv")
    repository.git("config", "merge.sealedsecret.driver", f"{command} git-merge %O %A %B %P")
    repository.commit(**{".gitattributes": "*.yaml diff=sealedsecret merge=sealedsecret\n"})
    return repository


def edited(text: str, item: str, source: str) -> str:
    """Return a text with the line of an item as another text has it."""
    line = next(line for line in source.splitlines() if line.strip().startswith(f"{item}:"))
    old = next(line for line in text.splitlines() if line.strip().startswith(f"{item}:"))
    return text.replace(old, line)


@pytest.mark.parametrize(
    ("with_key", "said"),
    [(True, ["re-encrypted only", "value changed"]), (False, ["ciphertext changed", "ciphertext changed"])],
    ids=["who can open both versions knows", "nobody else does"],
)
def test_diff_tells_each_key(
    run_seal: Run, repository: Any, sealed_yaml: Write, sealing_data: Path, with_key: bool, said: list[str]
) -> None:
    old = sealed_yaml(gone="1", password="CANARY", same="CANARY") + "---\n" + sealed_yaml("left")
    new = sealed_yaml(password="CANARY2", here="2", same="CANARY").replace("Opaque", "kubernetes.io/basic-auth")
    repository.commit(old=old, new=new.replace("app: web", "app: CANARY"))
    keys = ["--recovery-private-key", str(sealing_data / "tls.key")] if with_key else []
    process = run_seal("diff", "old", "new", *keys, "--exit-code")
    assert process.stdout.decode().splitlines() == [
        "team-a/db:",
        "  spec.encryptedData.gone: removed",
        "  spec.encryptedData.here: added",
        f"  spec.encryptedData.password: {said[1]}",
        f"  spec.encryptedData.same: {said[0]}",
        "  spec.template.type: changed (Opaque -> kubernetes.io/basic-auth)",
        "  spec.template.metadata.labels[app]: changed",
        "team-a/left: removed (password, username)",
    ]
    assert process.returncode == 1
    assert run_seal("diff", "old", "old", "--exit-code").returncode == 0


def test_diff_names_certificates_and_scopes(
    run_seal: Run, repository: Any, sealed_yaml: Write, new_key: dict[str, str]
) -> None:
    repository.commit(old=sealed_yaml(facts=True), new=sealed_yaml(facts=True))
    run_seal("set", "new", "password=-", "--cert", new_key["cert"], stdin="x")
    text = (
        (repository.root / "new")
        .read_text()
        .replace("  annotations:\n", '  annotations:\n    sealedsecrets.bitnami.com/cluster-wide: "true"\n')
    )
    (repository.root / "new").write_text(text)
    lines = run_seal("diff", "old", "new").stdout.decode().splitlines()
    assert lines[1].startswith("  spec.encryptedData.password: ciphertext changed (SHA256:")
    assert lines[1].endswith(f" -> {new_key['fingerprint']})")
    assert "  scope: changed (strict -> cluster-wide)" in lines


def test_git_diff_shows_short_lines(run_seal: Run, attributed: Any, sealed_yaml: Write) -> None:
    text = sealed_yaml()
    attributed.commit(**{"db.yaml": text})
    (attributed.root / "db.yaml").write_text(edited(text, "password", sealed_yaml()))
    lines = attributed.git("diff", "-U0").splitlines()[-2:]
    assert [line.partition("<sealed ")[0] for line in lines] == ["-    password: ", "+    password: "]
    assert max(map(len, lines)) < 60


def merged(repository: Any, ours: str, theirs: str) -> subprocess.CompletedProcess[str]:
    """Commit two versions on branches and merge theirs into ours."""
    repository.git("checkout", "-q", "-b", "theirs")
    repository.commit(**{"db.yaml": theirs})
    repository.git("checkout", "-q", "main")
    repository.commit(**{"db.yaml": ours})
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "merge", "-q", "theirs"]
    return subprocess.run(command, cwd=repository.root, capture_output=True, text=True, check=False, timeout=60)


def test_neighbouring_lines_merge_by_key(attributed: Any, sealed_yaml: Write, opened: Any) -> None:
    base = sealed_yaml(a="1", b="2", c="3")
    attributed.commit(**{"db.yaml": base})
    ours = edited(base, "a", sealed_yaml(a="ours")).replace("# kept by", "# owned by")
    theirs = edited(base, "b", sealed_yaml(b="theirs")).replace("  template:", "  # theirs\n  template:")
    line = next(line for line in base.splitlines() if line.startswith("    c:"))
    theirs = theirs.replace(line + "\n", edited(line.replace("c", "d", 1), "d", sealed_yaml(d="new")) + "\n")
    done = merged(attributed, ours, theirs)
    text = (attributed.root / "db.yaml").read_text()
    assert (done.returncode, done.stderr) == (0, "")
    assert opened(text.encode()) == {"a": b"ours", "b": b"theirs", "d": b"new"}
    assert text.startswith("# owned by the team\n")
    assert "  # theirs\n  template:" in text


def test_records_merge_with_their_items(
    run_seal: Run, attributed: Any, sealed_yaml: Write, new_key: dict[str, str], certificate: str
) -> None:
    base = sealed_yaml(facts=True)
    attributed.commit(**{"db.yaml": base})
    versions = []
    for item, cert in (("password", new_key["cert"]), ("username", certificate)):
        (attributed.root / "db.yaml").write_text(base)
        assert run_seal("set", "db.yaml", f"{item}=-", "--cert", cert, stdin="x").returncode == 0
        versions.append((attributed.root / "db.yaml").read_text())
    assert merged(attributed, *versions).returncode == 0
    assert run_seal("lint", "--strict", "db.yaml").returncode == 0
    text = (attributed.root / "db.yaml").read_text()
    assert text.count("secrets-operator.dev/sealed") == 1
    assert f'{{"certificate":"{new_key["fingerprint"]}"' in text
    assert '"items":["password"]' in text


def test_an_item_that_both_changed_is_a_conflict(attributed: Any, sealed_yaml: Write, opened: Any) -> None:
    base = sealed_yaml(a="1", b="2")
    attributed.commit(**{"db.yaml": base})
    ours = edited(edited(base, "a", sealed_yaml(a="ours")), "b", sealed_yaml(b="ours"))
    done = merged(attributed, ours, edited(base, "a", sealed_yaml(a="theirs")))
    text = (attributed.root / "db.yaml").read_text()
    assert done.returncode == 1
    assert "db.yaml: team-a/db: a: both sides changed it" in done.stderr
    assert [text.count(mark) for mark in ("<<<<<<<", "\n    a:", "\n    b:")] == [1, 2, 1]


def test_a_file_that_is_no_manifest_is_merged_by_lines(attributed: Any) -> None:
    lines = [f"{{{{ line {number} }}}}" for number in range(9)]
    attributed.commit(**{"db.yaml": "\n".join(lines) + "\n"})
    done = merged(attributed, "\n".join(["ours", *lines[1:]]) + "\n", "\n".join([*lines[:-1], "theirs"]) + "\n")
    assert done.returncode == 0
    assert (attributed.root / "db.yaml").read_text() == "\n".join(["ours", *lines[1:-1], "theirs"]) + "\n"
