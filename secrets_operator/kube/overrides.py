"""What the command line says about the connection in place of a kubeconfig.

Alone in its module, so that commands can name it without the imports of a connection. :mod:`.kubeconfig` acts on it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Overrides:
    """Flags that kubectl has too, by name; empty members say nothing."""

    cluster: str = ""
    user: str = ""
    server: str = ""
    token: str = ""
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    proxy_url: str = ""
