"""Time as a parameter: every expiry and timestamp of the stand-in comes from one `Clock`.

Also the two renderings of time that Vault's answers use.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the machine's time in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Render a moment as Vault does: UTC, a fraction of a second, a literal Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
