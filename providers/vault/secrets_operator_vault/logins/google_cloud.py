"""``auth.gcp``: a Google Cloud identity. https://developer.hashicorp.com/vault/api-docs/auth/gcp.

With ``secretRef`` or ``workloadIdentity`` the login is of Vault's type ``iam``, else of type ``gce``. The tokens
themselves are made in ``google_tokens`` and ``google_workloads``, in threads.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType

from secrets_operator.errors import InvalidSpec
from secrets_operator.resources.providers.vault_cloud_auth import GcpSecretRef, GcpWorkloadIdentity, VaultGcpAuth
from secrets_operator_vault.logins.own_identity import require_own_identity
from secrets_operator_vault.logins.ticket import Means, Surroundings, Ticket, mounted_at, text_of

_FIELD = "auth.gcp"
_WORKLOAD = f"{_FIELD}.workloadIdentity.serviceAccountRef"
# Which Google service account a Kubernetes one stands for.
_ACCOUNT_ANNOTATION = "iam.gke.io/gcp-service-account"


async def ticket(method: VaultGcpAuth, means: Means) -> Ticket:
    """Make a token for the role as ``secretRef``, else ``workloadIdentity``, else the operator's machine."""
    if method.secret_ref is not None:
        token = await _by_key(method, method.secret_ref, means)
    elif method.workload_identity is not None:
        token = await _by_workload_identity(method, method.workload_identity, means)
    else:
        token = await _by_machine(method, means)
    return Ticket(f"{mounted_at(method.path)}/login", {"role": method.role, "jwt": token})


async def _by_key(method: VaultGcpAuth, reference: GcpSecretRef, means: Means) -> str:
    selector, place = reference.secret_access_key_secret_ref, f"{_FIELD}.secretRef.secretAccessKeySecretRef"
    if selector is None:
        raise InvalidSpec("is required: the Secret key that holds the service account key", field=place)
    key = await text_of(selector, means, place)
    return await means.host.run_blocking(partial(_signed_by_key, method.role, key, place))


def _signed_by_key(role: str, key: str, place: str) -> str:
    # The SDK is slow to import, and only this login needs it.
    from secrets_operator_vault.logins import google_tokens

    return google_tokens.signed_by_key(role, key, field=place)


async def _by_machine(method: VaultGcpAuth, means: Means) -> str:
    require_own_identity(means, field=_FIELD, instead="set secretRef or workloadIdentity")
    return await means.host.run_blocking(partial(_of_the_machine, method.role, means.surroundings))


def _of_the_machine(role: str, surroundings: Surroundings) -> str:
    from secrets_operator_vault.logins import google_tokens

    return google_tokens.of_the_machine(role, surroundings.environ, field=_FIELD)


async def _by_workload_identity(method: VaultGcpAuth, wanted: GcpWorkloadIdentity, means: Means) -> str:
    # Imported in a thread, like the SDK; what is imported here is only names by then.
    workloads = await means.host.run_blocking(_import_workloads)
    account = wanted.service_account_ref
    selector = account.model_dump(exclude={"audiences"}, exclude_none=True)
    annotations = await means.host.service_account_annotations(selector, field=_WORKLOAD)
    email = annotations.get(_ACCOUNT_ANNOTATION)
    if not email:
        raise InvalidSpec(f"the ServiceAccount has no annotation {_ACCOUNT_ANNOTATION}", field=_WORKLOAD)
    environ = means.surroundings.environ
    pool = await means.host.run_blocking(partial(workloads.pool_of, method, wanted, environ))
    audiences = (pool.name, *account.audiences)
    issued = await means.host.service_account_token(selector, audiences=audiences, field=_WORKLOAD)
    ask = workloads.Asking(email, method.role, means.surroundings.google)
    token: str = await means.host.run_blocking(partial(workloads.signed_token, ask, pool, issued.reveal().decode()))
    return token


def _import_workloads() -> ModuleType:
    from secrets_operator_vault.logins import google_workloads

    return google_workloads
