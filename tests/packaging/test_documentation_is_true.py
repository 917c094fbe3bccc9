"""What the documentation says is so: links lead somewhere, manifests are accepted and acted on, lists are complete."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from click.testing import CliRunner
from devcluster.structural import StructuralSchema
from ruamel.yaml import YAML

from secrets_operator.cli.main import cli
from secrets_operator.cli.run import run
from secrets_operator.controllers.external_secret_reports import FAILED, PENDING
from secrets_operator.controllers.secret_store import INVALID, UNKNOWN, VALID
from secrets_operator.planning.fan_out import Unusable, wanted
from secrets_operator.planning.fan_out_kinds import EXTERNAL_SECRETS_EVERYWHERE, PUSH_SECRETS_EVERYWHERE
from secrets_operator.planning.generic_targets import SECRET_KIND, TargetKind
from secrets_operator.planning.secret_store import store_problems
from secrets_operator.planning.secret_writes import DELETED, MISSING, SYNCED
from secrets_operator.planning.support import EXTERNAL_SECRET, unsupported_fields
from secrets_operator.resources.definitions.documents import document
from secrets_operator.resources.definitions.kinds import DEFINITIONS
from secrets_operator.resources.external_secret import ExternalSecret
from secrets_operator.resources.external_secret_checks import spec_problems
from secrets_operator.resources.policies import CreationPolicy, DeletionPolicy
from secrets_operator.sealing.diagnosis import FailureReason
from secrets_operator.settings import Settings
from tests.cluster.manifests import cluster_external_secret, external_secret, fake_store, shared_fake_store
from tests.cluster_world import OperatorProcess, Process, World, wait_for
from tests.documented_installation import bound_kubeconfig, installation
from tests.exported_metrics import PROCESS, families, full_metrics, series
from tests.installed_plugins import generators, providers

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
FLAG = re.compile(r"--[a-z][a-z-]*")
HELP_FLAG = re.compile(r"^ +(?:-\w, )?(--[a-z][a-z-]*)", re.MULTILINE)

KINDS = {definition.resource.kind: definition for definition in DEFINITIONS}


def documents() -> list[Path]:
    """Every Markdown file of the repository, none of what tools leave in it."""
    return sorted(
        path
        for path in ROOT.rglob("*.md")
        if not any(part.startswith((".", "build", "dist")) for part in path.relative_to(ROOT).parts)
    )


@cache
def prose(path: Path) -> str:
    """The text of a document without its blocks of code."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


@cache
def anchors(path: Path) -> frozenset[str]:
    """What GitHub calls the headings of a document."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(prose(path)))
    return frozenset(title.strip().replace(" ", "-") for title in titles)


def rows(path: Path, start: str) -> list[list[str]]:
    """The rows of tables whose first cell starts with ``start``, as cells."""
    lines = [line for line in prose(path).splitlines() if line.startswith(f"| {start}")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def examples() -> list[Any]:
    """Every manifest of our kinds that a document shows as YAML."""
    return [pytest.param(manifest, id=name) for name, manifest in manifests()]


def manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in documents():
        for number, (_, language, text) in enumerate(FENCE.findall(path.read_text(encoding="utf-8")), start=1):
            if language != "yaml":
                continue
            for manifest in YAML(typ="safe", pure=True).load_all(text):
                if isinstance(manifest, dict) and manifest.get("kind") in KINDS:
                    name = f"{path.relative_to(ROOT)} block {number}: {manifest['kind']} {manifest['metadata']['name']}"
                    yield name, manifest


@cache
def schema_of(kind: str) -> StructuralSchema:
    return StructuralSchema.compile(document(KINDS[kind])["spec"]["versions"][0]["schema"]["openAPIV3Schema"])


def help_of(command: str) -> str:
    return CliRunner().invoke(cli, [command, "--help"]).output


@pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in documents()])
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    broken = []
    for link in LINK.findall(prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.is_relative_to(ROOT) or not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("manifest", examples())
def test_every_manifest_is_accepted_whole_by_the_api_server_and_the_models(manifest: dict[str, Any]) -> None:
    definition = KINDS[manifest["kind"]]
    assert manifest["apiVersion"] in definition.resource.api_versions
    schema = schema_of(manifest["kind"])
    assert schema.validate(manifest) == []
    assert schema.prune(manifest) == []
    resource = definition.model.model_validate(manifest)
    if isinstance(resource, ExternalSecret):
        assert spec_problems(resource.spec) == ()


def applied(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest as the API server would have it."""
    return manifest | {"metadata": manifest["metadata"] | {"uid": "u"}}


