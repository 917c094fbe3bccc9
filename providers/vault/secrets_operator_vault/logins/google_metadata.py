"""The metadata server of a machine in Google Cloud. Blocks: runs in a thread."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from secrets_operator.errors import Refused, Retryable
from secrets_operator_vault.environment import GCE_METADATA_HOST

_SERVER = "metadata.google.internal"
_TIMEOUT = (3.0, 5.0)


def ask(environ: Mapping[str, str], path: str, *, field: str, **params: str) -> str:
    """Return one value; ``GCE_METADATA_HOST`` names another server, as it does for Google's own libraries.

    Raises Retryable where that server does not answer, as outside of Google Cloud, Refused where it has no such value.
    """
    server = GCE_METADATA_HOST.read(environ) or _SERVER
    try:
        answer = requests.get(
            f"http://{server}/computeMetadata/v1/{path}",
            params=params,
            headers={"Metadata-Flavor": "Google"},
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise Retryable("the operator's machine has no Google Cloud metadata server", field=field) from error
    text = answer.text.strip()
    if answer.status_code != 200 or not text.isascii() or not text.isprintable():
        raise Refused(f"the Google Cloud metadata server has no {path} (status {answer.status_code})", field=field)
    return text
