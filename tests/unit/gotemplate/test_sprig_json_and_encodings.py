"""What Sprig's functions on JSON, base64, base32, hexadecimal, digests and paths print."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import ExecError, LimitError

Render = Callable[..., bytes]

WRITTEN = [
    pytest.param('{{ toJson "<a href=\\"x\\">&" }}', '"\\u003ca href=\\"x\\"\\u003e\\u0026"', id="toJson escapes HTML"),
    pytest.param('{{ toRawJson "<&>\\u2028" }}', '"<&>\\u2028"', id="toRawJson escapes line separators alone"),
    pytest.param('{{ toJson "\\b\\f\\x01\\x7f\\xff" }}', '"\\b\\f\\u0001\x7f\ufffd"', id="control characters"),
    pytest.param("{{ toJson (dict `b` 1 `a` nil) }}", '{"a":null,"b":1}', id="keys are sorted"),
    pytest.param(
        "{{ toPrettyJson (dict `a` (list 1) `b` (list)) }}", '{\n  "a": [\n    1\n  ],\n  "b": []\n}', id="pretty"
    ),
    pytest.param(
        "{{ toJson 1e21 }} {{ toJson 1e20 }} {{ toJson 1e-7 }} {{ toJson 1e-6 }}",
        "1e+21 100000000000000000000 1e-7 0.000001",
        id="exponents begin where Go's begin",
    ),
    pytest.param("{{ toJson (float64 `inf`) }}|", "|", id="infinity has no JSON"),
    pytest.param("{{ toJson (semver `1.2`) }} {{ toJson nil }}", '"1.2.0" null', id="a version is a text"),
]
READ = [
    pytest.param(b'{"a":1,"a":2}', "map[a:2]", id="the last of equal keys wins"),
    pytest.param(b"12345678", "1.2345678e+07", id="numbers are floats"),
    pytest.param(b'"\\ud800x\\ud83d\\ude00"', "\ufffdx😀", id="a lone surrogate becomes U+FFFD, a pair one rune"),
    pytest.param(b'"\xff"', "\ufffd", id="a byte that is no UTF-8 becomes U+FFFD"),
    pytest.param(b'{"a":1e400,"b":-1e400,"c":1}', "map[a:0 b:0 c:1]", id="numbers out of range are 0"),
    pytest.param(b"", "<no value>", id="nothing is nil"),
    pytest.param(b'{"a":1} x', "<no value>", id="more than one document is nil"),
    pytest.param(b"NaN", "<no value>", id="NaN is no JSON"),
    pytest.param(b"[1,]", "<no value>", id="a trailing comma is no JSON"),
    pytest.param(b'"\t"', "<no value>", id="a control character in a text is no JSON"),
    pytest.param(b"[" * 90 + b"]" * 90, "[" * 90 + "]" * 90, id="depth within the limit"),
]
ENCODED = [
    pytest.param('{{ b64dec "aGVs\\nbG8=" }}', "hello", id="line ends in base64 are skipped"),
    pytest.param('{{ b64dec "aGVsbG8" }}', "illegal base64 data at input byte 4", id="missing padding"),
    pytest.param('{{ b64dec "YQ=\\nx" }}', "illegal base64 data at input byte 3", id="padding that breaks off"),
    pytest.param('{{ b64dec "YQ==\\nx" }}', "illegal base64 data at input byte 5", id="data after the padding"),
    pytest.param('{{ b64dec "YR==" }}', "a", id="stray bits of the last letter do not matter"),
    pytest.param('{{ b32dec "NBSWY3DP" }} {{ b32enc "hello" }}', "hello NBSWY3DP", id="base32 both ways"),
    pytest.param('{{ b32dec "!!" }}', "illegal base32 data at input byte 0", id="base32 says where it fails"),
    pytest.param('{{ hexdec "FFee" | b64enc }}', "/+4=", id="hexadecimal of either case"),
    pytest.param('{{ hexdec "6" }}', "encoding/hex: odd length hex string", id="half a byte"),
    pytest.param('{{ hexdec "zz" }}', "encoding/hex: invalid byte: U+007A 'z'", id="a letter beyond f"),
    pytest.param('{{ hexdec "\\x00" }}', "encoding/hex: invalid byte: U+0000", id="a byte that does not print"),
    pytest.param('{{ sha256sum "" | trunc 8 }} {{ adler32sum "a" }}', "e3b0c442 6422626", id="digests"),
]
PATHS = [
    pytest.param('{{ clean "/../a//b/./c/.." }}', "/a/b", id="clean resolves what it can"),
    pytest.param('{{ clean "../../a" }} {{ clean "" }}', "../../a .", id="a relative path may lead upwards"),
    pytest.param('{{ base "/a/b/" }} {{ base "" }} {{ base "//" }}', "b . /", id="base"),
    pytest.param('{{ dir "/a/b/../c" }} {{ dir "a" }} {{ dir "/" }}', "/a . /", id="dir cleans"),
    pytest.param('{{ ext "a.tar.gz" }}{{ ext "a.b/c" }}{{ osExt ".x" }}', ".gz.x", id="ext looks at the last element"),
]


@pytest.mark.parametrize(("template", "expected"), [*WRITTEN, *ENCODED, *PATHS])
def test_prints(render: Render, template: str, expected: str) -> None:
    assert render(template) == expected.encode()


@pytest.mark.parametrize(("document", "expected"), READ)
def test_reads(render: Render, document: bytes, expected: str) -> None:
    assert render("{{ fromJson .document }}", {"document": document}) == expected.encode()


@pytest.mark.parametrize("document", [b"{", b"1e400", b"'a'", b"\xef\xbb\xbf1"])
def test_must_from_json_fails_without_showing_the_document(render: Render, document: bytes) -> None:
    with pytest.raises(ExecError) as caught:
        render("{{ mustFromJson .document }}", {"document": b'["topsecret",' + document})
    assert "topsecret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("name", ["mustToJson", "mustToPrettyJson", "mustToRawJson", "toRawJson"])
def test_what_json_cannot_hold_fails_where_go_fails(render: Render, name: str) -> None:
    with pytest.raises(ExecError):
        render(f"{{{{ {name} (float64 `nan`) }}}}")


def test_a_document_nested_too_deep_is_refused(render: Render) -> None:
    with pytest.raises(LimitError):
        render("{{ fromJson .document }}", {"document": b"[" * 101 + b"]" * 101})
