"""All resources the server serves at this moment, by group, version and plural.

Built-in resources are there from the start; `custom_resources` adds and withdraws those of definitions.
Discovery and OpenAPI are derived from it and cached by its `generation`.
"""

from collections.abc import Iterable

from devcluster.served_resources import ServedResource
from devcluster.storage import CollectionKey

ResourceKey = tuple[str, str, str]  # (group, version, plural)


class Registry:
    """The served resources."""

    def __init__(self, resources: Iterable[ServedResource] = ()) -> None:
        self.generation = 0
        self._resources: dict[ResourceKey, ServedResource] = {}
        self._cached: tuple[int, dict[CollectionKey, ServedResource]] = (-1, {})
        for resource in resources:
            self.add(resource)

    def add(self, resource: ServedResource) -> None:
        """Serve a resource, in place of one of the same group, version and plural."""
        self.generation += 1
        self._resources[resource.group, resource.version, resource.names.plural] = resource

    def withdraw(self, group: str, plural: str) -> None:
        """Serve a resource no longer, in any version."""
        self.generation += 1
        gone = [key for key in self._resources if key[0] == group and key[2] == plural]
        for key in gone:
            del self._resources[key]

    def find(self, group: str, version: str, plural: str) -> ServedResource | None:
        """Return a resource, None when it is not served."""
        return self._resources.get((group, version, plural))

    def find_kind(self, api_version: str, kind: str) -> ServedResource | None:
        """Return the resource of a kind, None when it is not served."""
        group, _, version = api_version.rpartition("/")
        for resource in self.in_version(group, version):
            if resource.kind == kind and resource.storage[1]:
                return resource
        return None

    def stored_as(self, resource: ServedResource) -> ServedResource:
        """Return the resource in whose form objects of this one are stored; itself when it has no other."""
        group, plural = resource.storage
        return self.find(group, resource.storage_version, plural) or resource

    def stored(self) -> list[ServedResource]:
        """Return one resource for each collection, in its storage version where that is served."""
        return list(self._by_collection().values())

    def stored_in(self, collection: CollectionKey) -> ServedResource | None:
        """Return the resource whose objects a collection holds, None when none is served."""
        return self._by_collection().get(collection)

    def _by_collection(self) -> dict[CollectionKey, ServedResource]:
        if self._cached[0] == self.generation:
            return self._cached[1]
        found: dict[CollectionKey, ServedResource] = {}
        for resource in self._resources.values():
            if not resource.storage[1] or resource.conversion:
                continue
            if resource.storage not in found or resource.version == resource.storage_version:
                found[resource.storage] = resource
        self._cached = (self.generation, found)
        return found

    def groups(self) -> list[str]:
        """Return the named groups in the order in which they were added."""
        return list(dict.fromkeys(key[0] for key in self._resources if key[0]))

    def versions(self, group: str) -> list[str]:
        """Return the versions of a group, the preferred first."""
        found = dict.fromkeys(key[1] for key in self._resources if key[0] == group)
        return sorted(found, key=version_priority, reverse=True)

    def in_version(self, group: str, version: str) -> list[ServedResource]:
        """Return the resources of a group in a version."""
        return [found for key, found in self._resources.items() if key[:2] == (group, version)]


def version_priority(version: str) -> tuple[int, int, int, str]:
    """Return the rank of a version: v2 > v1 > v1beta2 > v1beta1 > v1alpha1 > anything else."""
    digits = version.removeprefix("v")
    for rank, word in ((3, ""), (2, "beta"), (1, "alpha")):
        major, found, minor = digits.partition(word) if word else (digits, "", "0")
        if (found or not word) and major.isdigit() and minor.isdigit() and version.startswith("v"):
            return (rank, int(major), int(minor), "")
    return (0, 0, 0, version)
