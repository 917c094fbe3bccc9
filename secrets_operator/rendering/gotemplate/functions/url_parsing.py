"""URLs taken apart and put together as Go's net/url does (with the checks of hosts that Go 1.26 makes).

In: byte strings. Out: ``Url``; raises FunctionError without repeating the URL, which may hold a password.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.functions.url_escaping import Part, escape, unescape

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*):")
_USERINFO = re.compile(rb"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_PORT = re.compile(rb"(?::[0-9]*)?")
_BRACKETED = re.compile(rb"\[(.*)\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL: ``path``, ``host`` and ``fragment`` decoded, ``userinfo`` and ``query`` as written."""

    scheme: bytes = b""
    opaque: bytes = b""
    userinfo: bytes | None = None
    host: bytes = b""
    path: bytes = b""
    query: bytes = b""
    fragment: bytes = b""

    @property
    def hostname(self) -> bytes:
        """The host without port and brackets."""
        head, colon, port = self.host.rpartition(b":")
        host = head if colon and _PORT.fullmatch(colon + port) else self.host
        bracketed = _BRACKETED.fullmatch(host)
        return bracketed[1] if bracketed else host

    def __bytes__(self) -> bytes:
        """Return the URL as text, what needs it percent-encoded."""
        url = self.scheme + b":" if self.scheme else b""
        url += self.opaque or self._hierarchical_part(has_scheme=bool(self.scheme))
        url += b"?" + self.query if self.query else b""
        return url + (b"#" + escape(self.fragment, Part.FRAGMENT) if self.fragment else b"")

    def _hierarchical_part(self, *, has_scheme: bool) -> bytes:
        text = b""
        if self.host or self.userinfo is not None or (has_scheme and self.path):
            text = b"//"
        if self.userinfo is not None:
            text += self.userinfo + b"@"
        text += escape(self.host, Part.HOST)
        path = self.path if self.path == b"*" else escape(self.path, Part.PATH)
        if path and not path.startswith(b"/") and self.host:
            text += b"/"
        # A colon in the first segment would be taken for the end of a scheme.
        if not text and not has_scheme and b":" in path.partition(b"/")[0]:
            text = b"./"
        return text + path


def parse(text: bytes) -> Url:
    """Take a URL apart; raise FunctionError when it is none."""
    before, _, fragment = text.partition(b"#")
    if _CONTROL.search(before):
        raise FunctionError("invalid control character in URL")
    scheme, rest = _scheme(before)
    rest, _, query = rest.partition(b"?")
    decoded_fragment = unescape(fragment, Part.FRAGMENT)
    if scheme and not rest.startswith(b"/"):
        return Url(scheme, opaque=rest, query=query, fragment=decoded_fragment)
    if not scheme and b":" in rest.partition(b"/")[0]:
        raise FunctionError("first path segment in URL cannot contain colon")
    userinfo, host = None, b""
    if rest.startswith(b"//") and (scheme or not rest.startswith(b"///")):
        authority, slash, path = rest[2:].partition(b"/")
        rest = slash + path
        userinfo, host = _authority(scheme, authority)
    path = unescape(rest, Part.PATH)
    return Url(scheme, userinfo=userinfo, host=host, path=path, query=query, fragment=decoded_fragment)


def parse_userinfo(text: bytes) -> bytes | None:
    """Return user and password as a URL has them; ``None`` when a mark in them ends the authority before its @."""
    return parse(b"proto://" + text + b"@host").userinfo


def _scheme(text: bytes) -> tuple[bytes, bytes]:
    if text.startswith(b":"):
        raise FunctionError("missing protocol scheme")
    found = _SCHEME.match(text)
    return (found[1].lower(), text[found.end() :]) if found else (b"", text)


def _authority(scheme: bytes, authority: bytes) -> tuple[bytes | None, bytes]:
    userinfo, at, host = authority.rpartition(b"@")
    decoded_host = _host(scheme, host)
    if not at:
        return None, decoded_host
    if not _USERINFO.fullmatch(userinfo):
        raise FunctionError("invalid userinfo in URL")
    user, colon, password = (
        unescape(part, Part.USERINFO) if part != b":" else part for part in userinfo.partition(b":")
    )
    return escape(user, Part.USERINFO) + colon + escape(password, Part.USERINFO), decoded_host


def _host(scheme: bytes, host: bytes) -> bytes:
    bracket = host.rfind(b"[")
    if bracket > 0:
        raise FunctionError("invalid IP literal in URL")
    if bracket == 0:
        return _ip_literal(host)
    # Hosts in a row are a habit of databases; of http only one port is accepted.
    colon = host.find(b":") if scheme in {b"http", b"https"} else host.rfind(b":")
    if colon >= 0:
        _check_port(host[colon:])
    return unescape(host, Part.HOST)


def _ip_literal(host: bytes) -> bytes:
    literal, bracket, port = host[1:].rpartition(b"]")
    if not bracket:
        raise FunctionError("missing ']' in host")
    _check_port(port)
    zone_at = literal.find(b"%25")
    address, zone = (literal, b"") if zone_at < 0 else (literal[:zone_at], literal[zone_at:])
    decoded = unescape(address, Part.HOST) + unescape(zone, Part.ZONE)
    if not _is_ipv6(decoded):
        raise FunctionError("invalid IP literal in URL")
    return b"[" + decoded + b"]" + port


def _check_port(port: bytes) -> None:
    if not _PORT.fullmatch(port):
        raise FunctionError("invalid port after host")


def _is_ipv6(text: bytes) -> bool:
    address, percent, zone = text.partition(b"%")
    try:
        ipaddress.IPv6Address(address.decode("latin-1"))
    except ValueError:
        return False
    return bool(zone) or not percent
