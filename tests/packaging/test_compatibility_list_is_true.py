"""The list of fields in docs/compatibility.md is that of the CRDs, and a field works where the operator does not
refuse it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from secrets_operator.planning.support import EXTERNAL_SECRET, STORE, unsupported_fields
from secrets_operator.resources.definitions.documents import document
from secrets_operator.resources.definitions.kinds import DEFINITIONS, GENERATORS
from secrets_operator.resources.generators.cluster_generator import spec_property
from tests.installed_plugins import generators, providers
from tests.rows import Row, check_each

COMPATIBILITY = Path(__file__).parents[2] / "docs" / "compatibility.md"
WORKS, NOT_YET, NO_EFFECT, REFUSED = "works", "not supported yet", "no effect", "refused"
SECTIONS = {
    "ExternalSecret": "ExternalSecret",
    "ClusterExternalSecret": "ClusterExternalSecret",
    "SecretStore": "SecretStore and ClusterSecretStore",
    "ClusterSecretStore": "SecretStore and ClusterSecretStore",
    "PushSecret": "PushSecret",
    "ClusterPushSecret": "ClusterPushSecret",
    "SealedSecret": "SealedSecret",
    "GeneratorState": "GeneratorState",
    **{definition.resource.kind: definition.resource.kind for definition in GENERATORS},
}
GENERATOR_KINDS = {definition.resource.kind for definition in GENERATORS} - {"ClusterGenerator"}
INNER = "spec.externalSecretSpec"
INNER_PUSH = "spec.pushSecretSpec"
# A kind and a place in it -> the kind and the part of it that is written there.
ORIGINS = {
    ("ClusterExternalSecret", INNER): ("ExternalSecret", "spec"),
    ("ClusterPushSecret", INNER_PUSH): ("PushSecret", "spec"),
    ("VaultDynamicSecret", "spec.provider"): ("SecretStore", "spec.provider.vault"),
    ("Webhook", "spec"): ("SecretStore", "spec.provider.webhook"),
    **{("ClusterGenerator", f"spec.generator.{spec_property(kind)}"): (kind, "spec") for kind in GENERATOR_KINDS},
}
BRACES = re.compile(r"\{([^{}]*)\}")
# Values that ask for nothing, and provider objects that have no other problem.
ASKS_FOR_NOTHING = {"None"}
USABLE: dict[str, dict[str, Any]] = {
    "aws": {"service": "SecretsManager", "region": "eu-west-1"},
    "vault": {"server": "https://vault.example.com:8200", "path": "secret"},
    "kubernetes": {"auth": {"token": {"bearerToken": {"name": "login", "key": "token"}}}},
    "webhook": {"url": "https://api.example.com/{{ .remoteRef.key }}"},
    "fake": {},
}


USABLE_GENERATORS: dict[str, dict[str, Any]] = {
    "ECRAuthorizationToken": {"region": "eu-west-1"},
    "ACRAccessToken": {"registry": "shop.azurecr.io", "auth": {"managedIdentity": {}}},
    "BeyondtrustWorkloadCredentialsDynamicSecret": {
        "provider": {
            "auth": {"apikey": {"token": {"name": "s", "key": "k"}}},
            "server": {"apiUrl": "https://a.test", "siteId": "a1b2c3d4-e5f6-4890-abcd-ef1234567890"},
            "folderPath": "aws",
        }
    },
    "GCRAccessToken": {"projectID": "p", "auth": {}},
    "GitlabDeployToken": {
        "projectID": "shop/web",
        "name": "puller",
        "scopes": ["read_registry"],
        "auth": {"token": {"secretRef": {"name": "s", "key": "k"}}},
    },
    "Grafana": {
        "url": "https://grafana.example.com",
        "auth": {"token": {"name": "s", "key": "k"}},
        "serviceAccount": {"name": "reader", "role": "Viewer"},
    },
    "GithubAccessToken": {
        "appID": "1",
        "installID": "2",
        "auth": {"privateKey": {"secretRef": {"name": "app", "key": "key"}}},
    },
    "QuayAccessToken": {"robotAccount": "shop+puller", "serviceAccountRef": {"name": "puller"}},
    "CloudsmithAccessToken": {"orgSlug": "s", "serviceSlug": "p", "serviceAccountRef": {"name": "puller"}},
    "STSSessionToken": {"region": "eu-west-1"},
    "VaultDynamicSecret": {"path": "database/creds/app", "provider": USABLE["vault"]},
    "Webhook": {"url": "https://api.example.com/tokens", "result": {}},
}


class Field(NamedTuple):
    """A leaf of a schema: where it is and a value for it."""

    path: str
    sample: Any


def expanded(pattern: str) -> Iterator[str]:
    """Yield the paths that braces stand for, as a shell does."""
    found = BRACES.search(pattern)
    if found is None:
        yield pattern
        return
    for choice in found[1].split(","):
        yield from expanded(pattern[: found.start()] + choice + pattern[found.end() :])


@cache
def documented(kind: str) -> dict[str, str]:
    """Return the state of every field that the document has for a kind."""
    _, _, rest = COMPATIBILITY.read_text(encoding="utf-8").partition(f"\n## {SECTIONS[kind]}\n")
    states: dict[str, str] = {}
    for line in rest.partition("\n## ")[0].splitlines():
        if not line.startswith("| `"):
            continue
        field, state = (cell.strip().strip("`") for cell in line.split("|")[1:3])
        paths = inherited(kind, field, state) if field.endswith(".*") else dict.fromkeys(expanded(field), state)
        assert not paths.keys() & states.keys(), f"twice: {sorted(paths.keys() & states.keys())}"
        states |= paths
    return states


def inherited(kind: str, pattern: str, state: str) -> dict[str, str]:
    """Return the fields of the part of another kind that ``pattern`` puts somewhere, with the states of that kind.

    What is not supported as a whole has no field that is.
    """
    place = pattern.removesuffix(".*")
    holder, part = ORIGINS[kind, place]
    own = ((path, own) for path, own in documented(holder).items() if path.startswith(f"{part}."))
    return {place + path.removeprefix(part): NOT_YET if state == NOT_YET else own for path, own in own}


def schemas(kind: str) -> Iterator[dict[str, Any]]:
    definition = next(definition for definition in DEFINITIONS if definition.resource.kind == kind)
    for version in document(definition)["spec"]["versions"]:
        yield version["schema"]["openAPIV3Schema"]["properties"]


def fields(schema: dict[str, Any], path: str) -> Iterator[Field]:
    """Yield the leaves of a schema; ``[]`` stands behind a list."""
    if schema.get("type") == "array":
        yield from fields(schema["items"], f"{path}[]")
    elif schema.get("properties"):
        for name, child in schema["properties"].items():
            yield from fields(child, f"{path}.{name}")
    else:
        yield Field(path, sample(schema))


def sample(schema: dict[str, Any]) -> Any:
    """Return a value that asks for something."""
    if "enum" in schema:
        return next(value for value in schema["enum"] if value not in ASKS_FOR_NOTHING)
    return {"object": {"a": "b"}, "boolean": True, "integer": 1}.get(schema.get("type", ""), "x")


@cache
def all_fields(kind: str) -> tuple[Field, ...]:
    properties = next(schemas(kind))
    return tuple(field for part in ("spec", "status") if part in properties for field in fields(properties[part], part))


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return a spec with nothing in it but ``value`` at ``path``."""
    first, _, rest = path.partition(".")
    inner = nested(rest, value) if rest else value
    return {first.removesuffix("[]"): [inner] if first.endswith("[]") else inner}


