"""Password hashes verify, derived passwords are the known ones, random text has the right letters, all in bounds."""

from __future__ import annotations

import base64
import re
import time
import uuid

import bcrypt
import pytest

from secrets_operator.rendering.gotemplate import SEALED_SECRETS, ExecError, LimitError, Limits
from tests.go_template_rendering import context, render


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        pytest.param("{{ randAlphaNum 400 }}", rb"[A-Za-z0-9]{400}", id="letters and digits"),
        pytest.param("{{ randAlpha 400 }}", rb"[A-Za-z]{400}", id="letters"),
        pytest.param("{{ randNumeric 400 }}", rb"[0-9]{400}", id="digits"),
        pytest.param("{{ randAscii 400 }}", rb"[ -~]{400}", id="printable characters"),
        pytest.param("{{ randAlphaNum 0 }}{{ randAlpha -1 }}", rb"", id="no character"),
        pytest.param("{{ randInt 5 6 }}", rb"5", id="the bound is not drawn"),
        pytest.param("{{ randInt -3 0 }}", rb"-[123]", id="negative numbers"),
        pytest.param("{{ randBytes 3 }}", rb"[A-Za-z0-9+/]{4}", id="random bytes in base64"),
        pytest.param("{{ randBytes 0 }}", rb"", id="no random bytes"),
        pytest.param("{{ shuffle `` }}", rb"", id="nothing to shuffle"),
    ],
)
def test_random_text_consists_of_what_was_asked_for(source: str, pattern: bytes) -> None:
    assert re.fullmatch(pattern, render(source), re.DOTALL)


def test_every_character_of_an_alphabet_is_drawn_about_as_often() -> None:
    drawn = render("{{ randAlphaNum 62000 }}")
    counts = [drawn.count(bytes([letter])) for letter in set(drawn)]
    assert len(counts) == 62
    assert 800 < min(counts) <= max(counts) < 1200


def test_shuffle_keeps_the_characters_and_moves_them() -> None:
    text = "abcdefghijklmnopqrstuvwxyzé日本"
    found = render("{{ shuffle .t }}", t=text.encode()).decode()
    assert sorted(found) == sorted(text)
    assert found != text


def test_randomness_comes_from_the_context_alone() -> None:
    source = (
        "{{ uuidv4 }} {{ randAscii 9 }} {{ shuffle `abcdef` }} {{ randBytes 5 }} "
        "{{ bcrypt `x` }} {{ encryptAES `k` `x` }}"
    )
    assert render(source, account=context(seed=3)) == render(source, account=context(seed=3))
    assert render(source, account=context(seed=3)) != render(source, account=context(seed=4))


def test_uuidv4_is_a_random_uuid() -> None:
    found = uuid.UUID(render("{{ uuidv4 }}").decode())
    assert (found.version, found.variant) == (4, uuid.RFC_4122)


@pytest.mark.parametrize(
    ("source", "user"),
    [
        pytest.param("{{ bcrypt .p }}", b"", id="bcrypt"),
        pytest.param('{{ htpasswd "ann" .p "bcrypt" }}', b"ann:", id="htpasswd by bcrypt"),
        pytest.param('{{ htpasswd "ann" .p "anything" }}', b"ann:", id="htpasswd by an unknown algorithm"),
    ],
)
@pytest.mark.parametrize("password", [b"", b"hunter2", b"nul \0 within", b"\xff\xfe", b"x" * 72], ids=repr)
def test_a_bcrypt_hash_verifies(source: str, user: bytes, password: bytes) -> None:
    found = render(source, p=password)
    assert found.startswith(user + b"$2a$10$")
    assert bcrypt.checkpw(password, found.removeprefix(user))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param('{{ htpasswd "u" "p" "sha" }}', b"u:{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k=", id="htpasswd by SHA-1"),
        pytest.param('{{ htpasswd "a:b" "p" "sha" }}', b"invalid username: a:b", id="a user name with a colon"),
        pytest.param(
            '{{ bcrypt (repeat 73 "x") }}',
            b"failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes",
            id="a password beyond what bcrypt takes",
        ),
        pytest.param('{{ derivePassword 1 "long" "password" "user" "example.com" }}', b"ZedaFaxcZaso9*", id="long"),
        pytest.param(
            '{{ derivePassword 1 "nope" "p" "u" "s" }}', b"cannot find password template nope", id="unknown type"
        ),
        pytest.param('{{ "" | encryptAES "k" }}{{ "" | decryptAES "k" }}', b"", id="nothing to encrypt"),
        pytest.param(
            '{{ "30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=" | decryptAES "secretkey" }}', b"plaintext", id="Go's own"
        ),
    ],
)
def test_what_is_not_random_is_what_go_gives(source: str, expected: bytes) -> None:
    assert render(source) == expected


