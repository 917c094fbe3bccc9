"""``seal create`` makes SealedSecrets from values as ``kubectl create secret`` makes Secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secrets_operator.cli.sealing import created_data
from secrets_operator.errors import Terminal
from secrets_operator.sealing.documents import read_documents

Run = Callable[..., Any]


def plain(data: created_data.Data) -> dict[str, bytes]:
    return {key: value.reveal() for key, value in data.items()}


def test_literals_and_files_and_folders_become_keys(tmp_path: Path) -> None:
    (tmp_path / "folder" / "below").mkdir(parents=True)
    for name in ("one.txt", "folder/two", "folder/not a key", "folder/below/three"):
        (tmp_path / name).write_bytes(name.encode() + b"\n")
    files = (str(tmp_path / "one.txt"), f"uno={tmp_path / 'one.txt'}", str(tmp_path / "folder"))
    assert plain(created_data.generic(("a=b=c", "empty="), files, ())) == {
        "a": b"b=c",
        "empty": b"",
        "one.txt": b"one.txt\n",
        "uno": b"one.txt\n",
        "two": b"folder/two\n",
    }


def test_env_files_are_read_as_kubectl_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_HERE", "x y")
    monkeypatch.delenv("NOT_HERE", raising=False)
    file = tmp_path / "app.env"
    file.write_bytes(b'\xef\xbb\xbfA=1\r\n# no\n\n  B= two \nC="q"\nD=a=b\nFROM_HERE\nNOT_HERE\n')
    assert plain(created_data.generic((), (), (file,))) == {
        "A": b"1",
        "B": b" two ",
        "C": b'"q"',
        "D": b"a=b",
        "FROM_HERE": b"x y",
    }


@pytest.mark.parametrize(
    ("literals", "files", "lines", "message"),
    [
        pytest.param(("a=1", "a=2"), (), None, "cannot add key a, another key by that name", id="a key twice"),
        pytest.param(("CANARY",), (), None, "--from-literal must be KEY=VALUE", id="no equals sign"),
        pytest.param((), ("none",), None, "none: No such file or directory", id="no such file"),
        pytest.param((), ("k=.",), None, "--from-file k=.: a folder has no key of its own", id="a folder with a key"),
        pytest.param(("a=1",), (), "A=1", "--from-env-file cannot be combined", id="env files and others"),
        pytest.param((), (), "\n1 CANARY=2", "line 2 is not KEY=VALUE", id="no name of a variable"),
    ],
)
def test_mistakes_are_named_without_values(
    tmp_path: Path, literals: tuple[str, ...], files: tuple[str, ...], lines: str | None, message: str
) -> None:
    (tmp_path / "app.env").write_text(lines or "")
    with pytest.raises(Terminal) as refusal:
        created_data.generic(literals, files, (tmp_path / "app.env",) if lines else ())
    assert message in str(refusal.value)
    assert "CANARY" not in str(refusal.value)


def test_a_tls_pair_must_belong_together(sealing_data: Path, new_key: dict[str, str]) -> None:
    pair = created_data.tls(Path(new_key["cert"]), Path(new_key["key"]))
    assert plain(pair) == {
        "tls.crt": Path(new_key["cert"]).read_bytes(),
        "tls.key": Path(new_key["key"]).read_bytes(),
    }
    with pytest.raises(Terminal, match="the private key is not that of the certificate"):
        created_data.tls(Path(new_key["cert"]), sealing_data / "tls.key")


def test_a_login_has_the_form_that_docker_has(tmp_path: Path) -> None:
    login = created_data.docker_registry(None, server="r.example", username="u", password="p", email="")
    entry = {"username": "u", "password": "p", "auth": base64.b64encode(b"u:p").decode()}
    assert json.loads(plain(login)[".dockerconfigjson"]) == {"auths": {"r.example": entry}}
    (tmp_path / "config.json").write_text('{"auths": {}}')
    file = created_data.docker_registry(tmp_path / "config.json", server="", username="", password="", email="")
    assert plain(file) == {".dockerconfigjson": b'{"auths": {}}'}


@pytest.mark.parametrize(
    ("arguments", "kind", "keys"),
    [
        pytest.param(["generic", "db", "--from-literal", "a=CANARY"], "Opaque", {"a"}, id="generic"),
        pytest.param(
            ["tls", "db", "--cert", "CERT", "--key", "KEY"], "kubernetes.io/tls", {"tls.crt", "tls.key"}, id="tls"
        ),
        pytest.param(
            ["docker-registry", "db", "--docker-username", "u", "--docker-password", "CANARY"],
            "kubernetes.io/dockerconfigjson",
            {".dockerconfigjson"},
            id="docker-registry",
        ),
    ],
)
def test_each_kind_is_sealed_whole(  # noqa: PLR0917 - fixtures and columns of the table
    run_seal: Run,
    certificate: str,
    new_key: dict[str, str],
    opened: Any,
    arguments: list[str],
    kind: str,
    keys: set[str],
) -> None:
    given = [{"CERT": new_key["cert"], "KEY": new_key["key"]}.get(argument, argument) for argument in arguments]
    process = run_seal("create", *given, "-n", "shop", "--label", "app=web", CERT=certificate)
    (document,) = read_documents(process.stdout)
    template = document.body["spec"]["template"]
    assert (process.returncode, template["type"], template["metadata"]["labels"]) == (0, kind, {"app": "web"})
    assert opened(process.stdout).keys() == keys
    assert b"CANARY" not in process.stdout + process.stderr
    assert process.stderr.startswith(b"sealed shop/db, scope strict, SHA256:")
