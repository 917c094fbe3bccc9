"""The controller, reached through the API server's service proxy as kubeseal does.

Finds the Service by name or by label, and asks it for its certificate, whether it can open a SealedSecret, to seal one
again, and which key values are under. Path and answers are those of Sealed Secrets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import orjson

from secrets_operator.cli.sealing.flags import ControllerFlags
from secrets_operator.cli.sealing.option_declarations import DEFAULT_CONTROLLER
from secrets_operator.errors import NotFound, OperatorError, Refused, Terminal
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import ApiError, Forbidden, TooManyRequests
from secrets_operator.kube.requests import Request
from secrets_operator.kube.resources import CONFIG_MAPS, Resource
from secrets_operator.resources.labels import SEALING_CERTIFICATE_LABEL, TRUE
from secrets_operator.resources.names import OPERATOR_AUDIENCE, OPERATOR_TOKEN_HEADER

SERVICES = Resource("", "v1", "services", "Service", confidential=False)
FOUND_BY = "app.kubernetes.io/name in (secrets-operator, sealed-secrets)"
_HINT = (
    "Please, use the flag --controller-name and --controller-namespace to set up the name and namespace of the sealed"
    " secrets controller, or --cert"
)
# How often a refusal for haste is waited for. The controller names the wait, and lets two pass a second.
_ATTEMPTS = 120
_LONGEST_WAIT = 10.0
# The shortest that the API server gives out.
_TOKEN_SECONDS = 600


class Controller:
    """One controller behind its Service."""

    def __init__(self, client: Client, path: str) -> None:
        """Take the path of the Service's proxy."""
        self._client = client
        self._path = path

    @classmethod
    async def find(cls, client: Client, flags: ControllerFlags) -> Controller:
        """Find the Service; Refused with a hint when there is none."""
        try:
            service = await _service(client, flags)
        except OperatorError as error:
            raise Refused(f"cannot get sealed secret service: {error}. {_HINT}") from error
        metadata, ports = service["metadata"], (service.get("spec") or {}).get("ports") or []
        where = f"{metadata['namespace']}/{metadata['name']}"
        if not ports:
            raise Refused(f"the Service {where} has no ports. {_HINT}")
        target = f"http:{metadata['name']}:{ports[0].get('name') or ''}"
        return cls(client, f"{SERVICES.path(metadata['namespace'], target)}/proxy")

    async def certificate(self) -> bytes:
        """Return the PEM certificate that the controller seals with."""
        try:
            return await self._call("GET", "/v1/cert.pem")
        except ApiError as error:
            raise Refused(f"cannot fetch certificate: {error}") from error

    async def opens(self, sealed: Object) -> bool:
        """Tell whether the controller can open a SealedSecret."""
        try:
            await self._call("POST", "/v1/verify", sealed)
        except ApiError as error:
            if error.code == 409:
                return False
            raise Refused(f"cannot validate sealed secret: {error}") from error
        return True

    async def sealed_again(self, sealed: Object) -> Object:
        """Return a SealedSecret sealed with the newest key."""
        try:
            answer = orjson.loads(await self._call("POST", "/v1/rotate", sealed))
        except (ApiError, orjson.JSONDecodeError) as error:
            if getattr(error, "code", 0) == 409:
                raise Refused("unable to rotate secret: no key of the controller opens it as it is") from error
            said = error if isinstance(error, ApiError) else "the answer is not JSON"
            raise Refused(f"cannot re-encrypt secret: {said}") from error
        if not isinstance(answer, dict):
            raise Refused("cannot re-encrypt secret: the answer is not a SealedSecret")
        return answer

    async def token_of(self, namespace: str, service_account: str) -> SecretBytes:
        """Return a token of a ServiceAccount that only the operator takes; Refused when the caller gets none.

        It goes over a network in clear and to whatever the Service leads to, so it is no token of the caller, and the
        API server accepts it from nobody.
        """
        try:
            issued = await self._client.create_token(
                namespace, service_account, audiences=[OPERATOR_AUDIENCE], seconds=_TOKEN_SECONDS
            )
        except OperatorError as error:
            raise Refused(f"cannot get a token of ServiceAccount {namespace}/{service_account}: {error}") from error
        return issued.token

    async def verdicts(self, sealed: Sequence[Object], token: SecretBytes) -> list[Object]:
        """Return what the operator says of each SealedSecret: ``items``, each with its ``key``, or an ``error``.

        Refused when it does not answer, as other controllers.
        """
        shown = (OPERATOR_TOKEN_HEADER, token.reveal().decode())
        try:
            answer = orjson.loads(await self._call("POST", "/v1/verify/batch", *sealed, headers=(shown,)))
            found = [dict(document) for document in answer["documents"]]
        except ApiError as error:
            raise Refused(f"the controller does not tell which key values are under: {error}") from error
        except (KeyError, TypeError, ValueError):
            found = []
        if len(found) != len(sealed):
            raise Refused("the controller does not tell which key values are under: it answers something else")
        return found

    async def _call(self, method: str, path: str, *body: Object, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
        request = Request(
            verb="get" if method == "GET" else "create",
            kind="services/proxy",
            subject=f"{path} of the controller",
            method=method,
            path=self._path + path,
            body=b"\n".join(map(orjson.dumps, body)) if body else None,
            quotable=False,
            headers=headers,
        )
        for _ in range(_ATTEMPTS):
            try:
                return await self._client.send(request)
            except TooManyRequests as error:
                await asyncio.sleep(min(error.after or 1.0, _LONGEST_WAIT))
        raise Refused("the controller answers too many requests: try again later")


async def published_certificate(client: Client, namespace: str) -> bytes | None:
    """Return the certificate that this project's operator keeps in a ConfigMap; None unless exactly one is found."""
    try:
        listed = await client.list(CONFIG_MAPS, namespace, label_selector=f"{SEALING_CERTIFICATE_LABEL}={TRUE}")
    except ApiError:
        return None
    found = [pem for one in listed["items"] if (pem := (one.get("data") or {}).get("cert.pem"))]
    return str(found[0]).encode() if len(found) == 1 else None


async def _service(client: Client, flags: ControllerFlags) -> Object:
    """Return the Service that the flags name, or with none given the usual one or one that is labelled."""
    namespace, name = DEFAULT_CONTROLLER
    try:
        return await client.get(SERVICES, flags.controller_namespace or namespace, flags.controller_name or name)
    except NotFound:
        if flags.controller_name:
            raise
        found = await _labelled(client, flags.controller_namespace)
        if len(found) > 1:
            names = ", ".join(f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in found)
            raise Terminal(f"there are several: {names}") from None
        if not found:
            raise
        return found[0]


async def _labelled(client: Client, namespace: str) -> list[Object]:
    """Return the Services with a controller's label, those for metrics left out; none where they may not be listed."""
    try:
        listed = await client.list(SERVICES, namespace, label_selector=FOUND_BY)
    except Forbidden:
        return []
    return [one for one in listed["items"] if not one["metadata"]["name"].endswith("-metrics")]
