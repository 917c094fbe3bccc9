"""meta.k8s.io/v1 Tables: what ``kubectl get`` asks for. Built-in columns are in `builtin_columns`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devcluster.ages import age
from devcluster.json_paths import JsonPath

Cell = Callable[[dict[str, Any], datetime], Any]

NAME_DESCRIPTION = (
    "Name must be unique within a namespace. It identifies the object among others of its kind in the namespace."
)
CREATED_DESCRIPTION = "CreationTimestamp is the time at which the server created the object, in RFC 3339 form and UTC."


@dataclass(frozen=True)
class Column:
    """One column and how its cell is computed from an object and the time."""

    name: str
    type: str
    format: str
    description: str
    priority: int
    cell: Cell

    def definition(self) -> dict[str, Any]:
        """Return the entry of ``columnDefinitions``."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        }


def name_column() -> Column:
    """Return the column that every table starts with."""
    return Column("Name", "string", "name", NAME_DESCRIPTION, 0, lambda obj, _now: obj["metadata"].get("name", ""))


def age_column(kind: str = "string") -> Column:
    """Return the column with the age of the object."""
    return Column("Age", kind, "", CREATED_DESCRIPTION, 0, _age_cell)


def _age_cell(obj: dict[str, Any], now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def table(
    objects: Sequence[dict[str, Any]], columns: Sequence[Column], *, include_object: str, now: datetime
) -> dict[str, Any]:
    """Return a Table of objects; ``include_object`` is None, Metadata or Object (the request's ``includeObject``)."""
    cells = [column.cell for column in columns]
    rows = []
    for obj in objects:
        row: dict[str, Any] = {"cells": [cell(obj, now) for cell in cells]}
        if include_object == "Metadata":
            row["object"] = {
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": obj["metadata"],
            }
        elif include_object == "Object":
            row["object"] = obj
        rows.append(row)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {},
        "columnDefinitions": [column.definition() for column in columns],
        "rows": rows,
    }


def custom_columns(additional_printer_columns: list[dict[str, Any]]) -> list[Column]:
    """Return the columns of a custom resource: its name, then what the definition asks for, by default the age.

    Raises:
        ValueError: a JSONPath is not understood; `definition_errors` finds such before.

    """
    if not additional_printer_columns:
        return [name_column(), age_column("date")]
    return [name_column(), *(_custom_column(column) for column in additional_printer_columns)]


def _custom_column(column: dict[str, Any]) -> Column:
    path = column["jsonPath"]
    is_created = path == ".metadata.creationTimestamp"
    default = CREATED_DESCRIPTION if is_created else f"Custom resource definition column (in JSONPath format): {path}"
    return Column(
        column["name"],
        column["type"],
        column.get("format", ""),
        column.get("description") or default,
        column.get("priority", 0),
        _json_path_cell(JsonPath(path), column["type"]),
    )


def _json_path_cell(path: JsonPath, kind: str) -> Cell:
    def cell(obj: dict[str, Any], now: datetime) -> Any:
        values = path.find(obj)
        return _converted(values[0], kind, now) if values else None

    return cell


def _converted(value: Any, kind: str, now: datetime) -> Any:
    """Return a value as a cell of the column's type; null where it does not fit."""
    if value is None:
        return None
    if kind == "date":
        return age(value, now)
    if kind == "string":
        return _as_text(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if kind == "integer" else float(value)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + " ".join(_as_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{_as_text(value[name])}" for name in sorted(value)) + "]"
    return str(value)


def builtin_columns(group: str, kind: str) -> list[Column]:
    """Return the columns that the API server shows for a built-in kind; name and age for those without their own."""
    # The table of kinds is built from this module's columns, so it can only be imported when it is asked for.
    from devcluster.builtin_columns import COLUMNS

    build = COLUMNS.get((group, kind))
    return build() if build is not None else [name_column(), age_column()]
