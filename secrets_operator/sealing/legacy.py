"""The old form of a SealedSecret: ``spec.data`` is one sealed value, whose plaintext is the JSON of a whole Secret.

Chosen whenever ``spec.data`` is there. ``spec.template`` is then ignored: labels, annotations and type are those of the
Secret inside. Its name, namespace and owners never count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.resources.labels import SKIP_OWNER_REFERENCES_ANNOTATION
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.errors import BadBase64Error, MalformedValueError
from secrets_operator.sealing.fields import section

TURNED_OFF = "using deprecated 'data' field, use 'encryptedData' or flip the feature flag"
BOTH_FORMS = "cannot use the field 'encryptedData' and the deprecated field 'data' at the same time"


def is_legacy(spec: Mapping[str, Any]) -> bool:
    """Tell whether a spec is of the old form; an empty ``data`` is."""
    return spec.get("data") is not None


def inner_secret(plaintext: SecretBytes) -> Object:
    """Return the Secret inside; MalformedValueError when it is none, without quoting it."""
    try:
        secret = json.loads(plaintext.reveal())
    except (ValueError, RecursionError):
        # The cause is left out: it carries the whole text.
        secret = None
    if not isinstance(secret, dict) or secret.get("kind") != "Secret" or secret.get("apiVersion") != "v1":
        raise MalformedValueError("what is sealed in spec.data is not the JSON of a Secret of v1")
    return secret


def inner_data(secret: Object) -> dict[str, SecretBytes]:
    """Return the values of the Secret inside, ``stringData`` over ``data``; MalformedValueError names a bad entry."""
    values: dict[str, SecretBytes] = {}
    for item, text in _texts(secret, "data").items():
        try:
            values[item] = SecretBytes(decode_base64(text))
        except BadBase64Error as error:
            raise MalformedValueError(f"data[{item}] of the Secret sealed in spec.data: {error.message}") from None
    values |= {item: SecretBytes(text.encode()) for item, text in _texts(secret, "stringData").items()}
    return values


def inner_template(secret: Object) -> Object:
    """Return what ``spec.template`` would say of the Secret inside; MalformedValueError names a member that is odd."""
    metadata = secret.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise MalformedValueError("metadata of the Secret sealed in spec.data is no object")
    template: Object = {
        "metadata": {name: _texts(metadata, name) for name in ("labels", "annotations") if metadata.get(name)}
    }
    template |= {name: secret[name] for name in ("type", "immutable") if secret.get(name)}
    return template


def converted_template(template: Object, sealed: Object) -> Object:
    """Return the template of the Secret inside for the new form of a SealedSecret.

    The one thing that counts of the former template is kept: whether the Secret outlives the SealedSecret.
    """
    former = section(sealed, "spec", "template", "metadata", "annotations")
    if SKIP_OWNER_REFERENCES_ANNOTATION not in former:
        return template
    metadata = section(template, "metadata")
    kept = {SKIP_OWNER_REFERENCES_ANNOTATION: former[SKIP_OWNER_REFERENCES_ANNOTATION]}
    return {**template, "metadata": {**metadata, "annotations": {**section(metadata, "annotations"), **kept}}}


def _texts(holder: Object, member: str) -> dict[str, str]:
    """Return a map of strings, null values as empty ones."""
    texts = holder.get(member) or {}
    if not isinstance(texts, dict) or not all(isinstance(text, str | None) for text in texts.values()):
        raise MalformedValueError(f"{member} of the Secret sealed in spec.data is no map of strings")
    return {name: text or "" for name, text in texts.items()}
