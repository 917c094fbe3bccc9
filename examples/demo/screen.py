"""What the demo prints: sections, checks, and a table that fills while resources turn Ready."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from cluster import is_ready, main_condition
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cluster import Object


class CheckFailed(Exception):
    """A claim of the demo does not hold."""


class Screen:
    """Prints for people; in a file or a pipe it prints the same without colours and motion."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console.width = 120
        self._section = 0

    def section(self, title: str) -> None:
        """Begin a step."""
        self._section += 1
        self._console.print()
        self._console.print(f"[bold cyan]{self._section}. {title}[/]")

    def say(self, text: str) -> None:
        """Print an indented line."""
        self._console.print(f"   {text}")

    def check(self, holds: bool, claim: str) -> None:
        """Print a claim with its mark. Raises CheckFailed when it does not hold."""
        self._console.print(f"   [green]✓[/] {claim}" if holds else f"   [red]✗ {claim}[/]")
        if not holds:
            raise CheckFailed(claim)

    @contextmanager
    def live(self) -> Iterator[Live]:
        """Lend a place for a table that changes; without a terminal only the last state is printed."""
        with Live(console=self._console, refresh_per_second=20) as place:
            yield place
        if not self._console.is_terminal:
            self._console.print()


def resource_table(resources: list[Object]) -> Table:
    """Return one row a resource, cluster-wide ones first."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 3))
    for heading in ("kind", "namespace", "name", "ready", "reason"):
        table.add_column(heading, style="dim" if heading == "kind" else "")
    for resource in sorted(resources, key=_position):
        metadata, condition = resource["metadata"], main_condition(resource)
        mark = Text("True", style="green") if is_ready(resource) else Text(condition.get("status", "…"), style="yellow")
        table.add_row(
            resource["kind"], metadata.get("namespace", "-"), metadata["name"], mark, condition.get("reason", "")
        )
    return table


def _position(resource: Object) -> tuple[str, str, str]:
    metadata = resource["metadata"]
    return metadata.get("namespace", ""), resource["kind"], metadata["name"]
