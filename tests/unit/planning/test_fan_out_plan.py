"""What to do about a ClusterExternalSecret or ClusterPushSecret: each row is a state of the world and its plan."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from secrets_operator.planning.child_resources import Child, DesiredChild, surplus
from secrets_operator.planning.fan_out import Plan, Unusable, Wanted, plan, status, wanted
from secrets_operator.planning.fan_out_kinds import EXTERNAL_SECRETS_EVERYWHERE, PUSH_SECRETS_EVERYWHERE, FanOutKind
from secrets_operator.planning.namespaces import Namespace
from secrets_operator.planning.secret_state import OwnedFields, Owner
from tests.builders import cluster_external_secret, cluster_push_secret, namespace

ALREADY_EXISTS, BEING_DELETED = EXTERNAL_SECRETS_EVERYWHERE.already_exists, EXTERNAL_SECRETS_EVERYWHERE.being_deleted
PARENT = Owner("external-secrets.io", "ClusterExternalSecret", "shared", "uid-shared")
RED, RED_TOO, BLUE = namespace("a", team="red"), namespace("b", team="red"), namespace("c", team="blue")
GOING = namespace("d", terminating=True, team="red")
METADATA = {"labels": {"team": "red"}, "annotations": {"note": "n"}}


def want(**spec: Any) -> Wanted:
    read = wanted(EXTERNAL_SECRETS_EVERYWHERE, cluster_external_secret(spec=spec))
    assert isinstance(read, Wanted)
    return read


WANT = want(externalSecretMetadata=METADATA)


def desired(found: Namespace, uid: str = "", *, of: Wanted = WANT) -> DesiredChild:
    return replace(of.template, namespace=found.name, uid=uid)


def live(found: Namespace, *, name: str = "shared", **others: Any) -> Child:
    """Build the child as it is after it was applied."""
    template = WANT.template
    made = Child(
        namespace=found.name,
        name=name,
        uid=f"uid-{found.name}",
        spec=template.spec,
        controller=PARENT,
        labels=template.labels,
        annotations=template.annotations,
        applied={template.manager: OwnedFields(labels=frozenset({"team"}), annotations=frozenset({"note"}))},
    )
    return replace(made, **others)


OLD_NAME = live(RED, name="former")
SOMEBODYS = live(RED, controller=None)
ANOTHERS = live(RED, controller=replace(PARENT, name="another"))


@pytest.mark.parametrize(
    ("namespaces", "existing", "expected"),
    [
        pytest.param([], [], Plan(), id="no namespaces -> nothing"),
        pytest.param([BLUE], [], Plan(), id="no namespace matches -> nothing"),
        pytest.param(
            [RED_TOO, BLUE, RED], [], Plan(write=(desired(RED), desired(RED_TOO))), id="two match -> two are written"
        ),
        pytest.param([RED], [live(RED)], Plan(settled=("a",)), id="it is as it should be -> nothing"),
        pytest.param(
            [RED],
            [live(RED, labels={"team": "red", "foreign": "x"}, annotations={"note": "n", "foreign": "x"})],
            Plan(settled=("a",)),
            id="labels and annotations of others -> nothing",
        ),
        pytest.param([GOING], [], Plan(), id="a namespace on its way out gets none"),
        pytest.param([GOING], [live(GOING, spec={})], Plan(), id="and keeps what it has"),
        pytest.param(
            [RED, BLUE],
            [live(RED), live(BLUE)],
            Plan(delete=(live(BLUE),), settled=("a",)),
            id="matches no more -> goes",
        ),
        pytest.param([], [live(RED)], Plan(), id="a namespace that is not known says nothing about its child"),
        pytest.param(
            [BLUE], [live(BLUE, deleting=True)], Plan(), id="matches no more and is being deleted -> deleted once"
        ),
        pytest.param(
            [BLUE], [live(BLUE, controller=None)], Plan(), id="somebody's own of that name elsewhere is left alone"
        ),
        pytest.param(
            [RED],
            [OLD_NAME],
            Plan(write=(desired(RED),), delete=(OLD_NAME,)),
            id="the name changed -> written under the new, deleted under the old",
        ),
        pytest.param([RED], [SOMEBODYS], Plan(failed={"a": ALREADY_EXISTS}), id="somebody's -> refused"),
        pytest.param([RED], [ANOTHERS], Plan(failed={"a": ALREADY_EXISTS}), id="another's -> refused"),
        pytest.param(
            [RED],
            [SOMEBODYS, OLD_NAME],
            Plan(failed={"a": ALREADY_EXISTS}),
            id="the new name is taken -> the old one stays until it is not",
        ),
        pytest.param(
            [RED], [live(RED, deleting=True)], Plan(failed={"a": BEING_DELETED}), id="being deleted -> wait until it is"
        ),
        pytest.param(
            [RED],
            [live(RED, controller=replace(PARENT, uid="old"))],
            Plan(write=(desired(RED, "uid-a"),)),
            id="of a deleted namesake -> taken back",
        ),
    ],
)
def test_plan(namespaces: Sequence[Namespace], existing: Sequence[Child], expected: Plan) -> None:
    assert plan(WANT, namespaces, existing) == expected


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"spec": {"dataFrom": []}}, id="another spec"),
        pytest.param({"spec": {**WANT.template.spec, "refreshInterval": "1s"}}, id="a field added to the spec"),
        pytest.param({"labels": {"team": "blue"}}, id="another value of a label"),
        pytest.param({"annotations": {}}, id="an annotation removed"),
        pytest.param(
            {"applied": {WANT.template.manager: OwnedFields(frozenset({"team", "old"}), frozenset({"note"}))}},
            id="a label that is applied no more",
        ),
        pytest.param({"applied": {}}, id="applied by nobody"),
    ],
)
def test_a_child_that_differs_is_written_again(changed: dict[str, Any]) -> None:
    assert plan(WANT, [RED], [live(RED, **changed)]) == Plan(write=(desired(RED, "uid-a"),))


@pytest.mark.parametrize(
    ("spec", "selected"),
    [
        pytest.param({"namespaceSelectors": []}, "", id="nothing selected -> none"),
        pytest.param({"namespaceSelectors": [{}]}, "abc", id="an empty selector -> all"),
        pytest.param(
            {"namespaceSelectors": [{"matchLabels": {"team": "blue"}}, {"matchLabels": {"team": "red"}}]},
            "abc",
            id="any selector is enough",
        ),
        pytest.param({"namespaceSelectors": [], "namespaces": ["b"]}, "b", id="a name"),
        pytest.param(
            {"namespaceSelectors": [], "namespaceSelector": {"matchLabels": {"team": "blue"}}},
            "c",
            id="the old selector",
        ),
        pytest.param({"namespaceSelector": {}}, "abc", id="the old selector, empty -> all"),
        pytest.param({"namespaces": ["c"]}, "abc", id="names beside selectors"),
    ],
)
def test_which_namespaces_are_selected(spec: dict[str, Any], selected: str) -> None:
    written = plan(want(**spec), [RED, RED_TOO, BLUE], []).write
    assert "".join(one.namespace for one in written) == selected


def test_names_are_compared_with_the_label_that_the_api_server_sets() -> None:
    named = want(namespaceSelectors=[], namespaces=["team"])
    labelled = Namespace("x", {"kubernetes.io/metadata.name": "team"})
    assert plan(named, [Namespace("team", {}), labelled], []).write == (desired(labelled, of=named),)


@pytest.mark.parametrize(
    ("annotations", "given", "expected"),
    [
        pytest.param(
            {"external-secrets.io/force-sync": "1"}, {}, {"external-secrets.io/force-sync": "1"}, id="passed on"
        ),
        pytest.param({}, {"external-secrets.io/force-sync": "1"}, {}, id="counts only when it is the parent's"),
        pytest.param(
            {"external-secrets.io/force-sync": "2", "argocd.argoproj.io/tracking-id": "x"},
            {"external-secrets.io/force-sync": "1", "a": "b"},
            {"external-secrets.io/force-sync": "2", "a": "b"},
            id="the parent's wins, and no other is passed on",
        ),
    ],
)
def test_the_wish_to_sync_now(annotations: dict[str, str], given: dict[str, str], expected: dict[str, str]) -> None:
    spec = {"externalSecretMetadata": {"annotations": given}}
    read = wanted(EXTERNAL_SECRETS_EVERYWHERE, cluster_external_secret(spec=spec, annotations=annotations))
    assert isinstance(read, Wanted)
    assert read.template.annotations == expected


def test_it_is_read_into_what_its_children_are() -> None:
    read = want(externalSecretName="db", externalSecretMetadata=METADATA, externalSecretSpec={"anything": [1]})
    assert read.template == DesiredChild(
        namespace="",
        name="db",
        parent=PARENT,
        manager="clusterexternalsecrets.external-secrets.io/shared",
        spec={"anything": [1]},
        labels={"team": "red"},
        annotations={"note": "n"},
    )


def test_a_cluster_push_secret_is_read_alike_and_passes_no_wish_on() -> None:
    sync_now = {"external-secrets.io/force-sync": "1"}
    spec = {"pushSecretName": "db", "pushSecretMetadata": METADATA, "pushSecretSpec": {"anything": [1]}}
    read = wanted(PUSH_SECRETS_EVERYWHERE, cluster_push_secret(spec=spec, annotations=sync_now))
    assert isinstance(read, Wanted)
    assert read.template == DesiredChild(
        namespace="",
        name="db",
        parent=Owner("external-secrets.io", "ClusterPushSecret", "shared", "uid-shared"),
        manager="clusterpushsecrets.external-secrets.io/shared",
        spec={"anything": [1]},
        labels={"team": "red"},
        annotations={"note": "n"},
    )
    somebodys = live(RED, controller=None)
    assert plan(read, [RED], [replace(somebodys, name="db")]).failed == {
        "a": "push secret already exists in namespace, and not of this ClusterPushSecret: delete it, or choose another "
        "spec.pushSecretName"
    }


@pytest.mark.parametrize(
    ("kind", "failed", "reason"),
    [
        pytest.param(PUSH_SECRETS_EVERYWHERE, {"unknown": "x"}, "Errored", id="no namespaces to select from"),
        pytest.param(PUSH_SECRETS_EVERYWHERE, {"a": "x"}, None, id="a namespace that failed"),
        pytest.param(PUSH_SECRETS_EVERYWHERE, {}, None, id="a success"),
        pytest.param(EXTERNAL_SECRETS_EVERYWHERE, {"unknown": "x"}, None, id="a ClusterExternalSecret never has one"),
    ],
)
def test_the_reason_of_the_condition(kind: FanOutKind, failed: dict[str, str], reason: str | None) -> None:
    found = status(kind, {}, child="shared", provisioned=(), failed=failed)
    assert found is not None
    assert found["conditions"][0].get("reason") == reason


def test_a_manager_never_grows_beyond_what_the_api_server_takes() -> None:
    read = wanted(EXTERNAL_SECRETS_EVERYWHERE, cluster_external_secret("n" * 253))
    assert isinstance(read, Wanted)
    assert len(read.template.manager) <= 128


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        pytest.param({}, 3600.0, id="an hour unless it says otherwise"),
        pytest.param({"refreshTime": "5m"}, 300.0, id="five minutes"),
        pytest.param({"refreshTime": "1ms"}, 1.0, id="a millisecond would be a busy loop"),
        pytest.param({"refreshTime": "0"}, None, id="0 -> when something changes"),
        pytest.param({"refreshTime": "-1s"}, None, id="negative -> when something changes"),
    ],
)
def test_when_all_is_looked_at_again(written: dict[str, str], seconds: float | None) -> None:
    assert want(**written).recheck_in == seconds


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            {"namespaceSelectors": [{}, {"matchExpressions": [{"key": "a", "operator": "In"}]}]},
            "spec.namespaceSelectors[1].matchExpressions[0].values: must not be empty",
            id="a selector that selects nothing",
        ),
        pytest.param(
            {"namespaceSelector": {"matchLabels": {"a": "b c"}}},
            "spec.namespaceSelector.matchLabels.a: is no label value",
            id="the old selector",
        ),
        pytest.param({"refreshTime": "1d"}, "spec.refreshTime: must be a Go duration", id="no Go duration"),
        pytest.param({"namespaces": ["A"]}, "spec.namespaces[0]: must be a DNS label", id="a name that is none"),
    ],
)
def test_what_cannot_be_acted_on_is_explained(spec: dict[str, Any], expected: str) -> None:
    found = wanted(EXTERNAL_SECRETS_EVERYWHERE, cluster_external_secret(spec=spec))
    assert isinstance(found, Unusable)
    assert found.message.startswith(expected)


READY = {
    "externalSecretName": "shared",
    "provisionedNamespaces": ["a", "b"],
    "failedNamespaces": [],
    "conditions": [{"type": "Ready", "status": "True"}],
}
FAILED = {
    "externalSecretName": "shared",
    "provisionedNamespaces": ["a"],
    "failedNamespaces": [{"namespace": "b", "reason": "no"}, {"namespace": "c", "reason": "never"}],
    "conditions": [
        {"type": "Ready", "status": "False", "message": "one or more namespaces failed: b: no; c: never"},
    ],
}


@pytest.mark.parametrize(
    ("previous", "provisioned", "failed", "expected"),
    [
        pytest.param({}, ["b", "a"], {}, READY, id="no failure -> Ready, sorted, without reason and time"),
        pytest.param(READY, ["a"], {"c": "never", "b": "no"}, FAILED, id="failures -> not Ready, sorted"),
        pytest.param(READY, ["b", "a"], {}, None, id="the same -> nothing to write"),
        pytest.param(FAILED, ["a"], {"c": "never", "b": "no"}, None, id="the same failures -> nothing to write"),
        pytest.param(FAILED, ["a", "b"], {}, READY, id="no failure any more -> the list of them is emptied"),
    ],
)
def test_status(
    previous: dict[str, Any], provisioned: list[str], failed: dict[str, str], expected: dict[str, Any] | None
) -> None:
    assert (
        status(EXTERNAL_SECRETS_EVERYWHERE, previous, child="shared", provisioned=provisioned, failed=failed)
        == expected
    )


def test_the_condition_of_many_failures_stays_readable() -> None:
    failed = {f"n{index}": "no" for index in range(8)}
    found = status(EXTERNAL_SECRETS_EVERYWHERE, {}, child="shared", provisioned=(), failed=failed)
    assert found is not None
    assert len(found["failedNamespaces"]) == 8
    assert found["conditions"][0]["message"] == (
        "one or more namespaces failed: n0: no; n1: no; n2: no; n3: no; n4: no; and 3 more"
    )


@pytest.mark.parametrize(
    ("found", "patch"),
    [
        pytest.param({"a": {"b": 1}, "l": [1]}, {}, id="the same"),
        pytest.param({"a": {"b": 2}, "l": [2, 3]}, {}, id="another value is for the apply to change"),
        pytest.param({"a": {"b": 1, "x": 1}, "y": {}, "l": [1]}, {"a": {"x": None}, "y": None}, id="members too many"),
        pytest.param({}, {}, id="members too few are for the apply to add"),
    ],
)
def test_surplus(found: dict[str, Any], patch: dict[str, Any]) -> None:
    assert surplus(found, {"a": {"b": 1}, "l": [1]}) == patch
