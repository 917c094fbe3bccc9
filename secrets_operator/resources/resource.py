"""A whole custom resource: what the kinds have in common around their spec and status."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from secrets_operator.resources.metadata import ObjectMeta
from secrets_operator.resources.model import Model


class Resource(Model):
    """A custom resource; subclasses narrow ``kind`` and add ``spec`` and ``status``."""

    api_version: str = Field(description="Group and version of the schema this object is written in.")
    kind: str = Field(description="Kind of this object.")
    metadata: ObjectMeta = Field(default_factory=ObjectMeta, description="Standard Kubernetes object metadata.")

    @model_validator(mode="before")
    @classmethod
    def _prune_nulls(cls, value: Any) -> Any:
        """Treat ``field: null`` as absent, as the API server does, so files read offline mean the same."""
        if not isinstance(value, dict):
            return value
        return {key: without_nulls(part) if key in {"metadata", "spec"} else part for key, part in value.items()}

    @property
    def name(self) -> str:
        """Name of the object."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """Namespace of the object, empty for a cluster-scoped one."""
        return self.metadata.namespace


def without_nulls(value: Any) -> Any:
    """Return JSON ``value`` with every null member of an object removed; lists keep their length."""
    if isinstance(value, dict):
        return {key: without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [without_nulls(part) for part in value]
    return value
