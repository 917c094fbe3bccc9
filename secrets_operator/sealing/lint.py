"""What is wrong, or looks wrong, with a SealedSecret, as far as its manifest and the recorded facts tell: no cluster.

Each check is one function that yields findings. Rules are named, so that reports can be filtered; their meanings are in
``RULES``. Neighbours: ``lint_values`` looks into the sealed values; templates are judged by a function from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from secrets_operator.errors import OperatorError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.lint_values import size_problem
from secrets_operator.sealing.scopes import PREFIX, Scope, is_true, scope_of
from secrets_operator.sealing.sealed_documents import SealedDocument


class Level(StrEnum):
    """How bad a finding is: errors fail in the cluster, warnings surprise there."""

    ERROR = "error"
    WARNING = "warning"


RULES: Mapping[str, tuple[Level, str]] = {
    "unreadable": (Level.ERROR, "the file is neither YAML nor JSON"),
    "schema": (Level.ERROR, "a field is missing or has the wrong form"),
    "unknown-field": (Level.ERROR, "a field that does not exist and would be dropped, such as stringData"),
    "base64": (Level.ERROR, "a sealed value is not standard base64"),
    "length": (Level.ERROR, "a sealed value is cut, or no RSA key of a usual size made it"),
    "wrong-key": (Level.ERROR, "a sealed value has not the size that the given certificates make"),
    "scope": (Level.ERROR, "a scope annotation that does not count, or another one than the template has"),
    "template": (Level.ERROR, "a template does not parse or uses a function that does not exist"),
    "template-key": (Level.WARNING, "a template refers to a key that does not exist"),
    "facts": (Level.ERROR, "name, namespace or scope are others than those recorded when the values were sealed"),
    "unrecorded": (Level.WARNING, "a value is not recorded although others of the object are"),
    "unknown-certificate": (Level.ERROR, "a value was sealed with none of the given certificates"),
    "expired": (Level.WARNING, "a value was sealed with a certificate that has ended"),
    "server-field": (Level.WARNING, "a field that a server had added, copied along with the manifest"),
    "finalizers": (Level.WARNING, "finalizers, which hold up the deletion of the object or of its Secret"),
    "skip-without-managed": (Level.WARNING, "no owner reference, and nothing else says whose Secret it is"),
}

_SPEC_FIELDS = {"encryptedData", "data", "template"}
_TEMPLATE_FIELDS = {"metadata", "type", "immutable", "data"}
_TOP_FIELDS = {"apiVersion", "kind", "metadata", "spec", "status"}
_SERVER_FIELDS = ("uid", "resourceVersion", "generation", "managedFields", "selfLink", "deletionTimestamp")
_SCOPES = (PREFIX + "cluster-wide", PREFIX + "namespace-wide")


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: the rule, the field it is about and a sentence without any value."""

    rule: str
    field: str
    message: str

    @property
    def level(self) -> Level:
        """Return how bad it is."""
        return RULES[self.rule][0]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known besides the manifest: the time, certificates, and who judges templates."""

    now: datetime
    certificates: Mapping[str, KnownCertificate] = field(default_factory=dict)
    """Certificates by fingerprint; empty when the caller knows none."""
    check_template: Callable[[str, str], tuple[str, Iterable[str]]] | None = None
    """(name, source) -> why it is no template or empty, and the keys it refers to."""


@dataclass(frozen=True, slots=True)
class KnownCertificate:
    """When a certificate ends and how many bytes its key has."""

    expires: datetime
    modulus_bytes: int


def _schema(document: SealedDocument, _known: Knowledge) -> Iterator[Finding]:
    body, spec = document.body, section(document.body, "spec")
    if not document.name:
        yield Finding("schema", "metadata.name", "it has no name")
    if body.get("apiVersion") != "bitnami.com/v1alpha1":
        yield Finding("schema", "apiVersion", "it must be bitnami.com/v1alpha1")
    if not isinstance(spec.get("encryptedData"), dict):
        yield Finding("schema", "spec.encryptedData", "it is required and must be a map (it may be empty: {})")
    if spec.get("data") is not None and spec.get("encryptedData"):
        yield Finding("schema", "spec.data", "the old form and encryptedData exclude each other")


def _template_schema(document: SealedDocument, _known: Knowledge) -> Iterator[Finding]:
    template = section(document.body, "spec", "template")
    for name, kind in (("type", str), ("immutable", bool)):
        if template.get(name) is not None and not isinstance(template[name], kind):
            word = "a string" if kind is str else "true or false"
            yield Finding("schema", f"spec.template.{name}", f"it must be {word}")
    for name, text in section(template, "data").items():
        if not isinstance(text, str):
            yield Finding("schema", f"spec.template.data.{name}", "a template must be a string")


def _metadata_schema(document: SealedDocument, _known: Knowledge) -> Iterator[Finding]:
    for path in (("metadata",), ("spec", "template", "metadata")):
        for member in ("labels", "annotations"):
            for name, text in section(document.body, *path, member).items():
                if not isinstance(text, str):
                    where = ".".join((*path, member))
                    yield Finding("schema", f"{where}[{name}]", "it must be a string: put it in quotes")


def _unknown_fields(document: SealedDocument, _known: Knowledge) -> Iterator[Finding]:
    places = (((), _TOP_FIELDS), (("spec",), _SPEC_FIELDS), (("spec", "template"), _TEMPLATE_FIELDS))
    for path, allowed in places:
        for name in section(document.body, *path):
            if name not in allowed:
                hint = ": a value in clear has no place here" if name == "stringData" else " and would be dropped"
                yield Finding("unknown-field", ".".join((*path, name)), f"there is no such field{hint}")


def _values(document: SealedDocument, known: Knowledge) -> Iterator[Finding]:
    sizes = {certificate.modulus_bytes for certificate in known.certificates.values()}
    for item, text in document.sealed_values.items():
        where = f"spec.encryptedData.{item}" if item else "spec.data"
        if not isinstance(text, str):
            yield Finding("schema", where, "a sealed value must be a string")
        elif problem := size_problem(text, sizes):
            yield Finding(problem.rule, where, problem.message)


def _scopes(document: SealedDocument, _known: Knowledge) -> Iterator[Finding]:
    own = section(document.body, "metadata", "annotations")
    inside = section(document.body, "spec", "template", "metadata", "annotations")
    for name in _SCOPES:
        if name in own and not is_true(own, name):
            yield Finding("scope", f"metadata.annotations[{name}]", 'only the exact value "true" counts')
    if all(is_true(own, name) for name in _SCOPES):
        yield Finding("scope", "metadata.annotations", "both scopes are set: cluster-wide wins")
    if any(name in inside for name in _SCOPES) and scope_of(inside) is not scope_of(own):
        message = f"the template says {scope_of(inside)}, the object {scope_of(own)}; only the object's counts"
        yield Finding("scope", "spec.template.metadata.annotations", message)


def _templates(document: SealedDocument, known: Knowledge) -> Iterator[Finding]:
    templates = section(document.body, "spec", "template", "data")
    there = set(document.items) | set(templates)
    for name, source in templates.items():
        if known.check_template is None or not isinstance(source, str):
            continue
        problem, keys = known.check_template(name, source)
        if problem:
            yield Finding("template", f"spec.template.data.{name}", problem)
        for key in sorted(set(keys) - there):
            yield Finding("template-key", f"spec.template.data.{name}", f"there is no key {key} to take a value from")


def _facts(document: SealedDocument, known: Knowledge) -> Iterator[Finding]:
    facts = document.facts
    if facts is None:
        return
    own = section(document.body, "metadata").get("namespace")
    bound = (
        ("metadata.name", facts.name, document.name, facts.scope is Scope.STRICT),
        ("metadata.namespace", facts.namespace, own or "", bool(own) and facts.scope is not Scope.CLUSTER_WIDE),
        ("metadata.annotations", str(facts.scope), str(document.scope), True),
    )
    for where, recorded, present, counts in bound:
        if counts and recorded != present:
            yield Finding("facts", where, f"the values were sealed for {recorded}, this says {present}")
    for item in document.items:
        sealing = facts.items.get(item)
        where = f"spec.encryptedData.{item}"
        if sealing is None:
            yield Finding("unrecorded", where, "it is not recorded with what it was sealed")
        elif known.certificates:
            yield from _certificate(where, sealing.certificate, known)


def _certificate(where: str, fingerprint: str, known: Knowledge) -> Iterator[Finding]:
    certificate = known.certificates.get(fingerprint)
    if certificate is None:
        yield Finding("unknown-certificate", where, f"it was sealed with {fingerprint}, which is none of those given")
    elif known.now > certificate.expires:
        yield Finding(
            "expired", where, f"it was sealed with {fingerprint}, which ended on {certificate.expires:%Y-%m-%d}"
        )


def _left_over(document: SealedDocument, _known: Knowledge) -> Iterator[Finding]:
    for path in (("metadata",), ("spec", "template", "metadata")):
        metadata: Mapping[str, Any] = section(document.body, *path)
        for name in _SERVER_FIELDS:
            if metadata.get(name) is not None:
                yield Finding("server-field", ".".join((*path, name)), "a server had added it: remove it")
        if metadata.get("creationTimestamp") is not None:
            yield Finding("server-field", ".".join((*path, "creationTimestamp")), "a server had added it: remove it")
        if metadata.get("finalizers"):
            yield Finding("finalizers", ".".join((*path, "finalizers")), "they hold up the deletion: remove them")
    if document.body.get("status"):
        yield Finding("server-field", "status", "a server had added it: remove it")


def _ownership(document: SealedDocument, _known: Knowledge) -> Iterator[Finding]:
    annotations = section(document.body, "spec", "template", "metadata", "annotations")
    if is_true(annotations, PREFIX + "skip-set-owner-references") and not is_true(annotations, PREFIX + "managed"):
        message = f'without an owner reference set {PREFIX}managed: "true" too, or later changes may not be written'
        yield Finding("skip-without-managed", "spec.template.metadata.annotations", message)


_CHECKS = (
    _schema,
    _template_schema,
    _metadata_schema,
    _unknown_fields,
    _values,
    _scopes,
    _templates,
    _facts,
    _left_over,
    _ownership,
)


def lint(document: SealedDocument, known: Knowledge) -> list[Finding]:
    """Return every finding about one SealedSecret."""
    findings: list[Finding] = []
    for check in _CHECKS:
        try:
            findings += check(document, known)
        except OperatorError as error:
            findings.append(Finding("schema", error.field or "spec", error.message))
    return list(dict.fromkeys(findings))
