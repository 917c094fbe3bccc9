from __future__ import annotations

from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest
from pydantic import ValidationError

from secrets_operator.resources.cluster_secret_store import ClusterSecretStore
from secrets_operator.resources.external_secret import ExternalSecret
from secrets_operator.resources.references import StoreRef
from secrets_operator.resources.sealed_secret import SealedSecret
from secrets_operator.resources.secret_store import SecretStore
from secrets_operator.resources.stores import StoreSpec

EXTERNAL_SECRET: dict[str, Any] = {
    "apiVersion": "external-secrets.io/v1beta1",
    "kind": "ExternalSecret",
    "metadata": {"name": "db", "namespace": "team-a"},
    "spec": {
        "secretStoreRef": {"name": "store"},
        "target": {"template": {"templateFrom": [{"configMap": {"name": "a", "items": [{"key": "a"}]}}]}},
        "data": [{"secretKey": "a", "remoteRef": {"key": "a"}}],
        "dataFrom": [
            {"find": {}, "rewrite": [{"merge": {}}], "sourceRef": {"storeRef": {"name": "b"}}},
            {"sourceRef": {"generatorRef": {"kind": "UUID", "name": "a"}}},
        ],
    },
}
STORE = {"apiVersion": "external-secrets.io/v1", "metadata": {"name": "store"}}


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("target_name", "db"),
        ("spec.secret_store_ref.kind", "SecretStore"),
        ("spec.refresh_policy", "Periodic"),
        ("spec.refresh_every", timedelta(hours=1)),
        ("spec.target.creation_policy", "Owner"),
        ("spec.target.deletion_policy", "Retain"),
        ("spec.target.immutable", False),
        ("spec.target.template.engine_version", "v2"),
        ("spec.target.template.merge_policy", "Replace"),
        ("template_from.target", "Data"),
        ("template_from.values_decoding_strategy", "None"),
        ("template_from.config_map.items.0.template_as", "Values"),
        ("remote_ref.metadata_policy", "None"),
        ("remote_ref.conversion_strategy", "Default"),
        ("remote_ref.decoding_strategy", "None"),
        ("remote_ref.null_byte_policy", "Ignore"),
        ("merge.strategy", "Extract"),
        ("merge.conflict_policy", "Error"),
        ("merge.priority_policy", "Strict"),
        ("merge.into", ""),
        ("generator_ref.api_version", "generators.external-secrets.io/v1alpha1"),
    ],
    ids=lambda value: f"{value} by default" if isinstance(value, str) and "." in value else None,
)
def test_a_field_left_out_reads_as_its_documented_default(attribute: str, value: Any) -> None:
    resource = ExternalSecret.model_validate(EXTERNAL_SECRET)
    template = resource.spec.target.template
    merge, generator = resource.spec.data_from[0].rewrite[0].merge, resource.spec.data_from[1].source_ref
    assert template is not None
    assert generator is not None
    shortcuts: dict[str, Any] = {
        "template_from": template.template_from[0],
        "remote_ref": resource.spec.data[0].remote_ref,
        "merge": merge,
        "generator_ref": generator.generator_ref,
    }
    start, _, rest = attribute.partition(".")
    found: Any = shortcuts.get(start, resource)
    for name in (rest if start in shortcuts else attribute).split("."):
        found = found[int(name)] if name.isdigit() else attrgetter(name)(found)
    assert found == value


def test_an_absent_template_and_an_empty_one_differ() -> None:
    spec = {**EXTERNAL_SECRET["spec"], "target": {}}
    assert ExternalSecret.model_validate({**EXTERNAL_SECRET, "spec": spec}).spec.target.template is None
    spec = {**spec, "target": {"template": {}}}
    assert ExternalSecret.model_validate({**EXTERNAL_SECRET, "spec": spec}).spec.target.template is not None


def test_every_store_that_a_spec_names_is_found_in_order() -> None:
    refs = list(ExternalSecret.model_validate(EXTERNAL_SECRET).spec.store_refs())
    assert refs == [StoreRef(name="store"), StoreRef(name="b", kind="SecretStore")]


@pytest.mark.parametrize(
    ("interval", "every"),
    [
        pytest.param(None, None, id="left out means the operator's setting"),
        pytest.param(0, None, id="zero seconds mean the operator's setting"),
        pytest.param("0s", None, id="a zero duration means the operator's setting"),
        pytest.param(300, timedelta(minutes=5), id="a number is in seconds"),
        pytest.param("1h30m", timedelta(minutes=90), id="text is a duration"),
    ],
)
def test_a_store_is_checked_again_after(interval: int | str | None, every: timedelta | None) -> None:
    spec: dict[str, Any] = {"provider": {"fake": {"data": []}}, "refreshInterval": interval}
    store = SecretStore.model_validate({**STORE, "kind": "SecretStore", "spec": spec})
    assert store.spec.refresh_every == every


def test_a_plug_in_receives_the_settings_as_they_were_written() -> None:
    settings = {"server": "https://vault", "auth": {"tokenSecretRef": {"name": "a"}}, "unknownToUs": [1, {"a": 2}]}
    manifest = {**STORE, "kind": "ClusterSecretStore", "spec": {"provider": {"vault": settings}}}
    store = ClusterSecretStore.model_validate(manifest)
    assert (store.provider_name, store.provider_settings) == ("vault", settings)
    assert store.spec.provider.vault is not None
    assert store.spec.provider.vault.version == "v2"


def test_a_provider_nobody_here_knows_is_accepted_as_written() -> None:
    spec = {"provider": {"onepasswordSDK": {"vault": "a", "deep": {"er": [1]}}}}
    store = SecretStore.model_validate({**STORE, "kind": "SecretStore", "spec": spec})
    assert (store.provider_name, store.provider_settings) == ("onepasswordSDK", {"vault": "a", "deep": {"er": [1]}})


@pytest.mark.parametrize(
    "provider",
    [
        pytest.param({"fake": {"data": [{"key": "a", "value": "hunter2"}]}}, id="a fake value is not printed"),
        pytest.param({"thirdparty": {"password": "hunter2"}}, id="settings of an unknown provider are not printed"),
    ],
)
def test_a_printed_store_shows_no_value(provider: dict[str, Any]) -> None:
    store = SecretStore.model_validate({**STORE, "kind": "SecretStore", "spec": {"provider": provider}})
    assert "hunter2" not in f"{store!r} {store} {store.spec!r} {store.spec.provider!r} {store.spec.provider.fake!r}"


def test_a_model_cannot_be_changed() -> None:
    spec = StoreSpec.model_validate({"provider": {"fake": {"data": []}}})
    with pytest.raises(ValidationError):
        spec.controller = "other"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize(
    ("encrypted", "values"),
    [
        pytest.param({"a": "AgB="}, {"a": "AgB="}, id="text is kept"),
        pytest.param({"a": 5, "b": ["x"], "c": "AgB="}, {"a": "", "b": "", "c": "AgB="}, id="other types are empty"),
        pytest.param(["a"], {}, id="a list holds nothing"),
        pytest.param("AgB=", {}, id="text holds nothing"),
        pytest.param(None, {}, id="null holds nothing"),
    ],
)
def test_ciphertext_stored_before_there_was_a_schema_is_read_leniently(encrypted: Any, values: dict[str, str]) -> None:
    spec = {"encryptedData": encrypted}
    manifest = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": {"name": "a"}, "spec": spec}
    assert SealedSecret.model_validate(manifest).spec.encrypted_data == values
