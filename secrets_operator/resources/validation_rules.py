"""A rule that the API server checks: a CEL expression, and the sentence a user reads when it does not hold.

Rules are written beside the models they bind and travel into the CRDs as ``x-kubernetes-validations``. Controllers
check the same things on clusters whose CRDs are older (``external_secret_checks``) and reuse the messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Reason = Literal["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; ``field`` is a path below the place the rule stands at, such as ``.deletionPolicy``."""

    expression: str
    message: str
    field: str = ""
    reason: Reason = "FieldValueInvalid"

    def as_schema(self) -> dict[str, str]:
        """Return the entry of ``x-kubernetes-validations``."""
        entry = {"rule": self.expression, "message": self.message}
        if self.field:
            entry["fieldPath"] = self.field
        if self.reason != "FieldValueInvalid":
            entry["reason"] = self.reason
        return entry


def checked_by(*rules: Rule, **schema: Any) -> dict[str, Any]:
    """Return schema members that attach ``rules``, together with other ``schema`` members."""
    return {**schema, "x-kubernetes-validations": [rule.as_schema() for rule in rules]}


def exactly_one_of(*fields: str) -> Rule:
    """Return the rule that exactly one of ``fields`` is set."""
    if len(fields) == 2:
        expression = f"has(self.{fields[0]}) != has(self.{fields[1]})"
    else:
        expression = f"[{', '.join(f'has(self.{name})' for name in fields)}].exists_one(given, given)"
    names = f"{', '.join(fields[:-1])} or {fields[-1]}"
    return Rule(expression, f"set exactly one of {names}")


def both_or_neither(first: str, second: str) -> Rule:
    """Return the rule that ``first`` and ``second`` are set together."""
    return Rule(
        f"has(self.{first}) == has(self.{second})",
        f"{first} and {second} belong together: set both or neither",
    )


def at_least_one_of(*fields: str) -> Rule:
    """Return the rule that one or more of ``fields`` are set."""
    expression = " || ".join(f"has(self.{name})" for name in fields)
    return Rule(expression, f"set one of {', '.join(fields)}", reason="FieldValueRequired")
