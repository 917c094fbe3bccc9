"""A SealedSecret sealed again with the newest key, and otherwise as it was.

Labels, annotations and templates stay as they are written; no template is rendered. Values are bound to the scope of
the object's own annotations and nothing else: one that the template claims besides is taken out, so that nobody seals
wider next time than this time. Left out is what a server adds to an object. Neighbour: ``reencryption`` does the same
to files, where every byte counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.resources.labels import FACTS_ANNOTATION
from secrets_operator.resources.names import SEALED_SECRET
from secrets_operator.sealing.errors import FactsError, KeySecretError
from secrets_operator.sealing.facts import Sealing, facts_annotation, facts_of
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.hybrid import Random
from secrets_operator.sealing.keyring import Keyring, SealingKey
from secrets_operator.sealing.legacy import converted_template, is_legacy
from secrets_operator.sealing.scopes import Scope, label, scope_of, without_other_scopes
from secrets_operator.sealing.seal import LAST_APPLIED, seal_value
from secrets_operator.sealing.unseal import identity_of, unseal

_OF_THE_SERVER = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
    "ownerReferences",
)


def rotate(sealed: Object, keyring: Keyring, *, random: Random, now: datetime) -> Object:
    """Return the SealedSecret with every value sealed anew; the old form becomes ``encryptedData``.

    Raises UnsealError when a value does not open, InvalidSpec for an object of another form, KeySecretError without a
    key to seal with.
    """
    newest = keyring.newest
    if newest is None:
        raise KeySecretError("there is no sealing key to seal with")
    unsealed = unseal(sealed, keyring)
    own, scope = identity_of(sealed), scope_of(section(sealed, "metadata", "annotations"))
    bound_to = label(scope, namespace=own.namespace, name=own.name)
    metadata = _stripped(section(sealed, "metadata"))
    metadata = _with_facts(metadata, unsealed.data, newest, now)
    spec = {name: member for name, member in section(sealed, "spec").items() if name not in ("data", "encryptedData")}
    is_old = is_legacy(section(sealed, "spec"))
    template = _template(converted_template(unsealed.template, sealed) if is_old else unsealed.template, scope)
    encrypted = {item: _sealed(value, newest, bound_to, random) for item, value in sorted(unsealed.data.items())}
    return {
        "kind": SEALED_SECRET.kind,
        "apiVersion": SEALED_SECRET.api_version,
        "metadata": metadata,
        "spec": {**spec, **({"template": template} if template else {}), "encryptedData": encrypted},
    }


def _sealed(value: SecretBytes, key: SealingKey, bound_to: bytes, random: Random) -> str:
    return seal_value(key.private_key.public_key(), value, label=bound_to, random=random)


def _template(template: Object, scope: Scope) -> Object:
    """Return the template as written, without what a server added and without another scope."""
    if not template.get("metadata"):
        return template
    metadata = _stripped(section(template, "metadata"))
    annotations = without_other_scopes(section(metadata, "annotations"), scope)
    metadata.pop("annotations", None)
    return {**template, "metadata": {**metadata, **({"annotations": annotations} if annotations else {})}}


def _stripped(metadata: Object) -> Object:
    """Return metadata as one would commit it."""
    kept = {name: member for name, member in metadata.items() if name not in _OF_THE_SERVER}
    annotations = section(metadata, "annotations")
    if annotations:
        kept["annotations"] = {name: text for name, text in annotations.items() if name not in LAST_APPLIED}
    return kept


def _with_facts(metadata: Object, items: Mapping[str, SecretBytes], key: SealingKey, now: datetime) -> Object:
    """Return the metadata with its record of the sealing, if it has one, brought up to date."""
    annotations = section(metadata, "annotations")
    if FACTS_ANNOTATION not in annotations:
        return metadata
    others = {name: text for name, text in annotations.items() if name != FACTS_ANNOTATION}
    try:
        facts = facts_of(annotations)
    except FactsError:
        facts = None
    if facts is not None:
        others |= facts_annotation(facts.only(items).sealed_again(items, Sealing(key.fingerprint, now)))
    return {**metadata, "annotations": others}
