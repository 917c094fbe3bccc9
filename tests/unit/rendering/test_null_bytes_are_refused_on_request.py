"""nullBytePolicy: a value with a zero byte fails the sync only where the policy says so."""

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.rendering.null_bytes import check_null_bytes
from tests.builders import values

WITH_ZEROS = values(b="x\0y", a="fine", c="\0")


@pytest.mark.parametrize("policy", [pytest.param("Ignore", id="Ignore allows it"), pytest.param("", id="so does none")])
def test_a_zero_byte_is_allowed(policy: str) -> None:
    check_null_bytes(WITH_ZEROS, policy, field="f")


def test_values_without_a_zero_byte_pass() -> None:
    check_null_bytes(values(a="0", b=""), "Fail", field="f")


def test_fail_names_the_first_key_in_sorted_order() -> None:
    with pytest.raises(InvalidSpec, match=r"^f: the value of 'b' has a zero byte: .*Ignore$"):
        check_null_bytes(dict(reversed(WITH_ZEROS.items())), "Fail", field="f")
