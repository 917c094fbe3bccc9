"""What there is at a place that is pushed to: the map, whose it is, and the version it has. Pure.

One read of the value says it all, in version 2 of the engine also for a deleted one: its answer has the custom metadata
and the number of the version. Only where there is no version yet do the metadata have to be read.
https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from secrets_operator.errors import OperatorError, Retryable, Terminal
from secrets_operator_vault.answers import body_of, is_about_the_secret
from secrets_operator_vault.client import Reply
from secrets_operator_vault.documents import Number
from secrets_operator_vault.errors import Meaning
from secrets_operator_vault.pushed_maps import MARK_MEMBER, is_marked

_OTHER_VERSION = "the answer has no data of that kind: check version of the store"


@dataclass(frozen=True, slots=True)
class Remote:
    """``values`` is None where there is no value to read; ``version`` 0 where there never was one.

    ``custom`` are the custom metadata, which are kept apart from the values in version 2 only.
    """

    values: Mapping[str, Any] | None = field(default=None, repr=False)
    custom: Mapping[str, Any] = field(default_factory=dict, repr=False)
    version: int = 0

    @property
    def is_ours(self) -> bool:
        """Whether a push made it."""
        return is_marked(self.custom)

    @property
    def is_free(self) -> bool:
        """Whether nobody has put a value there yet; settings in the metadata may well wait for the first one."""
        return self.values is None and not self.version


def remote_v1(reply: Reply) -> Remote | None:
    """Return what an engine of version 1 says of a secret, None for a reply that is trouble; raises as below."""
    if reply.status == 404 and is_about_the_secret(body_of(reply)):
        return Remote()
    if reply.status != 200:
        return None
    values = _map(body_of(reply).get("data"))
    custom = values.get(MARK_MEMBER)
    return Remote(values, custom if isinstance(custom, Mapping) else {})


def remote_v2(reply: Reply) -> Remote | None:
    """Return what version 2 says of a value, None for a reply that is trouble.

    Raises Retryable for an answer that is not Vault's, Terminal for that of another engine.
    """
    if reply.status not in (200, 404):
        return None
    body = body_of(reply)
    if reply.status == 404 and not is_about_the_secret(body):
        return None
    if body.get("errors") == []:
        return Remote()
    outer = _map(body.get("data"))
    values, metadata = outer.get("data", ""), outer.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(values, Mapping | None):
        raise Terminal(_OTHER_VERSION)
    return Remote(values, _custom(metadata), _number(metadata.get("version")))


def remote_without_versions(reply: Reply) -> Remote | None:
    """Return what the metadata say of a secret whose value does not exist; as :func:`remote_v2`."""
    if reply.status == 404 and is_about_the_secret(body_of(reply)):
        return Remote()
    if reply.status != 200:
        return None
    metadata = _map(body_of(reply).get("data"))
    return Remote(None, _custom(metadata), _number(metadata.get("current_version", Number("0"))))


def _custom(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    custom = metadata.get("custom_metadata")
    return custom if isinstance(custom, Mapping) else {}


def _number(version: Any) -> int:
    # A secret that does not tell its version is taken for one that was written once.
    return int(version.text) if isinstance(version, Number) and version.text.isdigit() else 1


def _map(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise _not_vault()
    return found


def _not_vault() -> OperatorError:
    return Retryable(Meaning.NOT_VAULT.value)
