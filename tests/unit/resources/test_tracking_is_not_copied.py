"""Labels and annotations that are true of one object only."""

import pytest

from secrets_operator.resources.tracking import of_a_copy, without_tracking


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
        pytest.param("reconcile.external-secrets.io/data-hash", True, id="a mark of an operator is no tracking"),
    ],
)
def test_without_tracking(name: str, *, kept: bool) -> None:
    assert without_tracking({name: "x"}) == ({name: "x"} if kept else {})


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("team", True, id="a label of the user is copied"),
        pytest.param("argocd.argoproj.io/tracking-id", False, id="tracking is not"),
        pytest.param("reconcile.external-secrets.io/created-by", False, id="nor the mark of an ExternalSecret"),
        pytest.param("sealedsecrets.bitnami.com/managed", False, id="nor that of a SealedSecret"),
        pytest.param("external-secrets.io/type", True, id="what opens a Secret to webhooks is the user's"),
    ],
)
def test_a_copy_has_no_marks_of_its_original(name: str, *, kept: bool) -> None:
    assert of_a_copy({name: "x"}) == ({name: "x"} if kept else {})
