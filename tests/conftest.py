"""What holds for all tests: none may block the event loop from code of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

TESTS = Path(__file__).parent
# These run code of ours on a loop of this process; the others start processes, and the test itself may wait for them.
ON_A_LOOP = (TESTS / "unit", TESTS / "integration")


@pytest.fixture(autouse=True, scope="module")
def _no_blocking_calls(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """Make every blocking call on an event loop raise BlockingError when it comes from ``secrets_operator``.

    The caller counts, however deep: a lock, a file or a socket that a library waits for is as bad as one of ours. Once
    for a module: it replaces some sixty functions, which took longer than most tests.
    """
    if not any(request.path.is_relative_to(folder) for folder in ON_A_LOOP):
        yield None
        return
    with blockbuster_ctx("secrets_operator") as watching:
        for function in watching.functions.values():
            # structlog's renderer for developers reads source files; the operator's own is configured by its CLI.
            function.can_block_in("structlog/dev.py", "__call__")
        yield watching
