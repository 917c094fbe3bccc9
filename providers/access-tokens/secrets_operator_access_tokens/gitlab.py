"""The generator ``GitlabDeployToken``: a deploy token, revoked when nothing uses it any more.

https://docs.gitlab.com/api/deploy_tokens. Keys, the default address and the state are those of External Secrets
Operator (generators/v1/gitlab/gitlab.go), whose states can thus be cleaned up, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.durations import parse_duration
from secrets_operator.resources.generators.gitlab import ONE_EXPIRY, PROJECT_OR_GROUP, GitlabDeployTokenSpec
from secrets_operator_access_tokens.replies import unexpected
from secrets_operator_access_tokens.selectors import secret_key_problems, text_of
from secrets_operator_access_tokens.surroundings import Surroundings
from secrets_operator_access_tokens.web import Call, web_of

_URL = "https://gitlab.com"
_KEY = "auth.token.secretRef"
_SHORTEST = timedelta(hours=24)


class GitlabDeployTokenGenerator:
    """See the module's docstring."""

    name = "GitlabDeployToken"

    def __init__(self, surroundings: Surroundings) -> None:
        """Take limits and trust from ``surroundings``."""
        self._surroundings = surroundings

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        wrong = spec_problems(GitlabDeployTokenSpec, spec)
        return wrong or list(_problems(GitlabDeployTokenSpec.model_validate(spec)))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,
        entropy: Entropy,  # noqa: ARG002 GitLab draws it
    ) -> Generated:
        """Make a deploy token: ``username`` and ``token``."""
        settings = GitlabDeployTokenSpec.model_validate(spec)
        place = place_of(settings)
        call = _call("CreateDeployToken", "POST", tokens_url(place), await _proof(settings, host), named=settings.url)
        async with web_of("GitLab", host, self._surroundings) as web:
            made = await web.ask(call.with_json(wanted(settings, now)))
            username, token, number = web.text(made, "username"), web.text(made, "token"), made.get("id")
        if not isinstance(number, int):
            raise unexpected("GitLab")
        values = {"username": SecretBytes(username.encode()), "token": SecretBytes(token.encode())}
        return Generated(values, state={**place, "tokenID": number})

    async def cleanup(self, spec: Mapping[str, Any], state: Mapping[str, Any], host: Host) -> None:
        """Revoke the token of a state where it was made; one that is gone is gone."""
        number = state.get("tokenID")
        if not number:
            return
        place = {name: state.get(name) or "" for name in ("url", "projectID", "groupID")}
        texts = all(isinstance(value, str) for value in place.values())
        if not isinstance(number, int) or not texts or bool(place["projectID"]) == bool(place["groupID"]):
            raise InvalidSpec("names no deploy token of GitLab", field="state")
        proof = await _proof(GitlabDeployTokenSpec.model_validate(spec), host)
        url = f"{tokens_url(place)}/{number}"
        call = _call("DeleteDeployToken", "DELETE", url, proof, named=place["url"], accepted=frozenset({404}))
        async with web_of("GitLab", host, self._surroundings) as web:
            await web.ask(call)


def place_of(settings: GitlabDeployTokenSpec) -> dict[str, str]:
    """Return where tokens are made, as it stands in a state."""
    place = {"url": settings.url}
    if settings.project_id:
        return {**place, "projectID": settings.project_id}
    return {**place, "groupID": settings.group_id or ""}


def tokens_url(place: Mapping[str, str]) -> str:
    """Return the URL of the deploy tokens of a project or group."""
    base = (place.get("url") or _URL).rstrip("/")
    part, holder = ("projects", "projectID") if place.get("projectID") else ("groups", "groupID")
    return f"{base}/api/v4/{part}/{quote(place[holder], safe='')}/deploy_tokens"


def wanted(settings: GitlabDeployTokenSpec, now: datetime) -> dict[str, Any]:
    """Return what GitLab is asked for."""
    asked: dict[str, Any] = {"name": settings.name, "scopes": list(settings.scopes)}
    if settings.username:
        asked["username"] = settings.username
    ends = settings.expires_at
    if settings.expires_after:
        ends = now + timedelta(microseconds=parse_duration(settings.expires_after) / 1000)
    if ends is not None:
        asked["expires_at"] = ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return asked


async def _proof(settings: GitlabDeployTokenSpec, host: Host) -> dict[str, str]:
    return {"PRIVATE-TOKEN": await text_of(host, settings.auth.token.secret_ref, _KEY)}


def _call(
    name: str, method: str, url: str, proof: Mapping[str, str], *, named: str, accepted: frozenset[int] = frozenset()
) -> Call:
    fields = {401: "auth.token", 403: "auth.token", 404: "projectID or groupID"}
    return Call(name, method, url, proof, url_field="url" if named else "", fields=fields, accepted=accepted)


def _problems(settings: GitlabDeployTokenSpec) -> Iterator[Problem]:
    if bool(settings.project_id) == bool(settings.group_id):
        yield Problem("projectID", PROJECT_OR_GROUP.message)
    if settings.expires_after is not None:
        if settings.expires_at is not None:
            yield Problem("expiresAfter", ONE_EXPIRY.message)
        if parse_duration(settings.expires_after) < _SHORTEST.total_seconds() * 1e9:
            yield Problem("expiresAfter", "must be at least 24h")
    yield from secret_key_problems(settings.auth.token.secret_ref, _KEY)


GENERATOR = GitlabDeployTokenGenerator(Surroundings(os.environ))
