"""The bytes of one sealed value, both ways between us, kubeseal and an implementation by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secrets_operator.flow import SecretBytes
from secrets_operator.sealing import hybrid
from secrets_operator.sealing.encoding import decode_base64, encode_base64
from secrets_operator.sealing.errors import (
    BadBase64Error,
    DamagedValueError,
    MalformedValueError,
    SealingError,
    UnopenedValueError,
)
from secrets_operator.sealing.keyring import SealingKey
from secrets_operator.sealing.scopes import Scope, label

Open = Callable[[rsa.RSAPrivateKey, bytes, bytes], bytes]
PLAINTEXT = b"correct horse"
LABEL = b"team-a/db"
bounded = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def sealed(small_key: SealingKey) -> bytes:
    public_key = small_key.private_key.public_key()
    return hybrid.seal(public_key, SecretBytes(PLAINTEXT), label=LABEL, random=os.urandom)


def test_every_value_sealed_by_kubeseal_opens_to_its_plaintext(examples: list[Any]) -> None:
    assert len(examples) == 30
    for example in examples:
        bound_to = label(Scope(example.scope), namespace=example.namespace, name=example.name)
        opened = hybrid.open_value(example.key.private_key, decode_base64(example.sealed), label=bound_to)
        assert opened.reveal() == example.plaintext


def test_the_implementation_by_hand_opens_what_kubeseal_sealed(examples: list[Any], open_by_hand: Open) -> None:
    for example in examples:
        bound_to = {
            "strict": f"{example.namespace}/{example.name}",
            "namespace-wide": example.namespace,
            "cluster-wide": "",
        }[example.scope]
        sealed = decode_base64(example.sealed)
        assert open_by_hand(example.key.private_key, sealed, bound_to.encode()) == example.plaintext


@given(plaintext=st.binary(max_size=300), bound_to=st.binary(max_size=60))
@bounded
def test_what_we_seal_is_opened_by_the_implementation_by_hand(
    small_key: SealingKey, open_by_hand: Open, plaintext: bytes, bound_to: bytes
) -> None:
    public_key = small_key.private_key.public_key()
    sealed = hybrid.seal(public_key, SecretBytes(plaintext), label=bound_to, random=os.urandom)
    assert open_by_hand(small_key.private_key, sealed, bound_to) == plaintext
    assert hybrid.open_value(small_key.private_key, sealed, label=bound_to).reveal() == plaintext


@given(position=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
@bounded
def test_a_value_with_any_bit_flipped_does_not_open(
    small_key: SealingKey, sealed: bytes, position: int, bit: int
) -> None:
    changed = bytearray(sealed)
    changed[position % len(sealed)] ^= 1 << bit
    with pytest.raises(SealingError):
        hybrid.open_value(small_key.private_key, bytes(changed), label=LABEL)


@pytest.mark.parametrize("end", [2 + 256 + 16 - 1, 2 + 256], ids=["the tag is cut", "only the wrapped key is left"])
def test_a_value_cut_after_its_wrapped_key_is_damaged(small_key: SealingKey, sealed: bytes, end: int) -> None:
    with pytest.raises(DamagedValueError):
        hybrid.open_value(small_key.private_key, sealed[:end], label=LABEL)


@pytest.mark.parametrize(
    "end", [0, 1, 2, 257], ids=["empty", "half a length", "a length alone", "a wrapped key cut short"]
)
def test_a_value_cut_before_the_end_of_its_wrapped_key_is_malformed(
    small_key: SealingKey, sealed: bytes, end: int
) -> None:
    with pytest.raises(MalformedValueError):
        hybrid.open_value(small_key.private_key, sealed[:end], label=LABEL)


def test_another_label_does_not_open_a_value(small_key: SealingKey, sealed: bytes) -> None:
    with pytest.raises(UnopenedValueError):
        hybrid.open_value(small_key.private_key, sealed, label=b"team-a/other")


def test_another_key_does_not_open_a_value(other_key: SealingKey, sealed: bytes) -> None:
    with pytest.raises(UnopenedValueError):
        hybrid.open_value(other_key.private_key, sealed, label=LABEL)


def test_every_value_has_a_session_key_of_its_own_from_the_given_source(small_key: SealingKey) -> None:
    asked: list[int] = []

    def random(size: int) -> bytes:
        asked.append(size)
        return os.urandom(size)

    public_key = small_key.private_key.public_key()
    first, second = (hybrid.seal(public_key, SecretBytes(b"x"), label=b"", random=random) for _ in range(2))
    assert asked == [32, 32]
    assert first[258:] != second[258:]


def test_a_wrapped_session_key_of_another_size_is_refused(small_key: SealingKey) -> None:
    public_key = small_key.private_key.public_key()
    short = hybrid.seal(public_key, SecretBytes(b"x"), label=b"", random=lambda _: bytes(16))
    with pytest.raises(UnopenedValueError):
        hybrid.open_value(small_key.private_key, short, label=b"")


@given(data=st.binary(max_size=100), breaks=st.lists(st.integers(min_value=0, max_value=200), max_size=5))
@bounded
def test_base64_with_line_breaks_anywhere_decodes(data: bytes, breaks: list[int]) -> None:
    text = encode_base64(data)
    for position in breaks:
        at = position % (len(text) + 1)
        text = text[:at] + "\r\n" + text[at:]
    assert decode_base64(text) == data


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        pytest.param("!!!!", 0, id="foreign characters from the start"),
        pytest.param("QUJD RA==", 4, id="a space in the middle"),
        pytest.param("QUJ_", 3, id="the URL-safe alphabet"),
        pytest.param("QUJDRA", 4, id="padding is missing"),
        pytest.param("QUJDR", 4, id="one character too many"),
        pytest.param("é", 0, id="not ASCII"),
    ],
)
def test_text_that_is_not_base64_is_refused_with_the_position(text: str, offset: int) -> None:
    with pytest.raises(BadBase64Error, match=rf"^illegal base64 data at input byte {offset}$"):
        decode_base64(text)
