"""Where the services are, and how long and how often the SDK tries to reach them."""

from __future__ import annotations

import os

from botocore.config import Config

from secrets_operator.environment import Variable
from secrets_operator.errors import Refused

# Seconds; all attempts together stay within the half minute a read may take. The SDK tries again by itself only when it
# logs in: while it waits, also in its adaptive mode, it keeps the thread of the call, and threads are shared with other
# stores. ``Calls`` waits without one, and the operator spaces out the calls to an account that throttles.
CONFIG = Config(
    connect_timeout=3,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)
ONE_ATTEMPT = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


def endpoint(variable: Variable) -> str | None:
    """Return the address of a service that a variable of the operator's environment sets, or None for AWS's own.

    Raises Refused when the variable holds something else than an http address.
    """
    address = variable.read(os.environ) or None
    if address and not address.startswith(("http://", "https://")):
        raise Refused(f"the operator's environment variable {variable.name} is not an http address")
    return address
