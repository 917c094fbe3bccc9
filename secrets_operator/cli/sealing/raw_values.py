"""``seal --raw``: one value, bytes as they come, encrypted and in base64 without a line break."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from secrets_operator.cli.sealing.flags import SealFlags
from secrets_operator.cli.sealing.notices import Notices
from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate
from secrets_operator.cli.sealing.sources import read_stdin
from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.advice import ends_with_stray_line_break
from secrets_operator.sealing.scopes import Scope, label
from secrets_operator.sealing.seal import seal_value


def sealed_raw(
    flags: SealFlags, by: SealingCertificate, *, default_namespace: Callable[[], str], notices: Notices
) -> str:
    """Encrypt the one value; Terminal names the flag that is missing."""
    scope = Scope(flags.scope)
    namespace = flags.namespace
    if scope is not Scope.CLUSTER_WIDE and not namespace:
        namespace = default_namespace()
        if not namespace:
            raise Terminal(f"must provide the --namespace flag with --raw and --scope {scope}")
    if scope is Scope.STRICT and not flags.name:
        raise Terminal(f"must provide the --name flag with --raw and --scope {scope}")
    value = _value(flags.from_file)
    if ends_with_stray_line_break(value):
        notices.warn("", ["the value ends with a line break, which becomes part of it"])
    sealed = seal_value(
        by.public_key, value, label=label(scope, namespace=namespace, name=flags.name), random=os.urandom
    )
    bound = {
        Scope.STRICT: (namespace, flags.name),
        Scope.NAMESPACE_WIDE: (namespace, ""),
        Scope.CLUSTER_WIDE: ("", ""),
    }
    notices.sealed(namespace=bound[scope][0], name=bound[scope][1], scope=scope, by=by)
    return sealed


def _value(from_file: tuple[str, ...]) -> SecretBytes:
    """Return the value to encrypt: the one file's, or standard input."""
    if not from_file:
        return SecretBytes(read_stdin())
    if len(from_file) > 1:
        raise Terminal("must provide only one --from-file when encrypting a single item with --raw")
    path = from_file[0].partition("=")[2] or from_file[0]
    try:
        return SecretBytes(Path(path).read_bytes())
    except OSError as error:
        raise Terminal(f'cannot read "{path}": {error.strerror}') from error
