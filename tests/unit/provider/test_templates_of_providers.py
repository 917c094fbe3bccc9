"""The template engine as plug-ins see it."""

from __future__ import annotations

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider.templates import Templates

DATA = {"remoteRef": {"key": b"app"}, "login": {"token": b"t0ken-private"}}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("/{{ .remoteRef.key | upper }}", b"/APP", id="a function"),
        pytest.param("{{ .login.token }}", b"t0ken-private", id="a value"),
        pytest.param("{{ .remoteRef.none }}", b"<no value>", id="a missing key of a map"),
        pytest.param('{{ index .login "token" }}', b"t0ken-private", id="a key by its name"),
        pytest.param("plain", b"plain", id="no template at all"),
    ],
)
def test_templates_print(source: str, expected: bytes) -> None:
    assert Templates().account().render(source, DATA, field="url") == expected


def test_what_is_no_template_is_named_by_its_field() -> None:
    with pytest.raises(InvalidSpec, match=r"headers\.X"):
        Templates().check("{{ .a", field="headers.X")


def test_a_failure_shows_no_value() -> None:
    with pytest.raises(InvalidSpec) as caught:
        Templates().account().render("{{ fail .login.token }}", DATA, field="body")
    assert "body" in str(caught.value)
    assert "private" not in str(caught.value)


def test_all_templates_of_one_account_share_its_limits() -> None:
    account = Templates().account()
    source = "{{ range until 10000 }}{{ end }}"

    def render_many() -> None:
        for _ in range(1000):
            account.render(source, DATA, field="body")

    account.render(source, DATA, field="body")
    with pytest.raises(InvalidSpec):
        render_many()
