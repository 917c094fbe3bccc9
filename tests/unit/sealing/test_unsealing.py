"""A SealedSecret and a keyring become values, or every reason why not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.diagnosis import FailureReason
from secrets_operator.sealing.facts import Facts, Sealing, facts_annotation
from secrets_operator.sealing.failures import UnsealError
from secrets_operator.sealing.keyring import Keyring, SealingKey
from secrets_operator.sealing.scopes import Scope, label, scope_annotations
from secrets_operator.sealing.seal import seal_value
from secrets_operator.sealing.unseal import Unsealing, unseal

Seal = Callable[..., str]
PLAINTEXT = b"hunter2-hunter2"
NO_KEY = "no key could decrypt secret: it was sealed with a key that is not here, or for another name or namespace"


@pytest.fixture
def seal(small_key: SealingKey) -> Seal:
    """Return a function that seals the plaintext for a scope, namespace and name."""

    def seal(
        scope: Scope = Scope.STRICT, namespace: str = "team-a", name: str = "db", key: SealingKey = small_key
    ) -> str:
        bound_to = label(scope, namespace=namespace, name=name)
        return seal_value(key.private_key.public_key(), SecretBytes(PLAINTEXT), label=bound_to, random=os.urandom)

    return seal


def sealed_secret(items: Any, *, scope: Scope = Scope.STRICT, template: Any = None, **spec: Any) -> dict[str, Any]:
    body = {"encryptedData": items, **({"template": template} if template is not None else {}), **spec}
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": "team-a", "uid": "u-1", "annotations": scope_annotations(scope)},
        "spec": body,
    }


def failure_of(sealed: dict[str, Any], keyring: Keyring) -> UnsealError:
    with pytest.raises(UnsealError) as caught:
        unseal(sealed, keyring)
    assert PLAINTEXT.decode() not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("scope", ["strict", "namespace-wide", "cluster-wide"])
def test_whole_secrets_sealed_by_kubeseal_become_their_secret(
    data_folder: Path, kubeseal_key: SealingKey, scope: str
) -> None:
    sealed = YAML(typ="safe").load((data_folder / f"sealed-{scope}.yaml").read_text())
    unsealed = unseal(sealed, Keyring([kubeseal_key]))
    assert {item: value.reveal() for item, value in unsealed.data.items()} == {"username": b"admin", "password": b"p1"}
    assert set(unsealed.opened_by.values()) == {kubeseal_key.fingerprint}


def test_items_may_be_sealed_with_different_keys_and_each_key_is_reported(
    seal: Seal, small_key: SealingKey, other_key: SealingKey
) -> None:
    sealed = sealed_secret({"a": seal(), "b": seal(key=other_key)})
    unsealed = unseal(sealed, Keyring([small_key, other_key]), remembered={"b": other_key.fingerprint})
    assert unsealed.opened_by == {"a": small_key.fingerprint, "b": other_key.fingerprint}


def test_items_may_be_renamed(seal: Seal, keyring: Keyring) -> None:
    assert unseal(sealed_secret({"renamed": seal()}), keyring).data == {"renamed": SecretBytes(PLAINTEXT)}


def test_no_items_make_an_empty_secret(keyring: Keyring) -> None:
    assert unseal(sealed_secret({}), keyring).data == {}


def test_values_do_not_show_in_the_result(seal: Seal, keyring: Keyring) -> None:
    assert PLAINTEXT.decode() not in repr(unseal(sealed_secret({"a": seal()}), keyring))


@pytest.mark.parametrize("sealed_with", list(Scope))
@pytest.mark.parametrize("declared", list(Scope))
def test_a_value_opens_under_the_scope_it_was_sealed_with_and_no_other(
    seal: Seal, keyring: Keyring, sealed_with: Scope, declared: Scope
) -> None:
    sealed = sealed_secret({"a": seal(sealed_with)}, scope=declared)
    if sealed_with is declared:
        assert unseal(sealed, keyring).data == {"a": SecretBytes(PLAINTEXT)}
        return
    error = failure_of(sealed, keyring)
    assert error.reason is FailureReason.SCOPE_MISMATCH
    assert f"it was sealed with scope {sealed_with}: " in str(error)


def test_annotations_of_the_template_do_not_decide_the_scope(seal: Seal, keyring: Keyring) -> None:
    template = {"metadata": {"annotations": scope_annotations(Scope.CLUSTER_WIDE)}}
    error = failure_of(sealed_secret({"a": seal(Scope.CLUSTER_WIDE)}, template=template), keyring)
    assert error.reason is FailureReason.SCOPE_MISMATCH
    assert 'annotate the SealedSecret with sealedsecrets.bitnami.com/cluster-wide: "true"' in str(error)


@pytest.mark.parametrize(
    ("sealed_for", "template", "reason", "hint"),
    [
        pytest.param(
            {"name": "old"},
            {"name": "old", "namespace": "team-a"},
            FailureReason.NAME_MISMATCH,
            "it was sealed with scope strict for team-a/old, not for team-a/db",
            id="renamed, the template still has the old name -> NameMismatch",
        ),
        pytest.param(
            {"namespace": "team-b"},
            {"name": "db", "namespace": "team-b"},
            FailureReason.NAMESPACE_MISMATCH,
            "it was sealed with scope strict for team-b/db, not for team-a/db",
            id="moved, the template still has the old namespace -> NamespaceMismatch",
        ),
        pytest.param(
            {"namespace": "team-b", "name": "old"},
            {"name": "old", "namespace": "team-b"},
            FailureReason.NAMESPACE_MISMATCH,
            "it was sealed with scope strict for team-b/old, not for team-a/db",
            id="moved and renamed -> NamespaceMismatch",
        ),
        pytest.param(
            {"namespace": "team-b", "scope": Scope.NAMESPACE_WIDE},
            {"namespace": "team-b"},
            FailureReason.NAMESPACE_MISMATCH,
            "it was sealed with scope namespace-wide for namespace team-b, not for team-a",
            id="namespace-wide in another namespace -> NamespaceMismatch",
        ),
        pytest.param(
            {"name": "unknown"},
            {},
            FailureReason.NO_KEY,
            "it was sealed with a key that is not here, or for another name or namespace",
            id="sealed for a name that nothing mentions -> NoKey, both explanations",
        ),
    ],
)
def test_a_failure_names_its_likely_cause(
    seal: Seal, keyring: Keyring, sealed_for: dict[str, Any], template: dict[str, str], reason: FailureReason, hint: str
) -> None:
    error = failure_of(sealed_secret({"a": seal(**sealed_for)}, template={"metadata": template}), keyring)
    assert error.reason is reason
    assert str(error) == f"no key could decrypt secret: {hint} (a)"


RECORDED = Sealing("SHA256:" + "A" * 43, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "namespace", "reason", "hint"),
    [
        pytest.param(
            "old",
            "team-a",
            FailureReason.NAME_MISMATCH,
            "it was sealed with scope strict for team-a/old, not for team-a/db",
            id="renamed, in the template too -> NameMismatch",
        ),
        pytest.param(
            "db",
            "team-b",
            FailureReason.NAMESPACE_MISMATCH,
            "it was sealed with scope strict for team-b/db, not for team-a/db",
            id="moved, in the template too -> NamespaceMismatch",
        ),
        pytest.param(
            "unknown",
            "team-a",
            FailureReason.NO_KEY,
            f"by its record it was sealed with {RECORDED.certificate}, which is not here",
            id="nothing else fits -> NoKey, and which",
        ),
    ],
)
def test_the_record_of_the_sealing_tells_what_went_wrong(
    seal: Seal, keyring: Keyring, name: str, namespace: str, reason: FailureReason, hint: str
) -> None:
    recorded = "db" if name == "unknown" else name
    sealed = sealed_secret({"a": seal(name=name, namespace=namespace)}, template={"metadata": {"name": "db"}})
    sealed["metadata"]["annotations"] = facts_annotation(Facts(recorded, namespace, Scope.STRICT, {"a": RECORDED}))
    error = failure_of(sealed, keyring)
    assert (error.reason, str(error)) == (reason, f"no key could decrypt secret: {hint} (a)")


@pytest.mark.parametrize("certificate", ["", "SHA256:short", "any text\nat all"])
def test_a_record_that_names_no_key_is_not_quoted(seal: Seal, other_key: SealingKey, certificate: str) -> None:
    facts = Facts("db", "team-a", Scope.STRICT, {"a": Sealing(certificate, RECORDED.at)})
    sealed = sealed_secret({"a": seal()})
    sealed["metadata"]["annotations"] = facts_annotation(facts)
    assert str(failure_of(sealed, Keyring([other_key]))) == f"{NO_KEY} (a)"


def test_without_keys_the_failure_says_so(seal: Seal) -> None:
    error = failure_of(sealed_secret({"a": seal()}), Keyring())
    assert (error.reason, str(error)) == (
        FailureReason.NO_KEY,
        "no key could decrypt secret: there is no sealing key here (a)",
    )


def test_a_key_of_another_size_is_told_from_a_wrong_name(seal: Seal, kubeseal_key: SealingKey) -> None:
    error = failure_of(sealed_secret({"a": seal()}), Keyring([kubeseal_key]))
    assert error.reason is FailureReason.NO_KEY
    assert "it was sealed with an RSA-2048 key, and there is none of that size here (a)" in str(error)


def test_a_key_that_is_not_here_is_no_key(seal: Seal, other_key: SealingKey) -> None:
    error = failure_of(sealed_secret({"a": seal()}), Keyring([other_key]))
    assert error.reason is FailureReason.NO_KEY


def test_diagnosis_of_many_items_gives_up_searching_but_names_every_item(seal: Seal, other_key: SealingKey) -> None:
    items = {f"k{index:02}": seal() for index in range(40)}
    error = failure_of(sealed_secret(items, template={"metadata": {"name": "old"}}), Keyring([other_key]))
    assert str(error).endswith(f"({', '.join(items)})")


def test_after_many_values_that_no_key_opens_the_others_are_not_tried(seal: Seal, other_key: SealingKey) -> None:
    operations: list[int] = []
    keyring = Keyring([other_key], operated=lambda: operations.append(1))
    text = seal()
    error = failure_of(sealed_secret({f"k{index:03}": text for index in range(500)}), keyring)
    assert len(error.failures) == 500
    assert "not tried, since no key could decrypt 64 others (k064, " in str(error)
    assert len(operations) == 64 + 64  # tried, and searched for the reason


def test_all_failures_are_reported_grouped_and_in_a_stable_order(seal: Seal, keyring: Keyring) -> None:
    items = {"f": "!", "c": seal(name="x"), "good": seal(), "b": seal(name="y"), "a": "?", "short": "AA=="}
    error = failure_of(sealed_secret(items), keyring)
    assert str(error).split("\n") == [
        "illegal base64 data at input byte 0 (a, f)",
        f"{NO_KEY} (b, c)",
        "no key could decrypt secret: too short to be a sealed value (short)",
    ]
    assert error.reason is FailureReason.BAD_BASE64
    assert [failure.item for failure in error.failures] == ["a", "b", "c", "f", "short"]
    reordered = failure_of(sealed_secret(dict(reversed(items.items()))), keyring)
    assert str(reordered) == str(error)


def test_a_value_changed_after_sealing_is_told_from_a_wrong_key(seal: Seal, keyring: Keyring) -> None:
    sealed = seal()
    error = failure_of(sealed_secret({"a": sealed[:-8] + "AAAAAAA="}), keyring)
    assert error.reason is FailureReason.DAMAGED


def legacy(secret: object, key: SealingKey, *, name: str = "db") -> dict[str, Any]:
    """Return a SealedSecret of the old form."""
    bound_to = label(Scope.STRICT, namespace="team-a", name=name)
    plaintext = SecretBytes(json.dumps(secret).encode())
    text = seal_value(key.private_key.public_key(), plaintext, label=bound_to, random=os.urandom)
    return sealed_secret({}, data=text, template={"type": "ignored", "data": {"ignored": "x"}})


INNER = {
    "kind": "Secret",
    "apiVersion": "v1",
    "metadata": {"name": "other", "namespace": "other", "labels": {"a": "b"}, "annotations": {"c": "d"}, "uid": "1"},
    "type": "kubernetes.io/basic-auth",
    "data": {"password": "aHVudGVyMg==", "username": "eA=="},
    "stringData": {"username": "admin"},
}


def test_the_old_form_is_a_whole_secret_and_its_template_is_ignored(small_key: SealingKey, keyring: Keyring) -> None:
    unsealed = unseal(legacy(INNER, small_key), keyring)
    assert unsealed.data == {"password": SecretBytes(b"hunter2"), "username": SecretBytes(b"admin")}
    assert unsealed.template == {
        "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
        "type": "kubernetes.io/basic-auth",
    }
    assert unsealed.opened_by == {"": small_key.fingerprint}


def test_the_old_form_is_bound_to_its_name_too(small_key: SealingKey, keyring: Keyring) -> None:
    error = failure_of(legacy(INNER, small_key, name="old"), keyring)
    assert (error.reason, "(" in str(error)) == (FailureReason.NO_KEY, False)


@pytest.mark.parametrize(
    ("inner", "says"),
    [
        pytest.param("text", "is not the JSON of a Secret", id="no object"),
        pytest.param({**INNER, "kind": "ConfigMap"}, "is not the JSON of a Secret", id="another kind"),
        pytest.param({**INNER, "data": {"k": "!"}}, "data[k] of the Secret sealed in spec.data: illegal", id="base64"),
        pytest.param({**INNER, "data": {"k": 1}}, "data of the Secret sealed in spec.data is no map", id="a number"),
        pytest.param({**INNER, "metadata": "x"}, "metadata of the Secret sealed in spec.data", id="odd metadata"),
    ],
)
def test_an_old_form_that_holds_no_secret_is_malformed(
    small_key: SealingKey, keyring: Keyring, inner: object, says: str
) -> None:
    error = failure_of(legacy(inner, small_key), keyring)
    assert error.reason is FailureReason.MALFORMED
    assert says in str(error)


def test_both_forms_at_once_are_refused(seal: Seal, keyring: Keyring) -> None:
    error = failure_of(sealed_secret({"a": seal()}, data=seal()), keyring)
    assert str(error) == "cannot use the field 'encryptedData' and the deprecated field 'data' at the same time"


def test_an_empty_old_form_is_the_old_form(keyring: Keyring) -> None:
    assert failure_of(sealed_secret({}, data=""), keyring).reason is FailureReason.MALFORMED


def test_the_old_form_can_be_turned_off(small_key: SealingKey, keyring: Keyring) -> None:
    with pytest.raises(UnsealError, match="using deprecated 'data' field, use 'encryptedData' or flip the feature"):
        Unsealing(legacy(INNER, small_key), keyring, accept_legacy=False)


@pytest.mark.parametrize("spec", [{}, {"data": None}, {"template": {"data": {}}}, {"template": {"data": None}}])
def test_absent_old_forms_and_templates_are_no_old_form(keyring: Keyring, spec: dict[str, Any]) -> None:
    assert unseal(sealed_secret({}, **spec), keyring).data == {}


@pytest.mark.parametrize("items", [None, [], "x"], ids=["null", "a list", "a string"])
def test_encrypted_data_that_is_no_object_never_becomes_an_empty_secret(keyring: Keyring, items: object) -> None:
    error = failure_of(sealed_secret(items), keyring)
    assert error.reason is FailureReason.INVALID_SPEC
    assert "spec.encryptedData must be an object" in str(error)


def test_a_sealed_value_that_is_no_string_is_reported_by_its_item(keyring: Keyring) -> None:
    error = failure_of(sealed_secret({"a": 7}), keyring)
    assert (error.reason, str(error)) == (FailureReason.INVALID_SPEC, "a sealed value must be a string (a)")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"metadata": {"name": "db"}}, "metadata.namespace", id="no namespace"),
        pytest.param({"metadata": {"namespace": "team-a"}}, "metadata.name", id="no name"),
        pytest.param({"metadata": []}, "metadata", id="metadata is a list"),
        pytest.param({"spec": []}, "spec", id="spec is a list"),
        pytest.param({"spec": {"encryptedData": {}, "template": "x"}}, "spec.template", id="template is a string"),
    ],
)
def test_an_odd_object_is_an_invalid_spec_with_its_field(keyring: Keyring, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        unseal(sealed_secret({}) | change, keyring)
    assert caught.value.field == field
