"""Who asks, and may they? Answered by the API server: TokenReview and SubjectAccessReview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import SEALED_SECRETS, SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS, Resource

_VERBS = ("create", "update")


@dataclass(frozen=True, slots=True)
class User:
    """A user as the API server knows one, in the form of ``TokenReview.status.user``."""

    attributes: Object


class Reviews:
    """Asks the API server about users of ours; raises what it answers."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def user(self, token: SecretBytes, *, audience: str = "") -> User | None:
        """Return whose token it is; None when it is nobody's, or not for ``audience`` (default: the API server)."""
        spec: dict[str, Any] = {"token": token.reveal().decode("ascii", "replace")}
        if audience:
            spec["audiences"] = [audience]
        review = {"apiVersion": TOKEN_REVIEWS.api_version, "kind": TOKEN_REVIEWS.kind, "spec": spec}
        status = (await self._client.create(TOKEN_REVIEWS, "", review)).get("status") or {}
        # An authenticator that knows no audiences names none: its tokens are for the API server.
        meant = not audience or audience in (status.get("audiences") or ())
        return User(status.get("user") or {}) if status.get("authenticated") is True and meant else None

    async def may_write_sealed_secrets(self, user: User, namespace: str) -> bool:
        """Tell whether a user may create or update SealedSecrets in a namespace; in all of them when it is empty."""
        for verb in _VERBS:
            if await self._may(user, verb, SEALED_SECRETS, namespace):
                return True
        return False

    async def may_list(self, user: User, resource: Resource, namespace: str) -> bool:
        """Tell whether a user may list a kind in a namespace; in all of them when it is empty."""
        return await self._may(user, "list", resource, namespace)

    async def _may(self, user: User, verb: str, resource: Resource, namespace: str) -> bool:
        known = user.attributes
        spec: dict[str, Any] = {
            "user": known.get("username", ""),
            "uid": known.get("uid", ""),
            "groups": known.get("groups") or [],
            "extra": known.get("extra") or {},
            "resourceAttributes": {
                "namespace": namespace,
                "verb": verb,
                "group": resource.group,
                "resource": resource.plural,
            },
        }
        review = {
            "apiVersion": SUBJECT_ACCESS_REVIEWS.api_version,
            "kind": SUBJECT_ACCESS_REVIEWS.kind,
            "spec": spec,
        }
        answer = await self._client.create(SUBJECT_ACCESS_REVIEWS, "", review)
        return (answer.get("status") or {}).get("allowed") is True
