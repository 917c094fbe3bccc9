"""What the incumbents leave in a cluster, and what of it is to be changed."""

from typing import Any

import pytest

from secrets_operator.planning.migration import (
    copied_key,
    is_of_external_secrets,
    is_of_sealed_secrets,
    is_running,
    kept_finalizers,
    named,
)

CLEANUP = "externalsecrets.external-secrets.io/externalsecret-cleanup"
OURS = "secrets-operator.dev/none"


@pytest.mark.parametrize(
    ("finalizers", "kept"),
    [
        pytest.param(None, None, id="none at all"),
        pytest.param(["kubernetes"], None, id="only somebody else's"),
        pytest.param([CLEANUP], [], id="an ExternalSecret"),
        pytest.param(["externalsecrets.external-secrets.io/clusterexternalsecret-cleanup"], [], id="a fan-out"),
        pytest.param(["externalsecrets.external-secrets.io/ces-shared", OURS], [OURS], id="a namespace, others stay"),
        pytest.param(["secretstore.externalsecrets.io/finalizer"], [], id="a store"),
    ],
)
def test_finalizers(finalizers: list[str] | None, kept: list[str] | None) -> None:
    metadata: dict[str, Any] = {"name": "app", **({"finalizers": finalizers} if finalizers is not None else {})}
    assert kept_finalizers({"metadata": metadata}) == kept


def deployment(name: str, label: str = "", *, replicas: int | None = 1) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": label} if label else {}
    return {"metadata": {"name": name, "labels": labels}, "spec": {} if replicas is None else {"replicas": replicas}}


@pytest.mark.parametrize(
    ("found", "external", "sealed"),
    [
        pytest.param(deployment("es", "external-secrets"), True, False, id="the controller, by its label"),
        pytest.param(deployment("es", "external-secrets-webhook"), True, False, id="its webhook"),
        pytest.param(deployment("external-secrets"), False, False, id="a namesake without the label"),
        pytest.param(deployment("sealed-secrets-controller"), False, True, id="the plain manifest of Sealed Secrets"),
        pytest.param(deployment("ss", "sealed-secrets"), False, True, id="the chart of Sealed Secrets"),
    ],
)
def test_deployments_are_told_by_what_their_charts_write(found: dict[str, Any], external: bool, sealed: bool) -> None:
    assert (is_of_external_secrets(found), is_of_sealed_secrets(found)) == (external, sealed)


@pytest.mark.parametrize(("replicas", "running"), [(1, True), (0, False), (None, True)], ids=["one", "none", "unset"])
def test_running(replicas: int | None, running: bool) -> None:
    assert is_running(deployment("d", replicas=replicas)) is running


def test_a_copied_key_keeps_what_says_which_key_it_is_and_nothing_of_the_server() -> None:
    metadata = {"name": "key1", "namespace": "kube-system", "labels": {"l": "1"}, "uid": "u", "resourceVersion": "9"}
    key = {"metadata": metadata, "type": "kubernetes.io/tls", "data": {"tls.key": "a"}}
    assert copied_key(key, "here") == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key1", "namespace": "here", "labels": {"l": "1"}},
        "type": "kubernetes.io/tls",
        "data": {"tls.key": "a"},
    }


def test_names_are_sorted_for_people() -> None:
    assert named([{"metadata": {"name": "b", "namespace": "n"}}, {"metadata": {"name": "a"}}]) == ["a", "n/b"]
