from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from ruamel.yaml import YAML

from secrets_operator.cli.crds import crds

FILES = {
    "bitnami.com_sealedsecrets.yaml",
    "external-secrets.io_clusterexternalsecrets.yaml",
    "external-secrets.io_clustersecretstores.yaml",
    "external-secrets.io_externalsecrets.yaml",
    "external-secrets.io_secretstores.yaml",
    "generators.external-secrets.io_clustergenerators.yaml",
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


def test_without_options_one_stream_of_all_definitions_is_printed() -> None:
    result = CliRunner().invoke(crds)
    assert result.exit_code == 0
    kinds = [item["spec"]["names"]["kind"] for item in YAML(typ="safe", pure=True).load_all(result.stdout)]
    first = ["ExternalSecret", "SecretStore", "ClusterSecretStore", "ClusterExternalSecret", "SealedSecret"]
    assert kinds[: len(first)] == first
    assert len(kinds) == len(set(kinds)) == len(FILES)


def test_output_writes_one_file_for_each_and_check_then_agrees(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "crds"
    assert CliRunner().invoke(crds, ["--output", str(folder)]).exit_code == 0
    assert {path.name for path in folder.iterdir()} == FILES
    result = CliRunner().invoke(crds, ["--check", "--output", str(folder)])
    assert (result.exit_code, result.output) == (0, "")


def test_check_names_what_is_stale_or_missing_and_writes_nothing(tmp_path: Path) -> None:
    assert CliRunner().invoke(crds, ["--output", str(tmp_path)]).exit_code == 0
    (tmp_path / "bitnami.com_sealedsecrets.yaml").write_text("old", encoding="utf-8")
    (tmp_path / "external-secrets.io_secretstores.yaml").unlink()
    result = CliRunner().invoke(crds, ["--check", "--output", str(tmp_path)])
    assert result.exit_code == 1
    assert "bitnami.com_sealedsecrets.yaml, " in result.stderr or ", bitnami.com_sealedsecrets.yaml" in result.stderr
    assert "external-secrets.io_secretstores.yaml" in result.stderr
    assert "externalsecrets.yaml" not in result.stderr
    assert (tmp_path / "bitnami.com_sealedsecrets.yaml").read_text(encoding="utf-8") == "old"
