"""The verbs of ``seal``: where each is implemented, and its summary for ``--help``."""

from __future__ import annotations

_HERE = "secrets_operator.cli.sealing."

VERBS: dict[str, tuple[str, str]] = {
    "reencrypt": (_HERE + "reencrypt:reencrypt", "Put whole folders under the newest key, in place."),
}
