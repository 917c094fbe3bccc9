"""ACL policies: how they are written, which rule wins, and what follows for requests."""

from typing import Any

import pytest
from devvault.acl import merge
from devvault.errors import VaultError
from devvault.logical import Operation
from devvault.policy_language import parse_policy


def on(path: str, *capabilities: str) -> str:
    """Write a rule."""
    listed = ", ".join(f'"{name}"' for name in capabilities)
    return f'path "{path}" {{ capabilities = [{listed}] }}\n'


def acl(text: str) -> Any:
    return merge(parse_policy(text), is_root=False)


@pytest.mark.parametrize(
    ("policy", "path", "expected"),
    [
        pytest.param(on("kv/a", "read"), "kv/a", {"read"}, id="an exact path matches itself"),
        pytest.param(on("kv/a", "read"), "kv/ab", set(), id="an exact path matches nothing longer"),
        pytest.param(on("kv/*", "read"), "kv/a/b", {"read"}, id="a star matches any rest"),
        pytest.param(on("kv/a*", "read"), "kv/ab", {"read"}, id="a star may follow part of a name"),
        pytest.param(on("kv/+/db", "read"), "kv/x/db", {"read"}, id="a plus matches one segment"),
        pytest.param(on("kv/+/db", "read"), "kv/x/y/db", set(), id="a plus does not match two segments"),
        pytest.param(on("+/data/*", "read"), "kv/data/a/b", {"read"}, id="plus and star go together"),
        pytest.param(on("kv/a/*", "list"), "kv/a/", {"list"}, id="a folder is matched by what is for all in it"),
        pytest.param(
            on("kv/*", "list") + on("kv/a/*", "deny"),
            "kv/a/",
            {"list"},
            id="but not where a rule is about the folder",
        ),
        pytest.param(on("kv/*", "read") + on("kv/a/*", "list"), "kv/a/", {"read"}, id="whatever that rule says"),
        pytest.param(on("kv/*", "list") + on("kv/a/", "deny"), "kv/a/", {"deny"}, id="its exact rule beats both"),
        pytest.param(
            on("kv/*", "read") + on("kv/a", "update"),
            "kv/a",
            {"update"},
            id="an exact rule beats a pattern",
        ),
        pytest.param(
            on("kv/*", "read") + on("kv/team/*", "list"),
            "kv/team/x",
            {"list"},
            id="the longer prefix beats the shorter",
        ),
        pytest.param(
            on("kv/+/x", "read") + on("kv/team/*", "list"),
            "kv/team/x",
            {"list"},
            id="the later wildcard beats the earlier",
        ),
        pytest.param(
            on("kv/+/x*", "read") + on("kv/+/xy", "list"),
            "kv/team/xy",
            {"list"},
            id="a pattern without a star beats one with it",
        ),
        pytest.param(
            on("kv/a", "read") + on("kv/a", "deny"),
            "kv/a",
            {"deny"},
            id="deny wins on the same rule",
        ),
        pytest.param(
            on("kv/a", "read") + on("kv/a", "list"),
            "kv/a",
            {"read", "list"},
            id="capabilities on the same rule add up",
        ),
        pytest.param(on("kv/a", "list"), "kv/a/", {"list"}, id="listing is allowed without the slash"),
        pytest.param(
            'path "kv/a" { policy = "write" }',
            "kv/a",
            {"create", "read", "update", "delete", "list"},
            id="the old form works",
        ),
        pytest.param(
            '# c\npath "kv/a" { // d\n capabilities = ["read",] /* e */ }',
            "kv/a",
            {"read"},
            id="comments and trailing commas are fine",
        ),
        pytest.param('{"path": {"kv/a": {"capabilities": ["read"]}}}', "kv/a", {"read"}, id="JSON is a policy too"),
    ],
)
def test_capabilities(policy: str, path: str, expected: set[str]) -> None:
    assert acl(policy).capabilities(path) == expected


@pytest.mark.parametrize(
    ("capabilities", "operation", "sudo", "allowed"),
    [
        pytest.param('"read"', Operation.READ, False, True, id="read allows reading"),
        pytest.param('"read"', Operation.LIST, False, False, id="read does not allow listing"),
        pytest.param('"update"', Operation.CREATE, False, False, id="update does not allow creating"),
        pytest.param('"deny", "read"', Operation.READ, False, False, id="deny takes everything"),
        pytest.param('"update"', Operation.UPDATE, True, False, id="a guarded path needs sudo"),
        pytest.param('"update", "sudo"', Operation.UPDATE, True, True, id="sudo opens a guarded path"),
        pytest.param('"sudo"', Operation.UPDATE, True, False, id="sudo alone is not enough"),
    ],
)
def test_operations(capabilities: str, operation: Operation, sudo: bool, allowed: bool) -> None:
    rules = acl(f'path "p" {{ capabilities = [{capabilities}] }}')
    assert rules.allows(operation, "p", sudo=sudo) is allowed


