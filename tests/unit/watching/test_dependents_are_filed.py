"""From a store or a Secret to the resources that depend on it."""

from secrets_operator.flow import Key
from secrets_operator.watching.dependents import NAMESPACE, SECRET, Dependents

A, B = Key("ExternalSecret", "team", "a"), Key("ExternalSecret", "team", "b")
STORE, OTHER = Key("SecretStore", "team", "store"), Key("ClusterSecretStore", "", "store")
TARGET = Key(SECRET, "team", "a")


def filed() -> Dependents:
    dependents = Dependents()
    dependents.file(B, [STORE])
    dependents.file(A, [TARGET, STORE])
    return dependents


def test_all_dependents_of_a_key_are_found_in_order() -> None:
    assert (filed().of(STORE), filed().of(TARGET), filed().of(OTHER)) == ((A, B), (A,), ())


def test_filing_anew_replaces_what_was_filed() -> None:
    dependents = filed()
    dependents.file(A, [OTHER])
    assert (dependents.of(STORE), dependents.of(TARGET), dependents.of(OTHER)) == ((B,), (), (A,))


def test_a_dropped_dependent_is_forgotten_and_dropping_it_again_does_no_harm() -> None:
    dependents = filed()
    dependents.drop(A)
    dependents.drop(A)
    assert (dependents.of(STORE), dependents.of(TARGET), dependents.group_of(A)) == ((B,), (), "")


def test_a_resource_uses_the_share_of_its_store() -> None:
    dependents = filed()
    dependents.file(B, [Key(NAMESPACE, "", "team"), OTHER, TARGET])
    groups = [dependents.group_of(key) for key in (A, B, STORE)]
    assert groups == ["SecretStore/team/store", "ClusterSecretStore/store", "SecretStore/team/store"]
