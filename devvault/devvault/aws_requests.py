"""The signed request inside a login of type `iam`: its shape is checked, so that nothing else is ever sent on.

Source: https://developer.hashicorp.com/vault/api-docs/auth/aws#login
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from devvault.errors import bad_request
from devvault.fields import text
from devvault.wire_json import Json

SERVER_ID_HEADER = "X-Vault-AWS-IAM-Server-ID"
_BODY = "Action=GetCallerIdentity&Version=2011-06-15"
_HOST = re.compile(r"sts\.([a-z0-9-]+\.)?amazonaws\.com")
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>\w+)/\d{8}/[a-z0-9-]+/sts/aws4_request, "
    r"SignedHeaders=(?P<signed>[a-z0-9;-]+), Signature=[0-9a-f]{64}"
)


@dataclass(frozen=True)
class SignedRequest:
    """A request to STS as its signer made it."""

    headers: dict[str, str]
    body: str
    signed: frozenset[str]

    def signed_header(self, name: str) -> str:
        """Return a header that the signature covers, empty when there is none of that name."""
        found = next((value for own, value in self.headers.items() if own.lower() == name.lower()), "")
        return found if name.lower() in self.signed else ""


def signed_request_in(data: Json) -> SignedRequest:
    """Return the request that a login carries. Raises VaultError 400 for anything but a signed GetCallerIdentity."""
    if text(data, "iam_http_request_method") != "POST":
        raise bad_request("invalid iam_http_request_method; currently only 'POST' is supported")
    url = urlsplit(_decoded(data, "iam_request_url"))
    if url.path not in {"", "/"} or url.query or not _HOST.fullmatch(url.netloc):
        raise bad_request("error validating iam_request_url: not an address of STS")
    body = _decoded(data, "iam_request_body")
    if body != _BODY:
        raise bad_request("iam_request_body is not a GetCallerIdentity request")
    headers = _headers(_decoded(data, "iam_request_headers"))
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        raise bad_request("missing Authorization header: the request is not signed for STS")
    signed = frozenset(found["signed"].split(";"))
    if not {"host", "x-amz-date"} <= signed or headers.get("host", url.netloc) != url.netloc:
        raise bad_request("the signature does not cover the host and the date")
    return SignedRequest(headers, body, signed)


def _decoded(data: Json, field: str) -> str:
    encoded = text(data, field)
    if not encoded:
        raise bad_request(f"missing {field}")
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise bad_request(f"failed to base64 decode {field}") from None


def _headers(document: str) -> dict[str, str]:
    """Return headers by lower-case name, from a JSON object of texts or of lists of texts."""
    try:
        parsed = json.loads(document)
        given = {name.lower(): value if isinstance(value, str) else ",".join(value) for name, value in parsed.items()}
    except (ValueError, AttributeError, TypeError):
        raise bad_request("invalid iam_request_headers: not a JSON object of headers") from None
    return given
