"""Times in which a periodic refresh may, or may not, happen."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from secrets_operator.resources.durations import PATTERN as DURATION_PATTERN
from secrets_operator.resources.formats import GoDuration
from secrets_operator.resources.model import Model
from secrets_operator.resources.policies import SyncWindowKind
from secrets_operator.resources.validation_rules import Rule, checked_by

# Bounds are generous; the API server needs them to estimate what checking the entries may cost.
_MOST_WINDOWS: Final = 1000
_LONGEST_SCHEDULE: Final = 253

_EVERY: Final = DURATION_PATTERN.removeprefix("^[-+]?").removesuffix("$")
_SCHEDULE_PATTERN: Final = (
    f"^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|@every {_EVERY}|[^ @]+( [^ ]+){{4}})$"
)
_SCHEDULE_SYNTAX: Final = re.compile(_SCHEDULE_PATTERN.replace("$", r"\Z"))
VALID_SCHEDULE: Final = Rule(
    f"self.matches('{_SCHEDULE_PATTERN}')",
    'must be five fields separated by single spaces (minute hour day month weekday) such as "0 22 * * 1-5", or one '
    "of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, @every 1h",
)


def _schedule(text: str) -> str:
    if not _SCHEDULE_SYNTAX.match(text):
        raise PydanticCustomError("schedule", "{reason}", {"reason": VALID_SCHEDULE.message})
    return text


Schedule = Annotated[
    str,
    AfterValidator(_schedule),
    WithJsonSchema(checked_by(VALID_SCHEDULE, type="string", maxLength=_LONGEST_SCHEDULE)),
]


class SyncWindow(Model):
    """A window that opens on a schedule and stays open for a while."""

    schedule: Schedule = Field(description="When the window opens: five cron fields in UTC, or @daily, @every 1h.")
    duration: GoDuration = Field(description="How long the window stays open, as a Go duration such as 2h.")


class SyncWindows(Model):
    """Restricts periodic refreshes; the first sync, changes of the spec and repairs are never held back."""

    kind: SyncWindowKind = Field(
        description="allow refreshes only while a window is open; deny refreshes only while none is."
    )
    windows: tuple[SyncWindow, ...] = Field(min_length=1, max_length=_MOST_WINDOWS, description="The windows.")
