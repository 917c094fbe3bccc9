"""The namespace that a user works in: that of the kubeconfig's context, or of the pod."""

from __future__ import annotations

import os
from pathlib import Path

from secrets_operator.cli.sealing.flags import ConnectionFlags
from secrets_operator.environment import HOME, KUBECONFIG
from secrets_operator.kube.connection import SERVICE_ACCOUNT, read_documents
from secrets_operator.kube.kubeconfig import namespace_of


def context_namespace(flags: ConnectionFlags) -> str:
    """Return the namespace, empty when there is neither a kubeconfig nor a pod; InvalidConnection for a broken one."""
    paths = kubeconfig_paths(flags)
    if paths:
        return namespace_of(read_documents(paths), flags.context)
    mounted = SERVICE_ACCOUNT / "namespace"
    return mounted.read_text().strip() if mounted.is_file() else ""


def kubeconfig_paths(flags: ConnectionFlags) -> str:
    """Return the kubeconfig files to use, as in $KUBECONFIG; empty when there is none."""
    named = flags.kubeconfig or KUBECONFIG.read(os.environ)
    if named:
        return named
    usual = Path(HOME.read(os.environ), ".kube", "config")
    return str(usual) if usual.is_file() else ""
