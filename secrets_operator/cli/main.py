"""The ``secrets-operator`` command: a group that imports a command's module only when that command is called."""

from __future__ import annotations

from importlib import import_module
from typing import ClassVar

import click


class LazyGroup(click.Group):
    """A click group of commands named by ``module:attribute`` and summarised here, so ``--help`` imports none."""

    targets: ClassVar[dict[str, tuple[str, str]]] = {
        "crds": ("secrets_operator.cli.crds:crds", "Print or write the CustomResourceDefinitions."),
        "run": ("secrets_operator.cli.run:run", "Run the operator."),
        "seal": ("secrets_operator.cli.seal:seal", "Encrypt a Secret so that it can be committed to Git."),
        "template": ("secrets_operator.cli.template:template", "Render a template with data from a file."),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the command names in alphabetical order."""
        return sorted(self.targets)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return one command."""
        if cmd_name not in self.targets:
            return None
        module, _, attribute = self.targets[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries without importing the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.targets[name][1]) for name in self.list_commands(ctx)])


def _version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    """Print the version of the operator and of every provider installed beside it."""
    if not asked or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    from secrets_operator.provider.discovery import Providers

    click.echo(f"secrets-operator {version('secrets-operator')}")
    for name, origin in Providers.from_entry_points().installed().items():
        click.echo(f"  provider {name}: {origin}")
    ctx.exit()


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SECRETS_OPERATOR"}
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the versions and exit."
)
def cli() -> None:
    """Keep secrets in GitOps: references and ciphertext in Git, native Secrets in the cluster."""
