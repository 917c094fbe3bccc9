"""Parses ACL policies, written in HCL or in JSON, into path rules.

What the stand-in does not act on (parameter constraints, templated paths, control groups) is refused, never ignored.
Source: https://developer.hashicorp.com/vault/docs/concepts/policies
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devvault.errors import VaultError, bad_request

CAPABILITIES = frozenset({"create", "read", "update", "patch", "delete", "list", "sudo", "deny"})
_LEGACY = {
    "deny": {"deny"},
    "read": {"read", "list"},
    "write": {"create", "read", "update", "delete", "list"},
    "sudo": {"create", "read", "update", "delete", "list", "sudo"},
}
_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<name>[A-Za-z_][\w.-]*)
      | (?P<number>-?\d+)
      | (?P<mark>[{}\[\]=,])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class PathRule:
    """The capabilities that a policy gives on one path pattern."""

    path: str
    capabilities: frozenset[str]


def parse_policy(text: str) -> tuple[PathRule, ...]:
    """Parse a policy. Raises VaultError 400 naming what is wrong with it."""
    blocks = _json_blocks(text) if text.lstrip().startswith("{") else _Parser(text).blocks()
    return tuple(_rule(path, body) for path, body in blocks)


def _failure(reason: str) -> VaultError:
    return bad_request(f"failed to parse policy: {reason}")


def _json_blocks(text: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        paths = json.loads(text).get("path", {})
        return [(path, dict(body)) for path, body in paths.items()]
    except (ValueError, AttributeError, TypeError):
        raise _failure("not valid JSON of the form {path: {PATTERN: {capabilities: [...]}}}") from None


def _rule(path: str, body: dict[str, Any]) -> PathRule:
    if "+*" in path:
        raise _failure(f"path {path!r}: invalid use of wildcards ('+*' is forbidden)")
    if "{{" in path:
        raise _failure(f"path {path!r}: devvault does not resolve templated paths")
    if unknown := sorted(set(body) - {"capabilities", "policy", "comment"}):
        raise _failure(f"path {path!r}: devvault does not act on {', '.join(unknown)}")
    return PathRule(path.removeprefix("/"), frozenset(_capabilities(path, body)))


def _capabilities(path: str, body: dict[str, Any]) -> set[str]:
    legacy = body.get("policy")
    if legacy is not None and legacy not in _LEGACY:
        raise _failure(f"path {path!r}: invalid policy {legacy!r}")
    given = body.get("capabilities", [])
    if not isinstance(given, list) or (unknown := [name for name in given if name not in CAPABILITIES]):
        raise _failure(f"path {path!r}: invalid capability {unknown[0]!r}" if isinstance(given, list) else "not a list")
    found = set(given) | (_LEGACY[legacy] if legacy else set())
    return {"deny"} if "deny" in found else found


class _Parser:
    """Reads the part of HCL that policies are written in: `path "pattern" { name = value }`."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def blocks(self) -> list[tuple[str, dict[str, Any]]]:
        """Return every path block in order."""
        found = []
        while self._at < len(self._tokens):
            self._expect("path")
            found.append((self._string(), self._body()))
        return found

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise _failure("unexpected end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _expect(self, wanted: str) -> None:
        found = self._next()
        if found.strip('"') != wanted:
            raise _failure(f"expected {wanted!r}, found {found!r}")

    def _string(self) -> str:
        token = self._next()
        if not token.startswith('"'):
            raise _failure(f"expected a quoted string, found {token!r}")
        try:
            return str(json.loads(token))
        except ValueError:
            raise _failure(f"invalid string {token}") from None

    def _body(self) -> dict[str, Any]:
        body: dict[str, Any] = {}
        self._expect("{")
        while self._peek() != "}":
            name = self._next().strip('"')
            if self._peek() == "=":
                self._next()
            body[name] = self._value()
            if self._peek() == ",":
                self._next()
        self._expect("}")
        return body

    def _value(self) -> Any:
        if self._peek() == "{":
            return self._body()
        if self._peek() != "[":
            return self._string() if self._peek().startswith('"') else self._next()
        self._next()
        items: list[Any] = []
        while self._peek() != "]":
            items.append(self._value())
            if self._peek() == ",":
                self._next()
        self._next()
        return items


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _failure(f"unexpected character {text[at]!r}")
        if found.lastgroup != "space":
            yield found.group()
        at = found.end()
