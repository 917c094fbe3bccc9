"""HTML from the view: Jinja templates with everything escaped, and times that a person can read.

Templates and static files are read once, when the page is made, so that no request waits for a disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from secrets_operator.planning.refresh import format_time
from secrets_operator.serving.dashboard.filters import detail_query

_HERE = Path(__file__).parent
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served."""

    content: bytes
    content_type: str


class Rendering:
    """The templates of the page."""

    def __init__(self) -> None:
        """Read and compile everything."""
        sources = {path.name: path.read_text(encoding="utf-8") for path in (_HERE / "templates").iterdir()}
        self._environment = Environment(
            loader=DictLoader(sources),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["detail"] = lambda key: f"resource{detail_query(key)}"
        self._templates = {name: self._environment.get_template(name) for name in sources}
        self.static = {
            path.name: StaticFile(path.read_bytes(), _TYPES[path.suffix]) for path in (_HERE / "static").iterdir()
        }

    def render(self, name: str, now: datetime, **view: Any) -> str:
        """Return the page that template ``name`` makes of a view at a moment."""
        return self._templates[name].render(view, when=partial(when, now=now), now=format_time(now))


def when(moment: datetime | None, now: datetime) -> Markup:
    """Return a time as a person says it, with the exact one to point at; nothing for none."""
    if moment is None:
        return Markup('<span class="none">–</span>')
    exact = format_time(moment)
    words = relative((moment - now).total_seconds())
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, exact.replace("T", " "), words)


def relative(seconds: float) -> str:
    """Return how far a moment is from now, such as ``12 s ago`` or ``in 5 min``."""
    distance = abs(seconds)
    if distance < 1:
        return "now"
    size, unit = next(one for one in _UNITS if distance >= one[0])
    text = f"{int(distance // size)} {unit}"
    return f"in {text}" if seconds > 0 else f"{text} ago"
