"""`StructuralSchema`: an OpenAPI v3 schema compiled once and used for every request on a kind."""

from __future__ import annotations

from typing import Any

from devcluster.structural.defaulting import apply_defaults
from devcluster.structural.field_errors import NO_FIELD, FieldError, invalid
from devcluster.structural.list_types import list_type_errors
from devcluster.structural.nodes import MISSING, Node, compile_node
from devcluster.structural.object_metadata import object_metadata_schema
from devcluster.structural.pruning import prune
from devcluster.structural.rules import RuleTree, compile_rules
from devcluster.structural.scalar_checks import Check
from devcluster.structural.value_checks import compile_checks

_BLOCKING = frozenset(
    {"FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"}
)
_NOT_CHECKED = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)
_TYPE_SCHEMA = {"type": "string"}


class StructuralSchema:
    """The schema of one kind in one version; immutable, safe to share.

    ``root`` is the compiled tree (see `Node`), ``raw`` the schema as it was given, with type and metadata added.
    """

    __slots__ = ("_check", "_metadata", "_rules", "is_custom_resource", "raw", "root")

    def __init__(self, raw: dict[str, Any], *, is_custom_resource: bool) -> None:
        self.raw = raw
        self.is_custom_resource = is_custom_resource
        self.root: Node = compile_node(raw)
        self._metadata: Node = self.root.properties["metadata"]
        self._check: Check | None = compile_checks(raw, values=is_custom_resource)
        self._rules: RuleTree | None = compile_rules(raw) if is_custom_resource else None

    @classmethod
    def compile(cls, schema: dict[str, Any], *, is_custom_resource: bool = True) -> StructuralSchema:
        """Compile the schema of a version of a definition, or of a built-in kind.

        Raises:
            ValueError: a pattern or a validation rule does not compile; `definition_errors` finds such before.

        """
        return cls(with_object_fields(schema), is_custom_resource=is_custom_resource)

    def default(self, obj: dict[str, Any]) -> None:
        """Fill in defaults in place, after dropping what counts as unset (see `defaulting`)."""
        apply_defaults(obj, self.root, drop_empty=not self.is_custom_resource)

    def prune(self, obj: dict[str, Any]) -> list[str]:
        """Drop fields that the schema does not know, in place, and return their paths, sorted."""
        return prune(obj, self.root, self._metadata)

    def validate(self, obj: dict[str, Any], old: dict[str, Any] | None = None) -> list[FieldError]:
        """Return what is wrong with an object.

        ``old`` is what transition rules compare with; what was wrong with it already and did not change is passed
        over (ratcheting), so that a schema that got stricter does not block writes elsewhere in the object.
        """
        errors = self._value_errors(obj)
        if not self.is_custom_resource:
            return errors
        if errors and old is not None:
            errors = _unratcheted(errors, self._value_errors(old), obj, old)
        list_type_errors(obj, self.root, "", errors)
        if self._rules is not None:
            if any(error.reason in _BLOCKING for error in errors):
                errors.append(invalid(NO_FIELD, None, _NOT_CHECKED))
            else:
                self._rules.evaluate(obj, old, "", errors)
        return errors

    def _value_errors(self, obj: dict[str, Any]) -> list[FieldError]:
        errors: list[FieldError] = []
        if self._check is not None:
            self._check(obj, "", errors)
        return errors

    def zero(self) -> dict[str, Any]:
        """Return what an object of this kind prints before anything is set."""
        return zero_value(self.root)


def _unratcheted(
    errors: list[FieldError], before: list[FieldError], obj: dict[str, Any], old: dict[str, Any]
) -> list[FieldError]:
    """Drop errors that the old object has as well; a missing field counts as new where its neighbours changed."""
    known = set(before)

    def is_new(error: FieldError) -> bool:
        if error not in known:
            return True
        top = error.field.partition(".")[0].partition("[")[0]
        return error.reason == "FieldValueRequired" and obj.get(top) != old.get(top)

    return [error for error in errors if is_new(error)]


def zero_value(node: Node) -> dict[str, Any]:
    """Return the members of an object that are always printed, as far down as they go."""
    members = {}
    for name, child in node.properties.items():
        if child.zero is not MISSING:
            members[name] = zero_value(child) if isinstance(child.zero, dict) else child.zero
    return members


def with_object_fields(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with apiVersion, kind and the full ObjectMeta among its properties."""
    properties = {
        "apiVersion": _TYPE_SCHEMA | {"description": "Group and version of this object's schema."},
        "kind": _TYPE_SCHEMA | {"description": "Kind of this object."},
        **schema.get("properties", {}),
        "metadata": object_metadata_schema(),
    }
    return {"type": "object", **schema, "properties": properties}
