"""Who may write an object, by creation policy and owner; when what is there counts as fine; what immutability does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from secrets_operator.planning.desired import from_external_secret
from secrets_operator.planning.external_secret import Observed, Plan, Reject, Sync, Wait, Wanted, plan, wanted
from secrets_operator.planning.refresh import Synced
from secrets_operator.planning.secret_state import SecretState, secret_state
from secrets_operator.planning.stores import Readiness, StoreView
from secrets_operator.planning.targets import DesiredSecret, nothing_to_write
from tests.builders import DIGESTER, NOW, applied, external_secret, live, secret, values

READY = (StoreView("SecretStore", "store", Readiness.READY),)


def want(**target: Any) -> Wanted:
    read = wanted(external_secret(spec={"refreshPolicy": "OnChange", "target": target}))
    assert isinstance(read, Wanted)
    return read


def owned_by(kind: str, name: str, *, api_version: str = "external-secrets.io/v1", uid: str = "u") -> SecretState:
    owner = {"apiVersion": api_version, "kind": kind, "name": name, "uid": uid, "controller": True}
    return secret_state(secret(ownerReferences=[owner]), DIGESTER)


def planned(target: dict[str, Any], found: SecretState | None, last: Synced | None = None) -> Plan:
    read = want(**target)
    synced = last if last is not None else Synced("", None)
    observed = Observed(stores=READY, target=found, last=synced, now=NOW)
    return plan(read, observed, digester=DIGESTER, recheck=timedelta(seconds=10))


OTHER = owned_by("ExternalSecret", "other")
SEALED = owned_by("SealedSecret", "app", api_version="bitnami.com/v1alpha1")
CERTIFICATE = owned_by("Certificate", "tls", api_version="cert-manager.io/v1")
WRITERS = ["Owner", "Orphan", "Merge", "CreateOrMerge"]


def refused(owner: str, what: str = "Secret") -> Reject:
    return Reject(f"{what} app is owned by {owner}: choose another spec.target.name", retry=True)


@pytest.mark.parametrize("policy", WRITERS)
def test_a_secret_of_another_external_secret_is_refused_under_every_policy_that_writes(policy: str) -> None:
    assert planned({"creationPolicy": policy}, OTHER) == refused("ExternalSecret other")


def test_under_none_nobody_is_asked() -> None:
    assert planned({"creationPolicy": "None"}, OTHER) == Sync()


@pytest.mark.parametrize(
    ("policy", "found", "expected"),
    [
        pytest.param(
            "Owner", SEALED, refused("SealedSecret app"), id="Owner, a SealedSecret of the same name -> refused"
        ),
        pytest.param("Owner", CERTIFICATE, refused("Certificate tls"), id="Owner, some other controller -> refused"),
        pytest.param("Orphan", CERTIFICATE, Sync(), id="Orphan writes beside another controller"),
        pytest.param("Merge", CERTIFICATE, Sync(), id="so does Merge"),
        pytest.param("CreateOrMerge", SEALED, Sync(), id="and CreateOrMerge"),
        pytest.param("Owner", owned_by("ExternalSecret", "app"), Sync(), id="the same name, another uid -> its own"),
        pytest.param(
            "Owner",
            owned_by("ExternalSecret", "app", api_version="external-secrets.io/v1beta1"),
            Sync(),
            id="the same name in another version -> its own",
        ),
        pytest.param("Owner", secret_state(secret(), DIGESTER), Sync(), id="nobody's -> taken over"),
    ],
)
def test_what_another_kind_owns(policy: str, found: SecretState, expected: Plan) -> None:
    assert planned({"creationPolicy": policy}, found) == expected


def test_an_object_that_is_no_secret_is_called_by_its_kind() -> None:
    manifest = {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}
    assert planned(manifest, OTHER) == refused("ExternalSecret other", "ConfigMap")


def synced(**target: Any) -> Synced:
    return Synced(want(**target).version, NOW)


@pytest.mark.parametrize(
    ("target", "found", "expected"),
    [
        pytest.param({}, None, Sync(heals=True), id="Owner, gone -> written again"),
        pytest.param({"creationPolicy": "CreateOrMerge"}, None, Sync(heals=True), id="CreateOrMerge, gone -> again"),
        pytest.param({"creationPolicy": "Orphan"}, None, Wait(None), id="Orphan, gone -> not before the next refresh"),
        pytest.param({"creationPolicy": "None"}, None, Wait(None), id="None -> nothing to compare with"),
        pytest.param({"creationPolicy": "Merge"}, None, Wait(10.0), id="Merge, gone -> looked for"),
        pytest.param(
            {"creationPolicy": "Merge"},
            secret_state(secret(), DIGESTER),
            Sync(heals=True),
            id="Merge, changed -> healed",
        ),
    ],
)
def test_between_refreshes(target: dict[str, Any], found: SecretState | None, expected: Plan) -> None:
    assert planned(target, found, synced(**target)) == expected


def desired(**target: Any) -> DesiredSecret:
    return from_external_secret(external_secret(), want(**target), values(k="v"), DIGESTER)


@pytest.mark.parametrize(
    ("target", "before", "nothing"),
    [
        pytest.param(
            {"immutable": True}, {}, False, id="to be immutable, is not -> written, and frozen with its values"
        ),
        pytest.param({"immutable": True}, {"immutable": True}, True, id="to be immutable, is -> nothing"),
        pytest.param({}, {"immutable": True}, True, id="frozen by somebody, same data -> nothing"),
        pytest.param({}, {}, True, id="neither -> nothing"),
    ],
)
def test_immutable(target: dict[str, Any], before: dict[str, Any], nothing: bool) -> None:
    found = secret_state({**applied(desired()), **before}, DIGESTER)
    assert nothing_to_write(desired(**target), found, DIGESTER) is nothing


def test_a_changed_policy_gives_up_the_owner_reference() -> None:
    assert not nothing_to_write(desired(creationPolicy="Orphan"), live(desired()), DIGESTER)


def test_a_finalizer_that_is_there_is_not_written_again() -> None:
    guarded = replace(desired(), finalizers=("example.com/guard",))
    assert nothing_to_write(guarded, live(guarded), DIGESTER)
    assert not nothing_to_write(guarded, live(desired()), DIGESTER)
