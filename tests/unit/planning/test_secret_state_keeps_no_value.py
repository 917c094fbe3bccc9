"""The projection of a native Secret: digests, owners and field managers, and nothing to read a value from."""

import base64
from typing import Any

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.planning.secret_state import Digester, OwnedFields, Owner, SecretState, secret_state
from tests.builders import DIGESTER, managed, secret

CANARY = "canary-5f3c"


def test_a_secret_is_projected() -> None:
    raw = secret(
        data={"password": "p", "user": "u"},
        labels={"a": "b"},
        annotations={"c": "d"},
        kind="kubernetes.io/basic-auth",
        ownerReferences=[
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "0"},
            {
                "apiVersion": "external-secrets.io/v1",
                "kind": "ExternalSecret",
                "name": "app",
                "uid": "1",
                "controller": True,
            },
        ],
        managers=[
            managed("ours", data=["password"], labels=["a"], annotations=["c"]),
            managed("kubectl-edit", data=["password", "user"], operation="Update"),
        ],
    )
    assert secret_state(raw, DIGESTER) == SecretState(
        name="app",
        namespace="team",
        uid="uid-app",
        type="kubernetes.io/basic-auth",
        labels={"a": "b"},
        annotations={"c": "d"},
        controller=Owner("external-secrets.io", "ExternalSecret", "app", "1"),
        digests={"password": DIGESTER.digest(b"p"), "user": DIGESTER.digest(b"u")},
        applied={"ours": OwnedFields(frozenset({"password"}), frozenset({"a"}), frozenset({"c"}))},
        writers={"password": ("ours", "kubectl-edit"), "user": ("kubectl-edit",)},
    )


@pytest.mark.parametrize(
    ("change", "member", "expected"),
    [
        pytest.param({"immutable": True}, "immutable", True, id="immutable is seen"),
        pytest.param({"data": None}, "digests", {}, id="no data has no digests"),
        pytest.param({"data": {"a": "%%%"}}, "digests", {"a": DIGESTER.digest(b"")}, id="odd base64 stops nothing"),
        pytest.param({"data": {"a": None}}, "digests", {"a": DIGESTER.digest(b"")}, id="a null value counts as empty"),
    ],
)
def test_odd_secrets(change: dict[str, Any], member: str, expected: object) -> None:
    assert getattr(secret_state({**secret(), **change}, DIGESTER), member) == expected


def test_a_secret_on_its_way_out_is_seen() -> None:
    assert secret_state(secret(deletionTimestamp="2026-03-01T12:00:00Z"), DIGESTER).deleting


def test_only_an_apply_to_the_secret_itself_counts_as_applied() -> None:
    entries = [managed("ours", data=["a"], operation="Update"), {**managed("theirs", data=["a"]), "subresource": "x"}]
    assert secret_state(secret(managers=entries), DIGESTER).applied == {}


def test_a_manager_that_applied_nothing_owns_nothing() -> None:
    assert secret_state(secret(), DIGESTER).owned_by("nobody") == OwnedFields()


def test_no_value_is_kept_not_even_in_the_copy_kubectl_leaves() -> None:
    raw = secret(
        data={"password": CANARY},
        annotations={"kubectl.kubernetes.io/last-applied-configuration": f'{{"stringData":{{"password":"{CANARY}"}}}}'},
    )
    shown = repr(secret_state(raw, DIGESTER))
    assert CANARY not in shown
    assert base64.b64encode(CANARY.encode()).decode() not in shown


def test_digests_depend_on_the_key_and_are_the_same_for_the_same_value() -> None:
    other = Digester(SecretBytes(b"o" * 32))
    assert DIGESTER.digest(b"a") == DIGESTER.digest(b"a")
    assert len({DIGESTER.digest(b"a"), DIGESTER.digest(b"b"), other.digest(b"a")}) == 3


def test_a_combined_digest_does_not_depend_on_the_order_but_on_names_and_digests() -> None:
    both = DIGESTER.combine({"a": "1", "b": "2"})
    assert both == DIGESTER.combine({"b": "2", "a": "1"})
    assert len({both, DIGESTER.combine({"a": "2", "b": "1"}), DIGESTER.combine({"a": "1"}), DIGESTER.combine({})}) == 4
