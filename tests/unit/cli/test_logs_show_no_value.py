"""A canary is logged in every way a value could be logged by mistake; no line may show it."""

import json
import subprocess
import sys

import pytest

CANARY = "canary-7d21"

# In a process of its own: configuring logs is for a whole process. The canary is put together, so that a line of code
# quoted in a traceback is no hit.
PROGRAM = """
import logging, sys
import structlog
from secrets_operator.cli.logs import _CONFIDENTIAL, configure_logs
from secrets_operator.errors import Refused
from secrets_operator.flow import SecretBytes

configure_logs(sys.argv[1], "debug")
canary = "canary" + "-7d21"
value = SecretBytes(canary.encode())
log = structlog.get_logger("test")
for name in _CONFIDENTIAL:
    log.info("by name", **{name: canary, name.upper(): canary})
log.info("as a type", wrapped=value, raw=canary.encode(), array=bytearray(canary.encode()))
log.info("inside", one=[value, canary.encode()], two=(canary.encode(),), three={"key": canary}, four={canary.encode()})
log.info("as an error", error=ValueError(canary), ours=Refused("said by us"))
log.info("bound", **structlog.get_logger().bind(token=canary)._context)
structlog.contextvars.bind_contextvars(password=canary)
log.info("from the context")

def fails(secret):
    raise KeyError(secret)

try:
    try:
        fails(canary)
    except KeyError as error:
        raise ExceptionGroup(canary, [ValueError(canary), Refused("said by us")]) from error
except ExceptionGroup as error:
    log.exception("ours")
    log.error("given", exc_info=error)
    logging.getLogger("library").exception("of a library")
try:
    fails(value)
except KeyError:
    log.exception("wrapped")
log.warning("kept", secret="name-of-a-secret", seconds=1.5, keys=["a", "b"], nothing=None)
for library in ("botocore", "urllib3", "hvac", "aiohttp"):
    logging.getLogger(library).debug("request with %s", canary)
"""


@pytest.fixture(scope="module", params=["json", "console"])
def logged(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Run the program with one of the formats; return format and output."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, request.param], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return request.param, done.stderr


def test_no_line_shows_the_value(logged: tuple[str, str]) -> None:
    assert CANARY not in logged[1]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from the context", id="every line is there"),
        pytest.param("name-of-a-secret", id="the name of a Secret is no value"),
        pytest.param("which led to:", id="the cause of an exception"),
        pytest.param("in fails", id="the place of an exception"),
        pytest.param("KeyError", id="the class of an exception"),
        pytest.param("Refused: said by us", id="the message of an error of ours"),
        pytest.param("of a library", id="lines of libraries"),
        pytest.param("***", id="the mark in place of a value"),
    ],
)
def test_what_helps_is_shown(logged: tuple[str, str], text: str) -> None:
    assert text in logged[1]


def test_json_lines_can_be_parsed_and_carry_time_and_level(logged: tuple[str, str]) -> None:
    if logged[0] == "console":
        assert "\x1b[" not in logged[1], "no colours where nobody sees them"
        return
    lines = [json.loads(line) for line in logged[1].splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    kept = next(line for line in lines if line["event"] == "kept")
    assert (kept["keys"], kept["seconds"], kept["nothing"]) == (["a", "b"], 1.5, None)
