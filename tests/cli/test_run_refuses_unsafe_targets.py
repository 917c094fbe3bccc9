"""``secrets-operator run`` takes a list of kinds that ExternalSecrets may write, and no kind that has power."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from secrets_operator.cli.main import cli


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(
            ["--generic-target", "ConfigMap"], "needs --unsafe-allow-generic-targets", id="a list without the switch"
        ),
        pytest.param(
            ["--unsafe-allow-generic-targets", "--generic-target", "Pod"],
            "Pod is never a target",
            id="a kind with power of its own",
        ),
        pytest.param(
            ["--unsafe-allow-generic-targets", "--generic-target", "widgets"],
            "'widgets' is no kind: write ConfigMap, or group/Kind",
            id="a plural",
        ),
    ],
)
def test_usage_errors(arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(cli, ["run", *arguments])
    assert (done.exit_code, says in " ".join(done.output.split())) == (2, True)
