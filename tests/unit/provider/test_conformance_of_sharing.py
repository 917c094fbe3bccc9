"""A plug-in that shares what it reads keeps the rules of that, and one that breaks one is caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from secrets_operator.provider import Reference, Sharing
from tests.conforming_plugin import Honest, Plugin, broken_by, subject


class Shares(Honest):
    """Shares what it reads."""

    identity: Any = b"digest"

    def __init__(self) -> None:
        super().__init__()
        self.sharing = Sharing(self.identity, self.complete, self.fetch)

    def complete(self, reference: Reference) -> Reference:
        return reference


class SharesOneKey(Shares):
    def complete(self, reference: Reference) -> Reference:
        return replace(reference, key="plain")


class SharesAnotherKey(Shares):
    def complete(self, reference: Reference) -> Reference:
        return replace(reference, key=f"{reference.key}/")


class SharesWithNobody(Shares):
    def __init__(self) -> None:
        self.identity = object()
        super().__init__()


class SharesAList(Shares):
    identity = ["digest"]  # noqa: RUF012 the violation


class SharesACredential(Shares):
    identity = "token-2b90"


@pytest.mark.parametrize(
    ("session", "caught"),
    [
        pytest.param(Shares, set(), id="the rules are kept"),
        pytest.param(SharesOneKey, {"what_is_shared_is_what_is_read"}, id="two secrets taken for one"),
        pytest.param(SharesAnotherKey, {"what_is_shared_is_what_is_read"}, id="another secret"),
        pytest.param(SharesWithNobody, {"equal_logins_have_one_identity"}, id="equal logins told apart"),
        pytest.param(SharesAList, {"equal_logins_have_one_identity"}, id="an identity that cannot be kept"),
        pytest.param(SharesACredential, {"equal_logins_have_one_identity"}, id="an identity that shows a credential"),
    ],
)
def test_sharing_has_rules(session: Callable[[], Any], caught: set[str]) -> None:
    assert broken_by(subject(Plugin(session=session))) == caught
