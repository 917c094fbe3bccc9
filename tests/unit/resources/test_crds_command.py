from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from secrets_operator.cli.crds import crds

FILES = {
    "bitnami.com_sealedsecrets.yaml",
    "external-secrets.io_clusterexternalsecrets.yaml",
    "external-secrets.io_clusterpushsecrets.yaml",
    "external-secrets.io_clustersecretstores.yaml",
    "external-secrets.io_externalsecrets.yaml",
    "external-secrets.io_pushsecrets.yaml",
    "external-secrets.io_secretstores.yaml",
    "generators.external-secrets.io_clustergenerators.yaml",
    "generators.external-secrets.io_acraccesstokens.yaml",
    "generators.external-secrets.io_beyondtrustworkloadcredentialsdynamicsecrets.yaml",
    "generators.external-secrets.io_generatorstates.yaml",
    "generators.external-secrets.io_gcraccesstokens.yaml",
    "generators.external-secrets.io_gitlabdeploytokens.yaml",
    "generators.external-secrets.io_grafanas.yaml",
    "generators.external-secrets.io_cloudsmithaccesstokens.yaml",
    "generators.external-secrets.io_githubaccesstokens.yaml",
    "generators.external-secrets.io_quayaccesstokens.yaml",
    "generators.external-secrets.io_ecrauthorizationtokens.yaml",
    "generators.external-secrets.io_fakes.yaml",
    "generators.external-secrets.io_mfas.yaml",
    "generators.external-secrets.io_passwords.yaml",
    "generators.external-secrets.io_sshkeys.yaml",
    "generators.external-secrets.io_stssessiontokens.yaml",
    "generators.external-secrets.io_uuids.yaml",
    "generators.external-secrets.io_vaultdynamicsecrets.yaml",
    "generators.external-secrets.io_webhooks.yaml",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the command made and wrote."""
    folder = tmp_path_factory.mktemp("written") / "deep" / "crds"
    assert CliRunner().invoke(crds, ["--output", str(folder)]).exit_code == 0
    return folder


def test_without_options_one_stream_of_all_definitions_is_printed() -> None:
    result = CliRunner().invoke(crds)
    assert result.exit_code == 0
    # That each text is its document another test says; to read them all takes ten seconds.
    kinds = re.findall(r"^  names:\n(?:    .*\n)*?    kind: (\w+)$", result.stdout, re.MULTILINE)
    first = ["ExternalSecret", "SecretStore", "ClusterSecretStore", "ClusterExternalSecret", "PushSecret"]
    assert kinds[: len(first)] == first
    assert len(kinds) == len(set(kinds)) == len(FILES)


def test_output_writes_one_file_for_each_and_check_then_agrees(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == FILES
    result = CliRunner().invoke(crds, ["--check", "--output", str(written)])
    assert (result.exit_code, result.output) == (0, "")


def test_check_names_what_is_stale_or_missing_and_writes_nothing(written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    (tmp_path / "bitnami.com_sealedsecrets.yaml").write_text("old", encoding="utf-8")
    (tmp_path / "external-secrets.io_secretstores.yaml").unlink()
    result = CliRunner().invoke(crds, ["--check", "--output", str(tmp_path)])
    assert result.exit_code == 1
    assert "bitnami.com_sealedsecrets.yaml, " in result.stderr or ", bitnami.com_sealedsecrets.yaml" in result.stderr
    assert "external-secrets.io_secretstores.yaml" in result.stderr
    assert "externalsecrets.yaml" not in result.stderr
    assert (tmp_path / "bitnami.com_sealedsecrets.yaml").read_text(encoding="utf-8") == "old"
