"""What a login method gives and what it may use. ``authentication`` sends what is given here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Host
from secrets_operator.resources.references import SecretKeySelector


@dataclass(frozen=True, slots=True)
class StaticToken:
    """A token that somebody else made: there is nothing to send, to renew or to revoke."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is written to the API path of a login, such as ``auth/approle/login``. No value of it may ever show."""

    path: str
    body: Mapping[str, str] = field(repr=False)


class GoogleServices(NamedTuple):
    """Where the services of Google Cloud are that exchange and sign tokens."""

    tokens: str = "https://sts.googleapis.com"
    signatures: str = "https://iamcredentials.googleapis.com"


class Surroundings(NamedTuple):
    """The operator's own environment: variables, the token of its service account, and addresses of the cloud."""

    environ: Mapping[str, str]
    mounted_token: Path = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
    google: GoogleServices = GoogleServices()


class Means(NamedTuple):
    """What a login method may use."""

    host: Host
    server: str
    surroundings: Surroundings


def mounted_at(path: str) -> str:
    """Return the API path of a login method's mount."""
    return f"auth/{path.strip('/')}"


async def line_of(selector: SecretKeySelector, means: Means, path: str) -> str:
    """Return one key of a Secret as one line of ASCII text; raises InvalidSpec, and what the host raises."""
    # Tokens and ids have no spaces; a Secret made from a file often ends in a line break, which no header may hold.
    text = (await text_of(selector, means, path)).strip()
    if not text or not text.isascii() or not text.isprintable():
        raise InvalidSpec("the Secret does not hold one line of ASCII text there", field=path)
    return text


async def text_of(selector: SecretKeySelector, means: Means, path: str, *, default_key: str = "") -> str:
    """Return one key of a Secret as it is; raises InvalidSpec where it is no text, and what the host raises."""
    raw = selector.model_dump(by_alias=True, exclude_none=True)
    if default_key:
        raw.setdefault("key", default_key)
    try:
        return (await means.host.secret_value(raw, field=path)).reveal().decode()
    except UnicodeDecodeError:
        # The error itself holds the bytes.
        raise InvalidSpec("the Secret does not hold text there", field=path) from None
