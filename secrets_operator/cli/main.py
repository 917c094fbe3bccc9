"""The ``secrets-operator`` command: a group that imports a command's module only when that command is called."""

from __future__ import annotations

import click

from secrets_operator.cli.lazy_group import LazyGroup

COMMANDS = {
    "crds": ("secrets_operator.cli.crds:crds", "Print or write the CustomResourceDefinitions."),
    "keys": ("secrets_operator.cli.keys.command:keys", "Look after sealing keys: list, renew, retire, back up."),
    "migrate": (
        "secrets_operator.cli.migration.command:migrate",
        "Finish the change from External Secrets Operator or Sealed Secrets.",
    ),
    "run": ("secrets_operator.cli.run:run", "Run the operator."),
    "seal": ("secrets_operator.cli.sealing.command:seal", "Encrypt a Secret so that it can be committed to Git."),
    "template": ("secrets_operator.cli.template:template", "Render a template with data from a file."),
}


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
    cls=LazyGroup,
    targets=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SECRETS_OPERATOR"},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the versions and exit."
)
def cli() -> None:
    """Keep secrets in GitOps: references and ciphertext in Git, native Secrets in the cluster."""
