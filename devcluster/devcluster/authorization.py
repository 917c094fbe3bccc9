"""Role-based access control: what the stored roles and bindings let a user do.

Holds for every identity but members of `system:masters`. Rules of a user are collected once and kept until
one of the four RBAC collections changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from devcluster.calls import User
from devcluster.documents import Document
from devcluster.request_info import RequestInfo
from devcluster.statuses import ApiError, Named, forbidden
from devcluster.storage import Store

GROUP = "rbac.authorization.k8s.io"
_ROLES, _CLUSTER_ROLES = (GROUP, "roles"), (GROUP, "clusterroles")
_BINDINGS, _CLUSTER_BINDINGS = (GROUP, "rolebindings"), (GROUP, "clusterrolebindings")
_CACHE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Grant:
    """One rule that holds for a user: in one namespace, or everywhere when `namespace` is empty."""

    rule: Document
    namespace: str
    source: str

    def covers_resource(self, info: RequestInfo) -> bool:
        """Say whether the rule allows a request about a resource."""
        if self.namespace and self.namespace != info.namespace:
            return False
        resource = f"{info.resource}/{info.subresource}" if info.subresource else info.resource
        names = self.rule.get("resourceNames") or ()
        return (
            _has(self.rule.get("verbs"), info.verb)
            and _has(self.rule.get("apiGroups"), info.group)
            and _has_resource(self.rule.get("resources"), resource, info.subresource)
            and (not names or info.name in names)
        )

    def covers_path(self, info: RequestInfo) -> bool:
        """Say whether the rule allows a request about a path."""
        if self.namespace or not _has(self.rule.get("verbs"), info.verb):
            return False
        return any(_path_matches(pattern, info.path) for pattern in self.rule.get("nonResourceURLs") or ())


class Authorizer:
    """Decides by the stored roles and bindings."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cached_at = (0, 0, 0, 0)
        self._cache: dict[tuple[str, tuple[str, ...]], list[Grant]] = {}

    def allows(self, user: User, info: RequestInfo) -> str | None:
        """Return why the request is allowed, None when it is not."""
        if user.is_admin:
            return ""
        for grant in self.grants(user):
            if grant.covers_resource(info) if info.is_resource else grant.covers_path(info):
                return grant.source
        return None

    def require(self, user: User, info: RequestInfo) -> None:
        """Refuse a request that no rule allows.

        Raises:
            ApiError: 403.

        """
        if not user.is_admin and self.allows(user, info) is None:
            raise denial(user, info)

    def grants(self, user: User) -> list[Grant]:
        """Return every rule that holds for a user."""
        collections = (_ROLES, _CLUSTER_ROLES, _BINDINGS, _CLUSTER_BINDINGS)
        state = tuple(self._store.collection(key).history.last for key in collections)
        if state != self._cached_at or len(self._cache) > _CACHE_LIMIT:
            self._cache.clear()
            self._cached_at = state  # type: ignore[assignment] # a tuple of as many numbers
        key = (user.name, user.groups)
        if key not in self._cache:
            self._cache[key] = list(self._collect(user))
        return self._cache[key]

    def _collect(self, user: User) -> Iterator[Grant]:
        for binding in self._documents(_CLUSTER_BINDINGS):
            if _binds(binding, user, ""):
                yield from self._rules(binding, "", f'ClusterRoleBinding "{binding["metadata"]["name"]}"')
        for binding in self._documents(_BINDINGS):
            meta = binding["metadata"]
            if _binds(binding, user, meta["namespace"]):
                source = f'RoleBinding "{meta["name"]}/{meta["namespace"]}"'
                yield from self._rules(binding, meta["namespace"], source)

    def _documents(self, where: tuple[str, str]) -> list[Document]:
        return [entry.document for entry in self._store.collection(where).entries()]

    def _rules(self, binding: Document, namespace: str, source: str) -> Iterator[Grant]:
        reference = binding.get("roleRef") or {}
        kind, name = reference.get("kind", ""), reference.get("name", "")
        role = None
        if kind == "ClusterRole":
            role = self._store.collection(_CLUSTER_ROLES).get(("", name))
        elif namespace:
            role = self._store.collection(_ROLES).get((namespace, name))
        for rule in (role.document.get("rules") or ()) if role else ():
            yield Grant(rule, namespace, f'RBAC: allowed by {source} of {kind} "{name}"')


def denial(user: User, info: RequestInfo) -> ApiError:
    """Return the answer to a request that is not allowed."""
    if not info.is_resource:
        message = f'forbidden: User "{user.name}" cannot {info.verb} path "{info.path}"'
        return ApiError(403, "Forbidden", message, {})
    named = Named(info.resource, info.group, info.name)
    resource = f"{info.resource}/{info.subresource}" if info.subresource else info.resource
    scope = f'in the namespace "{info.namespace}"' if info.namespace else "at the cluster scope"
    subject = f'{named.qualified} "{info.name}"' if info.name else named.qualified
    asked = f'cannot {info.verb} resource "{resource}" in API group "{info.group}" {scope}'
    return forbidden(named, f'{subject} is forbidden: User "{user.name}" {asked}')


def _binds(binding: Document, user: User, namespace: str) -> bool:
    return any(_is_subject(subject, user, namespace) for subject in binding.get("subjects") or ())


def _is_subject(subject: Document, user: User, namespace: str) -> bool:
    kind, name = subject.get("kind"), subject.get("name", "")
    if kind == "User":
        return bool(name == user.name)
    if kind == "Group":
        return name in user.groups
    return user.name == f"system:serviceaccount:{subject.get('namespace') or namespace}:{name}"


def _has(found: list[str] | None, wanted: str) -> bool:
    return bool(found) and (wanted in (found or ()) or "*" in (found or ()))


def _has_resource(found: list[str] | None, resource: str, subresource: str) -> bool:
    return _has(found, resource) or bool(subresource and f"*/{subresource}" in (found or ()))


def _path_matches(pattern: str, path: str) -> bool:
    if pattern.endswith("*"):
        return path.startswith(pattern[:-1])
    return pattern == path
