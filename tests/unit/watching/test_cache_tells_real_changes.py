"""The cache reports a change when, and only when, an object has another version than before."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.watching.cache import Cache, Change, Place


def seen(name: str, version: str, value: str = "v", namespace: str | None = "team") -> dict[str, Any]:
    metadata = {"name": name, "resourceVersion": version}
    return {"metadata": metadata if namespace is None else {**metadata, "namespace": namespace}, "value": value}


@pytest.fixture
def cache() -> Cache[str]:
    return Cache(lambda subject: str(subject["value"]))


def test_a_new_object_is_a_change_without_old(cache: Cache[str]) -> None:
    assert cache.put(seen("a", "1", "x")) == Change("team", "a", None, "x")
    assert cache.get("team", "a") == "x"


def test_the_same_version_again_is_no_change_and_not_projected_again() -> None:
    projected: list[str] = []
    cache = Cache(lambda subject: projected.append(subject["metadata"]["name"]))
    cache.put(seen("a", "1"))
    assert cache.put(seen("a", "1")) is None
    assert projected == ["a"]


def test_another_version_is_a_change_even_when_it_is_lower(cache: Cache[str]) -> None:
    """Versions are opaque, and those of a restored backup are lower."""
    cache.put(seen("a", "9", "new"))
    assert cache.put(seen("a", "1", "restored")) == Change("team", "a", "new", "restored")


def test_a_removed_object_is_a_change_without_new_once(cache: Cache[str]) -> None:
    cache.put(seen("a", "1", "x"))
    assert cache.remove(Place("team", "a")) == Change("team", "a", "x", None)
    assert cache.remove(Place("team", "a")) is None
    assert cache.get("team", "a") is None
    assert len(cache) == 0


def test_objects_of_one_name_in_two_namespaces_and_in_none_are_three(cache: Cache[str]) -> None:
    cache.put(seen("a", "1", "one", "x"))
    cache.put(seen("a", "2", "two", "y"))
    cache.put(seen("a", "3", "three", None))
    assert sorted(cache.values()) == ["one", "three", "two"]
    assert cache.get("", "a") == "three"
    assert cache.places() == {("x", "a"), ("y", "a"), ("", "a")}


def test_a_projection_that_raises_leaves_the_entry_and_is_tried_again() -> None:
    broken = True

    def project(subject: dict[str, Any]) -> str:
        if broken and subject["value"] == "y":
            raise ValueError
        return str(subject["value"])

    cache = Cache(project)
    cache.put(seen("a", "1", "x"))
    with pytest.raises(ValueError, match=r"^$"):
        cache.put(seen("a", "2", "y"))
    assert cache.get("team", "a") == "x"
    broken = False
    assert cache.put(seen("a", "2", "y")) == Change("team", "a", "x", "y")
