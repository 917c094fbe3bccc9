"""Where a key is looked up."""

from __future__ import annotations

import pytest
from secrets_operator_vault.paths import V2, Engine, data_path, metadata_path

from secrets_operator.errors import InvalidSpec


@pytest.mark.parametrize(
    ("key", "mount", "version", "expected"),
    [
        pytest.param("foo", "secret", "v2", "secret/data/foo", id="a bare key is below the mount"),
        pytest.param("secret/foo", "secret", "v2", "secret/data/foo", id="the mount may be named"),
        pytest.param("secret/data/foo", "secret", "v2", "secret/data/foo", id="mount and data may be named"),
        pytest.param("data/foo", "secret", "v2", "secret/data/data/foo", id="data without the mount is a folder"),
        pytest.param("secret/data", "secret", "v2", "secret/data/data", id="data at the end is a secret"),
        pytest.param("secret", "secret", "v2", "secret/data/secret", id="a key like the mount is a secret"),
        pytest.param("secrets/foo", "secret", "v2", "secret/data/secrets/foo", id="a longer name is not the mount"),
        pytest.param("team/kv/foo", "team/kv", "v2", "team/kv/data/foo", id="a mount may have slashes"),
        pytest.param("foo", "/secret/", "v2", "secret/data/foo", id="slashes around the mount mean nothing"),
        pytest.param("/a//b/", "secret", "v2", "secret/data/a/b", id="superfluous slashes mean nothing"),
        pytest.param("foo", "secret", "v1", "secret/foo", id="version 1 has no data part"),
        pytest.param("secret/foo", "secret", "v1", "secret/foo", id="version 1: the mount may be named"),
        pytest.param("secret/data/foo", "secret", "v1", "secret/data/foo", id="version 1: data is a folder"),
        pytest.param("kv/foo/bar", None, "v2", "kv/data/foo/bar", id="no mount: data is put behind the first part"),
        pytest.param("kv/data/foo", None, "v2", "kv/data/foo", id="no mount: a path with data stays"),
        pytest.param("team/kv/data/foo", None, "v2", "team/kv/data/foo", id="no mount: data may come later"),
        pytest.param("kv/data", None, "v2", "kv/data/data", id="no mount: data at the end is a secret"),
        pytest.param("database/creds/app", None, "v1", "database/creds/app", id="no mount, version 1: as it is"),
        pytest.param("foo", "", "v1", "foo", id="an empty mount is none"),
    ],
)
def test_values(key: str, mount: str | None, version: str, expected: str) -> None:
    assert data_path(key, Engine(mount, version)) == expected


@pytest.mark.parametrize(
    ("key", "mount", "expected"),
    [
        pytest.param("foo", "secret", "secret/metadata/foo", id="a bare key is below the mount"),
        pytest.param("secret/data/foo", "secret", "secret/metadata/foo", id="it is the secret the value is read from"),
        pytest.param("kv/data/a/data/b", None, "kv/metadata/a/data/b", id="no mount: the first data is replaced"),
        pytest.param("kv/foo", None, "kv/metadata/foo", id="no mount: metadata is put behind the first part"),
    ],
)
def test_metadata(key: str, mount: str | None, expected: str) -> None:
    assert metadata_path(key, Engine(mount, V2)) == expected


@pytest.mark.parametrize(
    ("key", "mount"),
    [
        pytest.param("", "secret", id="an empty key"),
        pytest.param("/", None, id="nothing but slashes"),
        pytest.param("../sys/mounts", "secret", id="a way out of the mount"),
        pytest.param("a/./b", "secret", id="a dot between slashes"),
        pytest.param("auth/token/lookup-self", None, id="the store's own token"),
        pytest.param("/sys/mounts", None, id="the server's settings"),
        pytest.param("a\nb", "secret", id="a line break"),
    ],
)
def test_a_key_that_names_no_secret_is_refused(key: str, mount: str | None) -> None:
    with pytest.raises(InvalidSpec):
        data_path(key, Engine(mount, "v1"))
