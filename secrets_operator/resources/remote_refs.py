"""What to read at a provider: one secret (RemoteRef), or all that match (Find)."""

from __future__ import annotations

from pydantic import Field

from secrets_operator.resources.model import Model
from secrets_operator.resources.policies import ConversionStrategy, DecodingStrategy, MetadataPolicy, NullBytePolicy

_CONVERSION = (
    "How characters that a Secret key may not have are replaced: by _ (Default) or by their code point (Unicode). "
    "Default: Default."
)
_DECODING = "How each value is decoded; Auto leaves alone what does not decode. Default: None."
_NULL_BYTES = "Whether a value with a zero byte in it fails the sync. Default: Ignore."


class RemoteRef(Model):
    """One secret at the provider, and how to read it."""

    key: str = Field(description="Name, path or ARN of the secret at the provider.")
    property: str | None = Field(None, description="Path of one value inside the secret, such as db.password.")
    version: str | None = Field(None, description="Version of the secret. Default: the latest.")
    metadata_policy: MetadataPolicy = Field(
        "None", description="Fetch reads the tags or labels of the secret instead of its value. Default: None."
    )
    conversion_strategy: ConversionStrategy = Field("Default", description=_CONVERSION)
    decoding_strategy: DecodingStrategy = Field("None", description=_DECODING)
    null_byte_policy: NullBytePolicy = Field("Ignore", description=_NULL_BYTES)


class FindName(Model):
    """A condition on the names of secrets."""

    regexp: str | None = Field(
        None, description="Regular expression (RE2), searched for anywhere in the name; anchor it with ^ and $."
    )


class Find(Model):
    """All secrets that match."""

    path: str | None = Field(None, description="Where to start searching. Default: the root of the store.")
    name: FindName | None = Field(None, description="Condition on the name.")
    tags: dict[str, str] = Field(default_factory=dict, description="Tags that a secret must have.")
    conversion_strategy: ConversionStrategy = Field("Default", description=_CONVERSION)
    decoding_strategy: DecodingStrategy = Field("None", description=_DECODING)
    null_byte_policy: NullBytePolicy = Field("Ignore", description=_NULL_BYTES)
