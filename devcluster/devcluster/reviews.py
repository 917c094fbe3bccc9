"""Reviews and token requests: questions about identities and rights, answered and not stored."""

import uuid
from collections.abc import Callable

from devcluster.authentication import Authenticator
from devcluster.authorization import Authorizer, Grant
from devcluster.calls import ControlPlane, User
from devcluster.clock import timestamp
from devcluster.documents import Document
from devcluster.field_errors import invalid_value, required
from devcluster.request_info import RequestInfo
from devcluster.service_account_tokens import ISSUER, AccountClaims, TokenSigner
from devcluster.statuses import Named, bad_request, invalid, not_found

_MINIMUM_SECONDS, _DEFAULT_SECONDS, _MAXIMUM_SECONDS = 600, 3600, 1 << 32


class Reviewer:
    """Answers reviews."""

    def __init__(self, plane: ControlPlane, authenticator: Authenticator, authorizer: Authorizer) -> None:
        self._plane = plane
        self._authenticator = authenticator
        self._authorizer = authorizer

    def review(self, document: Document, *, user: User, namespace: str) -> Document:
        """Return the review with its status filled in.

        Raises:
            ApiError: 400 or 422, the question is incomplete.

        """
        answers: dict[str, Callable[[Document, User, str], Document]] = {
            "SelfSubjectReview": lambda _spec, sender, _place: {"userInfo": user_info(sender)},
            "TokenReview": self._token,
            "SelfSubjectAccessReview": lambda spec, sender, _place: self._access(spec, sender),
            "SubjectAccessReview": lambda spec, _sender, _place: self._access(spec, _subject(spec)),
            "LocalSubjectAccessReview": self._local_access,
            "SelfSubjectRulesReview": self._rules,
        }
        spec = document.get("spec") or {}
        status = answers[document["kind"]](spec, user, namespace)
        meta = {**document.get("metadata", {}), "creationTimestamp": timestamp(self._plane.clock())}
        return {**document, "metadata": meta, "status": status}

    def _token(self, spec: Document, _user: User, _namespace: str) -> Document:
        audiences = tuple(spec.get("audiences") or (ISSUER,))
        found = self._authenticator.by_token(spec.get("token", ""), audiences)
        if found is None:
            return {"authenticated": False, "user": {}, "error": "[invalid bearer token, token lookup failed]"}
        claims = self._authenticator.claims(spec.get("token", ""))
        valid = [audience for audience in audiences if claims is None or audience in claims.audiences]
        return {"authenticated": True, "user": user_info(found), "audiences": valid}

    def _local_access(self, spec: Document, _user: User, namespace: str) -> Document:
        asked = (spec.get("resourceAttributes") or {}).get("namespace", "")
        if asked != namespace:
            error = invalid_value(
                "spec.resourceAttributes.namespace", asked, f"must match metadata.namespace: {namespace}"
            )
            raise invalid(Named("LocalSubjectAccessReview", "authorization.k8s.io"), [error])
        return self._access(spec, _subject(spec))

    def _access(self, spec: Document, user: User) -> Document:
        reason = self._authorizer.allows(user, _asked(spec))
        if reason is None:
            return {"allowed": False}
        return {"allowed": True, "reason": reason} if reason else {"allowed": True}

    def _rules(self, spec: Document, user: User, _namespace: str) -> Document:
        if not spec.get("namespace"):
            raise bad_request("no namespace on request")
        if user.is_admin:
            every = ["*"]
            resource = [{"verbs": every, "apiGroups": every, "resources": every}]
            return _rules_status(resource, [{"verbs": every, "nonResourceURLs": every}])
        grants = [grant for grant in self._authorizer.grants(user) if grant.namespace in {"", spec["namespace"]}]
        resource = [_resource_rule(grant) for grant in grants if grant.rule.get("resources")]
        paths = [
            {"verbs": grant.rule["verbs"], "nonResourceURLs": grant.rule["nonResourceURLs"]}
            for grant in grants
            if grant.rule.get("nonResourceURLs")
        ]
        return _rules_status(resource, paths)


def _rules_status(resource: list[Document], paths: list[Document]) -> Document:
    return {"resourceRules": resource, "nonResourceRules": paths, "incomplete": False}


def _resource_rule(grant: Grant) -> Document:
    fields = ("verbs", "apiGroups", "resources", "resourceNames")
    return {field: grant.rule[field] for field in fields if field in grant.rule}


def _subject(spec: Document) -> User:
    if not spec.get("user") and not spec.get("groups"):
        error = invalid_value("spec.user", "", "at least one of user or group must be specified")
        raise invalid(Named("SubjectAccessReview", "authorization.k8s.io"), [error])
    return User(spec.get("user", ""), tuple(spec.get("groups") or ()))


def _asked(spec: Document) -> RequestInfo:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) == (path is None):
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        error = invalid_value("spec.resourceAttributes", None, why)
        raise invalid(Named("SubjectAccessReview", "authorization.k8s.io"), [error])
    if path is not None:
        return RequestInfo(path.get("verb", ""), path.get("path", ""))
    names = ("group", "version", "resource", "subresource", "namespace", "name")
    found = {name: (resource or {}).get(name, "") for name in names}
    return RequestInfo((resource or {}).get("verb", ""), "", is_resource=True, **found)


def user_info(user: User) -> Document:
    """Return a user as reviews show it."""
    info: Document = {"username": user.name, "groups": list(user.groups)}
    if user.uid:
        info["uid"] = user.uid
    return info


def request_token(
    plane: ControlPlane, signer: TokenSigner, document: Document, *, namespace: str, name: str
) -> Document:
    """Issue a token for a service account and return the TokenRequest with it.

    Raises:
        ApiError: 404, there is no such account; 422, the lifetime is not acceptable.

    """
    account = plane.store.collection(("", "serviceaccounts")).get((namespace, name))
    if account is None:
        raise not_found(Named("serviceaccounts", "", name))
    spec = document.get("spec") or {}
    lifetime = spec.get("expirationSeconds") or _DEFAULT_SECONDS
    errors = []
    if lifetime < _MINIMUM_SECONDS:
        errors.append(
            invalid_value("spec.expirationSeconds", lifetime, "may not specify a duration less than 10 minutes")
        )
    if lifetime > _MAXIMUM_SECONDS:
        errors.append(
            invalid_value("spec.expirationSeconds", lifetime, "may not specify a duration larger than 2^32 seconds")
        )
    audiences = tuple(spec.get("audiences") or (ISSUER,))
    if "" in audiences:
        errors.append(required("spec.audiences", "an audience may not be empty"))
    if errors:
        raise invalid(Named("TokenRequest", "authentication.k8s.io"), errors)
    now = plane.clock()
    claims = AccountClaims(namespace, name, account.document["metadata"]["uid"], audiences, now + lifetime)
    token_id = str(uuid.UUID(int=plane.dice.getrandbits(128), version=4))
    status = {
        "token": signer.sign(claims, issued=now, token_id=token_id),
        "expirationTimestamp": timestamp(claims.expires),
    }
    meta = {"name": name, "namespace": namespace, "creationTimestamp": timestamp(now)}
    complete = {**spec, "audiences": list(audiences), "expirationSeconds": lifetime}
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": meta,
        "spec": complete,
        "status": status,
    }
