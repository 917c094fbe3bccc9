"""Versions as Masterminds/semver 3.4 reads and compares them, and as an object whose methods templates call.

In: byte strings. Out: ``Version`` (Go's ``*semver.Version``) and ``PlainVersion``, the value that IncMajor and its like
return, on which Go finds fewer methods. Neighbour: ``version_constraints``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, Final

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import STRING, GoType, pointer_to
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import ByteSlice, Stringer, Typed, Uint64

_VALUE: Final = GoType("semver.Version", "struct")
VERSION: Final = pointer_to(_VALUE)
_LARGEST = (1 << 64) - 1
_IDENTIFIERS = rb"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*+"
_SYNTAX = re.compile(
    rb"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-(" + _IDENTIFIERS + rb"))?(?:\+(" + _IDENTIFIERS + rb"))?"
)
_PRERELEASE = re.compile(rb"(?:" + _IDENTIFIERS + rb")?")


@dataclass(frozen=True, slots=True)
class Parts:
    """A version taken apart."""

    major: int
    minor: int
    patch: int
    prerelease: bytes = b""
    metadata: bytes = b""

    def __bytes__(self) -> bytes:
        """Return the version in full: three numbers, and what is there of pre-release and metadata."""
        text = b"%d.%d.%d" % (self.major, self.minor, self.patch)
        text += b"-" + self.prerelease if self.prerelease else b""
        return text + (b"+" + self.metadata if self.metadata else b"")

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Major, minor and patch."""
        return self.major, self.minor, self.patch


class PlainVersion(Typed, Stringer):
    """A Go semver.Version: parts, and the text it was made from."""

    __slots__ = ("original", "parts")
    go_type = _VALUE
    methods: ClassVar[Mapping[str, Function]]

    def __init__(self, parts: Parts, original: bytes) -> None:
        self.parts = parts
        self.original = original

    def __eq__(self, other: object) -> bool:
        """Compare as Go compares the structs: every part and the original text."""
        if not isinstance(other, PlainVersion) or type(other) is not type(self):
            return NotImplemented
        return (self.parts, self.original) == (other.parts, other.original)

    def __hash__(self) -> int:
        """Hash what ``==`` compares."""
        return hash((self.parts, self.original))

    def go_string(self) -> bytes:
        """Return the version in full."""
        return bytes(self.parts)

    def text(self) -> bytes:
        """Return the version as it is written into JSON."""
        return bytes(self.parts)


class Version(PlainVersion):
    """A Go *semver.Version: ``==`` compares the pointers, deepEqual what they point to."""

    __slots__ = ()
    go_type = VERSION
    methods: ClassVar[Mapping[str, Function]]
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def pointee(self) -> PlainVersion:
        """The value that the pointer points to."""
        return PlainVersion(self.parts, self.original)


def parse_version(text: bytes) -> Version:
    """Read a version; minor and patch may be missing, a leading v is allowed, and so are leading zeros of numbers."""
    found = _SYNTAX.fullmatch(text)
    if found is None:
        raise FunctionError("invalid semantic version")
    major, minor, patch, prerelease, metadata = found.groups()
    numbers = [_number(digits or b"0") for digits in (major, minor, patch)]
    _check_prerelease(prerelease or b"")
    return Version(Parts(numbers[0], numbers[1], numbers[2], prerelease or b"", metadata or b""), text)


def _number(digits: bytes) -> int:
    # Beyond 20 digits a number of 64 bits is exceeded.
    number = int(digits.lstrip(b"0")[:21] or b"0")
    if number > _LARGEST:
        raise FunctionError("error parsing version segment: value out of range")
    return number


def _check_prerelease(text: bytes) -> None:
    if not _PRERELEASE.fullmatch(text):
        raise FunctionError("invalid prerelease string")
    if any(part.isdigit() and len(part) > 1 and part.startswith(b"0") for part in text.split(b".")):
        raise FunctionError("version segment starts with 0")


def compare(left: Parts, right: Parts) -> int:
    """Return -1, 0 or 1 by precedence: numbers, then pre-release; metadata does not count."""
    if left.numbers != right.numbers:
        return 1 if left.numbers > right.numbers else -1
    if not left.prerelease or not right.prerelease:
        return bool(right.prerelease) - bool(left.prerelease)
    return compare_prereleases(left.prerelease, right.prerelease)


