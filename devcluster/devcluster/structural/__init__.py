"""Structural schemas: compile, default, prune and validate objects as kube-apiserver does.

Pure: no I/O, no clock. Neighbours: `builtin_types` holds the schemas of built-in kinds, `field_management` and
`strategic_merge` read the compiled `Node` tree.
"""

from devcluster.structural.definitions import definition_errors
from devcluster.structural.field_errors import FieldError
from devcluster.structural.nodes import Node
from devcluster.structural.schema import StructuralSchema

__all__ = ["FieldError", "Node", "StructuralSchema", "definition_errors"]