def test_aes_keeps_binary_text() -> None:
    text = bytes(range(256))
    assert render("{{ .t | encryptAES .k | decryptAES .k }}", t=text, k=b"\xff" * 40) == text


def test_htpasswd_of_sealed_secrets_takes_no_algorithm() -> None:
    found = render('{{ htpasswd "u" "p" }}', dialect=SEALED_SECRETS)
    assert bcrypt.checkpw(b"p", found.removeprefix(b"u:"))
    with pytest.raises(ExecError):
        render('{{ htpasswd "u" "p" "sha" }}', dialect=SEALED_SECRETS)
    with pytest.raises(ExecError):
        render('{{ htpasswd "u" "p" }}')


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ randInt 5 5 }}", id="randInt without room"),
        pytest.param("{{ randBytes -1 }}", id="a negative number of bytes"),
        pytest.param('{{ "YQ==" | decryptAES "k" }}', id="too little to decrypt"),
        pytest.param('{{ "!!" | decryptAES "k" }}', id="no base64"),
        pytest.param(f'{{{{ "{base64.b64encode(bytes(16)).decode()}" | decryptAES "k" }}}}', id="a vector alone"),
        pytest.param(f'{{{{ "{base64.b64encode(bytes(33)).decode()}" | decryptAES "k" }}}}', id="half a block"),
        pytest.param("{{ derivePassword -1 `long` `p` `u` `s` }}", id="a negative counter"),
        pytest.param('{{ .a | htpasswd "u" "p" }}', id="an algorithm that is no literal"),
    ],
)
def test_what_makes_go_fail_is_an_error(source: str) -> None:
    with pytest.raises(ExecError) as caught:
        render(source, a=b"sha")
    assert not isinstance(caught.value, LimitError)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ randAlphaNum 100000000 | len }}", id="a hundred million random letters"),
        pytest.param("{{ randAscii 9223372036854775807 }}", id="as many random letters as an int can say"),
        pytest.param("{{ randBytes 1000000000 | len }}", id="a billion random bytes"),
        pytest.param("{{ repeat 3000000 `x` | shuffle | len }}", id="millions of letters to shuffle"),
        pytest.param("{{ range until 500 }}{{ bcrypt `x` }}{{ end }}", id="five hundred bcrypt hashes"),
        pytest.param("{{ range until 500 }}{{ htpasswd `u` `x` `b` }}{{ end }}", id="five hundred htpasswd entries"),
        pytest.param(
            "{{ range until 500 }}{{ derivePassword 1 `pin` `p` `u` `s` }}{{ end }}", id="many derived passwords"
        ),
        pytest.param("{{ range until 50 }}{{ genPrivateKey `rsa` }}{{ end }}", id="fifty RSA keys"),
        pytest.param("{{ range until 50 }}{{ genPrivateKey `dsa` }}{{ end }}", id="fifty DSA keys"),
        pytest.param("{{ range until 500 }}{{ genPrivateKey `ed25519` }}{{ end }}", id="five hundred Ed25519 keys"),
        pytest.param("{{ range until 100 }}{{ genCA `x` 1 }}{{ end }}", id="a hundred authorities"),
        pytest.param(
            "{{ range until 100000 }}{{ randAlphaNum 1000 | len }}{{ end }}", id="random letters again and again"
        ),
    ],
)
def test_expensive_functions_meet_a_limit_soon(source: str) -> None:
    started = time.process_time()
    with pytest.raises(LimitError):
        render(source, account=context(limits=Limits(expensive_operations=12)))
    assert time.process_time() - started < 10


def test_the_usual_limits_stop_five_hundred_hashes() -> None:
    with pytest.raises(LimitError, match="password hashes"):
        render("{{ range until 500 }}{{ bcrypt `x` }}{{ end }}")
