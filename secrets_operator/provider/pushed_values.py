"""The value that an entry of a PushSecret pushes, for providers that keep one value at a place. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider.push_contract import Push

# Go's encoder writes these as escapes even where it leaves HTML alone.
_SEPARATORS = str.maketrans({"\u2028": r"\u2028", "\u2029": r"\u2029"})


def value_of(push: Push) -> SecretBytes:
    """Return the value of the key that is pushed, or the whole Secret as a JSON object of strings, sorted by key.

    Raises InvalidSpec as :func:`whole`.
    """
    return push.source.data[push.secret_key] if push.secret_key else whole(push.source.data)


def whole(data: Mapping[str, SecretBytes]) -> SecretBytes:
    """Return all keys as a JSON object of strings.

    Raises InvalidSpec for a Secret without keys, since that would empty what is there, and for a value that is no text:
    JSON cannot hold it, and what could be written in its place is another value.
    """
    require_keys(data)
    texts = {name: text_of(value, name) for name, value in data.items()}
    written = orjson.dumps(texts, option=orjson.OPT_SORT_KEYS).decode()
    return SecretBytes(written.translate(_SEPARATORS).encode())


def require_keys(data: Mapping[str, SecretBytes]) -> None:
    """Raise InvalidSpec for a Secret without keys."""
    if not data:
        raise InvalidSpec(
            "the Secret has no keys, and what is there is not emptied: push a key of it, or delete the entry"
        )


def text_of(value: SecretBytes, name: str) -> str:
    """Return the value of the key ``name`` as text; raises InvalidSpec when it is not UTF-8."""
    try:
        return value.reveal().decode()
    except UnicodeDecodeError:
        raise InvalidSpec(
            f"key {name} is not text (UTF-8), which JSON cannot hold: encode it in template, as in "
            f'{{{{ index . "{name}" | b64enc }}}}'
        ) from None
