"""What was asked: one record per request, for tests that count or inspect requests. Tokens never enter it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_CREDENTIAL_HEADERS = frozenset({"x-vault-token", "authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True)
class RequestRecord:
    """One request. `accessor` names the token without being it; `headers` (lower case) leaves credentials out."""

    method: str
    path: str
    status: int
    accessor: str
    namespace: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def harmless_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a request without those that carry credentials, names in lower case."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in lowered.items() if name not in _CREDENTIAL_HEADERS}


class RequestLog:
    """The records in the order the requests were answered."""

    def __init__(self) -> None:
        self.records: list[RequestRecord] = []

    def add(self, record: RequestRecord) -> None:
        """Append a record."""
        self.records.append(record)

    def matching(self, path: str, method: str = "") -> list[RequestRecord]:
        """Return the records whose path contains a match of the regular expression."""
        return [one for one in self.records if re.search(path, one.path) and method in {"", one.method}]

    def clear(self) -> None:
        """Forget all records."""
        self.records.clear()
