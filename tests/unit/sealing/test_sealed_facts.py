"""The record of sealing: one annotation, read back as written, changed item by item, refused when it is damaged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from secrets_operator.flow import Object
from secrets_operator.resources.labels import FACTS_ANNOTATION
from secrets_operator.sealing.errors import FactsError
from secrets_operator.sealing.facts import Facts, Sealing, facts_annotation, facts_of, with_facts
from secrets_operator.sealing.scopes import Scope

OLD = Sealing("SHA256:old", datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC))
NEW = Sealing("SHA256:new", datetime(2026, 2, 1, 0, 0, 1, tzinfo=UTC))
FACTS = Facts("db", "shop", Scope.STRICT, {"username": OLD, "password": OLD})


def test_equal_sealings_are_written_once_with_their_items_in_order() -> None:
    assert facts_annotation(FACTS) == {
        "secrets-operator.dev/sealed": '{"name":"db","namespace":"shop","scope":"strict","sealed":'
        '[{"certificate":"SHA256:old","at":"2026-01-31T12:00:00Z","items":["password","username"]}]}'
    }


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(FACTS, id="two items of one sealing"),
        pytest.param(FACTS.sealed_again(["password", "token"], NEW), id="items of two sealings"),
        pytest.param(Facts("", "", Scope.CLUSTER_WIDE, {}), id="no items, no namespace"),
        pytest.param(Facts("ä", "n", Scope.NAMESPACE_WIDE, {'q"uote': NEW}), id="odd names"),
    ],
)
def test_what_is_written_is_read_back(facts: Facts) -> None:
    assert facts_of(facts_annotation(facts)) == facts


@pytest.mark.parametrize(
    ("changed", "items"),
    [
        pytest.param(FACTS.sealed_again(["password"], NEW), {"username": OLD, "password": NEW}, id="sealed again"),
        pytest.param(FACTS.only(["username", "unknown"]), {"username": OLD}, id="removed"),
        pytest.param(FACTS.renamed("password", "pass"), {"username": OLD, "pass": OLD}, id="renamed"),
        pytest.param(FACTS.renamed("unknown", "pass"), FACTS.items, id="renamed without facts"),
    ],
)
def test_facts_follow_their_items(changed: Facts, items: dict[str, Sealing]) -> None:
    assert changed == Facts("db", "shop", Scope.STRICT, items)


def test_an_object_without_the_annotation_has_no_facts() -> None:
    assert facts_of({"other": "x"}) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        "[" * 100_000,
        '{"name":"db","namespace":"shop","scope":"wide","sealed":[]}',
        '{"name":1,"namespace":"shop","scope":"strict","sealed":[]}',
        '{"name":"db","namespace":"shop","scope":"strict","sealed":[{"certificate":"c","at":"today","items":["a"]}]}',
    ],
    ids=lambda text: text[:40] or "empty",
)
def test_a_damaged_record_is_refused_by_name(text: str) -> None:
    with pytest.raises(FactsError, match="remove it, or seal again") as caught:
        facts_of({FACTS_ANNOTATION: text})
    assert caught.value.field == f"metadata.annotations[{FACTS_ANNOTATION}]"


def sealed_secret(items: dict[str, str], **annotations: str) -> Object:
    metadata = {"name": "db", "namespace": "shop", "annotations": annotations}
    return {"metadata": metadata, "spec": {"encryptedData": items}}


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        pytest.param({}, {"password": NEW}, id="no facts yet"),
        pytest.param(facts_annotation(FACTS), {"username": OLD, "password": NEW}, id="facts of other items stay"),
        pytest.param({FACTS_ANNOTATION: "?"}, {"password": NEW}, id="damaged facts are replaced"),
        pytest.param(
            facts_annotation(replace(FACTS, name="other")),
            {"password": NEW},
            id="facts about another name go",
        ),
        pytest.param(
            facts_annotation(FACTS.sealed_again(["gone"], OLD)),
            {"username": OLD, "password": NEW},
            id="facts of items that are gone go",
        ),
    ],
)
def test_a_sealed_secret_carries_the_facts_of_its_items(
    annotations: dict[str, str], expected: dict[str, Sealing]
) -> None:
    before = sealed_secret({"username": "x", "password": "y"}, other="kept", **annotations)
    after = with_facts(before, ["password"], NEW)["metadata"]["annotations"]
    assert after["other"] == "kept"
    assert facts_of(after) == replace(FACTS, items=expected)
    assert before["metadata"]["annotations"] == {"other": "kept", **annotations}


def test_the_scope_is_that_of_the_sealed_secret() -> None:
    wide = with_facts(sealed_secret({"k": "x"}, **{"sealedsecrets.bitnami.com/cluster-wide": "true"}), ["k"], NEW)
    facts = facts_of(wide["metadata"]["annotations"])
    assert facts is not None
    assert facts.scope is Scope.CLUSTER_WIDE
