"""Signed tokens of Google service accounts that Vault accepts as a login. Blocks: runs in a thread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from google.auth import jwt
from google.auth.exceptions import GoogleAuthError

from secrets_operator.errors import InvalidSpec
from secrets_operator_vault.logins import google_metadata

# Seconds. Vault refuses tokens that last for more than 15 minutes.
LIFETIME = 600
_NO_KEY = "the Secret does not hold the JSON key of a Google service account there"


def signed_by_key(role: str, key: str, *, field: str) -> str:
    """Return a token signed with a service account key; raises InvalidSpec for what is no such key."""
    try:
        make: Any = jwt.Credentials.from_service_account_info
        account = make(json.loads(key), audience=f"vault/{role}", token_lifetime=LIFETIME)
        account.refresh(None)
        token: str | bytes = account.token
    except (ValueError, TypeError, KeyError, AttributeError, GoogleAuthError):
        # Not chained: the error may quote the key.
        raise InvalidSpec(_NO_KEY, field=field) from None
    return token.decode() if isinstance(token, bytes) else token


def of_the_machine(role: str, environ: Mapping[str, str], *, field: str) -> str:
    """Return the token that the machine's metadata server makes for a role; raises Retryable or Refused."""
    path = "instance/service-accounts/default/identity"
    return google_metadata.ask(environ, path, field=field, audience=f"http://vault/{role}", format="full")
