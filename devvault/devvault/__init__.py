"""An in-memory stand-in for HashiCorp Vault that speaks its HTTP API on loopback.

Tests and demos use `DevVault`; `python -m devvault` runs it as a process. Nothing is stored on disk,
and nothing here belongs in production.
"""

from devvault.faults import BodyFault, Fault
from devvault.request_log import RequestRecord
from devvault.server import DevVault

__all__ = ["BodyFault", "DevVault", "Fault", "RequestRecord"]
