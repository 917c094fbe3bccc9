"""The options that all verbs of ``keys`` share: the cluster, the operator's namespace, the legacy name."""

from __future__ import annotations

from typing import Any

import click

from secrets_operator.cli.sealing.connection_options import connection_options
from secrets_operator.cli.sealing.option_declarations import option
from secrets_operator.cli.sealing_key_options import KeyPrefix
from secrets_operator.settings import Settings

namespace_option = option(
    "--controller-namespace",
    "namespace",
    metavar="NAMESPACE",
    envvar="SEALED_SECRETS_CONTROLLER_NAMESPACE",
    help="Namespace of the operator. Default: where its ConfigMap with the certificate is.",
)
prefix_option = click.option(
    "--key-prefix",
    "prefix",
    type=KeyPrefix(),
    default=Settings().sealing_key_prefix,
    show_default=True,
    help="As the operator has it: a Secret of just this name counts as a key without the label.",
)


def cluster_options(command: Any) -> Any:
    """Declare the options that every verb has but ``--key-prefix``."""
    return namespace_option(connection_options(command))
