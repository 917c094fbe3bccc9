"""The table of built-in resources: what is served without any CustomResourceDefinition.

Reviews (`tokenreviews` and the like) have no storage: creating one is answered and nothing is kept.
"""

from collections.abc import Callable

from devcluster.builtin_types import builtin_schema
from devcluster.config_maps import ConfigMapStrategy
from devcluster.custom_resource_definitions import definition_strategy
from devcluster.events import EVENTS_GROUP, event_strategy
from devcluster.names import path_segment_error
from devcluster.namespaces import namespace_strategy
from devcluster.secrets import secret_strategy
from devcluster.served_resources import ALL_VERBS, Conversion, Names, ServedResource
from devcluster.strategy import Strategy
from devcluster.tables import builtin_columns
from devcluster.workloads import ReplicatedStrategy, pod_strategy, service_strategy

_RBAC, _APPS, _ADMISSION = "rbac.authorization.k8s.io", "apps", "admissionregistration.k8s.io"
_AUTHENTICATION, _AUTHORIZATION = "authentication.k8s.io", "authorization.k8s.io"
_NO_COLLECTION = tuple(verb for verb in ALL_VERBS if verb != "deletecollection")


def _rbac() -> Strategy:
    return Strategy(name_rule=path_segment_error, create_on_update=True)


def _generations() -> Strategy:
    return Strategy(has_generation=True)


_StrategyFactory = Callable[[], Strategy]
_STORED: tuple[tuple[str, Names, bool, _StrategyFactory, tuple[str, ...]], ...] = (
    ("v1", Names("configmaps", "ConfigMap", short_names=("cm",)), True, ConfigMapStrategy, ()),
    ("v1", Names("endpoints", "Endpoints", short_names=("ep",)), True, Strategy, ()),
    ("v1", Names("events", "Event", short_names=("ev",)), True, event_strategy, ()),
    ("v1", Names("namespaces", "Namespace", short_names=("ns",)), False, namespace_strategy, ("finalize", "status")),
    ("v1", Names("pods", "Pod", short_names=("po",), categories=("all",)), True, pod_strategy, ("status",)),
    ("v1", Names("secrets", "Secret"), True, secret_strategy, ()),
    (
        "v1",
        Names("serviceaccounts", "ServiceAccount", short_names=("sa",)),
        True,
        lambda: Strategy(returns_deleted=True),
        ("token",),
    ),
    (
        "v1",
        Names("services", "Service", short_names=("svc",), categories=("all",)),
        True,
        service_strategy,
        ("proxy", "status"),
    ),
    (
        f"{_APPS}/v1",
        Names("daemonsets", "DaemonSet", short_names=("ds",), categories=("all",)),
        True,
        _generations,
        ("status",),
    ),
    (
        f"{_APPS}/v1",
        Names("deployments", "Deployment", short_names=("deploy",), categories=("all",)),
        True,
        lambda: ReplicatedStrategy(has_generation=True),
        ("status",),
    ),
    (
        f"{_APPS}/v1",
        Names("statefulsets", "StatefulSet", short_names=("sts",), categories=("all",)),
        True,
        lambda: ReplicatedStrategy(has_generation=True),
        ("status",),
    ),
    (
        "apiextensions.k8s.io/v1",
        Names(
            "customresourcedefinitions",
            "CustomResourceDefinition",
            short_names=("crd", "crds"),
            categories=("api-extensions",),
        ),
        False,
        definition_strategy,
        ("status",),
    ),
    ("coordination.k8s.io/v1", Names("leases", "Lease"), True, lambda: Strategy(create_on_update=True), ()),
    ("discovery.k8s.io/v1", Names("endpointslices", "EndpointSlice"), True, Strategy, ()),
    (f"{_RBAC}/v1", Names("clusterrolebindings", "ClusterRoleBinding"), False, _rbac, ()),
    (f"{_RBAC}/v1", Names("clusterroles", "ClusterRole"), False, _rbac, ()),
    (f"{_RBAC}/v1", Names("rolebindings", "RoleBinding"), True, _rbac, ()),
    (f"{_RBAC}/v1", Names("roles", "Role"), True, _rbac, ()),
    (
        f"{_ADMISSION}/v1",
        Names("validatingadmissionpolicies", "ValidatingAdmissionPolicy", categories=("api-extensions",)),
        False,
        _generations,
        ("status",),
    ),
    (
        f"{_ADMISSION}/v1",
        Names("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", categories=("api-extensions",)),
        False,
        _generations,
        (),
    ),
    (
        f"{_ADMISSION}/v1",
        Names("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", categories=("api-extensions",)),
        False,
        _generations,
        (),
    ),
)
_REVIEWS: tuple[tuple[str, str, str, bool], ...] = (
    (_AUTHENTICATION, "selfsubjectreviews", "SelfSubjectReview", False),
    (_AUTHENTICATION, "tokenreviews", "TokenReview", False),
    (_AUTHORIZATION, "localsubjectaccessreviews", "LocalSubjectAccessReview", True),
    (_AUTHORIZATION, "selfsubjectaccessreviews", "SelfSubjectAccessReview", False),
    (_AUTHORIZATION, "selfsubjectrulesreviews", "SelfSubjectRulesReview", False),
    (_AUTHORIZATION, "subjectaccessreviews", "SubjectAccessReview", False),
)


def builtin_resources() -> list[ServedResource]:
    """Return every built-in resource."""
    stored = [_stored(*row) for row in _STORED]
    reviews = [_review(*row) for row in _REVIEWS]
    return [*stored, _events_group(), *reviews]


def _stored(
    api_version: str, names: Names, namespaced: bool, strategy: _StrategyFactory, subresources: tuple[str, ...]
) -> ServedResource:
    group, _, version = api_version.rpartition("/")
    return ServedResource(
        group=group,
        version=version,
        names=names,
        namespaced=namespaced,
        schema=builtin_schema(group, version, names.kind),
        strategy=strategy(),
        verbs=_NO_COLLECTION if names.kind == "Namespace" else ALL_VERBS,
        subresources=subresources,
        columns=tuple(builtin_columns(group, names.kind)),
        storage=(group, names.plural),
        storage_version=version,
    )


def _events_group() -> ServedResource:
    conversion: Conversion = EVENTS_GROUP
    return ServedResource(
        group="events.k8s.io",
        version="v1",
        names=Names("events", "Event", short_names=("ev",)),
        namespaced=True,
        schema=builtin_schema("events.k8s.io", "v1", "Event"),
        strategy=event_strategy(),
        columns=tuple(builtin_columns("events.k8s.io", "Event")),
        storage=("", "events"),
        storage_version="v1",
        conversion=conversion,
    )


def _review(group: str, plural: str, kind: str, namespaced: bool) -> ServedResource:
    return ServedResource(
        group=group,
        version="v1",
        names=Names(plural, kind),
        namespaced=namespaced,
        schema=builtin_schema(group, "v1", kind),
        strategy=Strategy(),
        verbs=("create",),
    )
