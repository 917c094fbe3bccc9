"""Environment variables that the product reads, each declared once; :meth:`Variable.read` is how they are read.

In: what a distribution declares in a module called ``environment``, as the list ``VARIABLES``, and here ``GUARDS`` too.
Out: the values for the code, and the tables of docs/settings.md and docs/providers/. Options of commands declare their
variables themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: what it means, in Markdown, and in words what holds without it."""

    name: str
    meaning: str
    default: str = ""

    def read(self, environ: Mapping[str, str]) -> str:
        """Return the text of the variable as it is; empty when it is not set."""
        return environ.get(self.name, "")


KUBECONFIG: Final = Variable(
    "KUBECONFIG", "Kubeconfig files, separated by colons.", "in a pod its service account, elsewhere `~/.kube/config`"
)
HOME: Final = Variable("HOME", "Where `.kube/config` is.")
KUBERNETES_SERVICE_HOST: Final = Variable(
    "KUBERNETES_SERVICE_HOST", "The API server; Kubernetes sets it in every pod.", "not in a pod"
)
KUBERNETES_SERVICE_PORT: Final = Variable("KUBERNETES_SERVICE_PORT", "Its port; set likewise.", "443")
KUBE_EDITOR: Final = Variable("KUBE_EDITOR", "The editor of `seal edit`.", "`VISUAL`")
VISUAL: Final = Variable("VISUAL", "The editor of `seal edit`.", "`EDITOR`")
EDITOR: Final = Variable("EDITOR", "The editor of `seal edit`.", "`vi`")
XDG_RUNTIME_DIR: Final = Variable(
    "XDG_RUNTIME_DIR",
    "Folder in memory for what `seal edit` has open.",
    "`/dev/shm`, else the folder for temporary files",
)

VARIABLES: Final = (
    KUBECONFIG,
    HOME,
    KUBERNETES_SERVICE_HOST,
    KUBERNETES_SERVICE_PORT,
    KUBE_EDITOR,
    VISUAL,
    EDITOR,
    XDG_RUNTIME_DIR,
)

# What the operator's administrator allows requests to do whose place a user names; ``provider.http_limits`` parses it.
_GUARD = "SECRETS_OPERATOR_WEBHOOK_"
SCHEMES: Final = Variable(f"{_GUARD}SCHEMES", "Schemes that may be used, separated by commas.", "`https,http`")
HOSTS: Final = Variable(
    f"{_GUARD}HOSTS",
    "Hosts that may be asked: `api.example.com`, `*.example.com`, `api.example.com:8443`.",
    "every host",
)
ALLOW_ADDRESSES: Final = Variable(
    f"{_GUARD}ALLOW_ADDRESSES", "Guarded networks (CIDR) to let through all the same.", "none"
)
TIMEOUT: Final = Variable(
    f"{_GUARD}TIMEOUT",
    "Seconds for one read with its redirects, at most 25; a shorter `timeout` of the store wins.",
    "20",
)
MAX_BYTES: Final = Variable(f"{_GUARD}MAX_BYTES", "The largest answer, in bytes.", "1048576")

GUARDS: Final = (SCHEMES, HOSTS, ALLOW_ADDRESSES, TIMEOUT, MAX_BYTES)
