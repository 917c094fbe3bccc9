"""The one place where errors of the AWS SDK and services get a meaning here.

In: what botocore raises. Out: the answer of a fetch, or the error of opening and validating. Messages are our own
stable sentences: of the SDK's they keep the operation and the error code, never the text, which carries request ids,
hosts and credentials. Imports botocore, so it is itself imported only once a store is opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from botocore.exceptions import BotoCoreError, ClientError, UndefinedModelAttributeError
from botocore.parsers import ResponseParserError

from secrets_operator.errors import OperatorError, Refused, Retryable, Terminal
from secrets_operator.provider import Absent, Answer, Failed, Rejected

SDK_ERRORS: tuple[type[Exception], ...] = (
    BotoCoreError,
    ClientError,
    UndefinedModelAttributeError,
    ResponseParserError,
)
# A call also renews credentials, for which the cluster is asked for a token.
TROUBLE: tuple[type[Exception], ...] = (*SDK_ERRORS, OperatorError)

# Seconds until a throttled read is made again, unless AWS names a wait of its own, and the longest of those.
THROTTLED_SECONDS = 5.0
_LONGEST_SECONDS = 60.0


class Meaning(Enum):
    """What an error means to us; the value is the sentence a user reads."""

    ABSENT = "the secret does not exist"
    BUSY = "AWS asks to slow down"
    UNAVAILABLE = "AWS cannot be reached or does not answer"
    DENIED = "access is denied: allow the action for this secret in IAM"
    CREDENTIALS = "the credentials are not accepted: check the store's credentials and their expiry"
    NO_CREDENTIALS = "there are no usable credentials: set auth.secretRef or give the operator an AWS identity"
    REQUEST = "the request is not accepted: check the key, the version and whether the secret is scheduled for deletion"
    DECRYPTION = "the secret cannot be decrypted: allow the use of its KMS key"
    SETTINGS = "the settings of the store or of the SDK are not usable: check region, roles and endpoints"


def _table(rows: Mapping[Meaning, str]) -> dict[str, Meaning]:
    return {name: meaning for meaning, names in rows.items() for name in names.split()}


# Error codes of the services and classes of botocore, a class standing for its subclasses that have no row.
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
TABLE = _table(
    {
        Meaning.ABSENT: "ResourceNotFoundException ParameterNotFound",
        Meaning.BUSY: """
            Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException
            TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded LimitExceededException SlowDown
            PriorRequestNotComplete ProvisionedThroughputExceededException EC2ThrottledException
        """,
        Meaning.UNAVAILABLE: """
            InternalServiceError InternalServiceErrorException InternalFailure InternalServerError InternalError
            ServiceUnavailable ServiceUnavailableException RequestTimeout RequestTimeoutException
            IDPCommunicationError ConnectionError HTTPClientError IncompleteReadError ResponseParserError
            AwsChunkedWrapperError ChecksumError FlexibleChecksumError MetadataRetrievalError CredentialRetrievalError
            CapacityNotAvailableError WaiterError RequestInProgressException InternalServiceException
            PaginationTokenExpiredException ConcurrentModificationException ConflictException TooManyUpdates
        """,
        Meaning.DENIED: "AccessDenied AccessDeniedException UnauthorizedOperation NotAuthorized",
        Meaning.CREDENTIALS: """
            ExpiredToken ExpiredTokenException ExpiredTradeInTokenException RequestExpired UnrecognizedClientException
            InvalidClientTokenId InvalidAccessKeyId InvalidToken InvalidSignatureException SignatureDoesNotMatch
            IncompleteSignature IncompleteSignatureException MissingAuthenticationToken OptInRequired AuthFailure
            MissingAuthenticationTokenException InvalidIdentityToken IDPRejectedClaim RegionDisabledException
        """,
        Meaning.NO_CREDENTIALS: """
            NoCredentialsError PartialCredentialsError UnknownCredentialError NoAuthTokenError TokenRetrievalError
            SSOError LoginError ProfileNotFound ConfigNotFound ConfigParseError InvalidConfigError
            RefreshWithMFAUnsupportedError UnknownTokenProviderError InvalidIMDSEndpointError
            InvalidIMDSEndpointModeError
        """,
        Meaning.REQUEST: """
            InvalidRequestException InvalidParameterException InvalidParameterValue InvalidParameterCombination
            InvalidNextTokenException ValidationException ValidationError ParamValidationError MissingParametersError
            PreconditionNotMetException ResourceExistsException MalformedPolicyDocument PublicPolicyException
            MalformedPolicyDocumentException PackedPolicyTooLarge InvalidAuthorizationMessageException
            JWTPayloadSizeExceededException OutboundWebIdentityFederationDisabledException
            SessionDurationEscalationException PaginationError ParameterVersionNotFound InvalidArnException
            InvalidFilterKey InvalidFilterOption InvalidFilterValue InvalidNextToken InvalidResourceId
            InvalidResourceType ConstraintViolationException ResourceInUseException TagPolicyException
            TooManyTagsException TooManyTagsError InvalidTagException ParameterAlreadyExists ParameterLimitExceeded
            ParameterMaxVersionLimitExceeded ParameterPatternMismatchException UnsupportedParameterType
            HierarchyLevelLimitExceededException HierarchyTypeMismatchException InvalidAllowedPatternException
            InvalidPolicyAttributeException InvalidPolicyTypeException IncompatiblePolicyException
            PoliciesLimitExceededException
        """,
        Meaning.DECRYPTION: "DecryptionFailure EncryptionFailure InvalidKeyId",
        Meaning.SETTINGS: """
            ApiVersionNotFoundError BaseEndpointResolverError DataNotFoundError EndpointProviderError
            InvalidChecksumConfigError InvalidDNSNameError InvalidDefaultsMode InvalidEndpointConfigurationError
            InvalidEndpointDiscoveryConfigurationError InvalidExpressionError InvalidHostLabelError
            InvalidProxiesConfigError InvalidRetryConfigurationError InvalidS3AddressingStyleError
            InvalidS3UsEast1RegionalEndpointConfigError InvalidSTSRegionalEndpointsConfigError MD5UnavailableError
            MissingDependencyException OperationNotPageableError ServiceNotInRegionError StubResponseError
            UndefinedModelAttributeError UnknownClientMethodError UnknownRegionError UnknownServiceStyle
            UnknownSignatureVersionError UnseekableStreamError UnsupportedOutpostResourceError UnsupportedS3ArnError
            UnsupportedS3AccesspointConfigurationError UnsupportedS3ConfigurationError UnsupportedS3ControlArnError
            UnsupportedS3ControlConfigurationError UnsupportedServiceProtocolsError UnsupportedSignatureVersionError
            WaiterConfigError
        """,
    }
)

RETRIED = (Meaning.BUSY, Meaning.UNAVAILABLE)
# Here the code does not say that there are too many calls, but that there is no more room.
_QUOTA = "LimitExceededException"
_FILLING = (
    *("CreateSecret", "PutSecretValue", "TagResource", "PutResourcePolicy", "ReplicateSecretToRegions"),
    *("ImportCertificate", "AddTagsToCertificate"),
)
_LOGINS = ("AssumeRole", "AssumeRoleWithWebIdentity")
_NO_ACCESS = (Meaning.CREDENTIALS, Meaning.NO_CREDENTIALS)
_CODE = re.compile(r"[A-Za-z0-9.]{1,80}")


def meaning_of(error: Exception) -> Meaning:
    """Return what an SDK error means: by its code, else by its HTTP status, else by its class."""
    if isinstance(error, ClientError):
        return _meaning_of_response(error)
    rows = (TABLE.get(ancestor.__name__) for ancestor in type(error).__mro__)
    # An error no one has met may be transient, and trying again does no harm.
    return next((row for row in rows if row is not None), Meaning.UNAVAILABLE)


def answer_for(error: Exception) -> Answer:
    """Return the answer of a fetch that met one of TROUBLE."""
    if isinstance(error, OperatorError):
        return _answer_for_login(error)
    meaning = meaning_of(error)
    if meaning is Meaning.ABSENT:
        return Absent()
    if meaning in RETRIED:
        return Failed(message_for(error), _wait(error, meaning))
    return Rejected(message_for(error), credentials=_turns_the_credential_down(error, meaning))


def trouble_for(error: Exception) -> Failed | Rejected:
    """Return the answer to a query that met one of TROUBLE; nothing about one secret makes all of them absent."""
    answer = answer_for(error)
    return answer if isinstance(answer, Failed | Rejected) else Rejected(message_for(error))


def error_for(error: Exception) -> OperatorError:
    """Return what opening and validating raise for an SDK error."""
    message, meaning = message_for(error), meaning_of(error)
    return Retryable(message, after=_wait(error, meaning)) if meaning in RETRIED else Refused(message)


def no_answer(operation: str, missing: str) -> Retryable:
    """Return the error for a success that is not one of AWS: half a document, or the page of some proxy.

    The SDK reads what is no JSON as an empty response, which is no empty list, no empty value and nobody's mistake.
    """
    return Retryable(f"{operation}: {Meaning.UNAVAILABLE.value} (no {missing})")


def may_pass(error: Exception) -> bool:
    """Tell whether the same call may succeed a moment later."""
    if isinstance(error, OperatorError):
        return isinstance(error, Retryable)
    return meaning_of(error) in RETRIED


def is_throttle(error: Exception) -> bool:
    """Tell whether the other side asks to slow down."""
    return not isinstance(error, OperatorError) and meaning_of(error) is Meaning.BUSY


def is_denied(error: Exception) -> bool:
    """Tell whether IAM denies the call, and not the role that was to be assumed for it."""
    return not isinstance(error, OperatorError) and meaning_of(error) is Meaning.DENIED and not _is_login(error)


def error_code(error: Exception) -> str:
    """Return the code of a response that is an error, else the class of the error."""
    return _code(error) if isinstance(error, ClientError) else type(error).__name__


def message_for(error: Exception) -> str:
    """Return a sentence that is the same each time the same thing goes wrong."""
    meaning = meaning_of(error)
    if not isinstance(error, ClientError):
        return f"{meaning.value} ({type(error).__name__})"
    return f"{error.operation_name}: {meaning.value} ({_code(error)})"


def _meaning_of_response(error: ClientError) -> Meaning:
    if error.operation_name in _FILLING and _code(error) == _QUOTA:
        return Meaning.REQUEST
    row = TABLE.get(_code(error))
    if row is not None:
        return row
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status == 429:
        return Meaning.BUSY
    return Meaning.REQUEST if 400 <= status < 500 else Meaning.UNAVAILABLE


def _code(error: ClientError) -> str:
    """Return the error code, unless the other side put something else in its place."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if _CODE.fullmatch(code) else "unknown code"


def _turns_the_credential_down(error: Exception, meaning: Meaning) -> bool:
    """A denied role leaves the session without a credential; a denied secret does not."""
    return meaning in _NO_ACCESS or (meaning is Meaning.DENIED and _is_login(error))


def _is_login(error: Exception) -> bool:
    return isinstance(error, ClientError) and error.operation_name in _LOGINS


def _answer_for_login(error: OperatorError) -> Answer:
    """Return what it means that the cluster had no token for a login: nothing about a secret."""
    if isinstance(error, Terminal):
        return Rejected(str(error), credentials=True)
    return Failed(str(error), error.after if isinstance(error, Retryable) else None)


def _wait(error: Exception, meaning: Meaning) -> float | None:
    """Return for how many seconds AWS wants to be left alone, or None when it says nothing of the kind."""
    usual = THROTTLED_SECONDS if meaning is Meaning.BUSY else None
    if not isinstance(error, ClientError):
        return usual
    named = str(error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", ""))
    return min(float(named), _LONGEST_SECONDS) if named.isascii() and named.isdecimal() else usual
