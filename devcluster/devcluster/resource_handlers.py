"""Requests about resources: finds the resource, checks verb and subresource, and calls what answers it.

Watches are prepared elsewhere (`watching`), since their answer is a stream.
"""

import dataclasses
from collections.abc import Awaitable, Callable

from devcluster.answers import Answer, json_answer
from devcluster.authorization import Authorizer
from devcluster.bodies import media_type, read_object
from devcluster.calls import Call, ControlPlane, WriteOptions, write_options
from devcluster.creating import Written, create
from devcluster.custom_resources import served_document
from devcluster.deleting import DeleteOptions, delete, delete_options
from devcluster.documents import clone
from devcluster.history import Entry
from devcluster.patching import APPLY, patch
from devcluster.reading import encode_list, entry_answer, get, list_objects, requested_form, selection
from devcluster.request_info import RequestInfo
from devcluster.reviews import Reviewer, request_token
from devcluster.served_resources import ServedResource
from devcluster.service_account_tokens import TokenSigner
from devcluster.statuses import NoSuchPath, method_not_allowed, success
from devcluster.storage import ObjectKey, object_key
from devcluster.updating import replace
from devcluster.validating_webhooks import ValidatingWebhooks
from devcluster.webhook_matching import CREATE, DELETE, UPDATE, Write

_SUBRESOURCE_VERBS = {
    "status": {"get", "patch", "update"},
    "finalize": {"update"},
    "token": {"create"},
}


