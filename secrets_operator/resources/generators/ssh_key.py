"""SSHKey: key pairs for SSH."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from secrets_operator.resources.model import Model
from secrets_operator.resources.resource import Resource

SSHKeyType = Literal["rsa", "ecdsa", "ed25519"]


class SSHKeySpec(Model):
    """What kind of key pair it is."""

    key_type: SSHKeyType = Field("rsa", description="Algorithm of the key. Default: rsa.")
    key_size: Annotated[StrictInt, Field(ge=256, le=8192)] | None = Field(
        None,
        description="Size of the key in bits: for rsa 1024 to 8192 (default 2048), for ecdsa 256, 384 or 521 "
        "(default 256); ed25519 has one size only.",
    )
    comment: str = Field("", description="Comment behind the public key. Default: none.")


class SSHKey(Resource):
    """Makes SSH key pairs."""

    kind: Literal["SSHKey"] = Field("SSHKey", description="Kind of this object.")
    spec: SSHKeySpec = Field(default_factory=SSHKeySpec, description="What kind of key pair it is.")
