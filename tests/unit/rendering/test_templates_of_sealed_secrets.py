"""``spec.template.data`` of a SealedSecret by the rules of Sealed Secrets 0.37."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.gotemplate import SEALED_SECRETS, TemplateCache, compile_template
from secrets_operator.rendering.sealed_secret import RenderedItems, check_items, render_items
from tests.go_template_rendering import context

VALUES = {"user": SecretBytes(b"admin"), "my-key": SecretBytes(b"hunter2"), "raw": SecretBytes(b"\xff\x00")}


def render(name: str, source: str, data: Mapping[str, bytes]) -> bytes:
    return TemplateCache().get(source, name=name, dialect=SEALED_SECRETS).render(data, context=context())


def check(name: str, source: str) -> None:
    compile_template(source, name=name, dialect=SEALED_SECRETS)


def rendered(templates: Mapping[str, object]) -> RenderedItems:
    return render_items(templates, VALUES, render=render)


@pytest.mark.parametrize(
    ("templates", "expected"),
    [
        pytest.param({"url": "//{{ .user }}@db"}, {"url": b"//admin@db"}, id="a decrypted value"),
        pytest.param({"url": '{{ index . "my-key" }}'}, {"url": b"hunter2"}, id="a key with a dash"),
        pytest.param({"b64": "{{ .raw | b64enc }}"}, {"b64": b"/wA="}, id="bytes that are no text"),
        pytest.param({"t": "{{ .nothing }}"}, {"t": b"<no value>"}, id="a missing key"),
        pytest.param(
            {"t": "{{ .other }}", "other": "{{ 1 }}"}, {"t": b"{{ 1 }}", "other": b"1"}, id="raw text of others"
        ),
        pytest.param({"user": "{{ fail `x` }}"}, {}, id="an encrypted key is not overwritten, nor is its template run"),
        pytest.param({"t": "{{ .user }}", "user": "fake"}, {"t": b"admin"}, id="an encrypted key wins in the root"),
        pytest.param({}, {}, id="no templates"),
    ],
)
def test_templates_add_to_the_decrypted_values(templates: dict[str, object], expected: dict[str, bytes]) -> None:
    result = rendered(templates)
    assert not result.failures
    assert result.data == {**VALUES, **{key: SecretBytes(value) for key, value in expected.items()}}


def test_every_template_that_fails_is_named_and_none_says_a_value() -> None:
    result = rendered(
        {
            "env": '{{ env "HOME" }}',
            "bad": "{{ .user",
            "number": 7,
            "no/key": "x",
            "fails": "{{ fail .user }}",
            "good": "x",
        }
    )
    assert result.failures.keys() == {"env", "bad", "number", "no/key", "fails"}
    assert 'function "env" not defined' in result.failures["env"]
    assert result.failures["bad"].startswith("template bad:1")
    assert result.failures["number"] == "a template must be a string"
    assert not any("admin" in message for message in result.failures.values())


def test_without_values_texts_are_still_checked() -> None:
    failures = check_items({"bad": "{{ .user", "good": "{{ .user }}", "number": 7}, check=check)
    assert failures.keys() == {"bad", "number"}
