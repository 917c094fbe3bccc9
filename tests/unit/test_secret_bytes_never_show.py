"""Whatever is done to show or copy a SecretBytes, its value does not come out."""

import copy
import json
import pickle
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Found

CANARY = "canary-1b9e"
VALUE = SecretBytes(CANARY.encode())


@dataclass
class Holder:
    value: SecretBytes


def raised() -> str:
    try:
        raise ValueError(VALUE)  # noqa: TRY301 - a traceback is wanted
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(lambda: repr(VALUE), id="repr"),
        pytest.param(lambda: str(VALUE), id="str"),
        pytest.param(lambda: f"{VALUE}", id="an f-string"),
        pytest.param(lambda: f"{VALUE:>40}", id="an f-string with a format"),
        pytest.param(lambda: f"{VALUE!r}", id="an f-string of the repr"),
        pytest.param(lambda: "%s %r" % (VALUE, VALUE), id="percent formatting"),  # noqa: UP031 - that is the case
        pytest.param(lambda: repr([VALUE, {"key": VALUE}, (VALUE,)]), id="the repr of a container"),
        pytest.param(lambda: repr(Holder(VALUE)), id="the repr of a dataclass"),
        pytest.param(lambda: repr(Found(VALUE)), id="the repr of an answer"),
        pytest.param(lambda: repr(dir(VALUE)), id="the names of its members"),
        pytest.param(raised, id="a traceback with its locals"),
        pytest.param(lambda: json.dumps({"value": VALUE}, default=repr), id="JSON with repr as the last resort"),
    ],
)
def test_shown(shown: Callable[[], str]) -> None:
    assert CANARY not in shown()


@pytest.mark.parametrize(
    "carry",
    [
        *(pytest.param(lambda p=p: pickle.dumps(VALUE, p), id=f"pickle, protocol {p}") for p in range(6)),
        pytest.param(lambda: copy.copy(VALUE), id="copy"),
        pytest.param(lambda: copy.deepcopy({"key": [VALUE]}), id="deepcopy of a container"),
        pytest.param(lambda: asdict(Holder(VALUE)), id="dataclasses.asdict"),
        pytest.param(lambda: json.dumps(VALUE), id="JSON"),
        pytest.param(lambda: vars(VALUE), id="vars"),
        pytest.param(lambda: bytes(VALUE), id="bytes"),  # type: ignore[call-overload] # that is the case
    ],
)
def test_carried_out(carry: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        carry()


def test_it_is_a_value_to_those_who_may_have_it() -> None:
    same, other = SecretBytes(CANARY.encode()), SecretBytes(b"other")
    assert (VALUE.reveal(), len(VALUE), bool(SecretBytes(b""))) == (CANARY.encode(), len(CANARY), False)
    assert (same == VALUE, hash(same) == hash(VALUE), other == VALUE, CANARY.encode() == VALUE) == (
        True,
        True,
        False,
        False,
    )
