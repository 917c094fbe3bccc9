"""Names of objects, labels and keys, and what `generateName` makes."""

import random
from collections.abc import Callable

import pytest

from devcluster import names


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        pytest.param(names.dns_label_error, ["a", "a-1", "1"], ["", "A", "-a", "a.b", "a" * 64], id="label"),
        pytest.param(names.dns_1035_label_error, ["a", "a-1"], ["1a", "a.b", "A"], id="label of a service"),
        pytest.param(names.dns_subdomain_error, ["a.b-c", "0"], ["a_b", ".a", "a..b", "a" * 254], id="subdomain"),
        pytest.param(names.path_segment_error, ["system:x", "A b"], ["..", ".", "a/b", "50%"], id="path segment"),
        pytest.param(
            names.config_key_error, ["a.B_c-1", ".hidden"], ["", "a b", "..", ".", "..a", "ä"], id="key of data"
        ),
        pytest.param(
            names.label_key_error,
            ["app", "example.dev/App_1"],
            ["", "/a", "a/", "Ex.dev/a", "a/b/c", "a" * 64, "-a"],
            id="key of a label",
        ),
        pytest.param(names.label_value_error, ["", "A.b_c-1"], ["-a", "a b", "a" * 64], id="value of a label"),
    ],
)
def test_names(rule: Callable[[str], str], good: list[str], bad: list[str]) -> None:
    assert {name: rule(name) for name in good} == dict.fromkeys(good, "")
    assert [name for name in bad if not rule(name)] == []


def test_generated_names_keep_the_prefix_and_fit() -> None:
    dice = random.Random(1)
    name = names.generate("x" * 100, dice)
    assert (len(name), name.startswith("x" * 58)) == (63, True)
    assert names.generate("a-", dice) != names.generate("a-", dice)
    assert names.dns_label_error(names.generate("a-", dice)) == ""
