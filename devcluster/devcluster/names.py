"""The rules for names of objects, labels and keys: each check returns an error text, empty when the name is good.

Texts and limits follow apimachinery's `pkg/util/validation`.
"""

import random
import re
from collections.abc import Callable

NameRule = Callable[[str], str]

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_GENERATED_LIMIT = 63

_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
    f"end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    f"validation is '{_LABEL_1035}')"
)
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    f"start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_QUALIFIED_TEXT = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    f"'{_QUALIFIED}')"
)
_LABEL_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    f"validation is '{_LABEL_VALUE}')"
)
_CONFIG_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
    f"'KEY_NAME',  or 'key-name', regex used for validation is '{_CONFIG_KEY}')"
)


def _limited(value: str, pattern: str, limit: int, text: str) -> str:
    if len(value) > limit:
        return f"must be no more than {limit} bytes"
    return "" if re.fullmatch(pattern, value) else text


def dns_label_error(name: str) -> str:
    """Check a name of a namespace or another RFC 1123 label."""
    return _limited(name, _LABEL, 63, _LABEL_TEXT)


def dns_1035_label_error(name: str) -> str:
    """Check a name of a Service."""
    return _limited(name, _LABEL_1035, 63, _LABEL_1035_TEXT)


def dns_subdomain_error(name: str) -> str:
    """Check the name of an object of most kinds."""
    return _limited(name, _SUBDOMAIN, 253, _SUBDOMAIN_TEXT)


def path_segment_error(name: str) -> str:
    """Check a name of an RBAC object: anything that can stand in a URL."""
    if name in {".", ".."}:
        return f"may not be '{name}'"
    return next((f"may not contain '{bad}'" for bad in "/%" if bad in name), "")


def config_key_error(key: str) -> str:
    """Check a key of the data of a Secret or a ConfigMap."""
    error = _limited(key, _CONFIG_KEY, 253, _CONFIG_KEY_TEXT)
    if error:
        return error
    if key in {".", ".."}:
        return f"must not be '{key}'"
    return "must not start with '..'" if key.startswith("..") else ""


def label_key_error(key: str) -> str:
    """Check the key of a label, an annotation or a finalizer: a name with an optional DNS prefix."""
    prefix, slash, name = key.rpartition("/")
    if slash and (not prefix or "/" in prefix):
        return "prefix part must be non-empty" if not prefix else _QUALIFIED_TEXT
    if prefix and dns_subdomain_error(prefix):
        return f"prefix part {dns_subdomain_error(prefix)}"
    if not name:
        return "name part must be non-empty"
    if len(name) > 63:
        return "name part must be no more than 63 bytes"
    return "" if re.fullmatch(_QUALIFIED, name) else _QUALIFIED_TEXT


def label_value_error(value: str) -> str:
    """Check the value of a label."""
    return _limited(value, _LABEL_VALUE, 63, _LABEL_VALUE_TEXT)


def generate(prefix: str, dice: random.Random) -> str:
    """Return a name for a `generateName` prefix, cut so that the suffix fits."""
    suffix = "".join(dice.choices(_SUFFIX_ALPHABET, k=_SUFFIX_LENGTH))
    return prefix[: _GENERATED_LIMIT - _SUFFIX_LENGTH] + suffix
