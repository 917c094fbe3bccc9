"""The one place where what AWS or its SDK says in a login gets a meaning here. Texts of the SDK are never shown."""

from __future__ import annotations

from botocore import exceptions
from botocore.parsers import ResponseParserError

from secrets_operator.errors import OperatorError, Refused, Retryable

_FIELD = "auth.iam"
# The SDK's words for "no answer"; every other error of its own is about what it was given.
OUTAGES: tuple[type[Exception], ...] = (
    exceptions.ConnectionError,
    exceptions.CredentialRetrievalError,
    exceptions.HTTPClientError,
    exceptions.IncompleteReadError,
    exceptions.MetadataRetrievalError,
    ResponseParserError,
)
# AWS's answers that mean "later", beside every status from 500 on.
THROTTLED = frozenset(
    {"IDPCommunicationError", "RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}
)


# What the SDK raises; the last has no base in common with the others.
ERRORS = (exceptions.BotoCoreError, exceptions.ClientError, ResponseParserError)


def failure(error: Exception) -> OperatorError:
    """Return what a login raises for an error of the SDK."""
    if not isinstance(error, exceptions.ClientError):
        if isinstance(error, OUTAGES):
            return Retryable("AWS gives no keys for the login: it does not answer", field=_FIELD)
        return Refused("AWS cannot be asked for the login: check region, role and keys", field=_FIELD)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in THROTTLED or status >= 500:
        return Retryable("AWS gives no keys for the login: it asks to try later", field=_FIELD)
    return Refused(f"AWS refuses the role of the login ({code if code.isalnum() else 'no reason given'})", field=_FIELD)
