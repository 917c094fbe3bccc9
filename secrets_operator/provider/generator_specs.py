"""Reads the spec of a generator by its model; errors name fields and never show a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from secrets_operator.provider.contract import Problem
from secrets_operator.resources.model import Model
from secrets_operator.resources.problems import problems_in


def spec_problems(model: type[Model], spec: Mapping[str, Any]) -> list[Problem]:
    """Return what the model refuses in ``spec``."""
    try:
        model.model_validate(dict(spec))
    except ValidationError as error:
        return [Problem(problem.path, problem.message) for problem in problems_in(error)]
    return []
