"""The data of a Secret from fetched values, in the order of their reads."""

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Fetched, Read, Value
from secrets_operator.rendering.external_secret import secret_data
from tests.builders import values


def spread(conversion: str = "Default", **data: str) -> Value:
    return Value(Read("spec.dataFrom[0].extract", "all", conversion=conversion), values(**data))


def single(secret_key: str, value: str) -> Value:
    return Value(Read("spec.data[0].remoteRef", "one", secret_key=secret_key), values(**{secret_key: value}))


@pytest.mark.parametrize(
    ("fetched", "expected"),
    [
        pytest.param((), {}, id="nothing fetched, no data"),
        pytest.param((spread(a="1", b="2"),), {"a": "1", "b": "2"}, id="an extract spreads into keys"),
        pytest.param((spread(a="1"), spread(a="2")), {"a": "2"}, id="a later extract wins"),
        pytest.param(
            (spread(a="1", b="2"), single("a", "3")), {"a": "3", "b": "2"}, id="a single key wins over an extract"
        ),
        pytest.param((spread(**{"x/y": "1"}),), {"x_y": "1"}, id="extracted names are converted"),
        pytest.param((spread("Unicode", **{"x/y": "1"}),), {"x_U002f_y": "1"}, id="in the way the entry asks for"),
        pytest.param((spread(**{"": "1", "a": "2"}),), {"a": "2"}, id="an empty name is dropped"),
    ],
)
def test_secret_data(fetched: tuple[Value, ...], expected: dict[str, str]) -> None:
    assert secret_data(Fetched(fetched)) == values(**expected)


def test_a_name_no_secret_can_hold_is_refused_with_its_entry() -> None:
    with pytest.raises(InvalidSpec, match=r"^spec\.dataFrom\[0\]\.extract: 'é'"):
        secret_data(Fetched((spread(é="1"),)))
