"""What admission says: which edits are judged at all, which problems refuse one, and what each kind is refused for."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.flow import Key
from secrets_operator.planning import admission
from secrets_operator.planning.admission import Findings, Review, Verdict, needs_judging, verdict
from secrets_operator.planning.external_secret import Wanted
from secrets_operator.settings import GroupKind, Settings
from tests.builders import cluster_external_secret, external_secret, sealed_secret, store

OTHER = {"secretStoreRef": {"name": "other"}}
WIDE = {"sealedsecrets.bitnami.com/cluster-wide": "true"}
GONE: dict[str, Any] = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("review", "judged"),
    [
        pytest.param(Review("CREATE", external_secret()), True, id="what is new is judged"),
        pytest.param(Review("DELETE", None, external_secret()), False, id="a deletion is not"),
        pytest.param(Review("CONNECT", external_secret()), False, id="nor any other operation"),
        pytest.param(
            Review("UPDATE", external_secret(spec=OTHER), external_secret()), True, id="a changed spec is judged"
        ),
        pytest.param(
            Review("UPDATE", external_secret(labels={"a": "b"}), external_secret()), False, id="a label is not"
        ),
        pytest.param(
            Review("UPDATE", external_secret(), external_secret(finalizers=["a/b"])), False, id="nor a finalizer"
        ),
        pytest.param(
            Review("UPDATE", external_secret(spec=OTHER, **GONE), external_secret(**GONE)),
            False,
            id="nor anything about what is being deleted",
        ),
        pytest.param(
            Review("UPDATE", sealed_secret(annotations=WIDE), sealed_secret()), True, id="a scope is judged like a spec"
        ),
        pytest.param(
            Review("UPDATE", sealed_secret(annotations={"a": "b"}), sealed_secret()), False, id="an annotation is not"
        ),
    ],
)
def test_only_what_a_verdict_depends_on_is_judged(review: Review, judged: bool) -> None:
    assert needs_judging(review) is judged


@pytest.mark.parametrize(
    ("found", "before", "expected"),
    [
        pytest.param((), (), Verdict(), id="nothing wrong -> through"),
        pytest.param(("a", "b"), (), Verdict("a; b"), id="everything is said at once"),
        pytest.param(("a",), ("a", "b"), Verdict("", ("still to be mended: a",)), id="one of two mended -> through"),
        pytest.param(("a", "c"), ("a",), Verdict("c"), id="one more -> refused for that one"),
        pytest.param(("b",), ("a",), Verdict("b"), id="another instead -> refused"),
    ],
)
def test_an_update_is_refused_for_what_it_brings(
    found: tuple[str, ...], before: tuple[str, ...], expected: Verdict
) -> None:
    assert verdict(Findings(found), Findings(before)) == expected


def test_long_messages_stay_readable() -> None:
    refused = verdict(Findings(tuple(f"problem {number}" for number in range(100)), ("w" * 1000,)))
    assert refused.refusal.endswith("problem 19; and 80 more")
    assert [len(warning) for warning in refused.warnings] == [256]


def template(**members: Any) -> dict[str, Any]:
    return {"target": {"template": members}}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        pytest.param({"refreshInterval": "soon"}, "spec.refreshInterval:", id="a field that is wrong"),
        pytest.param({"data": []}, "spec:", id="no source at all"),
        pytest.param({"secretStoreRef": {}}, "spec.secretStoreRef.name: is required", id="no store"),
        pytest.param(template(type="bootstrap.kubernetes.io/token"), "would let the Secret admit nodes", id="nodes"),
        pytest.param(
            template(type="helm.sh/release.v1"), "spec.target.template.type: a Secret of type helm", id="a release"
        ),
        pytest.param(
            template(type="kubernetes.io/service-account-token"), "grants power", id="a token, even without annotation"
        ),
        pytest.param(
            {"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}},
            "spec.target.manifest: the operator is not started with",
            id="a kind that may not be written",
        ),
        pytest.param(
            {"dataFrom": [{"find": {"name": {"regexp": "("}}}]},
            "spec.dataFrom[0].find.name.regexp",
            id="an expression that is none",
        ),
    ],
)
def test_an_external_secret_is_refused_in_the_words_of_its_condition(spec: dict[str, Any], says: str) -> None:
    found = admission.external_secret(external_secret(spec=spec), Settings())
    assert isinstance(found, tuple)
    assert says in "; ".join(found)


def test_a_good_external_secret_without_a_name_yet_is_read() -> None:
    resource = external_secret()
    resource["metadata"] = {"generateName": "app-", "namespace": "team"}
    found = admission.external_secret(resource, Settings())
    assert isinstance(found, Wanted)
    assert found.stores == (Key("SecretStore", "team", "store"),)


def test_a_kind_that_may_be_written_is_not_refused() -> None:
    settings = Settings(allow_generic_targets=True, generic_targets=frozenset({GroupKind("", "ConfigMap")}))
    manifest = {"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}}
    assert isinstance(admission.external_secret(external_secret(spec=manifest), settings), Wanted)


def test_a_cluster_external_secret_is_refused_for_what_its_children_would_say() -> None:
    found = admission.cluster_external_secret(cluster_external_secret(), Settings())
    assert isinstance(found, tuple)
    (problem,) = found
    assert problem.startswith("spec.externalSecretSpec.secretStoreRef.name: is required")


def test_a_cluster_external_secret_is_refused_for_its_own_selectors() -> None:
    selectors = {"namespaceSelectors": [{"matchExpressions": [{"key": "a", "operator": "Is", "values": ["b"]}]}]}
    found = admission.cluster_external_secret(cluster_external_secret(spec=selectors), Settings())
    assert isinstance(found, tuple)
    assert "spec.namespaceSelectors[0]" in found[0]


def test_a_store_is_refused_for_what_no_provider_knows() -> None:
    two = {"provider": {"fake": {}, "vault": {}}, "conditions": [{"namespaceRegexes": ["("]}]}
    found = "; ".join(admission.store(store(namespace="", spec=two)))
    assert "spec.provider: needs exactly one provider, has fake, vault" in found
    assert "spec.conditions[0].namespaceRegexes[0]" in found


@pytest.mark.parametrize("powerful", ["kubernetes.io/service-account-token", "helm.sh/release.v1"])
def test_a_sealed_secret_is_refused_for_a_type_that_grants_power(powerful: str) -> None:
    (found,) = admission.sealed_secret_type(sealed_secret(template={"type": powerful}))
    assert found.startswith(f"spec.template.type: a Secret of type {powerful} grants power")
    assert list(admission.sealed_secret_type(sealed_secret(template={"type": "Opaque"}))) == []
    assert list(admission.sealed_secret_type(sealed_secret())) == []
