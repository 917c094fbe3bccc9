"""The group ``keys``; each verb is a module, imported when it is called."""

from __future__ import annotations

import click

from secrets_operator.cli.lazy_group import LazyGroup

_HERE = "secrets_operator.cli.keys."

VERBS = {
    "backup": (_HERE + "backup:backup", "Write all keys to a file, encrypted to a recipient."),
    "list": (_HERE + "list_keys:list_keys", "Show the keys, and what is still under each."),
    "renew": (_HERE + "renew:renew", "Make a new key now, ahead of the schedule."),
    "restore": (_HERE + "restore:restore", "Create the keys of a backup that are missing."),
    "retire": (_HERE + "retire:retire", "Take a key out of use; nothing is deleted."),
}


@click.group(cls=LazyGroup, targets=VERBS, context_settings={"help_option_names": ["-h", "--help"]})
def keys() -> None:
    """Look after the sealing keys of a cluster.

    Sealing keys are Secrets in the operator's namespace. The newest seals, all that are active open. Lost keys cannot
    be replaced: what was sealed with them is lost. Whoever has one can read everything in Git that is under it.

    \b
    A year with sealing keys:
      keys list                               every month the operator adds one
      keys backup --to keys.age --age age1... after each renewal
      seal reencrypt clusters/                put what is in Git under the newest
      keys retire SHA256:...                  once nothing is under an old one

    \b
    When the cluster is lost:
      keys restore keys.age --age-identity id.txt --controller-namespace secrets-operator

    Private keys are never printed.
    """  # noqa: D301 - click's mark for lines that stay
