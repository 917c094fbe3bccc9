"""What a waiting resource is going to read is told from its raw form; a wrong guess costs a read and nothing else."""

from typing import Any

import pytest

from secrets_operator.flow import Key
from secrets_operator.planning.reads_ahead import is_likely_due, references
from secrets_operator.planning.refresh import format_time, synced_version
from tests.builders import NOW, at, external_secret

STORE, CLUSTER_STORE = Key("SecretStore", "team", "store"), Key("ClusterSecretStore", "", "store")


DB = ("db", "", False)
IN_CLUSTER_STORE = {"secretStoreRef": {"name": "store", "kind": "ClusterSecretStore"}}
METADATA = {"key": "a", "version": "2", "metadataPolicy": "Fetch"}
ELSEWHERE = {"remoteRef": {"key": "a"}, "sourceRef": {"storeRef": {"name": "other"}}}
MANY = [{"extract": {"key": "a"}}, {"find": {"name": {"regexp": "x"}}}]
BROKEN = {"data": [{"secretKey": "x"}, {"remoteRef": {}}], "dataFrom": [{}]}


@pytest.mark.parametrize(
    ("spec", "store", "expected"),
    [
        pytest.param({}, STORE, [DB], id="an entry of data"),
        pytest.param({}, CLUSTER_STORE, [], id="a store of the other kind"),
        pytest.param({}, STORE._replace(namespace="other"), [], id="a namesake in another namespace"),
        pytest.param(IN_CLUSTER_STORE, CLUSTER_STORE, [DB], id="a cluster store"),
        pytest.param({"data": [{"remoteRef": METADATA}]}, STORE, [("a", "2", True)], id="version and metadata"),
        pytest.param({"data": [], "dataFrom": MANY}, STORE, [("a", "", False)], id="extracts, no queries"),
        pytest.param({"data": [ELSEWHERE]}, STORE, [], id="an entry with a store of its own"),
        pytest.param(BROKEN, STORE, [], id="broken entries"),
    ],
)
def test_references(spec: dict[str, Any], store: Key, expected: list[tuple[str, str, bool]]) -> None:
    assert list(references(external_secret(spec=spec), store)) == expected


def synced(seconds_ago: float) -> dict[str, Any]:
    version = synced_version(external_secret())
    return {"syncedResourceVersion": version, "refreshTime": format_time(at(-seconds_ago))}


@pytest.mark.parametrize(
    ("status", "spec", "due"),
    [
        pytest.param({}, {}, True, id="never synced"),
        pytest.param({**synced(10), "syncedResourceVersion": "0-x"}, {}, True, id="changed since"),
        pytest.param(synced(10), {}, False, id="synced a moment ago"),
        pytest.param(synced(3700), {}, True, id="the interval by default is over"),
        pytest.param(synced(3700), {"refreshInterval": "2h"}, False, id="its own interval is not over"),
        pytest.param(synced(3700), {"refreshInterval": "0"}, False, id="once"),
        pytest.param(synced(3700), {"refreshInterval": "soon"}, False, id="an interval that cannot be read"),
        pytest.param(synced(3700), {"refreshPolicy": "OnChange"}, False, id="only when it changes"),
    ],
)
def test_is_likely_due(status: dict[str, Any], spec: dict[str, Any], due: bool) -> None:
    assert is_likely_due(external_secret(spec=spec, status=status), NOW) is due
