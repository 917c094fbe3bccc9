"""Likely mistakes in what is to be sealed, as sentences that show no value.

In: a Secret of the input, one value, or a certificate. Out: what to look at; none of it keeps anything from being
sealed. Neighbours: ``input_secrets``, ``certificates``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.errors import BadBase64Error
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.input_secrets import InputSecret
from secrets_operator.sealing.yaml_scalars import Rewritten

SOON = timedelta(days=30)
"""A certificate that expires within this time is about to: kubeseal refuses it from then on."""

_FIELDS = {"kind", "apiVersion", "metadata", "type", "immutable", "data", "stringData"}
_STRINGS = (("metadata", "name"), ("metadata", "namespace"), ("type",))
_STRING_MAPS = (("data",), ("stringData",), ("metadata", "labels"), ("metadata", "annotations"))


def input_advice(secret: InputSecret) -> Iterator[str]:
    """Yield what is odd about a Secret: fields it cannot have, text that YAML changed, line breaks that end values."""
    for name in secret.manifest:
        if name not in _FIELDS:
            yield f"a Secret has no field {name}: it is left out"
    for rewritten in secret.rewritten:
        yield from _rewritten_advice(rewritten)
    for member in ("data", "stringData"):
        for item, value in _values(secret.manifest, member):
            if ends_with_stray_line_break(value):
                yield f"{member}[{item}] ends with a line break, which becomes part of the value"


def ends_with_stray_line_break(value: SecretBytes) -> bool:
    """Tell whether a value is one line with a line break: what ``echo`` leaves, and what keys and files end with not.

    Text of several lines ends with one as a rule.
    """
    return value.reveal().find(b"\n") == len(value.reveal()) - 1 and len(value.reveal()) > 1


def certificate_advice(certificate: x509.Certificate, *, now: datetime) -> str:
    """Return what to do about a certificate that expires soon; empty for one that does not."""
    left = certificate.not_valid_after_utc - now
    if left > SOON:
        return ""
    return f"the certificate expires in {left.days} days: fetch the newest one"


def _rewritten_advice(rewritten: Rewritten) -> Iterator[str]:
    *place, last = rewritten.path
    where = ".".join(place)
    in_map = tuple(place) in _STRING_MAPS
    if rewritten.is_key and in_map:
        yield f'line {rewritten.line}: a key of {where}, written otherwise, is "{last}" to YAML: put it in quotes'
    elif not rewritten.is_key and (in_map or rewritten.path in _STRINGS):
        field = f"{where}[{last}]" if in_map else ".".join(rewritten.path)
        yield f"line {rewritten.line}: to YAML {field} is another text than is written: put it in quotes"


def _values(manifest: Object, member: str) -> Iterator[tuple[str, SecretBytes]]:
    for item, text in section(manifest, member).items():
        if isinstance(text, str):
            try:
                yield item, SecretBytes(decode_base64(text) if member == "data" else text.encode())
            except BadBase64Error:
                continue  # sealing refuses it by name
