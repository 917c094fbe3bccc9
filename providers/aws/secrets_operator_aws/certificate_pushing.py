"""Imports certificates into Certificate Manager, and deletes those it imported.

A certificate has an ARN and no name: a tag says under which key it was pushed, and the tagging API finds it by that.
That API is a while behind, so a session remembers what it imported.
https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import (
    MARK_KEY,
    MARK_VALUE,
    Absent,
    DeleteAnswer,
    Deleted,
    PresenceAnswer,
    Present,
    Push,
    PushAnswer,
    Pushed,
    RemoteEntry,
)
from secrets_operator_aws.calls import Call, Calls
from secrets_operator_aws.errors import SDK_ERRORS, Meaning, meaning_of, no_answer
from secrets_operator_aws.push_specs import TaggedPush, push_spec
from secrets_operator_aws.tag_changes import MARK, TagChanges, is_ours, tag_changes, tag_list, tags_of

REMOTE_KEY_TAG = "external-secrets-remote-key"
_CERTIFICATE, _KEY = "tls.crt", "tls.key"


class _Bundle(NamedTuple):
    """A leaf, the chain above it and its key."""

    certificates: tuple[bytes, ...]
    """PEM, the leaf first."""

    key: SecretBytes


class CertificatePusher:
    """See ``pushing.Pusher``. A certificate is pushed whole: the property of an entry has no effect."""

    def __init__(self, calls: Calls, tagging: Callable[[], Awaitable[Calls]]) -> None:
        """Find certificates with the calls that ``tagging`` returns."""
        self._calls = calls
        self._tagging = tagging
        self._imported: dict[str, str] = {}

    async def push(self, push: Push) -> PushAnswer:
        """Import the certificate, again only where it is another one, and write tags that differ."""
        if push.secret_key:
            raise InvalidSpec(
                "must be empty: a certificate is the whole Secret (tls.crt and tls.key)", field="secretKey"
            )
        spec, bundle, key = push_spec(push.metadata, TaggedPush), _bundle(push), push.remote.remote_key
        if REMOTE_KEY_TAG in spec.tags:
            raise InvalidSpec("is set by the operator: remove it", field=f"metadata.spec.tags.{REMOTE_KEY_TAG}")
        found = await self._find(key)
        if found is None:
            await self._import(key, bundle, Tags=tag_list({**spec.tags, **MARK, REMOTE_KEY_TAG: key}))
            return Pushed(changed=True)
        arn, tags = found
        changed = await self._sync_tags(arn, tag_changes(tags, spec.tags, keeps=[REMOTE_KEY_TAG]), tags)
        if await self._certificates(arn) != _der(bundle.certificates):
            await self._import(key, bundle, CertificateArn=arn)
            changed = True
        return Pushed(changed=changed)

    async def exists(self, entry: RemoteEntry) -> PresenceAnswer:
        """Tell whether a certificate was pushed under the key."""
        return Absent() if await self._find(entry.remote_key) is None else Present()

    async def delete(self, entry: RemoteEntry) -> DeleteAnswer:
        """Delete what was pushed under the key."""
        found = await self._find(entry.remote_key)
        if found is None:
            return Deleted(changed=False)
        await self._calls.make(Call("DeleteCertificate", {"CertificateArn": found[0]}))
        self._imported.pop(entry.remote_key, None)
        return Deleted(changed=True)

    async def _find(self, key: str) -> tuple[str, dict[str, str]] | None:
        """Return ARN and tags of the certificate of ours that has a key, the first of several; None for none."""
        known = self._imported.get(key)
        for arn in [known] if known else await self._listed(key):
            tags = await self._tags(arn)
            # The listing may be old: what was deleted is still in it, and so are tags that were taken away.
            if is_ours(tags) and tags.get(REMOTE_KEY_TAG) == key:
                self._imported[key] = arn
                return arn, tags
        self._imported.pop(key, None)
        return await self._find(key) if known else None

    async def _listed(self, key: str) -> list[str]:
        filters = [{"Key": MARK_KEY, "Values": [MARK_VALUE]}, {"Key": REMOTE_KEY_TAG, "Values": [key]}]
        arguments: dict[str, Any] = {"ResourceTypeFilters": ["acm:certificate"], "TagFilters": filters}
        tagging, found = await self._tagging(), list[str]()
        while True:
            page = await tagging.make(Call("GetResources", arguments))
            if not isinstance(page.get("ResourceTagMappingList"), list):
                raise no_answer("GetResources", "list")
            found += [entry["ResourceARN"] for entry in page["ResourceTagMappingList"]]
            if not page.get("PaginationToken"):
                return sorted(found)
            arguments = {**arguments, "PaginationToken": page["PaginationToken"]}

    async def _tags(self, arn: str) -> dict[str, str]:
        try:
            listed = await self._calls.make(Call("ListTagsForCertificate", {"CertificateArn": arn}))
        except SDK_ERRORS as error:
            if meaning_of(error) is Meaning.ABSENT:
                return {}
            raise
        return tags_of(listed.get("Tags"))

    async def _certificates(self, arn: str) -> list[bytes]:
        response = await self._calls.make(Call("GetCertificate", {"CertificateArn": arn}))
        leaf, chain = response.get("Certificate"), response.get("CertificateChain") or ""
        if not leaf:
            raise no_answer("GetCertificate", "certificate")
        # Of one that was imported without a chain AWS says that it is its own.
        return _der([leaf.encode(), *([chain.encode()] if chain.strip() not in ("", leaf.strip()) else [])])

    async def _import(self, key: str, bundle: _Bundle, **more: Any) -> None:
        leaf, *chain = bundle.certificates
        arguments = {"Certificate": leaf, "PrivateKey": bundle.key.reveal(), **more}
        if chain:
            arguments["CertificateChain"] = b"".join(chain)
        made = await self._calls.make(Call("ImportCertificate", arguments))
        if "CertificateArn" not in made:
            raise no_answer("ImportCertificate", "certificate")
        self._imported[key] = made["CertificateArn"]

    async def _sync_tags(self, arn: str, changes: TagChanges, there: Mapping[str, str]) -> bool:
        if changes.to_remove:
            gone = tag_list({name: there[name] for name in changes.to_remove})
            await self._calls.make(Call("RemoveTagsFromCertificate", {"CertificateArn": arn, "Tags": gone}))
        if changes.to_set:
            tags = tag_list(changes.to_set)
            await self._calls.make(Call("AddTagsToCertificate", {"CertificateArn": arn, "Tags": tags}))
        return bool(changes.to_remove or changes.to_set)


def _bundle(push: Push) -> _Bundle:
    data = push.source.data
    missing = [name for name in (_CERTIFICATE, _KEY) if not (name in data and len(data[name]))]
    if missing:
        raise InvalidSpec(f"the Secret has no {' and no '.join(missing)}: push one of type kubernetes.io/tls")
    try:
        found = load_pem_x509_certificates(data[_CERTIFICATE].reveal())
    except ValueError:
        # Not chained: the error may quote what is there.
        raise InvalidSpec(f"key {_CERTIFICATE} holds no certificate in PEM") from None
    return _Bundle(tuple(one.public_bytes(Encoding.PEM) for one in found), data[_KEY])


def _der(pems: Any) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for pem in pems for one in load_pem_x509_certificates(pem)]
