"""What to do about an ExternalSecret: each row one state of the world and the plan for it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from secrets_operator.flow import Key, Query, Read
from secrets_operator.planning.desired import from_external_secret
from secrets_operator.planning.external_secret import (
    MERGE_RECHECK_SECONDS,
    NEW_SECONDS,
    Hold,
    Ignore,
    Observed,
    Plan,
    Reject,
    Sync,
    Unusable,
    Wait,
    Wanted,
    plan,
    wanted,
)
from secrets_operator.planning.marks import created_by
from secrets_operator.planning.refresh import Synced, next_refresh
from secrets_operator.planning.secret_state import Owner, SecretState, secret_state
from secrets_operator.planning.stores import Readiness, StoreView
from secrets_operator.resources.model import Model
from secrets_operator.resources.remote_refs import Find, RemoteRef
from secrets_operator.resources.rewrites import Rewrite, RewriteRegexp
from tests.builders import DIGESTER, NOW, at, external_secret, live, secret, values


def want(**spec: Any) -> Wanted:
    read = wanted(external_secret(spec=spec))
    assert isinstance(read, Wanted)
    return read


WANT = want()
INTACT = live(from_external_secret(external_secret(), WANT, values(password="p"), DIGESTER))
OWNED_BY = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "controller": True, "uid": "x"}
FOREIGN = secret_state(secret(data={"a": "b"}, ownerReferences=[{**OWNED_BY, "name": "other"}]), DIGESTER)
UNOWNED = secret_state(secret(data={"a": "b"}), DIGESTER)

JUST_NOW = Synced(WANT.version, NOW)
LONG_AGO = Synced(WANT.version, at(-7200))
NEVER = Synced("", None)
OLD_SPEC = Synced("0-old", NOW)
UNTIL_NEXT = (next_refresh(NOW, timedelta(hours=1), WANT.key) - NOW).total_seconds()

NOT_READY = Reject("SecretStore store is not ready: denied", retry=True)
MISSING = Reject("could not get store: there is no SecretStore store", retry=True)


@pytest.mark.parametrize(
    ("readiness", "target", "last", "expected"),
    [
        pytest.param(Readiness.READY, None, NEVER, Sync(), id="new -> sync"),
        pytest.param(Readiness.READY, UNOWNED, NEVER, Sync(), id="new, a Secret nobody owns -> sync"),
        pytest.param(Readiness.READY, INTACT, JUST_NOW, Wait(UNTIL_NEXT), id="intact, not due -> wait"),
        pytest.param(Readiness.READY, INTACT, LONG_AGO, Sync(), id="intact, due -> sync"),
        pytest.param(Readiness.READY, INTACT, OLD_SPEC, Sync(), id="intact, spec changed -> sync"),
        pytest.param(Readiness.READY, INTACT, NEVER, Sync(), id="intact, status lost -> sync"),
        pytest.param(Readiness.READY, None, JUST_NOW, Sync(heals=True), id="deleted by somebody -> heal at once"),
        pytest.param(Readiness.READY, UNOWNED, JUST_NOW, Sync(heals=True), id="replaced by somebody -> heal at once"),
        pytest.param(
            Readiness.READY,
            FOREIGN,
            NEVER,
            Reject("Secret app is owned by ExternalSecret other: choose another spec.target.name", retry=True),
            id="another's Secret -> refused, and looked at again",
        ),
        pytest.param(Readiness.FOREIGN, None, NEVER, Ignore(), id="a store of another class -> not our business"),
        pytest.param(
            Readiness.FOREIGN, INTACT, LONG_AGO, Ignore(), id="another class, even when due -> not our business"
        ),
        pytest.param(Readiness.PENDING, None, NEVER, Hold(10.0), id="a store on its way -> hold, in silence"),
        pytest.param(Readiness.MISSING, None, NEVER, MISSING, id="no store -> try again"),
        pytest.param(Readiness.NOT_READY, None, NEVER, NOT_READY, id="a store that is not ready -> try again"),
        pytest.param(Readiness.NOT_READY, INTACT, LONG_AGO, NOT_READY, id="due, store not ready -> try again"),
        pytest.param(Readiness.NOT_READY, None, JUST_NOW, NOT_READY, id="to be healed, store not ready -> try again"),
        pytest.param(
            Readiness.NOT_READY,
            INTACT,
            JUST_NOW,
            Wait(UNTIL_NEXT),
            id="intact, not due, store not ready -> the store is not needed, so nothing is said",
        ),
        pytest.param(
            Readiness.MISSING,
            INTACT,
            JUST_NOW,
            Wait(UNTIL_NEXT),
            id="intact, not due, store deleted -> nothing is said",
        ),
    ],
)
def test_plan(readiness: Readiness, target: SecretState | None, last: Synced, expected: Plan) -> None:
    view = StoreView("SecretStore", "store", readiness, "denied" if readiness is Readiness.NOT_READY else "")
    observed = Observed(stores=(view,), target=target, last=last, now=NOW)
    assert plan(WANT, observed, digester=DIGESTER, recheck=timedelta(seconds=10)) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(Readiness.READY, Readiness.READY, Sync(), id="both ready -> sync"),
        pytest.param(Readiness.READY, Readiness.MISSING, MISSING, id="one is missing -> try again"),
        pytest.param(Readiness.PENDING, Readiness.MISSING, Hold(10.0), id="the first one that hinders counts"),
        pytest.param(Readiness.READY, Readiness.FOREIGN, Ignore(), id="one of another class -> not our business"),
        pytest.param(Readiness.MISSING, Readiness.FOREIGN, Ignore(), id="not even when another is missing"),
    ],
)
def test_several_stores(first: Readiness, second: Readiness, expected: Plan) -> None:
    stores = tuple(StoreView("SecretStore", "store", readiness) for readiness in (first, second))
    observed = Observed(stores=stores, target=None, last=NEVER, now=NOW)
    assert plan(WANT, observed, digester=DIGESTER, recheck=timedelta(seconds=10)) == expected


def test_a_new_resource_waits_a_moment_in_silence_for_a_store_of_the_same_commit() -> None:
    missing = StoreView("SecretStore", "store", Readiness.MISSING)
    observed = Observed(stores=(missing,), target=None, last=NEVER, now=NOW, is_new=True)
    assert plan(WANT, observed, digester=DIGESTER, recheck=timedelta(seconds=10)) == Hold(NEW_SECONDS)


def test_a_secret_taken_over_from_another_operator_is_no_drift() -> None:
    update = {"manager": WANT.manager, "operation": "Update", "fieldsV1": {"f:data": {"f:a": {}}}}
    theirs = secret_state(secret(data={"a": "b"}, managers=[update]), DIGESTER)
    observed = Observed(
        stores=(StoreView("SecretStore", "store", Readiness.READY),), target=theirs, last=JUST_NOW, now=NOW
    )
    assert plan(WANT, observed, digester=DIGESTER, recheck=timedelta(seconds=10)) == Sync(heals=False)


def test_a_secret_under_a_new_target_name_is_no_drift() -> None:
    ready = StoreView("SecretStore", "store", Readiness.READY)
    observed = Observed(stores=(ready,), target=None, last=JUST_NOW, now=NOW, bound="former")
    assert plan(WANT, observed, digester=DIGESTER, recheck=timedelta(seconds=10)) == Sync(heals=False)


def test_a_secret_to_merge_into_is_looked_for_again_and_again() -> None:
    merging = want(target={"creationPolicy": "Merge"})
    ready = StoreView("SecretStore", "store", Readiness.READY)
    observed = Observed(stores=(ready,), target=None, last=Synced(merging.version, at(-1)), now=NOW)
    assert plan(merging, observed, digester=DIGESTER, recheck=timedelta(seconds=10)) == Wait(MERGE_RECHECK_SECONDS)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        pytest.param("1ms", 1.0, id="a millisecond would be a busy loop"),
        pytest.param("2s", 2.0, id="two seconds are two seconds"),
        pytest.param("0", 0.0, id="0 stays: it means once"),
    ],
)
def test_the_interval_has_a_floor(written: str, seconds: float) -> None:
    assert want(refreshInterval=written).interval.total_seconds() == seconds


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"refreshPolicy": "CreatedOnce"}, id="CreatedOnce waits for ever"),
        pytest.param({"refreshPolicy": "OnChange"}, id="OnChange waits for a change"),
        pytest.param({"refreshInterval": "0"}, id="interval 0 waits for ever"),
    ],
)
def test_a_synced_resource_without_periodic_refresh_waits_for_events(spec: dict[str, str]) -> None:
    once = want(**spec)
    observed = Observed(
        stores=(StoreView("SecretStore", "store", Readiness.READY),),
        target=INTACT,
        last=Synced(once.version, at(-7200)),
        now=NOW,
    )
    assert plan(once, observed, digester=DIGESTER, recheck=timedelta(seconds=10)) == Wait(None)


DENIED = {"syncWindows": {"kind": "deny", "windows": [{"schedule": "0 11 * * *", "duration": "2h"}]}}
NEVER_ALLOWED = {"syncWindows": {"kind": "allow", "windows": [{"schedule": "0 11 * * 7", "duration": "2h"}]}}


@pytest.mark.parametrize(
    ("spec", "target", "last", "expected"),
    [
        pytest.param(DENIED, INTACT, LONG_AGO, Wait(3601.0), id="due, denied -> wait until the window has closed"),
        pytest.param(NEVER_ALLOWED, INTACT, LONG_AGO, Wait(None), id="due, never allowed -> wait for a change"),
        pytest.param(DENIED, None, LONG_AGO, Sync(heals=True), id="deleted by somebody, denied -> heal at once"),
        pytest.param(DENIED, None, NEVER, Sync(), id="new, denied -> sync"),
        pytest.param(DENIED, INTACT, OLD_SPEC, Sync(), id="spec changed, denied -> sync"),
    ],
)
def test_sync_windows_hold_back_refreshes_only(
    spec: dict[str, Any], target: SecretState | None, last: Synced, expected: Plan
) -> None:
    bound = want(**spec)
    view = StoreView("SecretStore", "store", Readiness.READY)
    observed = Observed(stores=(view,), target=target, last=last, now=NOW)
    assert plan(bound, observed, digester=DIGESTER, recheck=timedelta(seconds=10)) == expected


def test_each_entry_says_what_to_do_with_its_values() -> None:
    strategies = {"decodingStrategy": "Auto", "nullBytePolicy": "Fail"}
    rewrite: dict[str, Any] = {"rewrite": [{"regexp": {"source": "^prod/", "target": ""}}]}
    operations = (Rewrite(regexp=RewriteRegexp(source="^prod/", target="")),)
    spec = {
        "data": [{"secretKey": "p", "remoteRef": {"key": "k", **strategies}}],
        "dataFrom": [
            {"extract": {"key": "all", **strategies}, **rewrite},
            {"find": {"path": "prod", **strategies}, **rewrite},
        ],
    }
    path = "spec.dataFrom[{}].{}".format
    keep = {"decoding": "Auto", "null_bytes": "Fail", "store": Key("SecretStore", "team", "store")}
    assert want(**spec).reads == (
        Read(path(0, "extract"), "all", rewrite=operations, **keep),  # type: ignore[arg-type] # all of them texts
        Read(path(1, "find"), "", rewrite=operations, find=Query(path="prod"), **keep),  # type: ignore[arg-type] # same
        Read("spec.data[0].remoteRef", "k", secret_key="p", **keep),  # type: ignore[arg-type] # same
    )


SHARED = Key("ClusterSecretStore", "", "shared")


REMOTE: dict[str, Any] = {
    "key": "k",
    "property": "a.b",
    "version": "7",
    "metadataPolicy": "Fetch",
    "conversionStrategy": "Unicode",
    "decodingStrategy": "Base64",
    "nullBytePolicy": "Fail",
}
FIND: dict[str, Any] = {
    "path": "prod",
    "name": {"regexp": "^db"},
    "tags": {"team": "a"},
    "conversionStrategy": "Unicode",
    "decodingStrategy": "Base64",
    "nullBytePolicy": "Fail",
}


def test_every_field_of_an_entry_is_in_what_is_read() -> None:
    assert (set(REMOTE), set(FIND)) == (names_of(RemoteRef), names_of(Find)), "no field is left out"
    own = {"sourceRef": {"storeRef": {"name": "shared", "kind": "ClusterSecretStore"}}}
    read = want(
        data=[{"secretKey": "p", "remoteRef": REMOTE, **own}],
        dataFrom=[{"extract": REMOTE, **own}, {"find": FIND, **own}],
    )
    handled = Read("", "", conversion="Unicode", decoding="Base64", null_bytes="Fail", store=SHARED)
    remote = replace(handled, key="k", version="7", property="a.b", metadata=True)
    query = Query(path="prod", name="^db", tags=(("team", "a"),))
    assert read.reads == (
        replace(remote, field="spec.dataFrom[0].extract"),
        replace(handled, field="spec.dataFrom[1].find", find=query),
        replace(remote, field="spec.data[0].remoteRef", secret_key="p"),
    )


def names_of(model: type[Model]) -> set[str]:
    """Return the fields of a model as manifests have them."""
    return {field.alias or name for name, field in model.model_fields.items()}


def test_a_store_that_nothing_is_read_from_is_kept_apart() -> None:
    entry = {"secretKey": "p", "remoteRef": {"key": "k"}, "sourceRef": {"storeRef": {"name": "own"}}}
    only_a_store = {"sourceRef": {"storeRef": {"name": "shared", "kind": "ClusterSecretStore"}}}
    found = want(data=[entry], dataFrom=[only_a_store])
    own = Key("SecretStore", "team", "own")
    assert found.reads == (Read("spec.data[0].remoteRef", "k", secret_key="p", store=own),)
    assert (found.stores, found.unread) == ((own,), (Key("SecretStore", "team", "store"), SHARED))


def test_a_resource_is_read_once_into_what_it_wants() -> None:
    spec = {
        "secretStoreRef": {"name": "shared", "kind": "ClusterSecretStore"},
        "target": {"name": "db"},
        "data": [{"secretKey": "p", "remoteRef": {"key": "k", "property": "x", "version": "7"}}],
        "dataFrom": [{"extract": {"key": "all", "conversionStrategy": "Unicode", "metadataPolicy": "Fetch"}}],
    }
    read = want(**spec)
    assert (read.key, read.owner, read.target, read.manager, read.stores, read.reads) == (
        Key("ExternalSecret", "team", "app"),
        Owner("external-secrets.io", "ExternalSecret", "app", "uid-app"),
        "db",
        "externalsecrets.external-secrets.io/app",
        (Key("ClusterSecretStore", "", "shared"),),
        (
            Read("spec.dataFrom[0].extract", "all", conversion="Unicode", metadata=True, store=SHARED),
            Read("spec.data[0].remoteRef", "k", version="7", property="x", secret_key="p", store=SHARED),
        ),
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            {"target": {"other": {}}, "another": 1},
            "not supported yet: spec.another, spec.target.other",
            id="fields that are not acted on, all at once",
        ),
        pytest.param(
            {"refreshInterval": "soon"}, "spec.refreshInterval: ", id="a field of the wrong form, with its path"
        ),
        pytest.param({"data": []}, "spec: an ExternalSecret needs something to fetch", id="nothing to fetch"),
        pytest.param({"secretStoreRef": {}}, "spec.secretStoreRef.name: is required", id="no store"),
        pytest.param({"secretStoreRef": None}, "spec.secretStoreRef.name: is required", id="no reference to a store"),
        pytest.param(
            {"data": [{"secretKey": "a", "remoteRef": {"key": "k"}}] * 2},
            "spec.data[1].secretKey: is the key of an earlier entry",
            id="a key given twice",
        ),
        pytest.param(
            {"dataFrom": [{"extract": {"key": "k"}, "rewrite": [{"regexp": {"source": "(", "target": ""}}]}]},
            "spec.dataFrom[0].rewrite[0].regexp.source: is no regular expression in the syntax of RE2: missing )",
            id="an expression that is none, before anything is fetched",
        ),
        pytest.param(
            {"syncWindows": {"kind": "allow", "windows": [{"schedule": "noon", "duration": "1h"}]}},
            "spec.syncWindows.windows[0].schedule: must be five fields",
            id="a schedule of the wrong form",
        ),
    ],
)
def test_what_cannot_be_acted_on_is_explained(spec: dict[str, Any], expected: str) -> None:
    found = wanted(external_secret(spec=spec))
    assert isinstance(found, Unusable)
    assert found.message.startswith(expected)


def test_the_secret_carries_the_labels_of_its_resource_and_the_marks() -> None:
    resource = external_secret(
        labels={"team": "red", "app.kubernetes.io/instance": "argo"},
        annotations={"note": "n", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
    )
    made = from_external_secret(resource, WANT, values(password="p"), DIGESTER)
    assert dict(made.labels) == {
        "team": "red",
        "reconcile.external-secrets.io/managed": "true",
        "secrets-operator.dev/managed": "true",
        "reconcile.external-secrets.io/created-by": created_by("team", "app"),
    }
    assert made.annotations.keys() == {"note", "reconcile.external-secrets.io/data-hash"}
    assert made.owner == WANT.owner


def test_marks_win_over_labels_of_the_resource() -> None:
    resource = external_secret(labels={"reconcile.external-secrets.io/managed": "false"})
    made = from_external_secret(resource, WANT, values(password="p"), DIGESTER)
    assert made.labels["reconcile.external-secrets.io/managed"] == "true"
