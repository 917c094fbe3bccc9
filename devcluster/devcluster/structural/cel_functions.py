"""Functions that Kubernetes adds to CEL: text, lists, URLs, quantities and addresses.

Values of types that CEL does not have (URL, quantity, IP, CIDR) are maps with one private key. Errors carry no
value, since the library writes them to its log.
"""

from __future__ import annotations

import functools
import ipaddress
import itertools
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import cel
from cel import stdlib

from devcluster.structural.quantities import parse_quantity
from devcluster.structural.scalar_checks import compile_pattern

NAMESPACES: Final = frozenset({"math", "sets", "base64", "strings", "lists", "optional"})
_URL, _QUANTITY, _IP, _CIDR = "net.URL", "kubernetes.Quantity", "net.IP", "net.CIDR"


def _size(value: Any) -> int:
    return len(value)


def _optional_field(value: Any, name: Any) -> Any:
    if isinstance(value, cel.OptionalValue):
        return _optional_field(value.value(), name) if value.has_value() else value
    if isinstance(value, list):
        return cel.OptionalValue.of(value[name]) if 0 <= name < len(value) else cel.OptionalValue.none()
    return cel.OptionalValue.of(value[name]) if name in value else cel.OptionalValue.none()


def _succeeds(parse: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return check


def _url(text: str) -> dict[str, str]:
    parts = urlsplit(text)
    if not (parts.scheme and parts.netloc) and not text.startswith("/"):
        raise ValueError("URL parse error")
    return {_URL: text}


def _of_url(read: Callable[[Any], Any]) -> Callable[[dict[str, str]], Any]:
    return lambda url: read(urlsplit(url[_URL]))


def _host(parts: Any) -> str:
    return str(parts.netloc.rpartition("@")[2])


def _quantity(text: str) -> dict[str, str]:
    return {_QUANTITY: str(parse_quantity(text))}


def _number(quantity: Any) -> Decimal:
    return Decimal(quantity[_QUANTITY]) if isinstance(quantity, dict) else Decimal(quantity)


def _compare(left: Any, right: Any) -> int:
    difference = _number(left) - _number(right)
    return (difference > 0) - (difference < 0)


def _address(text: str, parse: Callable[[str], Any]) -> Any:
    """Parse an address; the standard library's error would quote it."""
    try:
        return parse(text)
    except ValueError:
        raise ValueError("not an IP address or CIDR") from None


def _ip(text: str) -> dict[str, str]:
    return {_IP: str(_address(text, ipaddress.ip_address))}


def _cidr(text: str) -> dict[str, str]:
    return {_CIDR: str(_address(text, ipaddress.ip_interface))}


def _network(value: Any) -> Any:
    return _address(value[_CIDR] if isinstance(value, dict) else value, ipaddress.ip_interface).network


def _family(value: Any) -> int:
    return ipaddress.ip_interface(value.get(_IP) or value.get(_CIDR)).version


def _contains_ip(network: Any, address: Any) -> bool:
    found = _address(address[_IP] if isinstance(address, dict) else address, ipaddress.ip_address)
    return found in _network(network)


def _find(text: str, pattern: str) -> str:
    found = compile_pattern(pattern).search(text)
    return str(found[0]) if found else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    found = [match[0] for match in compile_pattern(pattern).finditer(text)]
    return found if limit < 0 else found[:limit]


def _position(value: Any, item: Any, *rest: Any, last: bool = False) -> int:
    if isinstance(value, str):
        return int((stdlib.last_index_of if last else stdlib.index_of)(value, item, *rest))
    places = [index for index, one in enumerate(value) if one == item]
    return (places[-1] if last else places[0]) if places else -1


def _formatted(text: str, values: list[Any]) -> str:
    """Fill in ``%s``, ``%d``, ``%f``, ``%.2f``, ``%e``, ``%b``, ``%o``, ``%x`` and ``%X``."""
    remaining = iter(values)

    def fill(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        value = next(remaining, None)
        if found[2] == "s":
            return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        if found[2] in "fe":
            return format(value, f"{found[1] or '.6'}{found[2]}")
        return format(value, found[2])

    return re.sub(r"%(?:%|(\.\d+)?([sdfebxXo]))", fill, text)


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **stdlib.STDLIB_FUNCTIONS,
    "sizeOf": _size,
    "optionalField": _optional_field,
    "optionalIndex": _optional_field,
    "format": _formatted,
    "find": _find,
    "findAll": _find_all,
    "indexOf": _position,
    "lastIndexOf": functools.partial(_position, last=True),
    "isSorted": lambda items: all(left <= right for left, right in itertools.pairwise(items)),
    "isURL": _succeeds(_url),
    "url": _url,
    "getScheme": _of_url(lambda parts: parts.scheme),
    "getHost": _of_url(_host),
    "getHostname": _of_url(lambda parts: parts.hostname or ""),
    "getPort": _of_url(lambda parts: str(parts.port or "")),
    "getEscapedPath": _of_url(lambda parts: parts.path),
    "getQuery": _of_url(lambda parts: parse_qs(parts.query, keep_blank_values=True)),
    "isQuantity": _succeeds(parse_quantity),
    "quantity": _quantity,
    "sign": lambda one: _compare(one, 0),
    "isGreaterThan": lambda left, right: _compare(left, right) > 0,
    "isLessThan": lambda left, right: _compare(left, right) < 0,
    "compareTo": _compare,
    "isInteger": lambda one: _number(one) == _number(one).to_integral_value(),
    "asInteger": lambda one: int(_number(one)),
    "asApproximateFloat": lambda one: float(_number(one)),
    "add": lambda left, right: {_QUANTITY: str((_number(left) + _number(right)).normalize())},
    "sub": lambda left, right: {_QUANTITY: str((_number(left) - _number(right)).normalize())},
    "isIP": _succeeds(ipaddress.ip_address),
    "ip": _ip,
    "isCIDR": _succeeds(ipaddress.ip_interface),
    "cidr": _cidr,
    "family": _family,
    "containsIP": _contains_ip,
    "containsCIDR": lambda network, other: _network(other).subnet_of(_network(network)),
    "prefixLength": lambda network: _network(network).prefixlen,
}
