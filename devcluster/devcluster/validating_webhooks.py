"""Calls the validating webhooks that a write concerns, with an AdmissionReview each, and refuses what one denies.

The counterpart of apiserver's `plugin/webhook/validating`: all at once, each within its timeout; one that cannot be
called counts by its failure policy. A Service is reached through its EndpointSlices, by TLS for `NAME.NAMESPACE.svc`.
"""

import asyncio
import base64
import logging
import random
import ssl
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from devcluster.answers import warning_header
from devcluster.calls import Call, ControlPlane
from devcluster.documents import Document
from devcluster.request_info import RequestInfo
from devcluster.served_resources import ServedResource
from devcluster.service_proxy import backend
from devcluster.statuses import ApiError, bad_request
from devcluster.webhook_matching import Write, concerned

_CONFIGURATIONS = ("admissionregistration.k8s.io", "validatingwebhookconfigurations")
_NAMESPACES = ("", "namespaces")
_REVIEW = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
_OPTIONS = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions", "DELETE": "DeleteOptions"}
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Answer:
    """What came of one webhook: a refusal, or none, and warnings."""

    refusal: ApiError | None = None
    warnings: list[str] = field(default_factory=list)


class _CannotCall(Exception):
    """A webhook that gives no usable answer."""


class ValidatingWebhooks:
    """The webhooks of all configurations that are stored at the moment."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    @property
    def any(self) -> bool:
        """Whether there is a configuration at all."""
        return next(iter(self._plane.store.collection(_CONFIGURATIONS).entries()), None) is not None

    async def review(self, write: Write, call: Call) -> list[str]:
        """Have a write reviewed and return the warnings for its sender.

        Raises:
            ApiError: it is denied, or a webhook fails that must not.

        """
        asked = [(webhook, seen) for webhook in self._webhooks() if (seen := self._concerned(webhook, write))]
        answers = await asyncio.gather(*(self._answer(webhook, seen, write, call) for webhook, seen in asked))
        warnings = [warning for answer in answers for warning in answer.warnings]
        refusal = next((answer.refusal for answer in answers if answer.refusal), None)
        if refusal is not None:
            refusal.headers = {**refusal.headers, **_warning_header(warnings)}
            raise refusal
        return warnings

    def _webhooks(self) -> list[Document]:
        entries = self._plane.store.collection(_CONFIGURATIONS).entries()
        found = sorted((entry.document for entry in entries), key=lambda one: str(one["metadata"]["name"]))
        return [webhook for one in found for webhook in one.get("webhooks") or ()]

    def _concerned(self, webhook: Document, write: Write) -> Write | None:
        namespace = self._plane.store.collection(_NAMESPACES).get(("", write.namespace))
        labels = (namespace.document["metadata"].get("labels") or {}) if namespace else {}
        return concerned(webhook, write, self._plane.registry, labels)

    async def _answer(self, webhook: Document, seen: Write, write: Write, call: Call) -> _Answer:
        name = webhook["name"]
        if write.dry_run and webhook.get("sideEffects") not in ("None", "NoneOnDryRun"):
            return _Answer(bad_request(f'admission webhook "{name}" does not support dry run'))
        request = _request(seen, write, call)
        review: Document = {**_REVIEW, "request": request}
        seconds = webhook.get("timeoutSeconds", 10)
        try:
            async with asyncio.timeout(seconds):
                response = await self._sent(webhook["clientConfig"], review, seconds)
            return _judged(name, response, request["uid"])
        except (_CannotCall, TimeoutError, aiohttp.ClientError, OSError, ApiError, ValueError) as error:
            cause = "context deadline exceeded" if isinstance(error, TimeoutError) else str(error)
            _LOG.warning("failed calling webhook %s: %s", name, cause)
            if webhook.get("failurePolicy", "Fail") == "Ignore":
                return _Answer()
            why = f'failed calling webhook "{name}": failed to call webhook: {cause}'
            message = f"Internal error occurred: {why}"
            return _Answer(ApiError(500, "InternalError", message, {"causes": [{"message": why}]}))

    async def _sent(self, config: Document, review: Document, seconds: int) -> Any:
        url, server_name = self._where(config)
        trust = base64.b64decode(config.get("caBundle") or "").decode()
        tls = await asyncio.to_thread(ssl.create_default_context, cadata=trust or None)
        # As Go does it: authorities made by all kinds of tools lack what Python 3.13 demands of them.
        tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                url,
                params={"timeout": f"{seconds}s"},
                data=orjson.dumps(review),
                headers=headers,
                ssl=tls,
                server_hostname=server_name,
                allow_redirects=False,
            ) as answer,
        ):
            body = await answer.read()
            if answer.status != 200:
                raise _CannotCall(f"the server answered with status {answer.status}")
            return orjson.loads(body)

    def _where(self, config: Document) -> tuple[str, str]:
        """Return the URL of a webhook and the name its certificate has to be for."""
        if config.get("url"):
            return config["url"], urlsplit(config["url"]).hostname or ""
        service = config["service"]
        namespace, name, port = service["namespace"], service["name"], service.get("port", 443)
        info = RequestInfo("get", "", namespace=namespace, name=f"https:{name}:{port}")
        found = backend(self._plane.store, info, random.SystemRandom())
        return f"{found.url}/{service.get('path', '').lstrip('/')}", f"{name}.{namespace}.svc"


def _request(seen: Write, write: Write, call: Call) -> Document:
    user = call.user
    extra = {key: list(values) for key, values in user.extra.items()}
    info = {"username": user.name, "uid": user.uid, "groups": list(user.groups), "extra": extra}
    request: Document = {
        "uid": str(uuid.uuid4()),
        "kind": _kind(seen.resource),
        "resource": _resource(seen.resource),
        "requestKind": _kind(write.resource),
        "requestResource": _resource(write.resource),
        "name": write.name,
        "operation": write.operation,
        "userInfo": {key: value for key, value in info.items() if value},
        "object": seen.new,
        "oldObject": seen.old,
        "dryRun": write.dry_run,
        "options": {"apiVersion": "meta.k8s.io/v1", "kind": _OPTIONS[write.operation]},
    }
    if write.namespace:
        request["namespace"] = write.namespace
    if write.subresource:
        request |= {"subResource": write.subresource, "requestSubResource": write.subresource}
    return request


def _judged(name: str, review: Any, uid: str) -> _Answer:
    response = review.get("response") if isinstance(review, dict) else None
    if not isinstance(response, dict):
        raise _CannotCall("webhook response was absent")
    if {key: review.get(key) for key in _REVIEW} != _REVIEW or response.get("uid") != uid:
        raise _CannotCall("the response is not an AdmissionReview v1 for the uid of the request")
    if response.get("patch"):
        raise _CannotCall("a validating webhook may not return a patch")
    warnings = [str(warning) for warning in response.get("warnings") or ()]
    if response.get("allowed"):
        return _Answer(warnings=warnings)
    status = response.get("status") or {}
    said = status.get("message") or status.get("reason")
    message = f'admission webhook "{name}" denied the request{f": {said}" if said else " without explanation"}'
    code = max(status.get("code") or 0, 400)
    return _Answer(ApiError(code, status.get("reason") or "", message, status.get("details") or {}), warnings)


def _warning_header(warnings: list[str]) -> dict[str, str]:
    return {"Warning": ", ".join(map(warning_header, warnings))} if warnings else {}


def _kind(resource: ServedResource) -> Document:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _resource(resource: ServedResource) -> Document:
    return {"group": resource.group, "version": resource.version, "resource": resource.names.plural}
