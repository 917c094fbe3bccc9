"""Continue tokens of paged lists: where the next page starts and of which revision the list is.

The format is Kubernetes' own: URL-safe base64 of `{"v":"meta.k8s.io/v1","rv":N,"start":"namespace/name"}`.
"""

import base64
import binascii
from dataclasses import dataclass

import orjson

from devcluster.history import Entry
from devcluster.statuses import ApiError, bad_request
from devcluster.storage import ObjectKey

_FORMAT = "meta.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Continue:
    """The last object of the page before, and the revision that all pages show."""

    revision: int
    after: ObjectKey

    def token(self) -> str:
        """Return the token for clients."""
        body = orjson.dumps({"v": _FORMAT, "rv": self.revision, "start": "/".join(self.after)})
        return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def read(token: str) -> Continue:
    """Read a token.

    Raises:
        ApiError: 400, it is not one of ours.

    """
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        raise _refused("illegal base64 data at input byte 0") from None
    try:
        found = orjson.loads(raw)
        namespace, _, name = found["start"].partition("/")
        return Continue(int(found["rv"]), (namespace, name))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        first = chr(raw[0]) if raw else ""
        shown = first if first.isprintable() else f"\\x{ord(first):02x}"
        raise _refused(f"invalid character '{shown}' looking for beginning of value") from None


def _refused(why: str) -> ApiError:
    return bad_request(f"invalid continue token: continue key is not valid: {why}")


def page(entries: list[Entry], limit: int, revision: int) -> tuple[list[Entry], str, int]:
    """Cut a page: its entries, the token for the next page (empty on the last) and how many remain."""
    if not limit or len(entries) <= limit:
        return entries, "", 0
    meta = entries[limit - 1].document["metadata"]
    following = Continue(revision, (meta.get("namespace", ""), meta["name"]))
    return entries[:limit], following.token(), len(entries) - limit