@pytest.mark.parametrize("manifest", examples())
def test_every_manifest_is_acted_on_whole(manifest: dict[str, Any]) -> None:
    spec = manifest["spec"]
    if manifest["kind"] == "ExternalSecret":
        assert unsupported_fields(spec, EXTERNAL_SECRET) == []
    elif manifest["kind"] == "ClusterExternalSecret":
        assert unsupported_fields(spec["externalSecretSpec"], EXTERNAL_SECRET) == []
        assert not isinstance(wanted(EXTERNAL_SECRETS_EVERYWHERE, applied(manifest)), Unusable)
    elif manifest["kind"] == "ClusterPushSecret":
        assert not isinstance(wanted(PUSH_SECRETS_EVERYWHERE, applied(manifest)), Unusable)
    elif manifest["kind"] in {"SecretStore", "ClusterSecretStore"}:
        assert store_problems(manifest) == []
        ((name, settings),) = spec["provider"].items()
        if name in providers().names():
            assert list(providers().get(name).problems(settings, store_kind=manifest["kind"])) == []
    elif manifest["kind"] in generators().names():
        assert list(generators().get(manifest["kind"]).problems(spec)) == []


@pytest.mark.parametrize("place", ["README.md", "docs/references.md"])
def test_the_unsupported_fields_of_an_external_secret_are_named_all_and_no_others(place: str) -> None:
    ((_, _, in_readme),) = rows(ROOT / "README.md", "ExternalSecret |")
    in_references = prose(DOCS / "references.md").partition("**not supported yet**:")[2].partition(".\n")[0]
    said = in_readme if place == "README.md" else in_references
    assert {field.rpartition(".")[2] for field in CODE.findall(said)} == unsupported_objects()


def unsupported_objects() -> set[str]:
    """Return the names of what docs/compatibility.md calls unsupported in an ExternalSecret; another test holds it."""
    listed = prose(DOCS / "compatibility.md").partition("\n## ExternalSecret\n")[2].partition("\n## ")[0]
    return {path.split(".")[-2] for path in re.findall(r"^\| `([^`]+)` \| not supported yet", listed, re.MULTILINE)}


def test_there_are_manifests_of_every_kind_to_check() -> None:
    assert {manifest["kind"] for _, manifest in manifests()} == KINDS.keys()


def test_the_flags_of_run_that_are_named_exist() -> None:
    named = {re.split("[ =]", code)[0] for code in CODE.findall(prose(DOCS / "operating.md")) if code.startswith("--")}
    assert named - {name for param in run.params for name in param.opts} <= {"--help", "--version"}


def test_the_options_of_seal_are_named_all_and_no_others() -> None:
    named = [flag for cells in rows(DOCS / "sealing.md", "`-") for flag in FLAG.findall(cells[0])]
    assert set(named) == set(HELP_FLAG.findall(help_of("seal"))) - {"--help"}


def test_the_commands_are_named_all() -> None:
    text = prose(DOCS / "architecture.md")
    assert [name for name in cli.list_commands(click.Context(cli)) if f"`{name}`" not in text] == []


def test_the_policies_are_explained_all() -> None:
    for field, policies in (("`creationPolicy`", CreationPolicy), ("`deletionPolicy`", DeletionPolicy)):
        table = prose(DOCS / "references.md").partition(f"\n| {field} |")[2].partition("\n\n")[0]
        assert {CODE.findall(line)[0] for line in table.splitlines()[2:]} == set(get_args(policies))


def test_the_reasons_and_events_are_explained() -> None:
    text = prose(DOCS / "references.md")
    kinds, whats = (SECRET_KIND, TargetKind("v1", "ConfigMap")), (SYNCED, DELETED, MISSING, FAILED)
    about_targets = {kind.reason(what) for kind in kinds for what in whats}
    reasons = about_targets | {SECRET_KIND.reason(PENDING), VALID, UNKNOWN, INVALID}
    assert [reason for reason in sorted(reasons) if f"`{reason}`" not in text] == []


