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


@dataclass(frozen=True, slots=True)
class Request:
    """One request; none of it is shown, since each part may hold a secret."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    json_path: str = field(repr=False)


def request_for(settings: Settings, templates: Templates, reference: Reference | None, secrets: Secrets) -> Request:
    """Render everything, for no reference without ``.remoteRef``; raises InvalidSpec naming the field that fails."""
    account = templates.account()
    reader = {name: getattr(reference, name) for name in (*_ESCAPED, "namespace")} if reference else {}
    plain = _data(reader, secrets)
    escaped = _data(reader | {name: quote_plus(reader[name]) for name in _ESCAPED if name in reader}, secrets)

    def render(source: str, where: str, data: Mapping[str, Mapping[str, bytes]] = plain) -> bytes:
        return account.render(source, data, field=where) if "{{" in source else source.encode()

    return Request(
        method=settings.method or "GET",
        url=_text(render(settings.url, "url", escaped), "url"),
        headers={name: _line(render(text, f"headers.{name}"), name) for name, text in settings.headers.items()},
        body=render(settings.body, "body"),
        json_path=_text(render(settings.result.json_path or "", "result.jsonPath"), "result.jsonPath").strip(),
    )


def _data(reader: Mapping[str, str], secrets: Secrets) -> dict[str, dict[str, bytes]]:
    revealed = {name: {key: value.reveal() for key, value in keys.items()} for name, keys in secrets.items()}
    encoded = {name: text.encode("utf-8", "replace") for name, text in reader.items()}
    return revealed | ({"remoteRef": encoded} if encoded else {})


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
