"""Roles and bindings of ``rbac.authorization.k8s.io``."""

from __future__ import annotations

from devcluster.builtin_types.schema_dsl import Schema, atomic, items, kind, label_selector, struct, text, zero


def rbac_kinds() -> dict[str, Schema]:
    """Return the schemas by kind."""
    rule = struct(
        "Verbs that are allowed on resources.",
        verbs=items(text(), "Verbs, or *."),
        apiGroups=items(text(), "Groups, the empty one for the core group."),
        resources=items(text(), "Resources, also with a subresource."),
        resourceNames=items(text(), "Names of single objects."),
        nonResourceURLs=items(text(), "Paths that are no resources."),
    )
    rules = zero(items(rule, "What is allowed."))
    aggregation = struct(
        "Collects rules of other roles.", clusterRoleSelectors=items(label_selector("Roles to collect from."))
    )
    return {
        "Role": kind("Allows verbs on resources of one namespace.", rules=rules),
        "ClusterRole": kind("Allows verbs on resources of the cluster.", rules=rules, aggregationRule=aggregation),
        "RoleBinding": _binding("Grants a role to subjects in one namespace."),
        "ClusterRoleBinding": _binding("Grants a role to subjects in the cluster."),
    }


def _binding(description: str) -> Schema:
    subject = struct(
        "Who gets the role.",
        kind=text("User, Group or ServiceAccount."),
        apiGroup=text("Group of the subject's kind."),
        name=text("Name of the subject."),
        namespace=text("Namespace of a service account."),
    )
    role = struct(
        "The role.",
        apiGroup=text("Group of the role."),
        kind=text("Role or ClusterRole."),
        name=text("Name of the role."),
    )
    return kind(description, subjects=items(atomic(subject), "Who gets the role."), roleRef=zero(atomic(role)))
