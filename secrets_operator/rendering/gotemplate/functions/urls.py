"""Sprig's urlParse and urlJoin: a URL as a dict of its parts, and back.

In: a URL, or a dict of scheme, host, path, query, opaque, fragment, userinfo. Out: the dict and hostname, or the URL.
"""

from __future__ import annotations

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.url_parsing import Url, parse, parse_userinfo
from secrets_operator.rendering.gotemplate.gotypes import ANY_MAP, STRING
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import GoMap, any_map, kind_of

_COST_PER_BYTE = 80
"""What a byte that is escaped costs on the way."""


def _url_parse(ctx: Context, text: bytes) -> GoMap:
    ctx.charge(_COST_PER_BYTE * len(text))
    ctx.step(len(text) >> 4)
    url = parse(text)
    return any_map(
        {
            b"scheme": url.scheme,
            b"host": url.host,
            b"hostname": url.hostname,
            b"path": url.path,
            b"query": url.query,
            b"opaque": url.opaque,
            b"fragment": url.fragment,
            b"userinfo": url.userinfo or b"",
        }
    )


def _url_join(ctx: Context, parts: GoMap) -> bytes:
    names = (b"scheme", b"opaque", b"userinfo", b"host", b"path", b"query", b"fragment")
    scheme, opaque, userinfo, host, path, query, fragment = (_text(parts, name) for name in names)
    size = sum(map(len, (opaque, userinfo, host, path, query, fragment)))
    ctx.charge(_COST_PER_BYTE * size)
    ctx.step(size >> 4)
    written = parse_userinfo(userinfo) if userinfo else None
    return bytes(Url(scheme, opaque, written, host, path, query, fragment))


def _text(parts: GoMap, name: bytes) -> bytes:
    value = parts.entries.get(name, b"")
    if not isinstance(value, bytes):
        raise FunctionError(f"unable to parse {name.decode()} key, must be of type string, but {kind_of(value)} found")
    return value


FUNCTIONS: tuple[Function, ...] = (
    Function("urlParse", (STRING,), _url_parse),
    Function("urlJoin", (ANY_MAP,), _url_join),
)
