"""Options that several verbs of ``seal`` share; environment variables are those of kubeseal."""

from __future__ import annotations

from pathlib import Path

import click

from secrets_operator.cli.sealing.option_declarations import ENVIRONMENT_PREFIX

FILE = click.Path(path_type=Path)

cert_option = click.option(
    "--cert",
    metavar="FILE|URL",
    default="",
    envvar=ENVIRONMENT_PREFIX + "CERT",
    help="Certificate to seal with: a file, or an http, https or file URL. Also SEALED_SECRETS_CERT.",
)
namespace_option = click.option(
    "-n",
    "--namespace",
    metavar="NAMESPACE",
    default="",
    envvar=ENVIRONMENT_PREFIX + "NAMESPACE",
    help="Namespace of SealedSecrets whose manifest names none. Also SEALED_SECRETS_NAMESPACE.",
)
object_option = click.option(
    "--object",
    "wanted",
    metavar="[NAMESPACE/]NAME",
    default="",
    help="Which SealedSecret of FILE, when it holds several.",
)
recovery_option = click.option(
    "--recovery-private-key",
    "recovery_files",
    metavar="FILE",
    multiple=True,
    type=FILE,
    help="Private keys: PEM, or Secrets as kubectl prints them. May be given several times.",
)
