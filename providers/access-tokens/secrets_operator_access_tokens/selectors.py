"""References of a spec: what is wrong with them, and how the host is asked for what they name."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import BaseModel

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Host, Problem
from secrets_operator.resources.references import ServiceAccountSelector


class KeyOfSecret(Protocol):
    """A selector of one key of a Secret."""

    @property
    def name(self) -> str | None:
        """Name of the Secret."""
        ...

    @property
    def key(self) -> str | None:
        """Key inside it."""
        ...


def secret_key_problems(selector: KeyOfSecret, field: str) -> list[Problem]:
    """Return what a selector lacks."""
    parts = {"name": selector.name, "key": selector.key}
    return [
        Problem(f"{field}.{part}", "is required: name the Secret and the key in it")
        for part, value in parts.items()
        if not value
    ]


def selector_of(selector: BaseModel) -> dict[str, Any]:
    """Return a selector as the host takes it."""
    return selector.model_dump(exclude_none=True)


async def text_of(host: Host, selector: BaseModel, field: str) -> str:
    """Return a credential that a Secret holds, without the space around it that editors leave; raises as the host."""
    value = await host.secret_value(selector_of(selector), field=field)
    return value.reveal().decode("utf-8", "replace").strip()


async def account_token(host: Host, account: ServiceAccountSelector, field: str) -> SecretBytes:
    """Return a fresh token of a ServiceAccount for the audiences it is named with; raises as the host."""
    selector = account.model_dump(exclude={"audiences"}, exclude_none=True)
    return await host.service_account_token(selector, audiences=account.audiences, field=field)
