"""The functions that templates can call, by dialect.

In: the ``FUNCTIONS`` of every module of ``functions/`` and the built-in ones. Out: one immutable map for each dialect.
Nothing here reads the environment, files or the network; ``env``, ``expandenv`` and ``getHostByName`` do not exist.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from secrets_operator.rendering.gotemplate import builtins
from secrets_operator.rendering.gotemplate.dialects import Dialect
from secrets_operator.rendering.gotemplate.function import Function, FunctionMap
from secrets_operator.rendering.gotemplate.functions import (
    aes_text,
    certificates,
    copying,
    dates,
    decimals,
    defaults,
    dicts,
    encoding,
    hashes,
    json_text,
    jwk,
    lists,
    membership,
    merging,
    numbers,
    passwords,
    paths,
    pem_filters,
    pkcs12,
    private_keys,
    random_text,
    reflection,
    regexes,
    rsa_decryption,
    sequences,
    splitting,
    string_case,
    texts,
    trimming,
    urls,
    versions,
    word_case,
    wrapping,
    yaml_text,
)

_MODULES: Final = (
    builtins,
    aes_text,
    certificates,
    copying,
    dates,
    decimals,
    defaults,
    dicts,
    encoding,
    hashes,
    json_text,
    jwk,
    lists,
    membership,
    merging,
    numbers,
    passwords,
    paths,
    pem_filters,
    pkcs12,
    private_keys,
    random_text,
    reflection,
    regexes,
    rsa_decryption,
    sequences,
    splitting,
    string_case,
    texts,
    trimming,
    urls,
    versions,
    word_case,
    wrapping,
    yaml_text,
)
_ONLY_EXTERNAL_SECRETS: Final = frozenset(
    {
        "hexdec",
        "pkcs12key",
        "pkcs12keyPass",
        "pkcs12cert",
        "pkcs12certPass",
        "pemToPkcs12",
        "pemToPkcs12Pass",
        "fullPemToPkcs12",
        "fullPemToPkcs12Pass",
        "pemTruststoreToPKCS12",
        "pemTruststoreToPKCS12Pass",
        "filterPEM",
        "filterCertChain",
        "certSANs",
        "jwkPublicKeyPem",
        "jwkPrivateKeyPem",
        "rsaDecrypt",
        "toYaml",
        "fromYaml",
    }
)
"""What External Secrets Operator adds to Sprig 3.3.0."""


def _all() -> dict[str, Function]:
    return {function.name: function for module in _MODULES for function in module.FUNCTIONS}


def _sealed_secrets() -> dict[str, Function]:
    functions = {name: function for name, function in _all().items() if name not in _ONLY_EXTERNAL_SECRETS}
    functions["htpasswd"] = passwords.SPRIG_3_3_0_HTPASSWD
    return functions


EXTERNAL_SECRETS_FUNCTIONS: Final[FunctionMap] = MappingProxyType(_all())
"""Sprig 3.3.1 (as External Secrets Operator ships it) and that operator's own functions."""
SEALED_SECRETS_FUNCTIONS: Final[FunctionMap] = MappingProxyType(_sealed_secrets())
"""The generic functions of Sprig 3.3.0."""


def functions_of(dialect: Dialect) -> FunctionMap:
    """Return the functions of a dialect by name."""
    return SEALED_SECRETS_FUNCTIONS if dialect.sealed else EXTERNAL_SECRETS_FUNCTIONS
