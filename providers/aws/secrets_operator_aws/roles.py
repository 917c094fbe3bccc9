"""Which roles a session assumes, in order, and the session tags of the last one.

Tags are for attribute-based access control: the policy of a role may say that a session tagged with a namespace reads
that namespace's secrets only. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from secrets_operator.provider import Host
from secrets_operator.resources.providers.aws import BUILT_IN_SESSION_TAGS, AwsProvider

# Appears in CloudTrail as the last part of the identity.
ROLE_SESSION_NAME = "secrets-operator"


@dataclass(frozen=True, slots=True)
class Hop:
    """One role to assume; tags are pairs of key and value."""

    role: str
    external_id: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()

    def arguments(self) -> dict[str, Any]:
        """Return what AssumeRole is told beside the role."""
        arguments: dict[str, Any] = {"RoleSessionName": ROLE_SESSION_NAME}
        if self.external_id:
            arguments["ExternalId"] = self.external_id
        if self.tags:
            arguments["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags]
        if self.transitive:
            arguments["TransitiveTagKeys"] = list(self.transitive)
        return arguments


def hops(settings: AwsProvider, host: Host) -> list[Hop]:
    """Return the roles in the order they are assumed; external id and tags belong to the last, ``role``, only.

    Raises NamespaceUnknown when the tags name the consumer's namespace and none is asking.
    """
    chain = [Hop(role) for role in settings.additional_roles]
    if settings.role:
        transitive = settings.transitive_tag_keys
        chain.append(Hop(settings.role, settings.external_id or "", tuple(_tags(settings, host).items()), transitive))
    return chain


def _tags(settings: AwsProvider, host: Host) -> Mapping[str, str]:
    if settings.session_tags_policy == "None":
        return {tag.key: tag.value for tag in settings.session_tags}
    namespace = host.consumer_namespace(field="sessionTagsPolicy")
    own = dict(zip(BUILT_IN_SESSION_TAGS, (namespace, host.store.name, host.store.kind), strict=True))
    custom = settings.custom_session_tags if settings.session_tags_policy == "Custom" else {}
    return {key: value for key, value in custom.items() if key and value} | own
