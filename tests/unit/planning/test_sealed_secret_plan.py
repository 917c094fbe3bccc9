"""What to do about a SealedSecret, and the Secret it asks for."""

from dataclasses import replace
from typing import Any

import pytest

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.planning.sealed_secret import Blocked, Content, Settled, Unseal, desired, obstacle, plan
from secrets_operator.planning.secret_state import Owner, SecretState
from secrets_operator.planning.targets import DesiredSecret
from tests.builders import DIGESTER, live, sealed_secret, values

OWNER = Owner("bitnami.com", "SealedSecret", "app", "uid-app")
STRANGER = Owner("apps", "Deployment", "web", "uid-web")
TEMPLATE: Object = {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}
SEALED = sealed_secret(template=TEMPLATE)
SYNCED = sealed_secret(template=TEMPLATE, synced=True)
FOREIGN = SecretState(name="app", namespace="team")
MANAGER = "sealedsecrets.bitnami.com/app"
SOURCE, KEYS = "secrets-operator.dev/sealed-source", "secrets-operator.dev/sealing-keys"
BLOCKED = Blocked('Resource "app" already exists and is not managed by SealedSecret')


def made(
    resource: Object, state: SecretState | None = None, data: dict[str, SecretBytes] | None = None
) -> DesiredSecret:
    """Return the Secret of a SealedSecret whose values are ``data``."""
    template = resource["spec"].get("template") or {}
    content = Content(values(password="p") if data is None else data, template, {"password": "SHA256:key"})
    return desired(resource, content, state, DIGESTER)


