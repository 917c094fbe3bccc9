"""What is sent for one reference: the templates of a store, rendered.

``.remoteRef`` has key, version, property and namespace, and is not there for a generator; each entry of ``secrets`` has
its keys. Only in the URL are key, version and property escaped, as in a form. Pure but for the engine's clock and
randomness; runs in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Reference
from secrets_operator.provider.templates import Templates
from secrets_operator.resources.providers.webhook import WebhookProvider as Settings

_ESCAPED = ("key", "version", "property")

Secrets = Mapping[str, Mapping[str, SecretBytes]]
Values = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """One request; none of it is shown, since each part may hold a secret.

    ``writes`` says that it would not be made by a redirect that turns it into one that reads.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    json_path: str = field(default="", repr=False)
    writes: bool = False


class Rendering:
    """Renders the templates of one request; ``remote`` is ``.remoteRef``, and ``escaped`` are its names in the URL."""

    def __init__(
        self, settings: Settings, templates: Templates, secrets: Secrets, remote: Values, *, escaped: frozenset[str]
    ) -> None:
        self._settings = settings
        self._account = templates.account()
        self._plain = _data(remote, secrets)
        in_url = {name: quote_plus(value).encode() for name, value in remote.items() if name in escaped}
        self._in_url = _data({**remote, **in_url}, secrets)

    def url(self) -> str:
        """Return the URL; this and the others raise InvalidSpec naming the field that fails."""
        return _text(self._render(self._settings.url, "url", self._in_url), "url")

    def headers(self) -> dict[str, str]:
        """Return the headers."""
        written = self._settings.headers.items()
        return {name: _line(self._render(text, f"headers.{name}"), name) for name, text in written}

    def body(self) -> bytes:
        """Return the body."""
        return self._render(self._settings.body, "body")

    def json_path(self) -> str:
        """Return the path of the value in the answer."""
        where = "result.jsonPath"
        return _text(self._render(self._settings.result.json_path or "", where), where).strip()

    def _render(self, source: str, where: str, data: Mapping[str, Values] | None = None) -> bytes:
        if "{{" not in source:
            return source.encode()
        return self._account.render(source, self._plain if data is None else data, field=where)


def request_for(settings: Settings, templates: Templates, reference: Reference | None, secrets: Secrets) -> Request:
    """Render everything, for no reference without ``.remoteRef``; raises InvalidSpec naming the field that fails."""
    rendering = Rendering(settings, templates, secrets, reader_of(reference), escaped=frozenset(_ESCAPED))
    return Request(
        method=settings.method or "GET",
        url=rendering.url(),
        headers=rendering.headers(),
        body=rendering.body(),
        json_path=rendering.json_path(),
    )


def reader_of(reference: Reference | None) -> dict[str, bytes]:
    """Return what ``.remoteRef`` has for a reference, nothing for none."""
    names = (*_ESCAPED, "namespace") if reference else ()
    return {name: encoded(getattr(reference, name)) for name in names}


def encoded(text: str) -> bytes:
    """Return text as templates take it."""
    return text.encode("utf-8", "replace")


def _data(remote: Values, secrets: Secrets) -> dict[str, Values]:
    revealed: dict[str, Values] = {
        name: {key: value.reveal() for key, value in keys.items()} for name, keys in secrets.items()
    }
    return {**revealed, "remoteRef": remote} if remote else revealed


def _text(printed: bytes, where: str) -> str:
    try:
        return printed.decode()
    except UnicodeDecodeError:
        raise InvalidSpec("what it prints is not UTF-8", field=where) from None


def _line(printed: bytes, name: str) -> str:
    text = _text(printed, f"headers.{name}")
    if any((ord(character) < 32 and character != "\t") or ord(character) == 127 for character in text):
        message = "what it prints is more than one line: cut the end of the line off, as in {{ .login.token | trim }}"
        raise InvalidSpec(message, field=f"headers.{name}")
    return text
