"""The data of the Secret an ExternalSecret asks for, from the values that were fetched. Pure."""

from __future__ import annotations

from secrets_operator.flow import Fetched, SecretBytes
from secrets_operator.rendering.data_keys import check_keys, convert_keys


def secret_data(fetched: Fetched) -> dict[str, SecretBytes]:
    """Merge fetched values in the order of their reads: a later one wins.

    Raises InvalidSpec naming the entry whose keys no Secret can hold.
    """
    data: dict[str, SecretBytes] = {}
    for value in fetched.values:
        read = value.read
        if read.secret_key:
            data.update(value.data)
        else:
            converted = convert_keys(value.data, read.conversion, field=read.field)
            data.update(check_keys(converted, field=read.field))
    return data