INTACT = live(made(SEALED))
EDITED = replace(INTACT, digests={"password": DIGESTER.digest(b"hacked")})
UNOWNED = sealed_secret(
    template={"metadata": {"annotations": {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"}}}
)


def annotated(name: str, value: str = "true", **members: Any) -> SecretState:
    return replace(FOREIGN, annotations={f"sealedsecrets.bitnami.com/{name}": value}, **members)


def scoped(scope: str) -> Object:
    return sealed_secret(template=TEMPLATE, annotations={f"sealedsecrets.bitnami.com/{scope}": "true"})


@pytest.mark.parametrize(
    ("resource", "state", "expected"),
    [
        pytest.param(SEALED, None, Unseal(), id="new -> unseal"),
        pytest.param(SEALED, INTACT, Settled(), id="made from this spec, intact -> settled, whatever the status says"),
        pytest.param(scoped("cluster-wide"), INTACT, Unseal(), id="the scope changed -> unseal"),
        pytest.param(scoped("namespace-wide"), INTACT, Unseal(), id="to another scope -> unseal"),
        pytest.param(
            sealed_secret(template=TEMPLATE, annotations={"note": "x"}, labels={"l": "x"}),
            INTACT,
            Settled(),
            id="annotations and labels that decide nothing changed -> settled",
        ),
        pytest.param(sealed_secret(), INTACT, Unseal(), id="the spec changed -> unseal"),
        pytest.param(
            SYNCED,
            replace(INTACT, annotations={k: v for k, v in INTACT.annotations.items() if k != SOURCE}),
            Unseal(),
            id="made by a version that did not note from what -> unseal",
        ),
        pytest.param(SYNCED, None, Unseal(heals=True), id="the Secret deleted -> heal"),
        pytest.param(SEALED, EDITED, Unseal(heals=True), id="a value changed -> heal"),
        pytest.param(
            SEALED, replace(INTACT, labels={**INTACT.labels, "a": "x"}), Unseal(heals=True), id="a label -> heal"
        ),
        pytest.param(
            SEALED,
            replace(INTACT, annotations={**INTACT.annotations, "c": "x"}),
            Unseal(heals=True),
            id="an annotation -> heal",
        ),
        pytest.param(SEALED, replace(INTACT, controller=None), Unseal(heals=True), id="the owner removed -> heal"),
        pytest.param(UNOWNED, live(made(UNOWNED)), Settled(), id="no owner because the template says so -> settled"),
        pytest.param(SEALED, FOREIGN, BLOCKED, id="somebody's Secret -> blocked"),
        pytest.param(SEALED, replace(FOREIGN, controller=STRANGER), BLOCKED, id="a controller's -> blocked"),
        pytest.param(SEALED, replace(INTACT, controller=STRANGER), BLOCKED, id="taken by a controller -> blocked"),
        pytest.param(
            SEALED, replace(FOREIGN, controller=replace(OWNER, uid="old")), BLOCKED, id="a namesake's -> blocked"
        ),
        pytest.param(SEALED, annotated("managed"), Unseal(), id="given away by managed -> unseal"),
        pytest.param(SEALED, annotated("patch"), Unseal(), id="opened by patch -> unseal"),
        pytest.param(SEALED, annotated("managed", "True"), BLOCKED, id="managed: True does not count"),
        pytest.param(
            sealed_secret(template={"metadata": {"annotations": {"sealedsecrets.bitnami.com/managed": "true"}}}),
            FOREIGN,
            BLOCKED,
            id="managed in the template gives nothing away",
        ),
        pytest.param(
            {**SEALED, "spec": {}}, None, Unseal(), id="stored before the schema -> unseal, which says why not"
        ),
    ],
)
def test_plan(resource: Object, state: SecretState | None, expected: Settled | Blocked | Unseal) -> None:
    assert plan(resource, state, DIGESTER) == expected


def test_the_old_form_is_settled_by_the_digests_alone() -> None:
    resource = sealed_secret()
    resource["spec"] = {"encryptedData": {}, "data": "AgB="}
    content = Content(values(password="p"), TEMPLATE, {"": "SHA256:key"})
    assert plan(resource, live(desired(resource, content, None, DIGESTER)), DIGESTER) == Settled()


def test_the_secret_remembers_what_it_was_made_from_and_by_which_key_without_a_value() -> None:
    annotations = made(SEALED).annotations
    assert annotations[KEYS] == '{"SHA256:key":[]}'
    assert len(annotations[SOURCE]) == 32
    assert annotations[SOURCE] != made(sealed_secret()).annotations[SOURCE]


TLS = sealed_secret(template={"type": "kubernetes.io/tls"})
LOCKED = replace(INTACT, immutable=True)


@pytest.mark.parametrize(
    ("wanted", "state", "says"),
    [
        pytest.param(made(SEALED), None, "", id="nothing is in the way of a new Secret"),
        pytest.param(made(SEALED, INTACT), INTACT, "", id="nor of an equal one"),
        pytest.param(made(TLS, INTACT), INTACT, "is of type Opaque and the template says kubernetes.io/tls", id="type"),
        pytest.param(made(SEALED, LOCKED), LOCKED, "", id="an immutable one with the same data"),
        pytest.param(
            made(SEALED, LOCKED, values(password="new")),
            LOCKED,
            "is immutable and its data would change",
            id="new data",
        ),
        pytest.param(made(SEALED, LOCKED, {}), LOCKED, "is immutable and its data would change", id="a key goes"),
        pytest.param(made(TLS, INTACT), replace(INTACT, deleting=True), "", id="one that is going anyway"),
    ],
)
def test_obstacles(wanted: DesiredSecret, state: SecretState | None, says: str) -> None:
    found = obstacle(wanted, state, DIGESTER)
    assert says in found
    assert bool(says) is bool(found)


def test_an_immutable_secret_is_not_asked_to_be_mutable_again() -> None:
    assert made(SEALED, LOCKED).immutable
    assert not made(SEALED, INTACT).immutable


def test_the_template_makes_the_secret_and_nothing_else_of_it_is_used() -> None:
    resource = sealed_secret(
        labels={"not": "copied"},
        template={
            "type": "kubernetes.io/tls",
            "immutable": True,
            "metadata": {
                "name": "elsewhere",
                "namespace": "elsewhere",
                "labels": {"a": "b"},
                "annotations": {"c": "d", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
                "finalizers": ["x/y"],
                "resourceVersion": "7",
            },
        },
    )
    secret = made(resource)
    assert (secret.name, secret.namespace, secret.manager, secret.type, secret.immutable) == (
        "app",
        "team",
        MANAGER,
        "kubernetes.io/tls",
        True,
    )
    assert secret.labels == {"a": "b", "secrets-operator.dev/managed": "true"}
    assert secret.annotations.keys() == {"c", "secrets-operator.dev/data-hash", SOURCE, KEYS}
    owner = (secret.owner, secret.owner_api_version, secret.blocks_owner_deletion)
    assert owner == (OWNER, "bitnami.com/v1alpha1", False)


SKIP = {"metadata": {"annotations": {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"}}}
NO_SKIP = {"metadata": {"annotations": {"sealedsecrets.bitnami.com/skip-set-owner-references": "yes"}}}


@pytest.mark.parametrize(
    ("template", "state", "expected"),
    [
        pytest.param(None, None, OWNER, id="a new Secret is owned"),
        pytest.param(SKIP, None, None, id="unless the template says not to"),
        pytest.param(NO_SKIP, None, OWNER, id="which only the word true does"),
        pytest.param(None, annotated("managed"), OWNER, id="a Secret given away is taken over"),
        pytest.param(None, annotated("patch"), None, id="a Secret merged into is not"),
        pytest.param(None, annotated("patch", controller=OWNER), OWNER, id="unless it is owned already"),
        pytest.param(
            None,
            replace(
                FOREIGN,
                annotations={"sealedsecrets.bitnami.com/patch": "true", "sealedsecrets.bitnami.com/managed": "true"},
            ),
            OWNER,
            id="or given away as well",
        ),
    ],
)
def test_owner(template: Object | None, state: SecretState | None, expected: Owner | None) -> None:
    assert made(sealed_secret(template=template), state).owner == expected
