"""One Secret manifest sealed for verbs: its SealedSecret, with the record of sealing and the line about it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from secrets_operator.cli.sealing.notices import Notices
from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate
from secrets_operator.flow import Object
from secrets_operator.sealing.facts import with_facts
from secrets_operator.sealing.scopes import Scope, scope_of
from secrets_operator.sealing.seal import Overrides, seal_secret


@dataclass(frozen=True, slots=True)
class ManifestSealing:
    """How manifests are sealed: with what, for whom, and what is recorded and said."""

    by: SealingCertificate
    scope: Scope = Scope.STRICT
    name: str = ""
    namespace: str = ""
    facts: bool = True
    allow_empty_data: bool = False
    notices: Notices = field(default_factory=Notices)

    def sealed(self, manifest: Object) -> Object:
        """Return the SealedSecret of a Secret; InputSecretError names what is missing or of the wrong form."""
        overrides = Overrides(self.name, self.namespace, self.scope, self.allow_empty_data)
        sealed = seal_secret(manifest, self.by.public_key, overrides=overrides, random=os.urandom)
        metadata = sealed["metadata"]
        scope = scope_of(metadata.get("annotations") or {})
        self.say(metadata.get("namespace", ""), metadata["name"], scope)
        return with_facts(sealed, sealed["spec"]["encryptedData"], self.by.sealing()) if self.facts else sealed

    def say(self, namespace: str, name: str, scope: Scope) -> None:
        """Say on standard error for what something was sealed."""
        self.notices.sealed(namespace=namespace, name=name, scope=scope, by=self.by)
