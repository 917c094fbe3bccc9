"""What Sprig's functions on versions and URLs print."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import ExecError

Render = Callable[..., bytes]

CONSTRAINTS = [
    pytest.param("^1.2.3", "1.9.0", True, id="^ allows what keeps the first number"),
    pytest.param("^0.2.3", "0.3.0", False, id="^ keeps the minor number of 0.x"),
    pytest.param("^0.0.3", "0.0.4", False, id="^ keeps the patch of 0.0.x"),
    pytest.param("^0", "0.9.0", True, id="^0 is any 0.x"),
    pytest.param("~1.2", "1.2.9", True, id="~ keeps the minor number"),
    pytest.param("~1", "1.9.0", True, id="~ of a major number keeps that alone"),
    pytest.param("1.2.x", "1.2.3", True, id="x is any number"),
    pytest.param("*", "1.2.3", True, id="a star is any version"),
    pytest.param(">=1.0, <2", "1.9", True, id="a comma joins what must hold together"),
    pytest.param(">=1.0 <2", "2.0", False, id="so does a space"),
    pytest.param("1 || 3", "3.5.0", True, id="bars separate alternatives"),
    pytest.param("1.0 - 2.0", "2.0.5", True, id="a range includes both ends, missing numbers are any"),
    pytest.param("!=1.2", "1.2.9", False, id="!= of a minor version excludes all its patches"),
    pytest.param(">1.2", "1.2.9", False, id="> of a minor version means the next one"),
    pytest.param(">=1.0.0", "1.1.0-rc.1", False, id="a pre-release must be asked for"),
    pytest.param(">=1.0.0-0", "1.1.0-rc.1", True, id="a pre-release in the constraint asks for it"),
    pytest.param("=1.2.3", "v1.2.3+build", True, id="metadata do not count"),
]
VERSIONS = [
    pytest.param('{{ semver "v1.2" }} {{ (semver "v1.2").Original }}', "1.2.0 v1.2", id="String is in full"),
    pytest.param('{{ (semver "1.2.3-rc.1+b").Prerelease }}', "rc.1", id="parts are methods"),
    pytest.param('{{ (semver "1.2.3").IncMinor }} {{ (semver "1.2.3-rc").IncPatch }}', "1.3.0 1.2.3", id="Inc"),
    pytest.param(
        '{{ (semver "1.0.0-2").Compare (semver "1.0.0-10") }}', "-1", id="numbers in pre-releases are numbers"
    ),
    pytest.param('{{ (semver "1.0.0-a").LessThan (semver "1.0.0") }}', "true", id="a pre-release comes before"),
    pytest.param('{{ (semver "1.0.0+a").Equal (semver "1.0.0+b") }}', "true", id="equal but for metadata"),
    pytest.param('{{ (semver "1.0.0").SetPrerelease "rc.1" }}', "1.0.0-rc.1", id="SetPrerelease"),
]
URLS = [
    pytest.param('{{ (urlParse "https://u:p%40@h:1/a%20b?q=1#f").userinfo }}', "u:p%40", id="userinfo stays escaped"),
    pytest.param('{{ (urlParse "https://h/a%20b").path }}', "/a b", id="the path is decoded"),
    pytest.param('{{ (urlParse "https://[::1]:80/").hostname }}', "::1", id="the hostname has no brackets"),
    pytest.param('{{ (urlParse "mailto:a@b").opaque }}', "a@b", id="what has no slash is opaque"),
    pytest.param('{{ (urlParse "pg://h:1,i:2/d").host }}', "h:1,i:2", id="a database may have hosts in a row"),
    pytest.param('{{ urlParse "HTTPS://h" | urlJoin }}', "https://h", id="a scheme is in lower case"),
    pytest.param('{{ urlJoin (dict "path" "a:b") }}', "./a:b", id="a path is not taken for a scheme"),
    pytest.param('{{ urlJoin (dict "host" "h" "path" "a b") }}', "//h/a%20b", id="the path is escaped"),
    pytest.param('{{ urlJoin (dict "scheme" "s" "opaque" "o" "host" "h") }}', "s:o", id="opaque excludes a host"),
    pytest.param('{{ urlJoin (dict "host" "h" "userinfo" "u:p@") }}', "//u:p%40@h", id="userinfo is escaped"),
]


@pytest.mark.parametrize(("constraint", "version", "expected"), CONSTRAINTS)
def test_checks(render: Render, constraint: str, version: str, *, expected: bool) -> None:
    assert render(f'{{{{ semverCompare "{constraint}" "{version}" }}}}') == str(expected).lower().encode()


@pytest.mark.parametrize(("template", "expected"), [*VERSIONS, *URLS])
def test_prints(render: Render, template: str, expected: str) -> None:
    assert render(template) == expected.encode()


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("semver .secret", id="no version"),
        pytest.param("semverCompare .secret `1`", id="no constraint"),
        pytest.param("semverCompare `1` .secret", id="no version to compare"),
        pytest.param("urlParse (print `http://h:` .secret)", id="no port"),
        pytest.param("urlParse (print `http://h/%` .secret)", id="no escape"),
        pytest.param("urlJoin (dict `host` (list .secret))", id="a host that is no text"),
        pytest.param("regexFind (print `(` .secret) `a`", id="no pattern"),
        pytest.param("mustFromJson .secret", id="no JSON"),
        pytest.param("fail .secret", id="a message made of data"),
        pytest.param("dig .secret 1 (list .secret)", id="no dict"),
    ],
)
def test_an_error_does_not_show_the_data(render: Render, call: str) -> None:
    with pytest.raises(ExecError) as caught:
        render(f"{{{{ {call} }}}}", {"secret": b"topsecret%zz"})
    assert "topsecret" not in str(caught.value)
