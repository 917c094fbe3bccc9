"""What the check of a store says."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.errors import Refused, Retryable, Unsure

BY_NAME = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["app"]}
REVIEWS = "selfsubjectrulesreviews"


async def test_a_right_on_one_secret_is_enough(place: Any, open_session: Any) -> None:
    session = await open_session(secrets={"login": {"token": await place.account("one", [BY_NAME])}})
    await session.validate()


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param([], id="nothing at all"),
        pytest.param([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}], id="other resources"),
        pytest.param([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}], id="other verbs"),
        pytest.param([{"apiGroups": ["apps"], "resources": ["secrets"], "verbs": ["get"]}], id="another group"),
    ],
)
async def test_a_missing_right_is_said(place: Any, open_session: Any, rules: Any) -> None:
    session = await open_session(secrets={"login": {"token": await place.account("poor", rules)}})
    with pytest.raises(Refused, match="may not get secrets in namespace shop"):
        await session.validate()


async def test_the_single_right_is_asked_for_when_the_list_is_not_given(place: Any, open_session: Any) -> None:
    session = await open_session()
    place.cluster.fail_requests(403, path=REVIEWS)
    await session.validate()


async def test_a_server_that_answers_no_review_leaves_the_store_unchecked(place: Any, open_session: Any) -> None:
    session = await open_session()
    place.cluster.fail_requests(403, path="reviews", count=2)
    with pytest.raises(Unsure):
        await session.validate()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_server_in_trouble_is_no_verdict(place: Any, open_session: Any, status: int) -> None:
    session = await open_session()
    place.cluster.fail_requests(status, path=REVIEWS)
    with pytest.raises(Retryable):
        await session.validate()
    await session.validate()


async def test_a_credential_that_is_turned_down_is_a_verdict(open_session: Any) -> None:
    session = await open_session(secrets={"login": {"token": "wrong"}})
    with pytest.raises(Refused, match="does not accept the store's credential"):
        await session.validate()
