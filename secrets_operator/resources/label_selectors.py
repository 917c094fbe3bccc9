"""Kubernetes label selectors as they stand in a spec; matching them is the reader's business."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from secrets_operator.resources.model import Model


class LabelSelectorRequirement(Model):
    """One condition on one label."""

    key: str = Field(description="Label that the condition is about.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = Field(description="How the label is compared.")
    values: tuple[str, ...] = Field((), description="Values for In and NotIn; empty for Exists and DoesNotExist.")


class LabelSelector(Model):
    """Conditions on labels, all of which must hold; an empty selector matches everything."""

    model_config = ConfigDict(json_schema_extra={"x-kubernetes-map-type": "atomic"})

    match_labels: dict[str, str] = Field(default_factory=dict, description="Labels that must have these values.")
    match_expressions: tuple[LabelSelectorRequirement, ...] = Field((), description="Further conditions on labels.")
