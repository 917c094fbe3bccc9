"""What to do about a SealedSecret, and the Secret it asks for."""

from dataclasses import replace
from typing import Any

import pytest

from secrets_operator.flow import Object
from secrets_operator.planning.refresh import synced_version
from secrets_operator.planning.sealed_secret import Blocked, Settled, Unseal, desired, plan
from secrets_operator.planning.secret_state import Owner, SecretState
from tests.builders import DIGESTER, live, sealed_secret, values

OWNER = Owner("bitnami.com", "SealedSecret", "app", "uid-app")
STRANGER = Owner("apps", "Deployment", "web", "uid-web")
SYNCED = sealed_secret(synced=True)
INTACT = live(desired(SYNCED, values(password="p"), None, DIGESTER))
EDITED = replace(INTACT, digests={"password": DIGESTER.digest(b"hacked")})
FOREIGN = SecretState(name="app", namespace="team")
MANAGER = "sealedsecrets.bitnami.com/app"
BLOCKED = Blocked('Resource "app" already exists and is not managed by SealedSecret')


def annotated(name: str, value: str = "true", **members: Any) -> SecretState:
    return replace(FOREIGN, annotations={f"sealedsecrets.bitnami.com/{name}": value}, **members)


@pytest.mark.parametrize(
    ("resource", "state", "unsealed", "expected"),
    [
        pytest.param(sealed_secret(), None, "", Unseal(), id="new -> unseal"),
        pytest.param(SYNCED, INTACT, "", Settled(), id="synced before a restart, intact -> settled"),
        pytest.param(SYNCED, INTACT, synced_version(SYNCED), Settled(), id="unsealed by this process -> settled"),
        pytest.param(SYNCED, INTACT, "0-old", Unseal(), id="an annotation changed since -> unseal"),
        pytest.param(sealed_secret(synced=False), INTACT, "", Unseal(), id="failed before -> unseal"),
        pytest.param(
            {**SYNCED, "status": {**SYNCED["status"], "observedGeneration": 0}},
            INTACT,
            "",
            Unseal(),
            id="the spec changed -> unseal",
        ),
        pytest.param(SYNCED, None, "", Unseal(heals=True), id="the Secret deleted -> heal"),
        pytest.param(SYNCED, EDITED, "", Unseal(heals=True), id="a value changed -> heal"),
        pytest.param(sealed_secret(), FOREIGN, "", BLOCKED, id="somebody's Secret -> blocked"),
        pytest.param(
            sealed_secret(), replace(FOREIGN, controller=STRANGER), "", BLOCKED, id="a controller's -> blocked"
        ),
        pytest.param(
            sealed_secret(),
            replace(FOREIGN, controller=replace(OWNER, uid="old")),
            "",
            BLOCKED,
            id="a namesake's -> blocked",
        ),
        pytest.param(sealed_secret(), annotated("managed"), "", Unseal(), id="given away by managed -> unseal"),
        pytest.param(sealed_secret(), annotated("patch"), "", Unseal(), id="opened by patch -> unseal"),
        pytest.param(sealed_secret(), annotated("managed", "True"), "", BLOCKED, id="managed: True does not count"),
        pytest.param(
            sealed_secret(template={"metadata": {"annotations": {"sealedsecrets.bitnami.com/managed": "true"}}}),
            FOREIGN,
            "",
            BLOCKED,
            id="managed in the template gives nothing away",
        ),
        pytest.param(
            sealed_secret(),
            replace(INTACT, controller=None),
            "",
            Unseal(),
            id="written by us without an owner -> unseal",
        ),
    ],
)
def test_plan(resource: Object, state: SecretState | None, unsealed: str, expected: Settled | Blocked | Unseal) -> None:
    assert plan(resource, state, unsealed_version=unsealed, digester=DIGESTER) == expected


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
    made = desired(resource, values(password="p"), None, DIGESTER)
    assert (made.name, made.namespace, made.manager, made.type, made.immutable) == (
        "app",
        "team",
        MANAGER,
        "kubernetes.io/tls",
        True,
    )
    assert made.labels == {"a": "b", "secrets-operator.dev/managed": "true"}
    assert made.annotations.keys() == {"c", "secrets-operator.dev/data-hash"}
    assert (made.owner, made.owner_api_version, made.blocks_owner_deletion) == (OWNER, "bitnami.com/v1alpha1", False)


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
    assert desired(sealed_secret(template=template), values(password="p"), state, DIGESTER).owner == expected
