"""The rules of Secrets, without HTTP."""

import base64
from typing import Any

import pytest
from devcluster.secrets import MAX_SIZE, secret_strategy
from devcluster.statuses import ApiError

STRATEGY = secret_strategy()


def made(data: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    document = {"metadata": {"name": "s"}, **({"data": data} if data is not None else {}), **fields}
    STRATEGY.decode(document)
    STRATEGY.default(document)
    return document


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("kind", "data", "fields"),
    [
        pytest.param("", {"k": "dg=="}, [], id="an opaque secret takes any key"),
        pytest.param("example.dev/own", {}, [], id="a type of one's own demands nothing"),
        pytest.param("", {"bad key": ""}, ["data[bad key]"], id="a key is malformed"),
        pytest.param("kubernetes.io/tls", {"tls.crt": ""}, ["data[tls.key]"], id="tls lacks its key"),
        pytest.param("kubernetes.io/tls", {"tls.crt": "", "tls.key": ""}, [], id="tls is complete"),
        pytest.param("kubernetes.io/ssh-auth", {}, ["data[ssh-privatekey]"], id="ssh lacks its key"),
        pytest.param("kubernetes.io/basic-auth", {"username": ""}, [], id="basic auth takes one of two"),
        pytest.param(
            "kubernetes.io/basic-auth", {}, ["data[username]", "data[password]"], id="basic auth needs one of two"
        ),
        pytest.param("kubernetes.io/dockerconfigjson", {}, ["data[.dockerconfigjson]"], id="docker config is missing"),
        pytest.param(
            "kubernetes.io/dockerconfigjson",
            {".dockerconfigjson": encoded("nonsense")},
            ["data[.dockerconfigjson]"],
            id="docker config is not JSON",
        ),
        pytest.param("kubernetes.io/dockercfg", {".dockercfg": encoded("{}")}, [], id="old docker config is JSON"),
        pytest.param("", {"k": base64.b64encode(bytes(MAX_SIZE + 3)).decode()}, ["data"], id="it is too large"),
    ],
)
def test_what_each_type_demands(kind: str, data: dict[str, str], fields: list[str]) -> None:
    assert [error.field for error in STRATEGY.validate(made(data, type=kind))] == fields


def test_string_data_wins_over_data_and_is_not_stored() -> None:
    document = made({"k": "b2xk", "o": "dg=="}, stringData={"k": "new"})
    assert document == {"metadata": {"name": "s"}, "data": {"k": "bmV3", "o": "dg=="}, "type": "Opaque"}


def test_errors_about_contents_do_not_show_them() -> None:
    document = made({".dockercfg": encoded("hunter2")}, type="kubernetes.io/dockercfg")
    assert "hunter2" not in str(STRATEGY.validate(document))


@pytest.mark.parametrize("value", ["no base64!", "abc", 5, True, ["x"]])
def test_data_must_be_base64(value: Any) -> None:
    with pytest.raises(ApiError) as refused:
        made({"k": value})
    assert (refused.value.code, str(value) in refused.value.message) == (400, False)


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        pytest.param({}, {"type": "example.dev/x"}, ["type"], id="the type stays"),
        pytest.param({"immutable": True}, {"immutable": True}, [], id="an immutable secret may be written as it is"),
        pytest.param({"immutable": True}, {}, ["immutable"], id="immutable stays"),
        pytest.param({"immutable": True}, {"immutable": True, "data": {"x": ""}}, ["data"], id="immutable data stays"),
        pytest.param({}, {"immutable": True, "data": {"x": ""}}, [], id="one update may change data and freeze it"),
    ],
)
def test_what_an_update_may_change(before: dict[str, Any], after: dict[str, Any], fields: list[str]) -> None:
    live, new = made(**{"data": {"k": "dg=="}, **before}), made(**{"data": {"k": "dg=="}, **after})
    assert [error.field for error in STRATEGY.validate_update(new, live)] == fields
