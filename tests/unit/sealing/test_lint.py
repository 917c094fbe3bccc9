"""Each mistake in a SealedSecret that shows without a cluster is found, under its rule and with its field."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from secrets_operator.sealing.lint import RULES, Finding, Knowledge, KnownCertificate, lint
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.scopes import PREFIX
from secrets_operator.sealing.sealed_documents import sealed_documents

NOW = datetime(2026, 6, 1, tzinfo=UTC)
VALUE = base64.b64encode(b"\x01\x00" + bytes(256 + 16)).decode()
LONGER = base64.b64encode(b"\x02\x00" + bytes(512 + 16)).decode()
Edit = Callable[[dict[str, Any]], object]


def certificates(expires: datetime) -> dict[str, KnownCertificate]:
    return {"SHA256:known": KnownCertificate(expires, 256)}


def sealed(edit: Edit = lambda _body: None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {
            "encryptedData": {"password": VALUE},
            "template": {"metadata": {"labels": {"app": "web"}}, "type": "Opaque", "data": {"url": "{{ .password }}"}},
        },
    }
    edit(body)
    return body


def record(body: dict[str, Any], certificate: str = "SHA256:known", **changed: Any) -> None:
    sealing = {"certificate": certificate, "at": "2026-01-01T00:00:00Z", "items": ["password"]}
    facts = {"name": "db", "namespace": "shop", "scope": "strict", "sealed": [sealing]} | changed
    body["metadata"]["annotations"] = {"secrets-operator.dev/sealed": json.dumps(facts)}


def check_template(_name: str, source: str) -> tuple[str, tuple[str, ...]]:
    """Stand in for the template engine: a text is a template that names it, unless it is empty."""
    return ("", (source.strip("{} ."),)) if source else ("it is empty", ())


def findings(body: dict[str, Any], known: dict[str, KnownCertificate] | None = None) -> list[Finding]:
    (document,) = sealed_documents(ManifestText.read(json.dumps(body).encode()))
    return lint(document, Knowledge(NOW, known or {}, check_template))


@pytest.mark.parametrize("edit", [lambda _body: None, record], ids=["without a record", "with a record"])
def test_a_sound_object_has_no_findings(edit: Edit) -> None:
    assert findings(sealed(edit), certificates(datetime(2027, 1, 1, tzinfo=UTC))) == []


def metadata(**members: Any) -> Edit:
    return lambda body: body["metadata"].update(members)


def spec(**members: Any) -> Edit:
    return lambda body: body["spec"].update(members)


def template(**members: Any) -> Edit:
    return lambda body: body["spec"]["template"].update(members)


CASES = [
    pytest.param(metadata(name=""), "schema", "metadata.name", id="no name"),
    pytest.param(lambda body: body.update(apiVersion="bitnami.com/v1"), "schema", "apiVersion", id="no such version"),
    pytest.param(spec(encryptedData=None), "schema", "spec.encryptedData", id="no items"),
    pytest.param(spec(encryptedData=[]), "schema", "spec.encryptedData", id="a list of items"),
    pytest.param(spec(encryptedData={"a": 5}), "schema", "spec.encryptedData.a", id="a number for a value"),
    pytest.param(spec(data=VALUE), "schema", "spec.data", id="both forms"),
    pytest.param(template(type=5), "schema", "spec.template.type", id="a number for a type"),
    pytest.param(template(immutable="yes"), "schema", "spec.template.immutable", id="a text for a boolean"),
    pytest.param(template(data={"a": 5}), "schema", "spec.template.data.a", id="a number for a template"),
    pytest.param(metadata(labels={"a": True}), "schema", "metadata.labels[a]", id="a boolean for a label"),
    pytest.param(template(metadata=[]), "schema", "spec.template.metadata", id="a list for metadata"),
    pytest.param(spec(stringData={"a": "CANARY"}), "unknown-field", "spec.stringData", id="values in clear"),
    pytest.param(template(stringData={"a": "CANARY"}), "unknown-field", "spec.template.stringData", id="in a template"),
    pytest.param(spec(encryptedData={"a": "*CANARY"}), "base64", "spec.encryptedData.a", id="no base64"),
    pytest.param(spec(encryptedData={"a": ""}), "length", "spec.encryptedData.a", id="an empty value"),
    pytest.param(spec(encryptedData={"a": VALUE[:300]}), "length", "spec.encryptedData.a", id="a cut value"),
    pytest.param(spec(encryptedData={"a": "Q0FO" * 9000}), "length", "spec.encryptedData.a", id="a value in clear"),
    pytest.param(spec(encryptedData={"a": LONGER}), "wrong-key", "spec.encryptedData.a", id="a key of another size"),
    pytest.param(
        metadata(annotations={PREFIX + "cluster-wide": "True"}),
        "scope",
        f"metadata.annotations[{PREFIX}cluster-wide]",
        id="a scope that does not count",
    ),
    pytest.param(
        metadata(annotations={PREFIX + "cluster-wide": "true", PREFIX + "namespace-wide": "true"}),
        "scope",
        "metadata.annotations",
        id="two scopes",
    ),
    pytest.param(
        template(metadata={"annotations": {PREFIX + "namespace-wide": "true"}}),
        "scope",
        "spec.template.metadata.annotations",
        id="another scope in the template",
    ),
    pytest.param(template(data={"a": ""}), "template", "spec.template.data.a", id="no template"),
    pytest.param(template(data={"a": "{{ .gone }}"}), "template-key", "spec.template.data.a", id="a missing key"),
    pytest.param(lambda body: record(body, name="other"), "facts", "metadata.name", id="renamed after sealing"),
    pytest.param(lambda body: record(body, namespace="other"), "facts", "metadata.namespace", id="moved after sealing"),
    pytest.param(lambda body: record(body, scope="cluster-wide"), "facts", "metadata.annotations", id="scope changed"),
    pytest.param(
        lambda body: record(body, sealed=5),
        "schema",
        "metadata.annotations[secrets-operator.dev/sealed]",
        id="a broken record",
    ),
    pytest.param(lambda body: record(body, sealed=[]), "unrecorded", "spec.encryptedData.password", id="no record"),
    pytest.param(
        lambda body: record(body, "SHA256:x"),
        "unknown-certificate",
        "spec.encryptedData.password",
        id="no such certificate",
    ),
    pytest.param(record, "expired", "spec.encryptedData.password", id="an expired certificate"),
    pytest.param(metadata(uid="u"), "server-field", "metadata.uid", id="a field of a server"),
    pytest.param(
        template(metadata={"resourceVersion": "1"}),
        "server-field",
        "spec.template.metadata.resourceVersion",
        id="in the template",
    ),
    pytest.param(lambda body: body.update(status={"a": 1}), "server-field", "status", id="a status"),
    pytest.param(metadata(finalizers=["a"]), "finalizers", "metadata.finalizers", id="finalizers"),
    pytest.param(
        template(metadata={"annotations": {PREFIX + "skip-set-owner-references": "true"}}),
        "skip-without-managed",
        "spec.template.metadata.annotations",
        id="nobody owns the Secret",
    ),
]


@pytest.mark.parametrize(("edit", "rule", "field"), CASES)
def test_a_mistake_is_found(edit: Edit, rule: str, field: str) -> None:
    found = findings(sealed(edit), certificates(datetime(2026, 5, 1, tzinfo=UTC)))
    assert (rule, field) in [(finding.rule, finding.field) for finding in found]
    assert "CANARY" not in str(found)


def test_every_rule_has_a_case() -> None:
    assert {case.values[1] for case in CASES} == set(RULES) - {"unreadable"}


def test_a_namespace_wide_object_may_be_renamed() -> None:
    def edit(body: dict[str, Any]) -> None:
        record(body, scope="namespace-wide", name="other")
        body["metadata"]["annotations"][PREFIX + "namespace-wide"] = "true"

    assert findings(sealed(edit)) == []
