"""A cluster inside a test's loop does no blocking call on it, so that such tests may forbid them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
from blockbuster import blockbuster_ctx

from devcluster import Cluster, Settings


async def test_serving_saving_and_stopping_never_block(
    tmp_path: Path, builders: dict[str, Callable[..., dict[str, Any]]]
) -> None:
    settings = Settings(data=tmp_path / "cluster.json")
    with blockbuster_ctx():
        async with Cluster(settings=settings) as cluster, aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bearer {cluster.token}"}
            url = f"{cluster.url}/api/v1/namespaces/default/secrets"
            async with session.post(url, json=builders["secret"]("a"), headers=headers, ssl=False) as response:
                assert response.status == 201
            await cluster.write_kubeconfig(tmp_path / "kubeconfig")
            await cluster.restart()
            async with session.get(f"{url}/a", headers=headers, ssl=False) as response:
                assert response.status == 200
