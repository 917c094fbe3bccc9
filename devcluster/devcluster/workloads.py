"""Pods, Services, Deployments and the like: stored with the few defaults that clients read back.

No controller runs: a Deployment makes no pods. Pods start Pending and stay so.
"""

from devcluster.documents import Document
from devcluster.names import dns_1035_label_error
from devcluster.strategy import Strategy, fields_with


class PodStrategy(Strategy):
    """The rules of Pods."""

    def default(self, document: Document) -> None:
        """Set the defaults that clients look at."""
        spec = document.setdefault("spec", {})
        for field, value in (
            ("restartPolicy", "Always"),
            ("serviceAccountName", "default"),
            ("dnsPolicy", "ClusterFirst"),
        ):
            spec.setdefault(field, value)

    def prepare_for_create(self, document: Document) -> None:
        """Start pending."""
        document["status"] = {"phase": "Pending"}


class ServiceStrategy(Strategy):
    """The rules of Services."""

    def default(self, document: Document) -> None:
        """Set the type and the ports' defaults."""
        spec = document.setdefault("spec", {})
        spec.setdefault("type", "ClusterIP")
        spec.setdefault("sessionAffinity", "None")
        for port in spec.get("ports") or ():
            port.setdefault("protocol", "TCP")
            port.setdefault("targetPort", port.get("port"))

    def prepare_for_create(self, document: Document) -> None:
        """Start without a load balancer."""
        document["status"] = {"loadBalancer": {}}


class ReplicatedStrategy(Strategy):
    """The rules of Deployments and StatefulSets."""

    def default(self, document: Document) -> None:
        """Set the number of replicas."""
        document.setdefault("spec", {}).setdefault("replicas", 1)


def pod_strategy() -> Strategy:
    """Return the strategy of Pods with the fields they can be selected by."""
    paths = ("spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "status.phase", "status.podIP")
    return PodStrategy(fields=fields_with(*paths), returns_deleted=True)


def service_strategy() -> Strategy:
    """Return the strategy of Services with the fields they can be selected by."""
    return ServiceStrategy(
        name_rule=dns_1035_label_error, fields=fields_with("spec.clusterIP", "spec.type"), returns_deleted=True
    )
