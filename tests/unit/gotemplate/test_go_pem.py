"""PEM blocks are found and written as Go does, chains are ordered by key identifiers, alternative names are listed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from secrets_operator.rendering.gotemplate import ExecError
from secrets_operator.rendering.gotemplate.functions import pem_blocks
from tests.go_template_rendering import context, raw, recorded_rows, render
from tests.rows import check_each

KEY = ec.generate_private_key(ec.SECP256R1())


def test_the_blocks_of_a_text_are_those_that_go_finds() -> None:
    def check(row: dict[str, Any]) -> None:
        text = row["text"].encode()
        found = list(pem_blocks.blocks(context(), text))
        assert [(block.label.decode(), block.content, block.encode().decode()) for block, _ in found] == [
            (block["label"], raw(block["content"]), block["text"]) for block in row["blocks"]
        ]
        assert len(text) - (found[-1][1] if found else 0) == row["rest"]

    check_each(recorded_rows("go-pem"), check)


def certificate(own: bytes | None, authority: bytes | None, *more: x509.ExtensionType, name: str = "test") -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
    )
    extensions = [*more]
    if own is not None:
        extensions.append(x509.SubjectKeyIdentifier(own))
    if authority is not None:
        extensions.append(x509.AuthorityKeyIdentifier(authority, None, None))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


LEAF, SECOND, FIRST, ROOT = (
    certificate(b"leaf", b"second"),
    certificate(b"second", b"first"),
    certificate(b"first", b"root"),
    certificate(b"root", b"root"),
)
BARE_ROOT = certificate(b"first", None)


@pytest.mark.parametrize(
    ("kind", "chain", "expected"),
    [
        pytest.param("leaf", [ROOT, FIRST, LEAF, SECOND], LEAF, id="the leaf of a chain out of order"),
        pytest.param("intermediate", [ROOT, FIRST, LEAF, SECOND], SECOND + FIRST, id="the authorities in between"),
        pytest.param("root", [ROOT, FIRST, LEAF, SECOND], ROOT, id="the root of a chain out of order"),
        pytest.param("root", [LEAF, SECOND, BARE_ROOT], BARE_ROOT, id="a root without an authority's identifier"),
        pytest.param("root", [LEAF, SECOND, FIRST], "", id="no root in the chain"),
        pytest.param("intermediate", [LEAF, SECOND, FIRST], SECOND + FIRST, id="authorities without their root"),
        pytest.param("intermediate", [LEAF], "", id="nothing in between with one certificate"),
        pytest.param("leaf", [ROOT], "", id="a root alone is no leaf"),
        pytest.param("leaf", [LEAF], LEAF, id="a leaf alone"),
        pytest.param("other", [LEAF], "", id="a kind that does not exist"),
    ],
)
def test_a_chain_is_ordered_and_filtered(kind: str, chain: Sequence[str], expected: str) -> None:
    found = render("{{ .c | filterCertChain .k }}", c="".join(chain).encode(), k=kind.encode())
    assert found.decode() == expected


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param([], id="no certificate at all"),
        pytest.param([LEAF, certificate(b"other", b"second"), SECOND], id="two leaves"),
        pytest.param([LEAF, ROOT], id="certificates of different chains"),
        pytest.param([certificate(b"a", b"b"), certificate(b"b", b"a")], id="a circle without a leaf"),
        pytest.param(
            [certificate(b"x", b"a"), certificate(b"a", b"b"), certificate(b"b", b"a")],
            id="a leaf that leads to a circle",
        ),
        pytest.param(
            [certificate(None, None), certificate(None, None)], id="no identifiers, so each is the other's parent"
        ),
        pytest.param([LEAF, "-----BEGIN X-----\naGk=\n-----END X-----\n"], id="a block that is no certificate"),
    ],
)
def test_what_is_not_one_chain_is_an_error(chain: Sequence[str]) -> None:
    with pytest.raises(ExecError):
        render('{{ .c | filterCertChain "leaf" }}', c="".join(chain).encode())


A, B = ("-----BEGIN A-----\naGk=\n-----END A-----\n", "-----BEGIN B C-----\nx: y\n\naGk=\n-----END B C-----\n")


@pytest.mark.parametrize(
    ("label", "text", "expected"),
    [
        pytest.param("A", A + B + A, A + A, id="all blocks of a label in their order"),
        pytest.param("b c", A + B, B, id="a label in another case, headers kept"),
        pytest.param("A", "text before\n" + A, A, id="text before the first block"),
        pytest.param("A", "text before" + A, A, id="text on the line of the first block"),
        pytest.param("X", A + B, "", id="no such block in clean input"),
        pytest.param("A", A + "text after", A, id="text after a block that was found"),
        pytest.param("A", "", "", id="no input"),
    ],
)
def test_blocks_are_filtered_by_label(label: str, text: str, expected: str) -> None:
    assert render("{{ .t | filterPEM .l }}", t=text.encode(), l=label.encode()).decode() == expected


@pytest.mark.parametrize("text", [A + "hunter2", "hunter2", "-----BEGIN A-----\nhunter2"], ids=repr)
def test_junk_without_a_match_is_an_error_that_does_not_show_it(text: str) -> None:
    with pytest.raises(ExecError, match="junk") as caught:
        render('{{ .t | filterPEM "X" }}', t=text.encode())
    assert "hunter2" not in str(caught.value)


def test_alternative_names_come_by_kind() -> None:
    names = x509.SubjectAlternativeName(
        [
            x509.UniformResourceIdentifier("spiffe://x/y"),
            x509.RFC822Name("a@example.com"),
            x509.IPAddress(IPv4Address("10.0.0.1")),
            x509.DNSName("b.example.com"),
            x509.IPAddress(IPv6Address("2001:db8::1")),
            x509.DNSName("*.example.com"),
        ]
    )
    found = render(
        '{{ certSANs .c | join " " }}|{{ certSANs .c | typeOf }}', c=b"junk\n" + certificate(None, None, names).encode()
    )
    assert found == b"b.example.com *.example.com 10.0.0.1 2001:db8::1 a@example.com spiffe://x/y|[]string"
    assert render("{{ certSANs .c }}", c=LEAF.encode()) == b"[]"


@pytest.mark.parametrize("text", [b"", b"hunter2", A.encode()], ids=repr)
def test_alternative_names_need_a_certificate(text: bytes) -> None:
    with pytest.raises(ExecError) as caught:
        render("{{ certSANs .c }}", c=text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"-----BEGIN A-----\n" * 200_000, id="beginnings without an end"),
        pytest.param(b"\n-----END A-----" * 200_000, id="ends without a beginning"),
        pytest.param(
            b"-----BEGIN A-----\n" + b"a: b\n" * 500_000 + b"-----END A-----\n", id="hundreds of thousands of headers"
        ),
        pytest.param(A.encode() * 200_000, id="hundreds of thousands of blocks"),
    ],
)
def test_long_input_is_read_in_time_or_refused(text: bytes) -> None:
    started = time.process_time()
    with pytest.raises(ExecError):
        render("{{ .t | filterPEM `X` | len }}{{ fail `read` }}", t=text)
    assert time.process_time() - started < 5
