"""``seal`` without a mode: every Secret of the input becomes a SealedSecret."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from secrets_operator.cli.sealing.flags import SealFlags
from secrets_operator.cli.sealing.notices import Notices
from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate
from secrets_operator.errors import OperatorError
from secrets_operator.flow import Object
from secrets_operator.sealing.advice import input_advice
from secrets_operator.sealing.errors import InputSecretError
from secrets_operator.sealing.facts import with_facts
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.input_secrets import InputSecret, read_input
from secrets_operator.sealing.scopes import Scope, scope_of, with_scope
from secrets_operator.sealing.seal import Overrides, seal_secret


class Sealer:
    """Seals Secrets one by one, with what the flags say about all of them."""

    def __init__(
        self, flags: SealFlags, by: SealingCertificate, *, default_namespace: Callable[[], str], notices: Notices
    ) -> None:
        self._flags = flags
        self._by = by
        self._default_namespace = default_namespace
        self._notices = notices

    def sealed(self, source: bytes) -> Iterator[Object]:
        """Yield the SealedSecret of each Secret; the error of a failing one names its document if there are several."""
        secrets = read_input(source)
        for secret in secrets:
            yield self.seal(secret, alone=len(secrets) == 1)

    def seal(self, secret: InputSecret, *, alone: bool) -> Object:
        """Return the SealedSecret of one Secret; one that is ``alone`` is not spoken of by its document."""
        try:
            sealed = seal_secret(
                secret.manifest, self._by.public_key, overrides=self._overrides(secret.manifest), random=os.urandom
            )
        except OperatorError as error:
            if alone:
                raise
            raise InputSecretError(f"{secret.place}: {error}") from error
        self._notices.warn("" if alone else secret.place, input_advice(secret))
        metadata = sealed["metadata"]
        scope = scope_of(metadata.get("annotations") or {})
        self._notices.sealed(namespace=metadata.get("namespace", ""), name=metadata["name"], scope=scope, by=self._by)
        return with_facts(sealed, sealed["spec"]["encryptedData"], self._by.sealing()) if self._flags.facts else sealed

    def _overrides(self, manifest: Object) -> Overrides:
        flags = self._flags
        return Overrides(
            name=flags.name,
            namespace=flags.namespace or self._namespace_for(manifest),
            scope=Scope(flags.scope),
            allow_empty_data=flags.allow_empty_data,
        )

    def _namespace_for(self, manifest: Object) -> str:
        """Return the namespace of the context for a Secret that needs one and has none."""
        metadata = section(manifest, "metadata")
        annotations = with_scope({}, Scope(self._flags.scope)) or section(metadata, "annotations")
        if metadata.get("namespace") or scope_of(annotations) is Scope.CLUSTER_WIDE:
            return ""
        return self._default_namespace()
