"""What is counted as under which key, and what a SealedSecret says when its keys are gone."""

from typing import Any

import pytest

from secrets_operator.planning.sealing_key_inventory import Inventory, inventory, memory_of, openable

A, B = "SHA256:a", "SHA256:b"


def sealed(*items: str, **spec: Any) -> dict[str, Any]:
    return {"spec": {"encryptedData": dict.fromkeys(items, "x"), **spec}}


@pytest.mark.parametrize(
    ("resource", "remembered", "memory"),
    [
        pytest.param(sealed("user", "pw"), '{"SHA256:a":[]}', {"user": A, "pw": A}, id="one key for all"),
        pytest.param(sealed("user", "pw"), '{"SHA256:a":[],"SHA256:b":["pw"]}', {"user": A, "pw": B}, id="two keys"),
        pytest.param({"spec": {"data": "x"}}, '{"SHA256:a":[]}', {"": A}, id="the old form is one value"),
        pytest.param(sealed("user"), "", {}, id="never opened -> nothing known"),
        pytest.param(sealed("user"), "nonsense", {}, id="an annotation of somebody else -> nothing known"),
        pytest.param({"spec": {"encryptedData": "odd"}}, '{"SHA256:a":[]}', {"": A}, id="an odd spec is one value"),
    ],
)
def test_the_key_of_each_item_is_remembered(resource: dict[str, Any], remembered: str, memory: dict[str, str]) -> None:
    assert memory_of(resource, remembered) == memory


def test_items_and_objects_are_counted_by_key() -> None:
    one_key, two_keys = '{"SHA256:a":[]}', '{"SHA256:a":[],"SHA256:b":["pw"]}'
    counted = inventory(
        [
            (sealed("user", "pw"), two_keys),
            (sealed("user", "pw"), one_key),
            (sealed("pw"), two_keys),
            (sealed(), one_key),
            (sealed("user"), ""),
        ]
    )
    assert counted == Inventory({A: 3, B: 2}, {A: 2, B: 2}, unknown=1)


@pytest.mark.parametrize(
    ("memory", "names"),
    [
        pytest.param({"pw": A}, "", id="its key is active -> nothing to say"),
        pytest.param({}, "", id="nothing known -> nothing to say"),
        pytest.param({"pw": B, "user": A}, f"{B} (pw)", id="one of two keys is gone -> its items"),
        pytest.param({"": B}, f"{B} (spec.data)", id="the old form is named by its field"),
        pytest.param({f"k{n:02}": B for n in range(12)}, "k09 and 2 more", id="many items are cut"),
    ],
)
def test_a_sealed_secret_says_which_keys_are_gone(memory: dict[str, str], names: str) -> None:
    condition = openable(memory, frozenset({A}))
    assert (condition is None) == (not names)
    assert names in (condition.message if condition else "")