def test_the_metrics_are_named_all_and_no_others() -> None:
    exported = {
        (
            f"{family.name}_total" if family.type == "counter" else family.name,
            family.type,
            frozenset(label for sample in family.samples for label in sample.labels if label != "le"),
        )
        for family in families(full_metrics(Settings(compat_metrics="none")))
    }
    stated = {
        (cells[0].strip("`"), cells[1], frozenset(CODE.findall(cells[2])))
        for cells in rows(DOCS / "metrics.md", "`secrets_operator_")
    }
    assert stated == exported


def test_the_metrics_that_documents_name_are_exported() -> None:
    known = {re.sub("_(bucket|sum|count)$", "", name) for name in series()}
    pattern = r"\bsecrets_operator_[a-z_]*[a-z]_(?:total|seconds|ready|resources|bytes|depth|info)\b"
    found = {name for path in documents() for name in re.findall(pattern, path.read_text(encoding="utf-8"))}
    assert found
    assert sorted(found - known) == []


def test_the_metrics_of_others_are_named_all() -> None:
    names = {name for name in series() if not name.startswith(("secrets_operator_", *PROCESS))}
    families = {re.sub("(?<=seconds)_(bucket|sum|count)$", "", name) for name in names}
    text = prose(DOCS / "metrics.md")
    assert sorted(name for name in families if f"`{name}`" not in text) == []


def test_the_log_events_that_are_explained_are_logged() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "secrets_operator").rglob("*.py"))
    table = prose(DOCS / "operating.md").partition("| `event` |")[2].partition("\n\n")[0]
    explained = [name for line in table.splitlines()[2:] for name in CODE.findall(line.split("|")[1])]
    assert explained
    assert [name for name in explained if f'"{name}"' not in sources] == []


def test_the_reasons_of_a_sealed_secret_are_explained_all() -> None:
    explained = {code for cells in rows(DOCS / "sealing.md", "False") for code in CODE.findall(cells[1])}
    assert explained >= {str(reason) for reason in FailureReason}


def test_the_targets_of_make_are_named_all_and_no_others() -> None:
    named = {cells[0].strip("`").removeprefix("make ") for cells in rows(DOCS / "development.md", "`make ")}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert named == set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))


@pytest.mark.cluster
@pytest.mark.process
def test_the_permissions_that_are_stated_are_enough(tmp_path: Path) -> None:
    admin, bound = tmp_path / "admin", tmp_path / "bound"
    command = [sys.executable, "-m", "devcluster", "--port", "0", "--kubeconfig", str(admin)]
    with Process(command, ready="devcluster ready"):
        world = World(admin)
        world.apply_files(ROOT / "crds")
        world.wait_established(ROOT / "crds")
        account = installation(world)
        bound.write_text(bound_kubeconfig(world, admin, account))
        with OperatorProcess(bound, account["namespace"]) as operator:
            operator.wait_ready()
            use_every_permission(world, world.create_namespace())
            refused = [line for line in operator.get("/metrics")[1].splitlines() if 'code="403"' in line]
    assert refused == []


def use_every_permission(world: World, namespace: str) -> None:
    """Have Secrets written, deleted and made from a ConfigMap, and ExternalSecrets made and deleted in a namespace."""
    template = {"templateFrom": [{"configMap": {"name": "templates", "items": [{"key": "a"}]}}]}
    source = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "templates"}, "data": {"a": "{{ .k }}!"}}
    world.call("POST", f"/api/v1/namespaces/{namespace}/configmaps", body=source)
    labels = {"kubernetes.io/metadata.name": namespace}
    world.apply(shared_fake_store("shared", {"one": "1"}, conditions=[{"namespaces": [namespace]}]))
    world.apply(fake_store(namespace, {"one": "1"}))
    world.apply(external_secret(namespace, {"k": "one"}, target={"name": "former"}))
    world.wait_data(namespace, "former", {"k": b"1"})
    world.wait_condition("ExternalSecret", namespace, "app")
    world.apply(external_secret(namespace, {"k": "one"}, target={"name": "latter", "template": template}))
    world.wait_data(namespace, "latter", {"a": b"1!"})
    wait_for("the former Secret is gone", lambda: world.secret(namespace, "former") is None)
    fan_out = cluster_external_secret("shared", {"k": "one"}, namespaceSelectors=[{"matchLabels": labels}])
    world.apply(fan_out)
    world.wait_data(namespace, "shared", {"k": b"1"})
    fan_out["spec"]["namespaceSelectors"] = []
    world.apply(fan_out)
    wait_for("the child is gone", lambda: world.get("ExternalSecret", namespace, "shared") is None)
