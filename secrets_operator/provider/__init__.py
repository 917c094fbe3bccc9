"""The contract between the operator and the places secrets live, and the plug-ins found by entry point.

A plug-in needs these names and nothing else; ``docs/writing-a-provider.md`` shows a whole one.
"""

from secrets_operator.flow import Query, RetrySettings
from secrets_operator.provider.contract import (
    ENTRY_POINT_GROUP,
    MOST_MATCHES,
    TOO_MANY_MATCHES,
    Absent,
    Answer,
    Capabilities,
    Failed,
    FindAnswer,
    Found,
    Host,
    Matches,
    Problem,
    Provider,
    Reference,
    Rejected,
    Session,
    Sharing,
    StoreIdentity,
    is_per_reader,
    notice_of,
    sharing_of,
)
from secrets_operator.provider.generator_contract import (
    DEFAULT_FRESH_SECONDS,
    GENERATOR_ENTRY_POINT_GROUP,
    Entropy,
    Generated,
    Generator,
)

__all__ = [
    "DEFAULT_FRESH_SECONDS",
    "ENTRY_POINT_GROUP",
    "GENERATOR_ENTRY_POINT_GROUP",
    "MOST_MATCHES",
    "TOO_MANY_MATCHES",
    "Absent",
    "Answer",
    "Capabilities",
    "Entropy",
    "Failed",
    "FindAnswer",
    "Found",
    "Generated",
    "Generator",
    "Host",
    "Matches",
    "Problem",
    "Provider",
    "Query",
    "Reference",
    "Rejected",
    "RetrySettings",
    "Session",
    "Sharing",
    "StoreIdentity",
    "is_per_reader",
    "notice_of",
    "sharing_of",
]
