"""``readYourWrites`` and ``forwardInconsistent``: what is sent to replicas that may lag behind."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from secrets_operator_vault.replication import ReplicationState


def index(local: int, replicated: int, cluster: str = "c1") -> str:
    return base64.b64encode(f"v1:{cluster}:{local}:{replicated}:c2lnbmVk".encode()).decode()


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        pytest.param([], "", id="nothing before the first write"),
        pytest.param([index(5, 0)], index(5, 0), id="the first"),
        pytest.param([index(5, 0), index(7, 0)], index(7, 0), id="a newer one"),
        pytest.param([index(7, 0), index(5, 0)], index(7, 0), id="an older one is not kept"),
        pytest.param([index(7, 1), index(5, 9)], index(5, 9), id="of two that cannot be compared the later"),
        pytest.param([index(7, 0), index(1, 0, "c2")], index(1, 0, "c2"), id="another cluster after a failover"),
        pytest.param([index(7, 0), "", "!", "bm8="], index(7, 0), id="anything else is not kept"),
    ],
)
def test_the_newest_state_is_sent(seen: list[str], kept: str) -> None:
    state = ReplicationState()
    for header in seen:
        state.saw(header)
    assert state.header == kept


class Replica:
    """A server of a cluster: answers logins with a state and everything else with nothing."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.requests.append((request.path, dict(request.headers)))
        if not request.path.endswith("/login/jo"):
            return web.json_response({"errors": []}, status=404)
        auth = {"client_token": "hvs.test", "lease_duration": 0, "renewable": False}
        return web.json_response({"auth": auth}, headers={"X-Vault-Index": index(5, 0)})


@pytest.fixture
async def replica() -> AsyncIterator[tuple[Replica, str]]:
    replica = Replica()
    runner = web.ServerRunner(web.Server(replica.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield replica, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("flags", "sends_state", "forwards"),
    [
        pytest.param({}, False, False, id="neither"),
        pytest.param({"readYourWrites": True}, True, False, id="read your writes"),
        pytest.param({"forwardInconsistent": True}, True, False, id="forwarding alone forwards nothing"),
        pytest.param({"readYourWrites": True, "forwardInconsistent": True}, True, True, id="both"),
    ],
)
async def test_a_read_names_the_state_that_the_login_led_to(
    *, replica: tuple[Replica, str], open_session: Any, fetch: Any, flags: Any, sends_state: bool, forwards: bool
) -> None:
    server, url = replica
    auth = {"userPass": {"username": "jo", "secretRef": {"name": "vault", "key": "password"}}}
    session = await open_session({"server": url, "path": "kv", "auth": auth, **flags}, secret={"password": "pw"})
    await fetch(session, "a")
    (_, login), (_, reading) = server.requests
    assert "X-Vault-Index" not in login
    assert reading.get("X-Vault-Index") == (index(5, 0) if sends_state else None)
    assert reading.get("X-Vault-Inconsistent") == ("forward-active-node" if forwards else None)
