"""The names by which a Secret shows who wrote it."""

import pytest

from secrets_operator.planning.marks import (
    created_by,
    external_secret_manager,
    sealed_secret_manager,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("app", "externalsecrets.external-secrets.io/app", id="a short name is part of the manager"),
        pytest.param(
            "a" * 27, "externalsecrets.external-secrets.io/" + "a" * 27, id="63 characters are not yet too long"
        ),
        pytest.param(
            "a" * 28,
            "externalsecrets.external-secrets.io/sha3/52a6f48b37cd3535ef771a530c08d9cc4b78350ccdd33f2405e22ebb",
            id="a longer one is hashed",
        ),
    ],
)
def test_manager_of_an_external_secret(name: str, expected: str) -> None:
    assert external_secret_manager(name) == expected


def test_manager_of_a_sealed_secret_is_another() -> None:
    assert sealed_secret_manager("app") == "sealedsecrets.bitnami.com/app"


def test_created_by_is_the_hash_external_secrets_operator_writes() -> None:
    assert created_by("ns", "name") == "bb23d4143f48a70026bb6cffbf0e5df5557eb3bc56885091e92a5690"
