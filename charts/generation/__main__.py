"""Writes what is made from something else: CRDs of the chart, its schema, the kustomize base, tables of settings.

``python -m charts.generation`` writes, ``--check`` writes nothing, names what is stale and fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import yaml
from secrets_operator_access_tokens import environment as access_tokens
from secrets_operator_aws import environment as aws
from secrets_operator_vault import environment as vault

from charts.generation.flags_table import flags_table
from charts.generation.kustomize import KUSTOMIZATION, base, namespace
from charts.generation.marked_part import with_part
from charts.generation.marks_table import marks_table
from charts.generation.rendering import CHART, Manifest, default_values
from charts.generation.values_file import documented_values
from charts.generation.values_schema import values_schema
from charts.generation.values_table import values_tables
from charts.generation.variables_table import flag_variables_table, variables_table
from secrets_operator.cli.keys.command import keys
from secrets_operator.cli.run import run
from secrets_operator.cli.sealing.command import seal
from secrets_operator.environment import GUARDS, VARIABLES
from secrets_operator.resources.documented_marks import SET_BY_USERS, WRITTEN_BY_US

ROOT = CHART.parents[1]
CRDS = CHART / "files" / "crds"
KUSTOMIZE = ROOT / "charts" / "kustomize"
PLUGINS = {"access-tokens": access_tokens.VARIABLES, "aws": aws.VARIABLES, "vault": vault.VARIABLES}
NOTE = "Made from charts/secrets-operator by `make crds`; do not edit."


def generated() -> Iterator[tuple[Path, str]]:
    """Yield every file that is made, with what it should hold."""
    definitions = sorted((ROOT / "crds").glob("*.yaml"))
    for path in definitions:
        yield CRDS / path.name, path.read_text(encoding="utf-8")
    listed = "".join(f"  - {path.name}\n" for path in definitions)
    yield (
        CRDS / "kustomization.yaml",
        f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{listed}",
    )
    defaults = default_values()
    yield CHART / "values.schema.json", json.dumps(values_schema(defaults), indent=2, ensure_ascii=False) + "\n"
    values = documented_values((CHART / "values.yaml").read_text(encoding="utf-8"), defaults)
    yield _document("chart.md", {"charts/secrets-operator/values.yaml": values_tables(values)})
    yield from _documents()
    yield KUSTOMIZE / "kustomization.yaml", KUSTOMIZATION
    yield KUSTOMIZE / "namespace.yaml", _stream([namespace()])
    yield KUSTOMIZE / "operator.yaml", _stream(base())


def _documents() -> Iterator[tuple[Path, str]]:
    """Yield the documents of docs/ that have tables of settings."""
    flags = flags_table(run, variables="SECRETS_OPERATOR_RUN")
    yield _document("operating.md", {"the command line of run": flags})
    of_plugins = {name: variables_table(variables) for name, variables in PLUGINS.items()}
    for name in ("aws", "vault"):
        yield _document(f"providers/{name}.md", {_source(name): of_plugins[name]})
    guards = {"the guards in secrets_operator/environment.py": variables_table(GUARDS)}
    yield _document("providers/webhook.md", guards)
    tables = {"secrets_operator/environment.py": variables_table(VARIABLES)} | guards
    tables |= {_source(name): table for name, table in of_plugins.items()}
    tables["the command lines of seal and keys"] = flag_variables_table({"seal": seal, "keys": keys})
    tables["what users set in secrets_operator/resources/documented_marks.py"] = marks_table(SET_BY_USERS)
    tables["what the operator writes in secrets_operator/resources/documented_marks.py"] = marks_table(WRITTEN_BY_US)
    yield _document("settings.md", tables)


def _source(name: str) -> str:
    return f"providers/{name}/secrets_operator_{name.replace('-', '_')}/environment.py"


def left_over() -> list[Path]:
    """Return the definitions in the chart that there are no more."""
    return [path for path in CRDS.glob("*_*.yaml") if not (ROOT / "crds" / path.name).is_file()]


def stale() -> list[Path]:
    """Return the files that do not hold what they should, and definitions that are left over."""
    return left_over() + [
        path for path, text in generated() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def _document(name: str, parts: Mapping[str, str]) -> tuple[Path, str]:
    """Return a document of docs/ with the parts that are made from each source made anew."""
    path = ROOT / "docs" / name
    text = path.read_text(encoding="utf-8")
    for source, part in parts.items():
        text = with_part(text, source=source, text=part)
    return path, text


def _stream(manifests: list[Manifest]) -> str:
    return f"# {NOTE}\n" + yaml.safe_dump_all(manifests, sort_keys=False, width=120)


@click.command
@click.option("--check", is_flag=True, help="Write nothing; fail and name the files that are stale.")
def main(*, check: bool) -> None:
    """Write the files of charts/ and docs/ that are made from something else."""
    if not check:
        _write()
    elif found := stale():
        names = ", ".join(str(path.relative_to(ROOT)) for path in found)
        click.echo(f"stale: {names}; run make crds", err=True)
        raise SystemExit(1)


def _write() -> None:
    for path in left_over():
        path.unlink()
    # One after the other: what is rendered depends on what was just written.
    for path, text in generated():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
