"""What a waiting resource is going to read is told from its raw form; a wrong guess costs a read and nothing else."""

from typing import Any

import pytest

from secrets_operator.flow import Key
from secrets_operator.planning.reads_ahead import Likely, likely, references
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
    ("status", "spec", "expected"),
    [
        pytest.param({}, {}, Likely(is_first=True, interval=3600), id="never synced"),
        pytest.param({}, {"refreshInterval": "0"}, Likely(is_first=True, interval=0), id="never synced, read once"),
        pytest.param(
            {}, {"refreshPolicy": "OnChange"}, Likely(is_first=True, interval=0), id="never synced, no refresh"
        ),
        pytest.param(
            {**synced(10), "syncedResourceVersion": "0-x"},
            {},
            Likely(is_first=False, interval=3600),
            id="changed since",
        ),
        pytest.param(synced(10), {}, None, id="synced a moment ago"),
        pytest.param(synced(3700), {}, Likely(is_first=False, interval=3600), id="the interval by default is over"),
        pytest.param(synced(3700), {"refreshInterval": "2h"}, None, id="its own interval is not over"),
        pytest.param(synced(3700), {"refreshInterval": "0"}, None, id="once"),
        pytest.param(synced(3700), {"refreshInterval": "soon"}, None, id="an interval that cannot be read"),
        pytest.param(synced(3700), {"refreshPolicy": "OnChange"}, None, id="only when it changes"),
    ],
)
def test_likely(status: dict[str, Any], spec: dict[str, Any], expected: Likely | None) -> None:
    assert likely(external_secret(spec=spec, status=status), NOW) == expected
