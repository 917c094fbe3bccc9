"""Discovery: which groups, versions and resources are served, as single documents and aggregated."""

import base64
import hashlib
from typing import Any

from devcluster.documents import Document
from devcluster.registry import Registry
from devcluster.served_resources import ServedResource
from devcluster.statuses import NoSuchPath

AGGREGATED = "apidiscovery.k8s.io"
AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_CUSTOM_VERB_ORDER = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
_STATUS_VERBS = ("get", "patch", "update")
_SUBRESOURCE_VERBS = {
    "token": ("create",),
    "finalize": ("update",),
    "proxy": ("create", "delete", "get", "patch", "update"),
}


def core_versions(address: str) -> Document:
    """Return the document at `/api`; the address is where the server says it can be reached."""
    clients = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": clients}


def groups(registry: Registry) -> Document:
    """Return the document at `/apis`."""
    found = [_group(registry, name) for name in registry.groups()]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


def group(registry: Registry, name: str) -> Document:
    """Return the document of one group.

    Raises:
        NoSuchPath: nothing of the group is served.

    """
    if not registry.versions(name) or not name:
        raise NoSuchPath
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(registry, name)}


def version(registry: Registry, group_name: str, version_name: str) -> Document:
    """Return the list of resources of a group in one version.

    Raises:
        NoSuchPath: nothing of it is served.

    """
    served = registry.in_version(group_name, version_name)
    if not served:
        raise NoSuchPath
    listed: list[Document] = []
    for resource in served:
        listed.append(_resource(resource))
        listed += [_subresource(resource, name) for name in resource.subresources]
    group_version = f"{group_name}/{version_name}" if group_name else version_name
    body: Document = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version}
    if not group_name:
        del body["apiVersion"]
    return {**body, "resources": listed}


def aggregated(registry: Registry, *, core: bool) -> Document:
    """Return everything at once: the core group for `/api`, the named groups for `/apis`."""
    names = [""] if core else registry.groups()
    items = []
    for name in names:
        versions = [_aggregated_version(registry, name, found) for found in registry.versions(name)]
        items.append({"metadata": {"name": name} if name else {}, "versions": versions})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def storage_version_hash(resource: ServedResource) -> str:
    """Return the hash by which clients notice that objects are stored in another version."""
    text = f"{resource.storage[0]}/{resource.storage_version}/{resource.kind}"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()


def _group(registry: Registry, name: str) -> Document:
    versions = [{"groupVersion": f"{name}/{found}", "version": found} for found in registry.versions(name)]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _verbs(resource: ServedResource) -> list[str]:
    return sorted(resource.verbs, key=_CUSTOM_VERB_ORDER.index) if resource.custom else sorted(resource.verbs)


def _resource(resource: ServedResource) -> Document:
    names = resource.names
    body: Document = {
        "name": names.plural,
        "singularName": names.singular or names.kind.lower(),
        "namespaced": resource.namespaced,
        "kind": names.kind,
        "verbs": _verbs(resource),
    }
    if names.short_names:
        body["shortNames"] = list(names.short_names)
    if names.categories:
        body["categories"] = list(names.categories)
    if resource.storage[1]:
        body["storageVersionHash"] = storage_version_hash(resource)
    return body


def _subresource(resource: ServedResource, name: str) -> Document:
    body: Document = {
        "name": f"{resource.names.plural}/{name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(_SUBRESOURCE_VERBS.get(name, _STATUS_VERBS)),
    }
    if name == "proxy":
        body["kind"] = f"{resource.kind}ProxyOptions"
    if name == "token":
        body |= {"group": "authentication.k8s.io", "version": "v1", "kind": "TokenRequest"}
    return body


def _aggregated_version(registry: Registry, group_name: str, version_name: str) -> Document:
    served = registry.in_version(group_name, version_name)
    resources = [_aggregated_resource(resource) for resource in served]
    return {"version": version_name, "resources": resources, "freshness": "Current"}


def _aggregated_resource(resource: ServedResource) -> Document:
    names = resource.names
    body: dict[str, Any] = {
        "resource": names.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": names.singular or names.kind.lower(),
        "verbs": _verbs(resource),
    }
    if names.short_names:
        body["shortNames"] = list(names.short_names)
    if names.categories:
        body["categories"] = list(names.categories)
    if resource.subresources:
        body["subresources"] = [_aggregated_subresource(resource, name) for name in resource.subresources]
    return body


def _aggregated_subresource(resource: ServedResource, name: str) -> Document:
    found = _subresource(resource, name)
    kind = {
        "group": found.get("group", resource.group),
        "version": found.get("version", resource.version),
        "kind": found["kind"],
    }
    return {"subresource": name, "responseKind": kind, "verbs": found["verbs"]}
