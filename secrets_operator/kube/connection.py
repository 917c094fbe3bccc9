"""Where the API server is and how to log in to it: the ServiceAccount of the pod, or a kubeconfig file.

In: the environment as a mapping, and the file and context that the user named. Out: a :class:`Connection`. All files
are read here, before the loop runs; only the token is read again, by :mod:`.credentials`.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secrets_operator.clock import Clock
from secrets_operator.environment import HOME, KUBECONFIG, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT
from secrets_operator.flow import SecretBytes
from secrets_operator.kube import kubeconfig, tls
from secrets_operator.kube.credentials import Credential, FixedToken, RenewedToken, read_token_file
from secrets_operator.kube.errors import InvalidConnection
from secrets_operator.kube.kubeconfig import Access
from secrets_operator.kube.logins import Login, PluginLogin
from secrets_operator.kube.overrides import Overrides

# https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


_NO_OVERRIDES = Overrides()


@dataclass(frozen=True, slots=True)
class Connection:
    """What a client needs to talk to an API server; ``namespace`` is the one to use where the user names none.

    ``headers`` go with every request, such as those of impersonation. ``proxy`` is the URL of an HTTP proxy.
    """

    server: str
    credential: Credential
    tls: ssl.SSLContext
    namespace: str = "default"
    server_name: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    proxy: str = ""


def load(environ: Mapping[str, str], *, clock: Clock, path: str = "", context: str = "") -> Connection:
    """Return the connection to use: ``path``, else $KUBECONFIG, else the pod's ServiceAccount, else ~/.kube/config.

    Raises InvalidConnection when none of them leads anywhere. Blocks: it reads files and may run a login plug-in.
    """
    named = path or KUBECONFIG.read(environ)
    if named:
        return from_kubeconfig(named, clock=clock, context=context)
    if KUBERNETES_SERVICE_HOST.read(environ):
        return in_cluster(environ, clock=clock)
    usual = Path(HOME.read(environ), ".kube", "config")
    if usual.is_file():
        return from_kubeconfig(str(usual), clock=clock, context=context)
    message = "no API server: set KUBECONFIG, name a kubeconfig file, or run in a pod that has a ServiceAccount"
    raise InvalidConnection(message)


def in_cluster(environ: Mapping[str, str], *, clock: Clock, folder: Path = SERVICE_ACCOUNT) -> Connection:
    """Return the connection of a pod, from its environment and the ServiceAccount mounted at ``folder``."""
    host, port = KUBERNETES_SERVICE_HOST.read(environ), KUBERNETES_SERVICE_PORT.read(environ) or "443"
    if not host:
        raise InvalidConnection("not in a pod: KUBERNETES_SERVICE_HOST is not set")
    token_file = folder / "token"
    namespace_file = folder / "namespace"
    return Connection(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        credential=_from_file(token_file, clock),
        tls=tls.context(tls.Trust(ca_file=folder / "ca.crt")),
        namespace=namespace_file.read_text().strip() if namespace_file.is_file() else "default",
    )


def from_kubeconfig(paths: str, *, clock: Clock, context: str = "", overrides: Overrides = _NO_OVERRIDES) -> Connection:
    """Return the connection of ``context`` (by default the current one) in the files ``paths``, as in $KUBECONFIG.

    Without files the ``overrides`` must say all that is needed.
    """
    if paths:
        access = kubeconfig.parse(read_documents(paths), context, overrides)
    else:
        access = kubeconfig.overridden(Access(server="", namespace="default", trust=tls.Trust()), overrides)
    plugin = PluginLogin(paths, context) if access.login and access.token is None and not access.token_file else None
    login = plugin.login() if plugin else Login()
    return Connection(
        server=access.server,
        credential=_credential(access, plugin, login, clock),
        tls=tls.context(access.trust, _certificate(access, login)),
        namespace=access.namespace,
        server_name=access.trust.server_name,
        proxy=access.proxy,
    )


def read_documents(paths: str) -> list[kubeconfig.Document]:
    """Return the documents of the files ``paths``; as for kubectl, some of several may be missing, but not all."""
    files = [Path(part) for part in paths.split(os.pathsep) if part]
    there = [file for file in files if file.is_file()]
    if not there:
        raise InvalidConnection(f"no kubeconfig file at {paths}")
    return [(file.absolute().parent, _read_yaml(file)) for file in there]


def _read_yaml(file: Path) -> Mapping[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe", pure=True).load(file.read_text())
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        # Without the cause: a YAML error quotes the line, which may hold a token.
        raise InvalidConnection(f"{file} cannot be read as YAML ({type(error).__name__})") from None
    if isinstance(document, Mapping):
        return document
    raise InvalidConnection(f"{file} is not a kubeconfig: it holds no mapping")


def _credential(access: Access, plugin: PluginLogin | None, login: Login, clock: Clock) -> Credential:
    if access.token_file is not None:
        return _from_file(access.token_file, clock)
    if plugin is not None and login.token:
        return RenewedToken(login.token, plugin.token, clock=clock, renew=plugin.fresh_token)
    return FixedToken(access.token) if access.token else FixedToken()


def _from_file(path: Path, clock: Clock) -> Credential:
    def read() -> SecretBytes:
        return read_token_file(path)

    return RenewedToken(read(), read, clock=clock)


def _certificate(access: Access, login: Login) -> tls.ClientCertificate | None:
    certificate = login.certificate or access.certificate
    key = login.key or access.key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise InvalidConnection("a client certificate and its key belong together: one of the two is missing")
    return tls.ClientCertificate(_bytes(certificate).reveal(), _bytes(key))


def _bytes(source: SecretBytes | Path) -> SecretBytes:
    if isinstance(source, SecretBytes):
        return source
    try:
        return SecretBytes(source.read_bytes())
    except OSError as error:
        raise InvalidConnection(f"{source} cannot be read ({type(error).__name__})") from error
