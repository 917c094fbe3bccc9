"""The verbs of ``seal``: where each is implemented, and its summary for ``--help``."""

from __future__ import annotations

_HERE = "secrets_operator.cli.sealing."

VERBS: dict[str, tuple[str, str]] = {
    "clusters": (_HERE + "clusters:clusters", "Keep the pinned certificates of several clusters."),
    "create": (_HERE + "create:create", "Make a SealedSecret from values: generic, tls, docker-registry."),
    "diff": (_HERE + "comparison_verbs:diff", "Tell what differs between two files, key by key."),
    "edit": (_HERE + "edit:edit", "Edit a SealedSecret, values masked."),
    "git-merge": (_HERE + "comparison_verbs:git_merge", "Merge SealedSecrets key by key, for git merge."),
    "git-textconv": (_HERE + "comparison_verbs:git_textconv", "Show ciphertext in short, for git diff."),
    "lint": (_HERE + "lint:lint", "Check SealedSecrets without a cluster."),
    "recover": (_HERE + "recover:recover", "Open a whole repository with a backup of the keys."),
    "reencrypt": (_HERE + "reencrypt:reencrypt", "Put whole folders under the newest key, in place."),
    "rename": (_HERE + "item_verbs:rename_item", "Rename an item of a SealedSecret."),
    "set": (_HERE + "item_verbs:set_item", "Seal a value into an item of a SealedSecret."),
    "unset": (_HERE + "item_verbs:unset_item", "Remove items of a SealedSecret."),
}
