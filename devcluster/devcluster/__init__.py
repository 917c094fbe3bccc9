"""An embedded Kubernetes API server for demos, tests and laptops: pure Python, in memory, loopback only."""

from devcluster.cluster import Cluster, Settings
from devcluster.cluster_thread import ClusterThread
from devcluster.request_log import LoggedRequest, RequestLog

__all__ = ["Cluster", "ClusterThread", "LoggedRequest", "RequestLog", "Settings"]
