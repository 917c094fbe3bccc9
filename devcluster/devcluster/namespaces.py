"""Namespaces: their label, finalizer and phase. Their deletion is in `namespace_lifecycle`."""

from devcluster.calls import ControlPlane
from devcluster.documents import Document, metadata
from devcluster.names import dns_label_error
from devcluster.served_resources import ServedResource
from devcluster.statuses import Named, forbidden, not_found
from devcluster.strategy import Strategy, fields_with

COLLECTION = ("", "namespaces")
NAME_LABEL = "kubernetes.io/metadata.name"
INITIAL = ("default", "kube-node-lease", "kube-public", "kube-system")


class NamespaceStrategy(Strategy):
    """The rules of Namespaces."""

    def default(self, document: Document) -> None:
        """Label the namespace with its own name."""
        meta = metadata(document)
        if meta.get("name"):
            labels = meta["labels"] = dict(meta.get("labels") or {})
            labels[NAME_LABEL] = meta["name"]

    def prepare_for_create(self, document: Document) -> None:
        """Start active, under the finalizer that its removal of content holds."""
        document["spec"] = {"finalizers": ["kubernetes"]}
        document["status"] = {"phase": "Active"}

    def prepare_for_update(self, document: Document, live: Document) -> None:
        """Keep the finalizers, which change through `/finalize` only."""
        document["spec"] = live["spec"]


def namespace_strategy() -> Strategy:
    """Return the strategy of Namespaces with the fields they can be selected by."""
    return NamespaceStrategy(name_rule=dns_label_error, fields=fields_with("status.phase", name="metadata.name"))


def check_namespace_accepts(plane: ControlPlane, resource: ServedResource, document: Document) -> None:
    """Check that the namespace of a new object exists and is not being deleted.

    Raises:
        ApiError: 403 or 404, it does not take new objects.

    """
    if not resource.namespaced:
        return
    meta = document["metadata"]
    name = meta["namespace"]
    namespace = plane.store.collection(COLLECTION).get(("", name))
    if namespace is None:
        raise not_found(Named("namespaces", "", name))
    if "deletionTimestamp" in namespace.document["metadata"]:
        text = f"unable to create new content in namespace {name} because it is being terminated"
        cause = f"namespace {name} is being terminated"
        causes = [{"reason": "NamespaceTerminating", "message": cause, "field": "metadata.namespace"}]
        named = resource.named(meta.get("name", ""))
        raise forbidden(named, f'{named.qualified} "{named.name}" is forbidden: {text}', causes)
