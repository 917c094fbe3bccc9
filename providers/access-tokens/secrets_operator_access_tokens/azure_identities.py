"""Who asks a registry of Azure: tokens of Microsoft Entra for a service principal, a machine or a service account.

The token endpoint is https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, that of
machines https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token. Addresses of
the clouds, audiences and annotations are those of External Secrets Operator (generators/v1/acr/acr.go,
providers/v1/azure/keyvault/keyvault.go) and of go-autorest (autorest/azure/environments.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from secrets_operator.errors import InvalidSpec, Refused
from secrets_operator.provider import Host
from secrets_operator.resources.generators.acr import (
    ACRAccessTokenSpec,
    AzureManagedIdentity,
    AzureServicePrincipal,
    AzureWorkloadIdentity,
)
from secrets_operator_access_tokens.environment import AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID
from secrets_operator_access_tokens.selectors import text_of
from secrets_operator_access_tokens.web import Call, Web

_PRINCIPAL = "auth.servicePrincipal.secretRef"
_ACCOUNT = "auth.workloadIdentity.serviceAccountRef"
_AUDIENCE = "api://AzureADTokenExchange"
_CLIENT_ID, _TENANT_ID = "azure.workload.identity/client-id", "azure.workload.identity/tenant-id"
_OWN = (AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE)


@dataclass(frozen=True, slots=True)
class Cloud:
    """One of Azure's clouds: where it logs in, for what, and how the names of its registries end."""

    login: str
    audience: str
    management: str
    registries: str


CLOUDS: Mapping[str, Cloud] = {
    "PublicCloud": Cloud(
        "https://login.microsoftonline.com",
        "https://management.azure.com/",
        "https://management.core.windows.net/",
        ".azurecr.io",
    ),
    "USGovernmentCloud": Cloud(
        "https://login.microsoftonline.us",
        "https://management.usgovcloudapi.net/",
        "https://management.core.usgovcloudapi.net/",
        ".azurecr.us",
    ),
    "ChinaCloud": Cloud(
        "https://login.chinacloudapi.cn",
        "https://management.chinacloudapi.cn/",
        "https://management.core.chinacloudapi.cn/",
        ".azurecr.cn",
    ),
    "GermanCloud": Cloud(
        "https://login.microsoftonline.de",
        "https://management.microsoftazure.de/",
        "https://management.core.cloudapi.de/",
        ".azurecr.de",
    ),
}


def is_of_the_operator(settings: ACRAccessTokenSpec) -> bool:
    """Tell whether it is the operator itself that logs in."""
    auth = settings.auth
    if auth.service_principal is not None:
        return False
    if auth.managed_identity is not None:
        return True
    return auth.workload_identity is not None and auth.workload_identity.service_account_ref is None


async def entra_token(
    settings: ACRAccessTokenSpec, cloud: Cloud, host: Host, web: Web, environ: Mapping[str, str]
) -> str:
    """Return a token of Microsoft Entra; raises Terminal or Retryable, and what the host raises."""
    auth = settings.auth
    if auth.service_principal is not None:
        call = await _of_principal(auth.service_principal, settings.tenant_id, cloud, host)
    elif auth.managed_identity is not None:
        call = machine_call(auth.managed_identity, cloud)
    else:
        assert auth.workload_identity is not None, "a spec without problems has a login"
        call = await _of_account(auth.workload_identity, cloud, host, environ)
    return web.text(await web.ask(call), "access_token")


def machine_call(identity: AzureManagedIdentity, cloud: Cloud) -> Call:
    """Return the request to the machine the operator runs on."""
    which = {"mi_res_id" if "/" in identity.identity_id else "client_id": identity.identity_id}
    query = {"api-version": "2018-02-01", "resource": cloud.audience, **(which if identity.identity_id else {})}
    return Call(
        "GetMachineToken",
        "GET",
        f"http://169.254.169.254/metadata/identity/oauth2/token?{urlencode(query)}",
        headers={"Metadata": "true"},
        fields={400: "auth.managedIdentity.identityId"},
        of_the_machine=True,
    )


def login_call(cloud: Cloud, tenant: str, form: Mapping[str, str], *, field: str) -> Call:
    """Return the request for a token by ``form``; a tenant is a name or an id."""
    if not tenant or not all(character.isalnum() or character in ".-" for character in tenant):
        raise InvalidSpec("must be the id or the domain of a tenant of Azure", field="tenantId")
    return Call(
        "GetToken",
        "POST",
        f"{cloud.login}/{tenant}/oauth2/v2.0/token",
        fields=dict.fromkeys((400, 401, 403), field),
    ).with_form({"grant_type": "client_credentials", **form})


async def _of_principal(principal: AzureServicePrincipal, tenant: str, cloud: Cloud, host: Host) -> Call:
    reference = principal.secret_ref
    form = {
        "client_id": await text_of(host, reference.client_id, f"{_PRINCIPAL}.clientId"),
        "client_secret": await text_of(host, reference.client_secret, f"{_PRINCIPAL}.clientSecret"),
        "scope": f"{cloud.audience}.default",
    }
    return login_call(cloud, tenant, form, field="auth.servicePrincipal")


async def _of_account(identity: AzureWorkloadIdentity, cloud: Cloud, host: Host, environ: Mapping[str, str]) -> Call:
    account = identity.service_account_ref
    if account is None:
        client, tenant, proof = await _of_pod(environ, host)
    else:
        selector = account.model_dump(exclude={"audiences"}, exclude_none=True)
        annotations = await host.service_account_annotations(selector, field=_ACCOUNT)
        missing = [name for name in (_CLIENT_ID, _TENANT_ID) if not annotations.get(name)]
        if missing:
            raise InvalidSpec(f"the ServiceAccount has no annotation {missing[0]}", field=_ACCOUNT)
        audiences = (_AUDIENCE, *account.audiences)
        token = await host.service_account_token(selector, audiences=audiences, field=_ACCOUNT)
        client, tenant, proof = annotations[_CLIENT_ID], annotations[_TENANT_ID], token.reveal().decode()
    form = {
        "client_id": client,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": proof,
        # The slash belongs to the audience: the token is for an address that ends with one.
        "scope": f"{cloud.management}/.default",
    }
    return login_call(cloud, tenant, form, field="auth.workloadIdentity")


async def _of_pod(environ: Mapping[str, str], host: Host) -> tuple[str, str, str]:
    """Return what Azure's webhook put into the operator's pod: client, tenant and token."""
    client, tenant, path = (variable.read(environ) for variable in _OWN)
    if not (client and tenant and path):
        names = ", ".join(variable.name for variable in _OWN)
        raise InvalidSpec(
            f"the operator has no identity of Azure ({names}): set serviceAccountRef",
            field="auth.workloadIdentity",
        )
    try:
        token = await host.run_blocking(partial(Path(path).read_text, "utf-8"))
    except (OSError, ValueError):
        raise Refused("the operator's token for Azure cannot be read", field="auth.workloadIdentity") from None
    return client, tenant, token.strip()
