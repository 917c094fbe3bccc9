"""Which kinds an operator works on, by its settings; and by which labels it chooses among their resources."""

from typing import Any

import pytest

from secrets_operator.planning.scope import is_worked_on, label_selector
from secrets_operator.settings import Settings

REFERENCES = {"ExternalSecret", "SecretStore", "Password", "PushSecret"}
CLUSTER_SOURCES = {"ClusterSecretStore", "ClusterGenerator"}
EVERYWHERE = {"ClusterExternalSecret", "ClusterPushSecret"}
ALL = REFERENCES | CLUSTER_SOURCES | EVERYWHERE | {"SealedSecret"}


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        pytest.param({}, ALL, id="everything by default"),
        pytest.param({"external_secrets": False}, {"SealedSecret"}, id="no references -> SealedSecrets only"),
        pytest.param({"sealed_secrets": False}, ALL - {"SealedSecret"}, id="no SealedSecrets"),
        pytest.param({"cluster_external_secrets": False}, ALL - {"ClusterExternalSecret"}, id="no fan-out"),
        pytest.param({"push_secrets": False}, ALL - {"PushSecret", "ClusterPushSecret"}, id="no pushing at all"),
        pytest.param({"cluster_push_secrets": False}, ALL - {"ClusterPushSecret"}, id="no fan-out of pushing"),
        pytest.param({"cluster_stores": False}, ALL - CLUSTER_SOURCES, id="no sources for the whole cluster"),
        pytest.param({"watch_namespaces": ("a",)}, ALL - EVERYWHERE, id="some namespaces -> no fan-out"),
    ],
)
def test_kinds(settings: dict[str, Any], kinds: set[str]) -> None:
    assert {kind for kind in ALL if is_worked_on(kind, Settings(**settings))} == kinds


def test_what_others_read_needs_no_labels() -> None:
    settings = Settings(label_selector="team=shop")
    assert {kind for kind in ALL if label_selector(kind, settings) == "team=shop"} == {
        "ExternalSecret",
        "PushSecret",
        "SealedSecret",
        *EVERYWHERE,
    }
    assert {label_selector(kind, settings) for kind in ("SecretStore", "ClusterSecretStore", "Password")} == {""}
