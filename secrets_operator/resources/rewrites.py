"""Operations on the keys that a ``dataFrom`` entry returned."""

from __future__ import annotations

from typing import Final

from pydantic import ConfigDict, Field

from secrets_operator.resources.model import Model
from secrets_operator.resources.policies import MergeConflictPolicy, MergePriorityPolicy, MergeStrategy
from secrets_operator.resources.validation_rules import Rule, checked_by, exactly_one_of

REWRITE_RULE: Final = exactly_one_of("merge", "regexp", "transform")
JSON_NEEDS_INTO: Final = Rule(
    "!has(self.strategy) || self.strategy != 'JSON' || (has(self.into) && self.into != '')",
    "strategy JSON needs into: name the key that receives the merged object",
    field=".into",
    reason="FieldValueRequired",
)


class RewriteMerge(Model):
    """Merges values that are JSON objects."""

    model_config = ConfigDict(json_schema_extra=checked_by(JSON_NEEDS_INTO))

    strategy: MergeStrategy = Field(
        "Extract",
        description="Extract makes every member of the objects a key of its own; JSON writes one merged object to "
        "the key named by into. Default: Extract.",
    )
    into: str = Field("", description="Key that receives the merged object; required with strategy JSON.")
    priority: tuple[str, ...] = Field(
        (), description="Keys merged last, in this order; a later one overrides an earlier one."
    )
    priority_policy: MergePriorityPolicy = Field(
        "Strict", description="Whether a key of priority that does not exist is an error. Default: Strict."
    )
    conflict_policy: MergeConflictPolicy = Field(
        "Error", description="Whether two objects that have the same member are an error. Default: Error."
    )


class RewriteRegexp(Model):
    """Replaces every match of a regular expression in each key."""

    source: str = Field(description="Regular expression (RE2).")
    target: str = Field(description="Replacement; ${1} or ${name} inserts a group, $$ a dollar sign.")


class RewriteTransform(Model):
    """Renders each key through a template."""

    template: str = Field(description="Go template that returns the new key; .value is the old one.")


class Rewrite(Model):
    """One operation."""

    model_config = ConfigDict(json_schema_extra=checked_by(REWRITE_RULE))

    merge: RewriteMerge | None = Field(None, description="Merge values that are JSON objects.")
    regexp: RewriteRegexp | None = Field(None, description="Rename keys with a regular expression.")
    transform: RewriteTransform | None = Field(None, description="Rename keys with a template.")
