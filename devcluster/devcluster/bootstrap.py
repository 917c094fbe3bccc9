"""The first objects of a new cluster: its namespaces, cluster roles and bindings."""

from devcluster.bootstrap_roles import bootstrap_objects
from devcluster.calls import ControlPlane, WriteOptions
from devcluster.creating import create
from devcluster.documents import Document
from devcluster.namespace_lifecycle import NamespaceController
from devcluster.namespaces import INITIAL

_API_SERVER = WriteOptions("kube-apiserver")
_RBAC = "rbac.authorization.k8s.io"


def bootstrap(plane: ControlPlane, namespaces: NamespaceController) -> None:
    """Create what every cluster starts with."""
    for name in INITIAL:
        _create(plane, "", "namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        namespaces.furnish(name)
    for plural, document in bootstrap_objects():
        _create(plane, _RBAC, plural, document)


def _create(plane: ControlPlane, group: str, plural: str, document: Document) -> None:
    resource = plane.registry.find(group, "v1", plural)
    assert resource, f"{plural} is a built-in resource"
    create(plane, resource, document, namespace="", options=_API_SERVER)
