"""What is read off a SecretStore or a ClusterSecretStore as it was applied. Pure."""

from __future__ import annotations

from secrets_operator.flow import Key, Object
from secrets_operator.provider import Provider


def provider_of(store: Object) -> tuple[str, Object]:
    """Return the name and the object of the one provider in a store's spec; the schema allows exactly one."""
    ((name, spec),) = ((name, spec) for name, spec in store["spec"]["provider"].items() if spec is not None)
    return name, spec


def provider_problems(provider: Provider, store: Object) -> str:
    """Return what ``provider`` has against its object in a store, on one line; empty when there is nothing."""
    return "; ".join(provider_faults(provider, store))


def provider_faults(provider: Provider, store: Object) -> list[str]:
    """Return what ``provider`` has against its object in a store, one by one."""
    name, spec = provider_of(store)
    found = provider.problems(spec, store_kind=store["kind"])
    return [f"spec.provider.{name}.{problem.path}: {problem.message}" for problem in found]


def key_of(store: Object) -> Key:
    """Return the key of a store."""
    metadata = store["metadata"]
    return Key(store["kind"], metadata.get("namespace", ""), metadata["name"])


def revision_of(store: Object) -> tuple[str, int]:
    """Return what changes when a store is edited or replaced by a namesake."""
    metadata = store["metadata"]
    return metadata["uid"], metadata.get("generation", 0)
