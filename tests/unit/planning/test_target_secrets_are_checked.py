"""Is a target Secret intact, is there anything to write, who changed it, and whose is it?"""

from dataclasses import replace

import pytest

from secrets_operator.flow import Object
from secrets_operator.planning.marks import EXTERNAL_SECRET_MARKS
from secrets_operator.planning.secret_state import Owner, SecretState, secret_state
from secrets_operator.planning.targets import (
    DesiredSecret,
    Drift,
    changed_keys,
    data_hash,
    drift_of,
    keeping_finalizers,
    nothing_to_write,
    secret_is_intact,
    secret_is_owned_by_another,
)
from tests.builders import DIGESTER, applied, live, managed, secret, values

OWNER = Owner("external-secrets.io", "ExternalSecret", "app", "uid-es")
MARKS = EXTERNAL_SECRET_MARKS


def desired(**data: str) -> DesiredSecret:
    made = values(**data)
    return DesiredSecret(
        name="app",
        namespace="team",
        manager="ours",
        data=made,
        labels={**MARKS.labels, "team": "red"},
        annotations={MARKS.hash_annotation: data_hash(made, DIGESTER)},
        owner=OWNER,
        owner_api_version="external-secrets.io/v1",
    )


WANT = desired(user="u", password="p")


def changed(**members: object) -> SecretState:
    return replace(live(WANT), **members)  # type: ignore[arg-type] # the table below names members of the state


def edited(data: dict[str, str], *, ours: list[str], theirs: list[str], by: str = "kubectl-edit") -> SecretState:
    """Return the state after somebody else wrote ``theirs``, which leaves us the keys ``ours``."""
    raw: Object = applied(WANT)
    entries = [
        managed("ours", data=ours, labels=WANT.labels, annotations=WANT.annotations),
        managed(by, data=theirs, operation="Update"),
    ]
    raw["metadata"]["managedFields"] = entries
    return secret_state({**raw, "data": secret(data=data)["data"]}, DIGESTER)


EDITED = edited({"user": "u", "password": "hacked"}, ours=["user"], theirs=["password"])
REVERTED = edited({"user": "u", "password": "p"}, ours=["user"], theirs=["password"])
FOREIGN_KEY = edited({"user": "u", "password": "p", "more": "m"}, ours=["user", "password"], theirs=["more"])
KEY_GONE = edited({"user": "u"}, ours=["user"], theirs=[])
EMPTIED = edited({}, ours=[], theirs=[])


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(live(WANT), True, id="as applied -> intact"),
        pytest.param(FOREIGN_KEY, True, id="a foreign key more -> intact"),
        pytest.param(changed(labels={**WANT.labels, "team": "blue"}), True, id="another label changed -> intact"),
        pytest.param(None, False, id="deleted -> not intact"),
        pytest.param(changed(deleting=True), False, id="being deleted -> not intact"),
        pytest.param(EDITED, False, id="a value changed -> not intact"),
        pytest.param(REVERTED, False, id="a value changed and changed back, so no longer ours -> not intact"),
        pytest.param(KEY_GONE, False, id="a key removed -> not intact"),
        pytest.param(EMPTIED, False, id="all data removed -> not intact"),
        pytest.param(changed(labels={}), False, id="the managed label removed -> not intact"),
        pytest.param(changed(annotations={}), False, id="the data hash removed -> not intact"),
        pytest.param(
            changed(annotations={MARKS.hash_annotation: "forged"}), False, id="the data hash changed -> not intact"
        ),
        pytest.param(changed(applied={}), False, id="everything taken over by another manager -> not intact"),
        pytest.param(
            changed(digests={"user": DIGESTER.digest(b"u")}), False, id="managedFields ahead of the data -> not intact"
        ),
    ],
)
def test_secret_is_intact(state: SecretState | None, *, expected: bool) -> None:
    assert secret_is_intact(state, "ours", MARKS, DIGESTER) is expected


def test_a_secret_without_any_key_of_ours_can_be_intact() -> None:
    assert secret_is_intact(live(desired()), "ours", MARKS, DIGESTER)