class ResourceHandlers:
    """Answers every request about a resource but watches."""

    def __init__(self, plane: ControlPlane, authorizer: Authorizer, reviewer: Reviewer, signer: TokenSigner) -> None:
        self._plane = plane
        self._authorizer = authorizer
        self._reviewer = reviewer
        self._signer = signer
        self._webhooks = ValidatingWebhooks(plane)

    def find(self, info: RequestInfo) -> ServedResource:
        """Return the resource that a request is about.

        Raises:
            NoSuchPath: nothing like it is served.
            ApiError: 405, the resource does not have the verb.

        """
        resource = self._plane.registry.find(info.group, info.version, info.resource)
        if resource is None or (info.subresource and info.subresource not in resource.subresources):
            raise NoSuchPath
        if info.subresource:
            allowed = info.verb in _SUBRESOURCE_VERBS.get(info.subresource, ())
        else:
            allowed = info.verb in resource.verbs
        if not allowed:
            raise method_not_allowed()
        if not _is_in_scope(resource, info):
            raise NoSuchPath
        return resource

    async def answer(self, call: Call) -> Answer:
        """Answer a request.

        Raises:
            ApiError: it is refused.
            NoSuchPath: nothing like it is served.

        """
        resource = self.find(call.info)
        handlers: dict[str, Callable[[ServedResource, Call, ObjectKey], Awaitable[Answer]]] = {
            "get": self._get,
            "list": self._list,
            "create": self._create,
            "update": self._update,
            "patch": self._patch,
            "delete": self._delete,
            "deletecollection": self._delete_collection,
        }
        key = resource.key(call.info.namespace, call.info.name)
        return await handlers[call.info.verb](resource, call, key)

    async def _get(self, resource: ServedResource, call: Call, key: ObjectKey) -> Answer:
        return get(self._plane, resource, call, key)

    async def _list(self, resource: ServedResource, call: Call, _key: ObjectKey) -> Answer:
        return await list_objects(self._plane, resource, call)

    async def _create(self, resource: ServedResource, call: Call, key: ObjectKey) -> Answer:
        options = write_options(call)
        requested_form(call)
        document = read_object(resource, call.body, call.headers.get("Content-Type", ""))
        if call.info.subresource == "token":
            token = request_token(self._plane, self._signer, document, namespace=key[0], name=key[1])
            return json_answer(token, 201)
        if call.info.name:
            raise method_not_allowed()
        if not resource.storage[1]:
            document["kind"] = resource.kind
            return json_answer(self._reviewer.review(document, user=call.user, namespace=call.info.namespace), 201)
        stored = resource
        if resource.conversion:
            document, stored = resource.conversion.to_stored(document), self._plane.registry.stored_as(resource)

        def write(options: WriteOptions) -> Written:
            return create(self._plane, stored, clone(document), namespace=key[0], options=options)

        return _written(resource, await self._reviewed(resource, call, key, write=write, options=options), call)

    async def _update(self, resource: ServedResource, call: Call, key: ObjectKey) -> Answer:
        options = write_options(call)
        requested_form(call)
        document = read_object(resource, call.body, call.headers.get("Content-Type", ""))
        stored = resource
        if resource.conversion:
            document, stored = resource.conversion.to_stored(document), self._plane.registry.stored_as(resource)
        subresource = call.info.subresource

        def write(options: WriteOptions) -> Written:
            return replace(self._plane, stored, clone(document), key=key, subresource=subresource, options=options)

        return _written(resource, await self._reviewed(resource, call, key, write=write, options=options), call)

    async def _patch(self, resource: ServedResource, call: Call, key: ObjectKey) -> Answer:
        requested_form(call)
        self._require_right_to_create(resource, call, key)

        def write(options: WriteOptions) -> Written:
            return patch(self._plane, resource, call, key=key, options=options)

        options = write_options(call)
        return _written(resource, await self._reviewed(resource, call, key, write=write, options=options), call)

    async def _reviewed(
        self,
        resource: ServedResource,
        call: Call,
        key: ObjectKey,
        *,
        write: Callable[[WriteOptions], Written],
        options: WriteOptions,
    ) -> Written:
        """Write once the webhooks let it through, which are shown what a dry run makes of it.

        What somebody else wrote meanwhile is reviewed too: the live object must be the one that they saw.
        """
        if not self._webhooks.any or resource.conversion:
            return write(options)
        collection = self._plane.store.collection(resource.storage)
        while True:
            live = collection.get(key) if key[1] else None
            preview = write(dataclasses.replace(options, dry_run=True))
            meta = preview.entry.document["metadata"]
            asked = Write(
                CREATE if preview.created else UPDATE,
                resource,
                meta.get("namespace", ""),
                meta["name"],
                new=served_document(resource, preview.entry),
                old=served_document(resource, live) if live and not preview.created else None,
                subresource=call.info.subresource,
                dry_run=options.dry_run,
            )
            warnings = await self._webhooks.review(asked, call)
            if key[1] and collection.get(key) is not live:
                continue
            written = preview if options.dry_run else write(options)
            return dataclasses.replace(written, warnings=[*written.warnings, *warnings])

    def _require_right_to_create(self, resource: ServedResource, call: Call, key: ObjectKey) -> None:
        """Refuse a server-side apply that would create without the right to create."""
        is_apply = media_type(call.headers.get("Content-Type", "")) == APPLY
        if is_apply and self._plane.store.collection(resource.storage).get(key) is None:
            info = call.info
            asked = RequestInfo(
                "create", info.path, True, info.group, info.version, info.resource, "", info.namespace, info.name
            )
            self._authorizer.require(call.user, asked)

    async def _delete(self, resource: ServedResource, call: Call, key: ObjectKey) -> Answer:
        options = delete_options(resource, call)
        await self._review_deletion(resource, call, self._plane.store.collection(resource.storage).get(key), options)
        outcome = delete(self._plane, resource, key, options)
        if outcome.gone and not resource.strategy.returns_deleted:
            uid = outcome.entry.document["metadata"]["uid"]
            return json_answer(success(resource.named(key[1]), uid))
        return entry_answer(resource, outcome.entry, requested_form(call))

    async def _review_deletion(
        self, resource: ServedResource, call: Call, live: Entry | None, options: DeleteOptions
    ) -> None:
        if live is None or not self._webhooks.any or resource.conversion:
            return
        meta = live.document["metadata"]
        old = served_document(resource, live)
        asked = Write(DELETE, resource, meta.get("namespace", ""), meta["name"], old=old, dry_run=options.dry_run)
        await self._webhooks.review(asked, call)

    async def _delete_collection(self, resource: ServedResource, call: Call, _key: ObjectKey) -> Answer:
        options, wanted = delete_options(resource, call), selection(resource, call)
        deleted: list[Entry] = []
        for entry in self._plane.store.collection(resource.storage).entries(wanted.namespace):
            if wanted.matches(entry):
                await self._review_deletion(resource, call, entry, options)
                delete(self._plane, resource, object_key(entry.document), options)
                deleted.append(entry)
        meta = {"resourceVersion": str(self._plane.store.revision)}
        return Answer(200, await encode_list(resource, deleted, requested_form(call), meta))


def _is_in_scope(resource: ServedResource, info: RequestInfo) -> bool:
    """Say whether the path names a namespace where, and only where, the resource has one."""
    if resource.kind == "Namespace" and not resource.group:
        return info.namespace in {"", info.name}
    across_namespaces = info.verb in {"list", "watch"} and not info.namespace
    return across_namespaces or resource.namespaced == bool(info.namespace)


def _written(resource: ServedResource, written: Written, call: Call) -> Answer:
    code = 201 if written.created else 200
    return entry_answer(resource, written.entry, requested_form(call), code, tuple(written.warnings))
