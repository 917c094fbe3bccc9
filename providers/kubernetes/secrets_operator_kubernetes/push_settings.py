"""What the metadata of an entry of a PushSecret say to this provider, and where it is pushed to because of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider.push_metadata import metadata_spec
from secrets_operator.resources.formats import DnsLabel
from secrets_operator.resources.model import Model


class PushSettings(Model):
    """The ``spec`` of a PushSecretMetadata."""

    source_merge_policy: Literal["Merge", "Replace"] = "Merge"
    """Whether ``labels`` and ``annotations`` are added to those of the source, or stand alone."""
    target_merge_policy: Literal["Merge", "Replace", "Ignore"] = "Merge"
    """Whether the remote Secret gets these labels and annotations beside its own, in their place, or not at all."""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    remote_namespace: DnsLabel | None = None


class Places:
    """The namespaces that entries of one store are pushed to."""

    def __init__(self, namespace: str, *, others: bool) -> None:
        """Take the store's namespace; ``others`` says whether an entry may name another one."""
        self._namespace = namespace
        self._others = others

    def of(self, settings: PushSettings) -> str:
        """Return the namespace of an entry; raises InvalidSpec where it may not choose."""
        if not settings.remote_namespace:
            return self._namespace
        if not self._others:
            message = "only entries for a ClusterSecretStore may choose: remove it, or set it in the store"
            raise InvalidSpec(message, field="metadata.spec.remoteNamespace")
        return settings.remote_namespace


def settings_of(metadata: Mapping[str, Any]) -> PushSettings:
    """Read the metadata of an entry; raises InvalidSpec."""
    return metadata_spec(metadata, PushSettings)