@pytest.mark.parametrize(
    ("want", "state", "expected"),
    [
        pytest.param(WANT, live(WANT), True, id="as desired -> nothing"),
        pytest.param(WANT, FOREIGN_KEY, True, id="a foreign key -> nothing"),
        pytest.param(replace(WANT, type="Opaque"), live(WANT), True, id="the type it has already -> nothing"),
        pytest.param(WANT, None, False, id="missing -> write"),
        pytest.param(WANT, changed(deleting=True), False, id="being deleted -> write"),
        pytest.param(desired(user="u", password="new"), live(WANT), False, id="a value rotated -> write"),
        pytest.param(desired(user="u"), live(WANT), False, id="a key less -> write"),
        pytest.param(desired(user="u", password="p", more="m"), live(WANT), False, id="a key more -> write"),
        pytest.param(WANT, EDITED, False, id="a key taken over -> write"),
        pytest.param(WANT, REVERTED, False, id="a key taken over with the value as desired -> write"),
        pytest.param(replace(WANT, labels=MARKS.labels), live(WANT), False, id="a label less -> write"),
        pytest.param(WANT, changed(labels={**WANT.labels, "team": "x"}), False, id="a label value changed -> write"),
        pytest.param(
            replace(WANT, annotations={**WANT.annotations, "a": "b"}),
            live(WANT),
            False,
            id="an annotation more -> write",
        ),
        pytest.param(WANT, changed(controller=None), False, id="the owner removed -> write"),
        pytest.param(
            WANT, changed(controller=replace(OWNER, uid="uid-before")), False, id="owned by a deleted namesake -> write"
        ),
        pytest.param(replace(WANT, type="kubernetes.io/tls"), live(WANT), False, id="another type -> write"),
        pytest.param(replace(WANT, immutable=True), live(WANT), False, id="not immutable yet -> write"),
    ],
)
def test_nothing_to_write(want: DesiredSecret, state: SecretState | None, *, expected: bool) -> None:
    assert nothing_to_write(want, state, DIGESTER) is expected


@pytest.mark.parametrize(
    ("state", "expected", "text"),
    [
        pytest.param(
            EDITED, Drift(("password",), ("kubectl-edit",)), "password (changed by kubectl-edit)", id="edited"
        ),
        pytest.param(KEY_GONE, Drift(("password",), ()), "password", id="removed, which leaves no writer"),
        pytest.param(changed(labels={}), Drift((), ()), "metadata", id="only metadata differs"),
    ],
)
def test_drift_names_keys_and_writers(state: SecretState, expected: Drift, text: str) -> None:
    drift = drift_of(WANT, state, DIGESTER)
    assert (drift, str(drift)) == (expected, text)


def test_all_keys_of_a_missing_secret_are_changed() -> None:
    assert changed_keys(WANT, None, DIGESTER) == ("password", "user")


@pytest.mark.parametrize(
    ("controller", "another"),
    [
        pytest.param(None, False, id="no controller -> free"),
        pytest.param(OWNER, False, id="its own"),
        pytest.param(replace(OWNER, uid="old"), False, id="of a deleted namesake -> its own"),
        pytest.param(replace(OWNER, name="other"), True, id="another ExternalSecret's"),
        pytest.param(replace(OWNER, kind="SealedSecret", group="bitnami.com"), True, id="another kind's"),
    ],
)
def test_secret_is_owned_by_another(controller: Owner | None, *, another: bool) -> None:
    found = secret_is_owned_by_another(changed(controller=controller), OWNER)
    assert found == (controller if another else None)


def test_a_missing_secret_is_nobodys() -> None:
    assert secret_is_owned_by_another(None, OWNER) is None


def held(*finalizers: str, added: tuple[str, ...]) -> SecretState:
    """Return a Secret with finalizers, of which our manager ``added`` some."""
    raw: Object = applied(WANT)
    raw["metadata"]["finalizers"] = list(finalizers)
    raw["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:finalizers"] = {
        ".": {},
        **{f'v:"{name}"': {} for name in added},
    }
    return secret_state(raw, DIGESTER)


@pytest.mark.parametrize(
    ("named", "state", "expected"),
    [
        pytest.param(("a/b",), None, ("a/b",), id="a new Secret gets those that are named"),
        pytest.param((), held("a/b", added=("a/b",)), ("a/b",), id="one that is named no more stays"),
        pytest.param(("a/b",), held("a/b", added=("a/b",)), ("a/b",), id="one that is named still is written once"),
        pytest.param(("c/d",), held("a/b", added=("a/b",)), ("c/d", "a/b"), id="another is added"),
        pytest.param((), held("a/b", added=()), (), id="that of somebody else is not taken over"),
    ],
)
def test_finalizers_are_never_removed(
    named: tuple[str, ...], state: SecretState | None, expected: tuple[str, ...]
) -> None:
    assert keeping_finalizers(replace(WANT, finalizers=named), state).finalizers == expected
