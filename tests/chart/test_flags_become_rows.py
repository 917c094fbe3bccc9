"""What the table of flags says about an option, in each form that an option of `run` has."""

import click
import pytest

from charts.generation.flags_table import flags_table

CHOICE = click.Choice(["json", "console"])


@pytest.mark.parametrize(
    ("option", "row"),
    [
        pytest.param(
            click.Option(["--some-size", "--old-name"], default=5, show_default=True, help="How large."),
            "| `--some-size`, `--old-name` | `5` | `RUN_SOME_SIZE`, `RUN_OLD_NAME` | How large. |",
            id="two names and a default",
        ),
        pytest.param(
            click.Option(["--form"], type=CHOICE, default="json", show_default=True, help="Form."),
            "| `--form` | `json` | `RUN_FORM` | Form. One of `json`, `console`. |",
            id="one of several words",
        ),
        pytest.param(
            click.Option(["--admission"], is_flag=True, help="Answer reviews."),
            "| `--admission` | off | `RUN_ADMISSION` | Answer reviews. |",
            id="a switch",
        ),
        pytest.param(
            click.Option(["--context"], default="", help="Context. Default: the one of ~/.kube/config."),
            "| `--context` | the one of ~/.kube/config | `RUN_CONTEXT` | Context. |",
            id="a default in words",
        ),
        pytest.param(
            click.Option(["--url"], default="", help="Write https://HOST|IP or *."),
            "| `--url` |  | `RUN_URL` | Write https://HOST\\|IP or \\*. |",
            id="what means something in Markdown is shown as it is",
        ),
        pytest.param(
            click.Option(["--name", "another"], default="", help="Name."),
            "| `--name` |  | `RUN_NAME` | Name. |",
            id="a variable is called as the flag and not as the parameter",
        ),
    ],
)
def test_row(option: click.Option, row: str) -> None:
    command = click.Command("run", params=[option, click.Option(["--secret-door"], hidden=True)])
    assert flags_table(command, variables="RUN").strip().splitlines()[2:] == [row]
