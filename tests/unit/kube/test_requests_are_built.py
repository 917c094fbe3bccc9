"""What goes over the wire for each call, and which names never get there."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.kube import requests
from secrets_operator.kube.requests import APPLY, JSON, MERGE, Request, Target
from secrets_operator.kube.resources import (
    CLUSTER_SECRET_STORES,
    EXTERNAL_SECRETS,
    NAMESPACES,
    SECRETS,
    Resource,
    group_version_path,
)

SECRET = Target(SECRETS, "team", "db")


@pytest.mark.parametrize(
    ("resource", "namespace", "path"),
    [
        pytest.param(SECRETS, "team", "/api/v1/namespaces/team/secrets", id="core kind in a namespace"),
        pytest.param(SECRETS, "", "/api/v1/secrets", id="core kind in all namespaces"),
        pytest.param(NAMESPACES, "", "/api/v1/namespaces", id="cluster-wide core kind"),
        pytest.param(
            EXTERNAL_SECRETS,
            "team",
            "/apis/external-secrets.io/v1/namespaces/team/externalsecrets",
            id="kind of a group in a namespace",
        ),
        pytest.param(
            CLUSTER_SECRET_STORES, "", "/apis/external-secrets.io/v1/clustersecretstores", id="cluster-wide kind"
        ),
    ],
)
def test_collections_are_where_kubernetes_serves_them(resource: Resource, namespace: str, path: str) -> None:
    assert resource.collection(namespace) == path


@pytest.mark.parametrize(
    ("request_", "method", "path", "content_type", "body"),
    [
        pytest.param(requests.get(SECRET), "GET", "/api/v1/namespaces/team/secrets/db", JSON, None, id="get"),
        pytest.param(
            requests.list_(
                Target(SECRETS),
                {"labelSelector": "a=b,c in (d)", "fieldSelector": "", "limit": 500, "continue": "x/+="},
            ),
            "GET",
            "/api/v1/secrets?labelSelector=a%3Db%2Cc+in+%28d%29&limit=500&continue=x%2F%2B%3D",
            JSON,
            None,
            id="list leaves empty options out and encodes the others",
        ),
        pytest.param(
            requests.watch(Target(SECRETS, "team"), {"resourceVersion": "7", "timeoutSeconds": 300}),
            "GET",
            "/api/v1/namespaces/team/secrets?watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=300",
            JSON,
            None,
            id="watch asks for bookmarks",
        ),
        pytest.param(
            requests.create(Target(SECRETS, "team"), {"kind": "Secret"}, manager="op"),
            "POST",
            "/api/v1/namespaces/team/secrets?fieldManager=op",
            JSON,
            {"kind": "Secret"},
            id="create",
        ),
        pytest.param(
            requests.apply(SECRET, {"kind": "Secret"}, manager="es/one", force=True),
            "PATCH",
            "/api/v1/namespaces/team/secrets/db?fieldManager=es%2Fone&force=true",
            APPLY,
            {"kind": "Secret"},
            id="apply with force",
        ),
        pytest.param(
            requests.apply(Target(EXTERNAL_SECRETS, "team", "db", "status"), {"status": {}}, manager="op", force=False),
            "PATCH",
            "/apis/external-secrets.io/v1/namespaces/team/externalsecrets/db/status?fieldManager=op",
            APPLY,
            {"status": {}},
            id="apply of a status without force",
        ),
        pytest.param(
            requests.patch(SECRET, {"data": {"k": None}}),
            "PATCH",
            "/api/v1/namespaces/team/secrets/db",
            MERGE,
            {"data": {"k": None}},
            id="merge patch",
        ),
        pytest.param(
            requests.delete(SECRET),
            "DELETE",
            "/api/v1/namespaces/team/secrets/db",
            JSON,
            {"apiVersion": "v1", "kind": "DeleteOptions"},
            id="delete without preconditions",
        ),
        pytest.param(
            requests.delete(SECRET, uid="u-1", resource_version="9"),
            "DELETE",
            "/api/v1/namespaces/team/secrets/db",
            JSON,
            {
                "apiVersion": "v1",
                "kind": "DeleteOptions",
                "preconditions": {"uid": "u-1", "resourceVersion": "9"},
            },
            id="delete of one version of one object",
        ),
        pytest.param(
            requests.create_token("team", "bot", ["vault"], 600),
            "POST",
            "/api/v1/namespaces/team/serviceaccounts/bot/token",
            JSON,
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {"expirationSeconds": 600, "audiences": ["vault"]},
            },
            id="token request",
        ),
    ],
)
def test_the_request_is_what_the_api_server_expects(
    request_: Request, method: str, path: str, content_type: str, body: dict[str, Any] | None
) -> None:
    assert (request_.method, request_.path, request_.content_type) == (method, path, content_type)
    assert (None if request_.body is None else orjson.loads(request_.body)) == body


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="nothing, which would address the whole collection"),
        pytest.param("..", id="the way up"),
        pytest.param(".", id="the collection itself"),
        pytest.param("../../kube-system/secrets/root", id="the way to another namespace"),
        pytest.param("a/status", id="the way to a subresource"),
        pytest.param("a%2Fb", id="an encoded slash"),
    ],
)
def test_a_name_cannot_lead_elsewhere(name: str) -> None:
    with pytest.raises(InvalidSpec) as name_error:
        SECRETS.path("team", name)
    assert name_error.value.field == "metadata.name"
    with pytest.raises(InvalidSpec) as namespace_error:
        SECRETS.path(name, "db")
    assert namespace_error.value.field == "metadata.namespace"


def test_a_name_that_is_odd_but_allowed_is_encoded() -> None:
    assert SECRETS.path("team", "a b?c#d:e") == "/api/v1/namespaces/team/secrets/a%20b%3Fc%23d%3Ae"


def test_a_cluster_wide_object_is_not_looked_up_in_a_namespace() -> None:
    with pytest.raises(InvalidSpec, match="cluster-wide"):
        CLUSTER_SECRET_STORES.path("team", "vault")


def test_a_body_does_not_show_in_the_repr_of_a_request() -> None:
    request = requests.apply(SECRET, {"data": {"k": "aHVudGVyMg=="}}, manager="op", force=True)
    assert "aHVudGVyMg" not in repr(request)
    assert str(request) == "apply Secret team/db"


@pytest.mark.parametrize(
    ("group", "version", "expected"),
    [
        pytest.param("", "v1", "/api/v1", id="the core group"),
        pytest.param("example.test", "v1", "/apis/example.test/v1", id="any other group"),
    ],
)
def test_where_the_kinds_of_a_group_are_listed(group: str, version: str, expected: str) -> None:
    assert group_version_path(group, version) == expected


@pytest.mark.parametrize("group", ["../secrets", "a/b", "..", "%2e%2e"])
def test_a_group_that_would_lead_elsewhere_is_refused(group: str) -> None:
    with pytest.raises(InvalidSpec):
        group_version_path(group, "v1")
