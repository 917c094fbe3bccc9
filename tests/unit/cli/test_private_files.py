"""Files with keys in them: for their owner alone, whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from secrets_operator.cli.keys.private_file import write_private
from secrets_operator.errors import Terminal


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_new_file_is_for_its_owner_alone(tmp_path: Path, *, overwrite: bool) -> None:
    write_private(tmp_path / "keys", b"canary", overwrite=overwrite)
    assert (tmp_path / "keys").read_bytes() == b"canary"
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_a_file_that_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("mine")
    (tmp_path / "keys").chmod(0o644)
    with pytest.raises(Terminal, match="--overwrite replaces it"):
        write_private(tmp_path / "keys", b"canary", overwrite=False)
    assert (tmp_path / "keys").read_text() == "mine"
    write_private(tmp_path / "keys", b"canary", overwrite=True)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(Terminal, match="folder"):
        write_private(tmp_path / "folder", b"canary", overwrite=True)
    with pytest.raises(Terminal, match="No such file"):
        write_private(tmp_path / "nowhere" / "keys", b"canary", overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
