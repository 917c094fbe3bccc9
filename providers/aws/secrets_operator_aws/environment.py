"""The environment variables that the provider for AWS reads; the SDK reads others by itself."""

from __future__ import annotations

from typing import Final

from secrets_operator.environment import Variable


def _endpoint(variable: str, service: str) -> Variable:
    return Variable(f"AWS_{variable}_ENDPOINT", f"Address of {service}, for private endpoints and tests.", "AWS's own")


SECRETS_MANAGER: Final = _endpoint("SECRETSMANAGER", "Secrets Manager")
PARAMETER_STORE: Final = _endpoint("SSM", "Parameter Store")
CERTIFICATE_MANAGER: Final = _endpoint("ACM", "Certificate Manager")
TAGGING: Final = _endpoint(
    "RESOURCE_GROUPS_TAGGING_API", "the Resource Groups Tagging API, by which pushed certificates are found"
)
STS: Final = _endpoint("STS", "STS, by which roles are assumed")
ECR: Final = _endpoint("ECR", "ECR, which the generator ECRAuthorizationToken asks")
ECR_PUBLIC: Final = _endpoint("ECR_PUBLIC", "ECR Public, likewise")

VARIABLES: Final = (SECRETS_MANAGER, PARAMETER_STORE, CERTIFICATE_MANAGER, TAGGING, STS, ECR, ECR_PUBLIC)
