"""Asks an API server whether the store's identity may read Secrets of a namespace.

First for the list of rights, which also tells of rights on single Secrets; then, since some authorizers have no list,
for the right itself. https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secrets_operator.errors import Refused, Unsure
from secrets_operator_kubernetes.client import Client
from secrets_operator_kubernetes.errors import RETRIED, Meaning, error_for, meaning_of

_GROUP = "apis/authorization.k8s.io/v1"
_API = {"apiVersion": "authorization.k8s.io/v1"}


async def require_access(client: Client, namespace: str) -> None:
    """Raise Refused when the identity may not get Secrets, Unsure when it may not even ask, and what the client raises.

    An API server that does not answer is Retryable.
    """
    rules = await _review(client, "SelfSubjectRulesReview", {"namespace": namespace})
    if rules is not None and any(_grants(rule) for rule in _rules(rules)):
        return
    attributes = {"namespace": namespace, "verb": "get", "resource": "secrets"}
    access = await _review(client, "SelfSubjectAccessReview", {"resourceAttributes": attributes})
    if access is None:
        raise Unsure("the API server does not say what the store's identity may do")
    if access.get("allowed") is not True:
        raise Refused(f"the store's identity may not get secrets in namespace {namespace}: {_ADVICE}", field="auth")


_ADVICE = "allow it in a Role there"


async def _review(client: Client, kind: str, spec: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the status of a review, or None when it is not answered to this identity."""
    reply = await client.post(f"Create{kind}", f"{_GROUP}/{kind.lower()}s", {**_API, "kind": kind, "spec": spec})
    if reply.status in (200, 201):
        status = reply.document().get("status")
        return status if isinstance(status, dict) else None
    meaning = meaning_of(reply.status)
    if meaning in RETRIED or meaning is Meaning.NO_IDENTITY:
        raise error_for(reply, doing="review of rights", field="auth")
    return None


def _rules(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rules = status.get("resourceRules")
    return [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []


def _grants(rule: Mapping[str, Any]) -> bool:
    asked = (("apiGroups", ""), ("resources", "secrets"), ("verbs", "get"))
    return all(wanted in (rule.get(name) or ()) or "*" in (rule.get(name) or ()) for name, wanted in asked)