def is_refused(kind: str, field: Field) -> bool:
    """Ask the code whether a field is reported as not supported."""
    spec = nested(field.path, field.sample)["spec"]
    if kind in {"SealedSecret", "PushSecret", "ClusterPushSecret", "GeneratorState"}:
        return False  # nothing of it is
    if kind == "ClusterExternalSecret":
        return INNER in field.path and bool(unsupported_fields(spec["externalSecretSpec"], EXTERNAL_SECRET))
    if kind == "ExternalSecret":
        return bool(unsupported_fields(spec, EXTERNAL_SECRET))
    if kind == "ClusterGenerator":
        held = {spec_property(one): one for one in GENERATOR_KINDS}
        return any(is_refused_by_generator(held[name], part) for name, part in spec.get("generator", {}).items())
    if kind in GENERATOR_KINDS:
        return is_refused_by_generator(kind, spec if isinstance(spec, dict) else {})
    return bool(unsupported_fields(spec, STORE)) or is_refused_by_provider(kind, spec.get("provider") or {})


def is_refused_by_generator(kind: str, spec: dict[str, Any]) -> bool:
    if kind not in generators().names():
        return True
    problems = generators().get(kind).problems(USABLE_GENERATORS.get(kind, {}) | spec)
    return any(NOT_YET in problem.message for problem in problems)


def is_refused_by_provider(kind: str, named: dict[str, Any]) -> bool:
    for name, settings in named.items():
        if name not in providers().names():
            return True
        problems = providers().get(name).problems(USABLE[name] | settings, store_kind=kind)
        if any(NOT_YET in problem.message for problem in problems):
            return True
    return False


def test_every_kind_has_a_section() -> None:
    assert SECTIONS.keys() == {definition.resource.kind for definition in DEFINITIONS}


@pytest.mark.parametrize("kind", SECTIONS)
def test_the_fields_of_a_kind_are_listed_all_and_no_others(kind: str) -> None:
    assert set(documented(kind)) == {field.path for field in all_fields(kind)}


@pytest.mark.parametrize("kind", SECTIONS)
def test_all_versions_of_a_kind_have_the_same_fields(kind: str) -> None:
    first, *others = ([field.path for field in fields(schema["spec"], "spec")] for schema in schemas(kind))
    assert all(other == first for other in others)


@pytest.mark.parametrize("kind", SECTIONS)
def test_states_are_one_of_four(kind: str) -> None:
    assert set(documented(kind).values()) <= {WORKS, NOT_YET, NO_EFFECT, REFUSED}


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_field_is_refused_where_it_is_not_supported_and_nowhere_else(kind: str) -> None:
    def check(field: Field) -> None:
        assert is_refused(kind, field) is (documented(kind)[field.path] == NOT_YET)

    of_spec = (field for field in all_fields(kind) if field.path.startswith("spec."))
    check_each((Row(field.path, (field,)) for field in of_spec), check)
