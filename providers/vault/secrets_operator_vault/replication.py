"""How far the replicas of a cluster must have come before they may answer: ``readYourWrites``.

Vault says with each write (a login is one) which state it led to, by the header ``X-Vault-Index``; sent along with the
next requests, it keeps a replica that lags behind from answering with less.
https://developer.hashicorp.com/vault/docs/enterprise/consistency
"""

from __future__ import annotations

import base64
import binascii
import threading
from typing import NamedTuple

INDEX_HEADER = "X-Vault-Index"
INCONSISTENT_HEADER = "X-Vault-Inconsistent"
FORWARD = "forward-active-node"


class _State(NamedTuple):
    cluster: str
    local: int
    replicated: int


class ReplicationState:
    """The newest state seen; used from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._header = ""

    @property
    def header(self) -> str:
        """The header to send; empty before the first write."""
        return self._header

    def saw(self, header: str) -> None:
        """Keep the state of an answer unless the one known is newer in every respect."""
        new = _state_in(header)
        if new is None:
            return
        with self._lock:
            known = _state_in(self._header)
            if known is None or known.cluster != new.cluster or not _is_behind(new, known):
                self._header = header


def _is_behind(one: _State, other: _State) -> bool:
    return one.local <= other.local and one.replicated <= other.replicated


def _state_in(header: str) -> _State | None:
    """Return a state: base64 of ``v1:CLUSTER:LOCAL:REPLICATED:SIGNATURE``; None for anything else."""
    try:
        version, cluster, local, replicated, _ = base64.b64decode(header, validate=True).decode("ascii").split(":")
        return _State(cluster, int(local), int(replicated)) if version == "v1" else None
    except (binascii.Error, ValueError):
        return None
