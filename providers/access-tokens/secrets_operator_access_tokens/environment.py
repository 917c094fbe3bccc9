"""The environment variables that the generators of access tokens read, from the environment of the operator."""

from __future__ import annotations

from typing import Final

from secrets_operator.environment import Variable

_SETS = "Azure's workload identity webhook sets it in the operator's pod"

AZURE_CLIENT_ID: Final = Variable("AZURE_CLIENT_ID", f"Who ACRAccessToken logs in as without an account; {_SETS}.")
AZURE_TENANT_ID: Final = Variable("AZURE_TENANT_ID", f"In which tenant; {_SETS}.")
AZURE_FEDERATED_TOKEN_FILE: Final = Variable("AZURE_FEDERATED_TOKEN_FILE", f"The token it logs in with; {_SETS}.")
GCE_METADATA_HOST: Final = Variable(
    "GCE_METADATA_HOST", "The metadata server of GCRAccessToken.", "`metadata.google.internal`"
)

VARIABLES: Final = (AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE, GCE_METADATA_HOST)
