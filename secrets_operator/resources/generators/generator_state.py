"""GeneratorState: what a generator made that has to be taken back one day.

Fields: External Secrets Operator, apis/generators/v1alpha1/generator_state_types.go and the CRD.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from secrets_operator.resources.model import Model
from secrets_operator.resources.resource import Resource


class GeneratorStateSpec(Model):
    """What was made, by which generator, and when it goes."""

    resource: dict[str, Any] = Field(description="The generator as it was when it made this; it is needed to undo it.")
    state: dict[str, Any] = Field(description="What the generator needs to take back what it made; never a value.")
    garbage_collection_deadline: AwareDatetime | None = Field(
        None, description="When this is deleted, and with it what was made. Default: as long as its owner uses it."
    )


class GeneratorState(Resource):
    """Remembers what a generator made, for as long as somebody uses it; written by the operator."""

    kind: Literal["GeneratorState"] = Field("GeneratorState", description="Kind of this object.")
    spec: GeneratorStateSpec = Field(description="What was made, by which generator, and when it goes.")
