"""The data of the Secret an ExternalSecret asks for, from the values that were fetched. Pure.

What an entry of ``dataFrom`` brought is rewritten, else its keys are converted, and the keys are checked; then values
are decoded and looked through for zero bytes. An entry of ``data`` brings one value under a key of the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping

from secrets_operator.flow import Fetched, Read, SecretBytes, Value
from secrets_operator.rendering.allowance import Allowance
from secrets_operator.rendering.data_keys import check_keys, convert_keys
from secrets_operator.rendering.decoding import decode
from secrets_operator.rendering.null_bytes import check_null_bytes
from secrets_operator.rendering.rewriting import Transform, rewrite_keys


def secret_data(fetched: Fetched, *, transform: Transform | None = None) -> dict[str, SecretBytes]:
    """Merge fetched values in the order of their reads: a later one wins.

    ``transform`` renders the templates of ``rewrite.transform``. Raises InvalidSpec naming the entry whose keys or
    values cannot be what it asks for.
    """
    data: dict[str, SecretBytes] = {}
    allowance = Allowance()
    for value in fetched.values:
        keyed = value.data if value.read.secret_key else _keyed(value, transform, allowance)
        data.update(_decoded(keyed, value.read))
    return data


def _keyed(value: Value, transform: Transform | None, allowance: Allowance) -> dict[str, SecretBytes]:
    """Return what was spread under the keys it gets in the Secret."""
    read, field = value.read, value.read.field
    if read.rewrite:
        # As in External Secrets Operator: whoever rewrites keys sees to it that a Secret can hold them.
        path = f"{field.partition(']')[0]}].rewrite"
        keyed = rewrite_keys(value.data, read.rewrite, field=path, transform=transform, allowance=allowance)
    elif read.generator is not None:
        keyed = dict(value.data)
    else:
        keyed = convert_keys(value.data, read.conversion, field=field)
    return check_keys(keyed, field=field)


def _decoded(data: Mapping[str, SecretBytes], read: Read) -> dict[str, SecretBytes]:
    decoded = {
        key: decode(value, read.decoding, key=key, field=f"{read.field}.decodingStrategy")
        for key, value in data.items()
    }
    check_null_bytes(decoded, read.null_bytes, field=f"{read.field}.nullBytePolicy")
    return decoded
