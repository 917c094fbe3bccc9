"""Reads exportable certificates of Certificate Manager: certificate, chain and private key as one PEM text.

AWS charges for the export of a public certificate, so one is exported again only when it was renewed. The key leaves
AWS encrypted with a passphrase made up for the one call.
https://docs.aws.amazon.com/acm/latest/APIReference/API_ExportCertificate.html
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import Answer, FindAnswer, Found, Reference, Rejected
from secrets_operator_aws.calls import Call, Calls
from secrets_operator_aws.errors import TROUBLE, answer_for, no_answer
from secrets_operator_aws.reading import Reads

_MOST_KEPT = 128


class CertificateReader:
    """Answers references whose keys are ARNs of certificates."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.account = ""  # keys are ARNs, which whoever wrote the reference named
        self._exported: dict[str, tuple[bytes, SecretBytes]] = {}

    async def read(self, references: Sequence[Reference]) -> dict[Reference, Answer]:
        """Answer one by one: there is no batch call."""
        return dict(zip(references, await asyncio.gather(*map(self._answer, references)), strict=True))

    def batch_of(self, _reference: Reference) -> int:
        """Return 1: there is no batch call."""
        return 1

    async def _answer(self, reference: Reference) -> Answer:
        if reference.version or reference.metadata:
            return Rejected("a certificate has neither version nor metadata: remove version and metadataPolicy")
        try:
            return await self._bundle(reference.key)
        except TROUBLE as error:
            return answer_for(error)

    async def _bundle(self, arn: str) -> Answer:
        public = await self._calls.make(Call("GetCertificate", {"CertificateArn": arn}))
        if not _parts(public):
            raise no_answer("GetCertificate", "certificate")
        fingerprint = hashlib.sha256("\n".join(_parts(public)).encode()).digest()
        known = self._exported.pop(arn, None)
        if known is None or known[0] != fingerprint:
            known = (fingerprint, await self._export(arn))
        # At the end: what was asked for longest ago is dropped first.
        self._exported[arn] = known
        if len(self._exported) > _MOST_KEPT:
            del self._exported[next(iter(self._exported))]
        return Found(known[1])

    async def _export(self, arn: str) -> SecretBytes:
        passphrase = secrets.token_hex(16).encode()
        response = await self._calls.make(Call("ExportCertificate", {"CertificateArn": arn, "Passphrase": passphrase}))
        try:
            key = await self._calls.run(partial(_decrypted, response["PrivateKey"], passphrase))
        except (KeyError, ValueError, TypeError):
            # Not chained: the error may quote the key.
            raise no_answer("ExportCertificate", "private key") from None
        return SecretBytes("".join(f"{part}\n" for part in (*_parts(response), key)).encode())


async def find_certificates(_query: Query, _calls: Calls, _reader: Reads) -> FindAnswer:
    """Refuse: certificates are not found, here and in External Secrets Operator."""
    return Rejected("CertificateManager does not support find: name the certificate by its ARN")


def _parts(response: Mapping[str, Any]) -> list[str]:
    return [response[name].strip() for name in ("Certificate", "CertificateChain") if response.get(name)]


def _decrypted(pem: str, passphrase: bytes) -> str:
    key = load_pem_private_key(pem.encode(), passphrase)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().strip()
