"""Renders the chart: with Helm where it is on the path, otherwise with a Go template engine in Python.

In: the values of a user, as parsed YAML. Out: the manifests, in the order in which they stand in the templates.
"""

from __future__ import annotations

import copy
import fnmatch
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from gotpl.errors import TemplateError
from gotpl.exts.helm import HelmTemplateEngine

CHART = Path(__file__).parents[1] / "secrets-operator"
KUBERNETES = "1.33.0"
Values = Mapping[str, Any]
Manifest = dict[str, Any]

# libyaml's loader takes a tenth of the time.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RenderingFailed(Exception):
    """The chart refuses the values; the message is what Helm or the template says."""


@dataclass(frozen=True, slots=True)
class Release:
    """What a user names when installing, and what the cluster serves beside the usual."""

    name: str = "secrets-operator"
    namespace: str = "secrets-operator"
    api_versions: tuple[str, ...] = ()


def render(values: Values | None = None, release: Release | None = None) -> list[Manifest]:
    """Return the manifests for the values; raises RenderingFailed when the chart refuses them."""
    release = release or Release()
    helm = shutil.which("helm")
    text = with_helm(helm, values or {}, release) if helm else in_python(values or {}, release)
    return manifests(text)


def manifests(text: str) -> list[Manifest]:
    """Return the manifests of a stream of YAML."""
    return [manifest for manifest in yaml.load_all(text, Loader=_Loader) if manifest]


def default_values() -> dict[str, Any]:
    """Return what values.yaml says."""
    found: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return found


def merged(defaults: Values, values: Values) -> dict[str, Any]:
    """Return the defaults with the values over them, as Helm does: maps are merged, null removes a default."""
    result = dict(copy.deepcopy(defaults))
    for key, value in values.items():
        if value is None and key in result:
            result.pop(key)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def with_helm(helm: str, values: Values, release: Release) -> str:
    """Return what the command ``helm template`` prints."""
    # Without a cluster Helm takes the version it was built against, which may be older than what the chart needs.
    command = [helm, "template", release.name, str(CHART), "--kube-version", KUBERNETES]
    command += ["--namespace", release.namespace, "--values", "-"]
    for version in release.api_versions:
        command += ["--api-versions", version]
    done = subprocess.run(  # noqa: S603 - Helm, with arguments of our own
        command, input=json.dumps(values), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RenderingFailed(done.stderr)
    return done.stdout


def in_python(values: Values, release: Release) -> str:
    """Return what the templates print when gotpl renders them."""
    everything = merged(default_values(), values)
    context = {
        "Values": everything,
        "Chart": {key[0].upper() + key[1:]: value for key, value in _chart().items()},
        "Release": {
            "Name": release.name,
            "Namespace": release.namespace,
            "Service": "Helm",
            "IsInstall": True,
            "IsUpgrade": False,
            "Revision": 1,
        },
        "Files": _Files(CHART),
        "Capabilities": {"APIVersions": _Versions(release.api_versions)},
        "Template": {"BasePath": "secrets-operator/templates", "Name": ""},
    }
    templates = CHART / "templates"
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(templates.rglob("*")) if path.is_file()}
    try:
        rendered = HelmTemplateEngine.from_sources(sources).render(
            {name: context for name in sources if name.endswith((".yaml", ".txt"))}
        )
    except TemplateError as error:
        raise RenderingFailed(str(error)) from error
    return "\n---\n".join(text for name, text in rendered.items() if name.endswith(".yaml"))


def _chart() -> dict[str, Any]:
    chart: dict[str, Any] = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    return chart


class _Files:
    """``.Files`` of a template."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def Get(self, name: str) -> str:  # noqa: N802 - as templates call it
        path = self._root / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def Glob(self, pattern: str) -> dict[str, bytes]:  # noqa: N802 - as templates call it
        return {name: (self._root / name).read_bytes() for name in self._names() if fnmatch.fnmatch(name, pattern)}

    def _names(self) -> Iterator[str]:
        paths = (path for path in sorted((self._root / "files").rglob("*")) if path.is_file())
        yield from (str(path.relative_to(self._root)) for path in paths)


class _Versions:
    """``.Capabilities.APIVersions`` of a template."""

    def __init__(self, versions: tuple[str, ...]) -> None:
        self._versions = versions

    def Has(self, version: str) -> bool:  # noqa: N802 - as templates call it
        return version in self._versions
