"""Types of the strings that occur in many fields, each with its schema: names, keys, durations, base64."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from secrets_operator.resources.durations import MESSAGE as DURATION_MESSAGE
from secrets_operator.resources.durations import PATTERN as DURATION_PATTERN
from secrets_operator.resources.durations import DurationError, parse_duration
from secrets_operator.resources.validation_rules import Rule, checked_by

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
DNS_NAME_PATTERN: Final = rf"^{_LABEL}(\.{_LABEL})*$"
DNS_LABEL_PATTERN: Final = f"^{_LABEL}$"
SECRET_KEY_PATTERN: Final = "^[-._a-zA-Z0-9]+$"  # a character set, not a password

# Longer than any duration a person writes; a bound is what lets the API server estimate the cost of a rule.
LONGEST_DURATION: Final = 253

# What to say instead of showing a regular expression.
PATTERN_HINTS: Final = {
    DNS_NAME_PATTERN: "must be a DNS name: lower-case letters, digits, '-' and '.', starting and ending with a "
    "letter or digit",
    DNS_LABEL_PATTERN: "must be a DNS label: lower-case letters, digits and '-', starting and ending with a letter "
    "or digit",
    SECRET_KEY_PATTERN: "must consist of letters, digits, '-', '_' and '.'",
}

DnsName = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=DNS_NAME_PATTERN)]
DnsLabel = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=DNS_LABEL_PATTERN)]
SecretKey = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=SECRET_KEY_PATTERN)]
NonEmpty = Annotated[str, StringConstraints(min_length=1)]

Base64 = Annotated[str, WithJsonSchema({"type": "string", "format": "byte"})]

ANY_DURATION: Final = Rule(f"self.matches('{DURATION_PATTERN}')", DURATION_MESSAGE)
NO_NEGATIVE_SECONDS: Final = Rule(
    f"type(self) == int ? self >= 0 : self.matches('{DURATION_PATTERN.replace('[-+]?', '[+]?')}')",
    'must be a number of seconds that is not negative, or a Go duration such as "5m" or "1h30m"',
)


def _go_duration(text: str) -> str:
    try:
        parse_duration(text)
    except DurationError as error:
        raise PydanticCustomError("go_duration", "{reason}", {"reason": str(error)}) from None
    return text


def _seconds_or_duration(value: Any) -> int | str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    try:
        refused = value < 0 if whole else parse_duration(value) < 0
    except (DurationError, TypeError):
        refused = True
    if refused:
        raise PydanticCustomError("seconds_or_duration", "{reason}", {"reason": NO_NEGATIVE_SECONDS.message})
    accepted: int | str = value
    return accepted


GoDuration = Annotated[
    str,
    AfterValidator(_go_duration),
    WithJsonSchema(checked_by(ANY_DURATION, type="string", maxLength=LONGEST_DURATION)),
]
SecondsOrDuration = Annotated[
    int | str,
    PlainValidator(_seconds_or_duration),
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "x-kubernetes-int-or-string": True,
            "maxLength": LONGEST_DURATION,
            **checked_by(NO_NEGATIVE_SECONDS),
        }
    ),
]
