"""The names by which a Secret shows who wrote it."""

import pytest

from secrets_operator.planning.marks import (
    created_by,
    external_secret_manager,
    sealed_secret_manager,
    without_tracking,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("app", "externalsecrets.external-secrets.io/app", id="a short name is part of the manager"),
        pytest.param(
            "a" * 27, "externalsecrets.external-secrets.io/" + "a" * 27, id="63 characters are not yet too long"
        ),
        pytest.param(
            "a" * 28,
            "externalsecrets.external-secrets.io/sha3/52a6f48b37cd3535ef771a530c08d9cc4b78350ccdd33f2405e22ebb",
            id="a longer one is hashed",
        ),
    ],
)
def test_manager_of_an_external_secret(name: str, expected: str) -> None:
    assert external_secret_manager(name) == expected


def test_manager_of_a_sealed_secret_is_another() -> None:
    assert sealed_secret_manager("app") == "sealedsecrets.bitnami.com/app"


def test_created_by_is_the_hash_external_secrets_operator_writes() -> None:
    assert created_by("ns", "name") == "bb23d4143f48a70026bb6cffbf0e5df5557eb3bc56885091e92a5690"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("team", True, id="a label of the user stays"),
        pytest.param("app.kubernetes.io/name", True, id="a recommended label stays"),
        pytest.param("app.kubernetes.io/instance", False, id="the label Argo CD tracks by goes"),
        pytest.param("app.kubernetes.io/managed-by", False, id="the label Helm tracks by goes"),
        pytest.param("argocd.argoproj.io/tracking-id", False, id="the annotation Argo CD tracks by goes"),
        pytest.param(
            "kubectl.kubernetes.io/last-applied-configuration", False, id="kubectl's copy of the manifest goes"
        ),
        pytest.param("kustomize.toolkit.fluxcd.io/name", False, id="Flux's labels go"),
        pytest.param("meta.helm.sh/release-name", False, id="Helm's annotations go"),
        pytest.param("secrets-operator.dev/option", False, id="options of our own go"),
    ],
)
def test_without_tracking(name: str, *, kept: bool) -> None:
    assert without_tracking({name: "x"}) == ({name: "x"} if kept else {})
