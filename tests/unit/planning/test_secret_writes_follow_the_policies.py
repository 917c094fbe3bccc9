"""What is done with the target Secret under each creation and deletion policy, once the remote values are known."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.planning.desired import from_external_secret
from secrets_operator.planning.external_secret import Wanted, wanted
from secrets_operator.planning.secret_state import SecretState, secret_state
from secrets_operator.planning.secret_writes import Leave, Refuse, Remove, decide
from secrets_operator.planning.targets import DesiredSecret
from tests.builders import DIGESTER, external_secret, secret

MANAGER = "externalsecrets.external-secrets.io/app"
OURS = {"manager": MANAGER, "operation": "Apply", "fieldsV1": {"f:data": {"f:k": {}}}}
THEIRS = {"manager": "somebody", "operation": "Update", "fieldsV1": {"f:data": {"f:t": {}}}}


def live(data: dict[str, str], *managers: dict[str, Any], immutable: bool = False, owner: str = "") -> SecretState:
    reference = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": "app", "controller": True}
    references = [{**reference, "uid": owner}] if owner else []
    made = secret(data=data, managers=list(managers), ownerReferences=references)
    if immutable:
        made["immutable"] = True
    return secret_state(made, DIGESTER)


def decided(target: dict[str, Any], data: dict[str, str], found: SecretState | None) -> object:
    resource = external_secret(spec={"target": target})
    want = wanted(resource)
    assert isinstance(want, Wanted)
    values = {key: SecretBytes(value.encode()) for key, value in data.items()}
    decision = decide(
        want, from_external_secret(resource, want, values, DIGESTER), found, DIGESTER, has_values=bool(data)
    )
    # A write is told by its keys and by whether it names its owner.
    return (sorted(decision.data), decision.controlled) if isinstance(decision, DesiredSecret) else decision


EMPTY = live({"k": "v"}, OURS, owner="uid-app")
NAMESAKES = live({"k": "v"}, OURS, owner="uid-of-a-namesake")
SHARED = live({"k": "v", "t": "theirs"}, OURS, THEIRS)
FROZEN = live({"k": "v"}, OURS, immutable=True)
RETAINED = Leave(
    "SecretSynced", "secret retained: the provider has no data for it any more, and deletionPolicy is Retain"
)


@pytest.mark.parametrize(
    ("target", "data", "found", "expected"),
    [
        pytest.param({}, {"k": "v"}, None, (["k"], True), id="Owner creates and owns"),
        pytest.param({"creationPolicy": "Orphan"}, {"k": "v"}, None, (["k"], False), id="Orphan creates, owns not"),
        pytest.param(
            {"creationPolicy": "CreateOrMerge"}, {"k": "v"}, None, (["k"], False), id="CreateOrMerge creates, owns not"
        ),
        pytest.param(
            {"creationPolicy": "Merge"},
            {"k": "v"},
            None,
            Leave("SecretMissing", "there is no Secret app to merge into"),
            id="Merge waits for its Secret",
        ),
        pytest.param({"creationPolicy": "Merge"}, {"k": "v"}, SHARED, (["k"], False), id="Merge adds its keys"),
        pytest.param(
            {"creationPolicy": "None"},
            {"k": "v"},
            None,
            Leave("SecretSynced", "secret synced: creationPolicy None writes nothing"),
            id="None writes nothing",
        ),
        pytest.param({}, {}, EMPTY, RETAINED, id="Retain keeps the Secret when nothing is left"),
        pytest.param({}, {}, None, RETAINED, id="Retain creates no empty Secret"),
        pytest.param({"deletionPolicy": "Delete"}, {}, EMPTY, Remove(), id="Delete removes it when nothing is left"),
        pytest.param(
            {"deletionPolicy": "Delete"},
            {},
            NAMESAKES,
            ([], True),
            id="Delete leaves a Secret that another uid owns: only our keys go",
        ),
        pytest.param(
            {"deletionPolicy": "Delete"},
            {},
            live({}),
            Leave("SecretDeleted", "secret deleted: the provider has no data for it any more"),
            id="Delete leaves an empty Secret that was never ours",
        ),
        pytest.param(
            {"deletionPolicy": "Delete"},
            {},
            SHARED,
            ([], True),
            id="Delete leaves the keys of others, and so the Secret",
        ),
        pytest.param(
            {"deletionPolicy": "Delete"},
            {},
            None,
            Leave("SecretDeleted", "secret deleted: the provider has no data for it any more"),
            id="Delete is done when there is none",
        ),
        pytest.param(
            {"deletionPolicy": "Delete", "creationPolicy": "Orphan"},
            {},
            EMPTY,
            Refuse("deletionPolicy Delete needs creationPolicy Owner: only its owner may delete a Secret"),
            id="only an owner deletes",
        ),
        pytest.param({"deletionPolicy": "Merge"}, {}, SHARED, ([], True), id="Merge drops our keys, keeps the Secret"),
        pytest.param({"immutable": True}, {"k": "v"}, None, (["k"], True), id="an immutable Secret is created"),
        pytest.param(
            {"immutable": True}, {"k": "v"}, FROZEN, (["k"], True), id="an immutable one with this data is fine"
        ),
        pytest.param(
            {"immutable": True},
            {"k": "new"},
            FROZEN,
            Leave("SecretSynced", "secret synced once: it is immutable and stays as it is"),
            id="an immutable Secret stays as it is",
        ),
        pytest.param(
            {},
            {"k": "new"},
            FROZEN,
            Refuse("Secret app is immutable and its data would change: delete it, or set target.immutable"),
            id="somebody froze a Secret that has to change",
        ),
    ],
)
def test_decision(target: dict[str, Any], data: dict[str, str], found: SecretState | None, expected: object) -> None:
    assert decided(target, data, found) == expected


def test_a_template_that_makes_nothing_of_the_values_keeps_what_was_written() -> None:
    resource = external_secret()
    want = wanted(resource)
    assert isinstance(want, Wanted)
    nothing = from_external_secret(resource, want, {}, DIGESTER)
    assert decide(want, nothing, EMPTY, DIGESTER, has_values=True) == RETAINED


def test_a_template_of_labels_alone_is_written_all_the_same() -> None:
    resource = external_secret()
    want = wanted(resource)
    assert isinstance(want, Wanted)
    nothing = from_external_secret(resource, want, {}, DIGESTER)
    assert decide(want, nothing, None, DIGESTER, has_values=True) == nothing


def test_resources_that_merge_into_one_secret_keep_their_digests_apart() -> None:
    names = set()
    for name in ("one", "two"):
        resource = external_secret(name=name, spec={"target": {"creationPolicy": "Merge", "name": "shared"}})
        want = wanted(resource)
        assert isinstance(want, Wanted)
        names.add(want.marks.hash_annotation)
    assert len(names) == 2
