"""A pytest plugin: the fixture `dev_vault`, a running stand-in for the length of a test.

pytest loads it by entry point. That also makes the package known before pytest's importlib mode meets this project's
folder of the same name, whose tests could not import it otherwise.
"""

from collections.abc import AsyncIterator

import pytest_asyncio

from devvault.server import DevVault


@pytest_asyncio.fixture
async def dev_vault() -> AsyncIterator[DevVault]:
    """Run a stand-in."""
    async with DevVault() as vault:
        yield vault
