"""How an action prints its value.

In: a value. Out: what Go's ``fmt.Fprint`` prints for it, and ``<no value>`` where there is none.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.rendering.gotemplate.errors import TemplateError
from secrets_operator.rendering.gotemplate.formatting.printf import sprint
from secrets_operator.rendering.gotemplate.frame import NO_VALUE, Frame, Site
from secrets_operator.rendering.gotemplate.values import GoStruct, Stringer


def print_value(frame: Frame, value: Any, site: Site) -> None:
    """Print a value; a LimitError gets the action's place."""
    if value is NO_VALUE or value is None:
        frame.write(b"<no value>")
        return
    if type(value) is int:
        frame.write(b"%d" % value)
        return
    try:
        frame.write(sprint(frame.ctx, (printable(value),)))
    except TemplateError as error:
        failure = site.locate(error)
    except RecursionError:
        failure = site.limit("values nest too deep to be printed")
    else:
        return
    raise failure


def printable(value: Any) -> Any:
    """Return what stands behind a pointer that has no String method, as actions and html, js and urlquery print it."""
    if value is None:
        return b"<no value>"
    if isinstance(value, GoStruct) and not isinstance(value, Stringer):
        pointed = value.go_type.elem if value.go_type.kind == "ptr" else None
        return GoStruct(pointed, value.fields) if pointed else value
    return value