def compare_prereleases(left: bytes, right: bytes) -> int:
    """Return -1, 0 or 1 by the first identifiers that differ; fewer identifiers come first."""
    ours, theirs = left.split(b"."), right.split(b".")
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            return 1 if _precedence(one) > _precedence(other) else -1
    return (len(ours) > len(theirs)) - (len(ours) < len(theirs))


def _precedence(identifier: bytes) -> tuple[bool, int, bytes]:
    """Return a sort key: numbers before texts; a number beyond 64 bits is a text."""
    if identifier.isdigit() and len(identifier.lstrip(b"0")) <= 20:
        number = int(identifier)
        if number <= _LARGEST:
            return False, number, b""
    return bool(identifier), 0, identifier


def _next(version: PlainVersion, **changes: Any) -> PlainVersion:
    parts = replace(version.parts, **changes)
    prefix = b"v" if version.original.startswith(b"v") else b""
    return PlainVersion(parts, prefix + bytes(parts))


def _inc_patch(version: PlainVersion) -> PlainVersion:
    patch = version.parts.patch if version.parts.prerelease else version.parts.patch + 1
    return _next(version, patch=patch & _LARGEST, prerelease=b"", metadata=b"")


def _inc_minor(version: PlainVersion) -> PlainVersion:
    return _next(version, minor=version.parts.minor + 1 & _LARGEST, patch=0, prerelease=b"", metadata=b"")


def _inc_major(version: PlainVersion) -> PlainVersion:
    return _next(version, major=version.parts.major + 1 & _LARGEST, minor=0, patch=0, prerelease=b"", metadata=b"")


def _set_prerelease(version: PlainVersion, prerelease: bytes) -> PlainVersion:
    _check_prerelease(prerelease)
    return _next(version, prerelease=prerelease)


def _set_metadata(version: PlainVersion, metadata: bytes) -> PlainVersion:
    if not _PRERELEASE.fullmatch(metadata):
        raise FunctionError("invalid metadata string")
    return _next(version, metadata=metadata)


def _comparing(test: Callable[[int], Any]) -> Callable[[Version, Version], Any]:
    return lambda version, other: test(compare(version.parts, other.parts))


def _method(name: str, call: Callable[..., Any], *params: GoType) -> tuple[str, Function]:
    def method(ctx: Context, *args: Any) -> Any:
        ctx.charge(100 + sum(len(value) for value in args if isinstance(value, bytes)))
        return call(*args)

    return name, Function(name, params, method)


PlainVersion.methods = MappingProxyType(
    dict(
        [
            _method("String", PlainVersion.go_string),
            _method("Major", lambda version: Uint64(version.parts.major)),
            _method("Minor", lambda version: Uint64(version.parts.minor)),
            _method("Patch", lambda version: Uint64(version.parts.patch)),
            _method("Prerelease", lambda version: version.parts.prerelease),
            _method("Metadata", lambda version: version.parts.metadata),
            _method("IncPatch", _inc_patch),
            _method("IncMinor", _inc_minor),
            _method("IncMajor", _inc_major),
            _method("SetPrerelease", _set_prerelease, STRING),
            _method("SetMetadata", _set_metadata, STRING),
            _method("MarshalText", lambda version: ByteSlice(version.text())),
            _method("MarshalJSON", lambda version: ByteSlice(b'"' + version.text() + b'"')),
            _method("Value", PlainVersion.go_string),
        ]
    )
)
Version.methods = MappingProxyType(
    dict(
        PlainVersion.methods,
        **dict(
            [
                _method("Original", lambda version: version.original),
                _method("Compare", _comparing(int), VERSION),
                _method("Equal", _comparing(lambda order: order == 0), VERSION),
                _method("LessThan", _comparing(lambda order: order < 0), VERSION),
                _method("LessThanEqual", _comparing(lambda order: order <= 0), VERSION),
                _method("GreaterThan", _comparing(lambda order: order > 0), VERSION),
                _method("GreaterThanEqual", _comparing(lambda order: order >= 0), VERSION),
            ]
        ),
    )
)
