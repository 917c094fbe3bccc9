"""Password: random passwords of a given make."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from secrets_operator.resources.formats import SecretKey
from secrets_operator.resources.model import Model
from secrets_operator.resources.resource import Resource

PasswordEncoding = Literal["raw", "base64", "base64url", "base32", "hex"]

DEFAULT_LENGTH = 24
# Of this the defaults of digits and symbols are a quarter each.
DEFAULT_SHARE = 4
# What the API server may hold in one Secret is far below; a typing error must not cost minutes of drawing.
_LONGEST = 65536


class PasswordSpec(Model):
    """How long a password is and what it is made of; what is neither digit nor symbol is a letter."""

    length: Annotated[StrictInt, Field(ge=0, le=_LONGEST)] = Field(
        DEFAULT_LENGTH, description="Number of characters before encoding. Default: 24."
    )
    digits: Annotated[StrictInt, Field(ge=0)] | None = Field(
        None, description="How many of them are digits. Default: a quarter of the length, rounded down."
    )
    symbols: Annotated[StrictInt, Field(ge=0)] | None = Field(
        None, description="How many of them are symbols. Default: a quarter of the length, rounded down."
    )
    symbol_characters: str | None = Field(
        None, description="The symbols to draw from. Default: all punctuation characters of ASCII but the quote '."
    )
    no_upper: StrictBool = Field(False, description="Use lower-case letters only. Default: false.")
    allow_repeat: StrictBool = Field(
        False, description="Let a character occur more than once; without it passwords stay short. Default: false."
    )
    secret_keys: tuple[SecretKey, ...] = Field(
        (),
        min_length=1,
        description="Keys of the Secret, each with a password of its own. Default: password.",
    )
    encoding: PasswordEncoding = Field("raw", description="How each password is encoded. Default: raw.")


class Password(Resource):
    """Makes random passwords."""

    kind: Literal["Password"] = Field("Password", description="Kind of this object.")
    spec: PasswordSpec = Field(default_factory=PasswordSpec, description="What the passwords are like.")
