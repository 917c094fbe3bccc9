"""Whether the generated values in an object that is no Secret can stay: all of its leaves, or none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from secrets_operator.planning.generated_values import Record, kept_leaves
from secrets_operator.planning.refresh import Synced
from secrets_operator.planning.secret_state import OwnedFields, SecretState
from tests.builders import NOW

OURS, RECORD = "externalsecrets.external-secrets.io/app", "secrets-operator.dev/generated-x"
HELD = frozenset({"spec.host", "spec.rules"})


def state(
    *,
    owned: frozenset[str] = HELD,
    gone: str = "",
    writers: dict[str, tuple[str, ...]] | None = None,
    recorded: bool = True,
) -> SecretState:
    """Return an object that was written with HELD, and of which ``owned`` are still ours."""
    record = Record(Synced("1-abc", NOW - timedelta(hours=1)), tuple(sorted(HELD)))
    return SecretState(
        name="app",
        namespace="team",
        annotations={RECORD: str(record)},
        digests={path: "digest" for path in owned if path != gone},
        applied={OURS: OwnedFields(owned, annotations=frozenset({RECORD} if recorded else ()))},
        writers=dict.fromkeys(owned, (OURS,)) | (writers or {}),
    )


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param(state(), HELD, id="as it was written -> all of it"),
        pytest.param(
            state(writers={"spec.replicas": ("scaler",)}), HELD, id="a field of somebody else beside them -> all of it"
        ),
        pytest.param(state(owned=frozenset({"spec.host"})), frozenset(), id="one was taken from us -> nothing"),
        pytest.param(state(gone="spec.rules"), frozenset(), id="one is gone -> nothing"),
        pytest.param(
            state(writers={"spec.rules": (OURS, "somebody")}),
            frozenset(),
            id="somebody has items of one too -> nothing",
        ),
        pytest.param(state(recorded=False), frozenset(), id="the record is not of our writing -> nothing"),
        pytest.param(None, frozenset(), id="no object -> nothing"),
    ],
)
def test_kept_leaves(target: SecretState | None, expected: frozenset[str]) -> None:
    assert kept_leaves(target, RECORD, OURS) == expected
