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


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SECRETS_OPERATOR"}
)
@click.version_option(package_name="secrets-operator", prog_name="secrets-operator")
def cli() -> None:
    """Keep secrets in GitOps: references and ciphertext in Git, native Secrets in the cluster."""
