"""Which validating webhooks a write concerns: rules, selectors, the policy for equal versions. Pure.

The counterpart of apiserver's `plugin/webhook/generic` and `predicates`. `matchConditions` are not looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from devcluster.documents import Document
from devcluster.label_selectors import Requirement, matches
from devcluster.registry import Registry
from devcluster.served_resources import ServedResource

CREATE, UPDATE, DELETE = "CREATE", "UPDATE", "DELETE"
_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "absent"}
# Webhooks could otherwise keep anybody from mending webhooks.
_EXEMPT_GROUP = "admissionregistration.k8s.io"


@dataclass(frozen=True, slots=True)
class Write:
    """A write as webhooks see it: to which resource, and the object after it and before it (None: there is none)."""

    operation: str
    resource: ServedResource
    namespace: str
    name: str
    new: Document | None = None
    old: Document | None = None
    subresource: str = ""
    dry_run: bool = False

    def through(self, resource: ServedResource) -> "Write":
        """Return the write as one to another version of the resource; no field differs between versions."""
        new, old = (found and {**found, "apiVersion": resource.api_version} for found in (self.new, self.old))
        return replace(self, resource=resource, new=new, old=old)


def concerned(webhook: Document, write: Write, registry: Registry, namespace_labels: Document) -> Write | None:
    """Return the write in the form in which a webhook asks for it; None when it does not."""
    if write.resource.group == _EXEMPT_GROUP:
        return None
    if not _labels_match(webhook.get("namespaceSelector") or {}, write, namespace_labels):
        return None
    selector = _requirements(webhook.get("objectSelector") or {})
    found = [(one["metadata"].get("labels") or {}) for one in (write.new, write.old) if one is not None]
    if not any(matches(selector, labels) for labels in found):
        return None
    rules = webhook.get("rules") or []
    for resource in _versions(write.resource, webhook.get("matchPolicy", "Equivalent"), registry):
        if any(_rule_matches(rule, write, resource) for rule in rules):
            return write.through(resource)
    return None


def _versions(resource: ServedResource, policy: str, registry: Registry) -> Iterator[ServedResource]:
    yield resource
    if policy == "Exact":
        return
    for version in registry.versions(resource.group):
        other = registry.find(resource.group, version, resource.names.plural)
        if other is not None and other is not resource and other.storage == resource.storage:
            yield other


def _rule_matches(rule: Document, write: Write, resource: ServedResource) -> bool:
    scope = rule.get("scope") or "*"
    return (
        _listed(rule.get("operations"), write.operation)
        and _listed(rule.get("apiGroups"), resource.group)
        and _listed(rule.get("apiVersions"), resource.version)
        and (scope == "*" or (scope == "Namespaced") == resource.namespaced)
        and any(_is_resource(text, resource.names.plural, write.subresource) for text in rule.get("resources") or ())
    )


def _listed(listed: list[str] | None, value: str) -> bool:
    return "*" in (listed or ()) or value in (listed or ())


def _is_resource(text: str, plural: str, subresource: str) -> bool:
    wanted, _, below = text.partition("/")
    return wanted in ("*", plural) and below in {subresource, "*"}


def _labels_match(selector: Document, write: Write, namespace_labels: Document) -> bool:
    requirements = _requirements(selector)
    if write.resource.kind == "Namespace" and not write.resource.group:
        own = write.new or write.old or {"metadata": {}}
        return matches(requirements, own["metadata"].get("labels") or {})
    return not write.resource.namespaced or matches(requirements, namespace_labels)


def _requirements(selector: Document) -> tuple[Requirement, ...]:
    equal = [Requirement(key, "in", frozenset({value})) for key, value in (selector.get("matchLabels") or {}).items()]
    expressions = selector.get("matchExpressions") or ()
    compared = (
        Requirement(one["key"], _OPERATORS[one["operator"]], frozenset(one.get("values") or ())) for one in expressions
    )
    return (*equal, *compared)
