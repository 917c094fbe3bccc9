"""Admission kinds of ``admissionregistration.k8s.io``: policies, their bindings and webhooks."""

from __future__ import annotations

from devcluster.builtin_types.schema_dsl import (
    Schema,
    atomic,
    conditions,
    integer,
    items,
    kind,
    label_selector,
    map_by,
    open_struct,
    struct,
    text,
    zero,
)


def admission_kinds() -> dict[str, Schema]:
    """Return the schemas by kind."""
    return {
        "ValidatingAdmissionPolicy": _policy(),
        "ValidatingAdmissionPolicyBinding": _policy_binding(),
        "ValidatingWebhookConfiguration": _webhooks(),
    }


def _rule(**members: Schema) -> Schema:
    return struct(
        "Requests that are looked at.",
        apiGroups=items(text()),
        apiVersions=items(text()),
        resources=items(text()),
        operations=items(text()),
        scope=text("Cluster, Namespaced or *.", default="*"),
        **members,
    )


def _match_resources(description: str) -> Schema:
    rule = atomic(_rule(resourceNames=items(text())))
    return atomic(
        struct(
            description,
            namespaceSelector=label_selector("Namespaces that are looked at."),
            objectSelector=label_selector("Objects that are looked at."),
            resourceRules=items(rule, "Requests that are looked at."),
            excludeResourceRules=items(rule, "Requests that are not."),
            matchPolicy=text("Exact or Equivalent.", default="Equivalent"),
        )
    )


def _match_conditions() -> Schema:
    return map_by("name", of=struct("A condition in CEL.", name=text(), expression=text()))


def _policy() -> Schema:
    validation = struct("A rule in CEL.", expression=text(), message=text(), reason=text(), messageExpression=text())
    spec = struct(
        "What the policy demands.",
        paramKind=atomic(struct("Kind of the parameters.", apiVersion=text(), kind=text())),
        matchConstraints=_match_resources("Requests that the policy looks at."),
        validations=items(validation, "Rules that must hold."),
        failurePolicy=text("Fail or Ignore.", default="Fail"),
        auditAnnotations=items(struct("A note for the audit log.", key=text(), valueExpression=text())),
        matchConditions=_match_conditions(),
        variables=map_by("name", of=atomic(struct("A named expression.", name=text(), expression=text()))),
    )
    status = open_struct("State of the policy.", observedGeneration=integer(format="int64"), conditions=conditions())
    return kind("Rules in CEL that requests must meet.", spec=zero(spec), status=zero(status))


def _policy_binding() -> Schema:
    parameters = atomic(
        struct(
            "Parameters of the policy.",
            name=text(),
            namespace=text(),
            selector=label_selector(""),
            parameterNotFoundAction=text(),
        )
    )
    spec = struct(
        "Where the policy applies.",
        policyName=text("Name of the policy."),
        paramRef=parameters,
        matchResources=_match_resources("Requests that the binding narrows to."),
        validationActions={**items(text(), "Deny, Warn, Audit."), "x-kubernetes-list-type": "set"},
    )
    return kind("Puts a policy into force.", spec=zero(spec))


def _webhooks() -> Schema:
    service = struct("A service of the cluster.", namespace=text(), name=text(), path=text(), port=integer(default=443))
    client = struct("How the webhook is reached.", url=text(), service=service, caBundle=text(format="byte"))
    webhook = struct(
        "One webhook.",
        name=text("Name of the webhook."),
        clientConfig=zero(client),
        rules=items(_rule(), "Requests that are sent."),
        failurePolicy=text("Fail or Ignore.", default="Fail"),
        matchPolicy=text("Exact or Equivalent.", default="Equivalent"),
        namespaceSelector={**label_selector("Namespaces that are looked at."), "default": {}},
        objectSelector={**label_selector("Objects that are looked at."), "default": {}},
        sideEffects=text("None or NoneOnDryRun."),
        timeoutSeconds=integer("Seconds to wait.", default=10),
        admissionReviewVersions=items(text(), "Versions of the review that are understood."),
        matchConditions=_match_conditions(),
    )
    return kind("Webhooks that may refuse requests.", webhooks=map_by("name", of=webhook, description="Webhooks."))
