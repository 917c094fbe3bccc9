"""Where a webhook may connect to. A store's URL is a user's text, and the operator stands inside the cluster.

A URL is checked before it is used, and so is each redirect. An address is checked at the moment a socket is made for
it, so that a name which resolves to something else the next time gains nothing.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from yarl import URL

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider.http_limits import Limits

Address = IPv4Address | IPv6Address

NOT_ALLOWED = (
    "the address is link-local or a cloud's metadata service: the operator's administrator can allow it "
    "(SECRETS_OPERATOR_WEBHOOK_ALLOW_ADDRESSES)"
)
# Link-local, where clouds answer with credentials of the node; and the addresses outside it where some do so too.
_GUARDED = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::/32",  # AWS over IPv6
        "fd20:ce::/32",  # Google Cloud over IPv6
        "100.100.100.200/32",  # Alibaba Cloud
        "192.0.0.192/32",  # Oracle Cloud
        "168.63.129.16/32",  # Azure's wire server
    )
)
_NAT64 = ip_network("64:ff9b::/96")
_LONGEST_URL = 8192
# A name, or an address with or without a zone. What needs decoding first is none.
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9]+)?")

_refused: ContextVar[list[bool]] = ContextVar("refused")


class Guard:
    """Applies the limits of the administrator."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def url(self, text: str) -> URL:
        """Return a URL that may be asked, as the client will read it; raises InvalidSpec."""
        try:
            url = URL(_escaped(text), encoded=True)
            host, port = url.raw_host or "", url.port
        except ValueError:
            host, port = "", None
        if len(text) > _LONGEST_URL or not _HOST.fullmatch(host) or host.isdigit() or not port:
            raise InvalidSpec("is not a URL such as https://api.example.com/v1", field="url")
        if url.scheme not in self._limits.schemes:
            raise InvalidSpec(f"must begin with {' or '.join(self._limits.schemes)}", field="url")
        if not self._knows(host.lower().rstrip("."), port):
            message = "the host is not among those that the operator's administrator allows"
            raise InvalidSpec(f"{message} (SECRETS_OPERATOR_WEBHOOK_HOSTS)", field="url")
        return url

    def allows(self, address: str) -> bool:
        """Tell whether a connection to an address may be made."""
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        forms = set(_forms(found))
        guarded = any(form in network for form in forms for network in _GUARDED)
        return not guarded or any(form in network for form in forms for network in self._limits.allowed_networks)

    def socket_for(self, info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for one resolved address, as aiohttp asks for it; raises PermissionError."""
        family, kind, protocol, _, address = info
        if not self.allows(str(address[0])):
            refused = _refused.get(None)
            if refused is not None:
                refused.append(True)
            raise PermissionError(NOT_ALLOWED)
        return socket.socket(family, kind, protocol)

    def _knows(self, host: str, port: int) -> bool:
        if not self._limits.hosts:
            return True
        for pattern in self._limits.hosts:
            name, separator, wanted = pattern.rpartition(":")
            if not separator or not wanted.isdigit():
                name, wanted = pattern, ""
            matches = host.endswith(name[1:]) if name.startswith("*.") else host == name.strip("[]")
            if matches and wanted in ("", str(port)):
                return True
        return False


@contextmanager
def noting_refusals() -> Iterator[list[bool]]:
    """Yield a list that fills when sockets are refused below, of which the client says only that it cannot connect."""
    found: list[bool] = []
    token = _refused.set(found)
    try:
        yield found
    finally:
        _refused.reset(token)


def _forms(address: Address) -> Iterator[Address]:
    """Yield an address and the IPv4 addresses that it stands for."""
    yield address
    if isinstance(address, IPv6Address):
        embedded = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        yield from (one for one in embedded if one is not None)
        if address in _NAT64:
            yield IPv4Address(int(address) & 0xFFFFFFFF)


def _escaped(text: str) -> str:
    """Escape what no URL may hold and Go's client escapes, such as spaces; refuse what parsers disagree about."""
    if any(ord(character) < 32 or ord(character) == 127 or character == "\\" for character in text):
        raise ValueError(text)
    return "".join(
        character if 32 < ord(character) < 127 and character not in '"<>^`{|}' else _percent(character)
        for character in text
    )


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
