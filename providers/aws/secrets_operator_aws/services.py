"""The services of AWS that hold secrets, and what reads, finds and writes in each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from secrets_operator.environment import Variable
from secrets_operator.flow import Query
from secrets_operator.provider import FindAnswer
from secrets_operator.resources.providers.aws import AwsProvider
from secrets_operator_aws.calls import Calls
from secrets_operator_aws.certificate_pushing import CertificatePusher
from secrets_operator_aws.certificates import CertificateReader, find_certificates
from secrets_operator_aws.environment import CERTIFICATE_MANAGER, PARAMETER_STORE, SECRETS_MANAGER
from secrets_operator_aws.parameter_finding import find_parameters
from secrets_operator_aws.parameter_pushing import ParameterPusher
from secrets_operator_aws.parameter_store import ParameterStoreRequests
from secrets_operator_aws.pushing import Pusher
from secrets_operator_aws.reading import Reader, Reads
from secrets_operator_aws.secrets_manager import SecretsManagerRequests
from secrets_operator_aws.secrets_manager_finding import find_secrets
from secrets_operator_aws.secrets_manager_pushing import SecretsManagerPusher
from secrets_operator_aws.tagging import Tagging


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its name in the SDK, the variable of its endpoint, and its name in the metrics."""

    sdk: str
    variable: Variable
    counted_as: str
    reader: Callable[[Calls], Reads]
    find: Callable[[Query, Calls, Reads], Awaitable[FindAnswer]]
    pusher: Callable[[Calls, AwsProvider, Tagging], Pusher]
    takes_prefix: bool = True


SERVICES: Final = {
    "SecretsManager": Service(
        "secretsmanager",
        SECRETS_MANAGER,
        "AWS/SecretsManager",
        lambda calls: Reader(calls, SecretsManagerRequests()),
        find_secrets,
        lambda calls, settings, _: SecretsManagerPusher(calls, settings.secrets_manager),
    ),
    "ParameterStore": Service(
        "ssm",
        PARAMETER_STORE,
        "AWS/ParameterStore",
        lambda calls: Reader(calls, ParameterStoreRequests()),
        find_parameters,
        lambda calls, _settings, _: ParameterPusher(calls),
    ),
    # The prefix is for the names under which certificates are pushed; what is read is an ARN.
    "CertificateManager": Service(
        "acm",
        CERTIFICATE_MANAGER,
        "AWS/CertificateManager",
        CertificateReader,
        find_certificates,
        lambda calls, _settings, tagging: CertificatePusher(calls, tagging),
        takes_prefix=False,
    ),
}