@pytest.mark.parametrize(
    ("policy", "hint"),
    [
        pytest.param(on("kv/a", "fly"), "fly", id="an unknown capability is named"),
        pytest.param(on("kv/+*", "read"), "forbidden", id="plus and star in one segment are refused"),
        pytest.param('path "kv/a" { capabilities = ["read"]', "unexpected end", id="a missing brace is noticed"),
        pytest.param(
            'path "kv/a" { allowed_parameters = { "x" = [] } }',
            "allowed_parameters",
            id="constraints are refused",
        ),
        pytest.param('path "kv/{{identity.entity.id}}" { }', "templated", id="templated paths are refused"),
        pytest.param('path "kv/a" { capabilities = "read" }', "not a list", id="capabilities must be a list"),
        pytest.param("{]", "JSON", id="broken JSON is refused"),
        pytest.param("nonsense", "expected", id="other text is refused"),
        pytest.param('path "kv/a" { policy = "fly" }', "fly", id="an unknown old policy is named"),
        pytest.param("path ?", "unexpected character", id="a stray character is named"),
    ],
)
def test_a_bad_policy_is_refused(policy: str, hint: str) -> None:
    with pytest.raises(VaultError) as refused:
        parse_policy(policy)
    assert refused.value.status == 400
    assert hint in refused.value.errors[0]


async def test_create_and_update_are_told_apart_by_what_exists(client: Any) -> None:
    await client.policy("maker", 'path "secret/data/*" { capabilities = ["create"] }')
    token = await client.token(policies=["maker"])
    assert (await client("POST", "secret/data/x", {"data": {"a": "1"}}, token=token)).status == 200
    assert (await client("POST", "secret/data/x", {"data": {"a": "2"}}, token=token)).status == 403


async def test_a_guarded_system_path_needs_sudo(client: Any) -> None:
    await client.policy("admin", 'path "sys/auth/*" { capabilities = ["create", "update"] }')
    token = await client.token(policies=["admin"])
    assert (await client("POST", "sys/auth/userpass", {"type": "userpass"}, token=token)).status == 403
    await client.policy("admin", 'path "sys/auth/*" { capabilities = ["create", "update", "sudo"] }')
    assert (await client("POST", "sys/auth/userpass", {"type": "userpass"}, token=token)).status == 204


async def test_capabilities_self_reports_what_the_token_may_do(client: Any) -> None:
    await client.policy("reader", 'path "secret/data/*" { capabilities = ["read", "list"] }')
    token = await client.token(policies=["reader"])
    reply = await client("POST", "sys/capabilities-self", {"paths": ["secret/data/x", "other"]}, token=token)
    assert reply.data == {"secret/data/x": ["list", "read"], "other": ["deny"]}


async def test_a_policy_can_be_read_listed_and_deleted(client: Any) -> None:
    await client.policy("Team", 'path "x" { }')
    assert (await client("GET", "sys/policies/acl/team")).data == {"name": "team", "policy": 'path "x" { }'}
    assert (await client("LIST", "sys/policies/acl")).data["keys"] == ["default", "root", "team"]
    assert (await client("DELETE", "sys/policies/acl/team")).status == 204
    assert (await client("GET", "sys/policies/acl/team")).status == 404
    assert (await client("DELETE", "sys/policies/acl/root")).status == 400
    assert (await client("PUT", "sys/policies/acl/root", {"policy": 'path "x" { }'})).status == 400


async def test_mounts_are_shown_to_those_who_may_use_them(client: Any) -> None:
    await client.policy("reader", 'path "secret/data/team/*" { capabilities = ["read"] }')
    reader, nobody = await client.token(policies=["reader"]), await client.token(policies=["default"])
    shown = await client("GET", "sys/internal/ui/mounts/secret/app", token=reader)
    assert (shown.data["path"], shown.data["options"]) == ("secret/", {"version": "2"})
    assert (await client("GET", "sys/internal/ui/mounts/secret/app", token=nobody)).status == 403
    assert (await client("GET", "sys/internal/ui/mounts/secret/app", token="")).status == 403
    assert "secret/" in (await client("GET", "sys/internal/ui/mounts", token=reader)).data["secret"]
    assert "secret/" not in (await client("GET", "sys/internal/ui/mounts", token=nobody)).data["secret"]
