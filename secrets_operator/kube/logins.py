"""Logins of a kubeconfig that take a program or a token exchange: ``exec`` plug-ins and OIDC.

The official ``kubernetes`` package knows them all, so it does this, and only this; it is imported when such a login is
met, and the image does without it (extra ``kubeconfig``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.kube.credentials import NO_TOKEN, checked_token
from secrets_operator.kube.errors import InvalidConnection


@dataclass(frozen=True, slots=True)
class Login:
    """What a plug-in handed out: a token, or a client certificate that is good until the process ends."""

    token: SecretBytes = NO_TOKEN
    certificate: Path | None = None
    key: Path | None = None


class PluginLogin:
    """A login through the official package; every method blocks and raises InvalidConnection when it fails."""

    def __init__(self, kubeconfig: str, context: str) -> None:
        """Use ``context`` (by default the current one) of the files in ``kubeconfig``, separated as in $KUBECONFIG."""
        self._kubeconfig = kubeconfig
        self._context = context or None
        self._configuration: Any = None

    def login(self) -> Login:
        """Run the plug-in and return what it hands out."""
        config, client = _official()
        configuration = client.Configuration()
        try:
            config.load_kube_config(
                self._kubeconfig, context=self._context, client_configuration=configuration, persist_config=False
            )
            login = Login(_token(configuration), _path(configuration.cert_file), _path(configuration.key_file))
        except Exception as error:  # noqa: BLE001 - the package has no common base, and passes on what its plug-ins raise
            # Without the cause: it may quote what the plug-in printed.
            message = f"the login of the kubeconfig failed ({type(error).__name__}): try kubectl with the same file"
            raise InvalidConnection(message) from None
        if not login.token and login.certificate is None:
            message = (
                "the login of the kubeconfig gave neither a token nor a certificate: try kubectl with the same file"
            )
            raise InvalidConnection(message)
        self._configuration = configuration
        return login

    def token(self) -> SecretBytes:
        """Return the token at hand; the package logs in again when it has expired."""
        try:
            return _token(self._configuration) or self.fresh_token()
        except Exception as error:  # noqa: BLE001 - as in login
            raise InvalidConnection(f"the login of the kubeconfig failed ({type(error).__name__})") from None

    def fresh_token(self) -> SecretBytes:
        """Return the token of a new login."""
        return self.login().token


def _official() -> tuple[Any, Any]:
    try:
        from kubernetes import client, config
    except ImportError as error:
        message = (
            "the kubeconfig logs in through a plug-in, which takes the kubernetes package: "
            "install secrets-operator[kubeconfig]"
        )
        raise InvalidConnection(message, field="users[].user.exec") from error
    return config, client


def _token(configuration: Any) -> SecretBytes:
    # The package stores the whole header under one of two names, depending on its version.
    header = configuration.get_api_key_with_prefix("BearerToken", alias="authorization") or ""
    token = header.removeprefix("Bearer ").encode()
    return checked_token(token, "the token of the login") if token else NO_TOKEN


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None
