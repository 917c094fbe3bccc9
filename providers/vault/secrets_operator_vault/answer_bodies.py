"""Reads the body of an answer within bounds. Blocks: runs in a thread."""

from __future__ import annotations

import time

import requests
import urllib3.exceptions

from secrets_operator_vault.errors import too_large

# Seconds for the whole of an answer: one that trickles must not keep a thread for ever.
LONGEST = 20.0
# Bytes. A list of ten thousand long names is a tenth of that.
LARGEST = 32 * 2**20
_PART = 2**16


def body_of(response: requests.Response, *, longest: float = LONGEST) -> bytes:
    """Return the body of a streamed answer that takes at most about ``longest`` seconds.

    Raises the library's RequestException when it breaks off or takes too long, Retryable when it is too large.
    """
    body = bytearray()
    latest = time.monotonic() + longest
    try:
        # Whatever has arrived: a read of a fixed size would wait for all of it, part by part.
        while part := response.raw.read1(_PART, decode_content=True):
            body += part
            if len(body) > LARGEST:
                raise too_large()
            if time.monotonic() > latest:
                raise requests.exceptions.ReadTimeout
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ReadTimeout from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ConnectionError from error
    return bytes(body)
