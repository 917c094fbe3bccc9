"""The labels and annotations that mean something to the operator: what users set, and what it writes itself.

docs/settings.md is made from these lists; a test holds them against the names in ``labels``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from secrets_operator.resources import labels


class Mark(NamedTuple):
    """A label or an annotation: on what it stands, and what it means, in Markdown."""

    name: str
    kind: str
    on: str
    meaning: str


ANNOTATION: Final = "annotation"
LABEL: Final = "label"
_SEALED: Final = "SealedSecrets, and Secrets that are to be sealed"

SET_BY_USERS: Final = (
    Mark(
        labels.FORCE_SYNC_ANNOTATION,
        ANNOTATION,
        "ExternalSecrets, ClusterExternalSecrets",
        "Another value makes it read at once. A ClusterExternalSecret passes it on to its ExternalSecrets.",
    ),
    Mark(
        labels.WEBHOOK_SECRET_LABEL,
        LABEL,
        "Secrets",
        f"`{labels.WEBHOOK_SECRET_VALUE}`: webhook stores may use its values.",
    ),
    Mark(
        labels.NAMESPACE_WIDE_ANNOTATION,
        ANNOTATION,
        _SEALED,
        "`true`: sealed for every name in its namespace.",
    ),
    Mark(labels.CLUSTER_WIDE_ANNOTATION, ANNOTATION, _SEALED, "`true`: sealed for every name in every namespace."),
    Mark(
        labels.SEALED_MANAGED_ANNOTATION,
        ANNOTATION,
        "Secrets",
        "`true`: the SealedSecret of its name may take it over.",
    ),
    Mark(
        labels.SEALED_PATCH_ANNOTATION,
        ANNOTATION,
        "Secrets",
        "`true`: the SealedSecret of its name may add to it without owning it.",
    ),
    Mark(
        labels.SKIP_OWNER_REFERENCES_ANNOTATION,
        ANNOTATION,
        "the template of a SealedSecret",
        "`true`: the Secret outlives the SealedSecret.",
    ),
    Mark(
        labels.SEALING_KEY_LABEL,
        LABEL,
        "Secrets in the operator's namespace",
        "`active`: a sealing key, which opens values. `compromised`, which `keys retire` sets, or anything else: not.",
    ),
)

WRITTEN_BY_US: Final = (
    Mark(labels.WATCHED_LABEL, LABEL, "Secrets and other targets", "The operator wrote it."),
    Mark(labels.MANAGED_LABEL, LABEL, "targets of ExternalSecrets", "An ExternalSecret is behind it."),
    Mark(labels.CREATED_BY_LABEL, LABEL, "targets of ExternalSecrets", "Which ExternalSecret owns it, as a hash."),
    Mark(labels.DATA_HASH_ANNOTATION, ANNOTATION, "targets of ExternalSecrets", "Keyed digest of what was written."),
    Mark(
        f"{labels.OWN_ANNOTATION_PREFIX}data-hash",
        ANNOTATION,
        "Secrets of SealedSecrets",
        "The same; with `-` and a hash for one of several ExternalSecrets that merge into a target.",
    ),
    Mark(
        f"{labels.OWN_ANNOTATION_PREFIX}generated-<hash>",
        ANNOTATION,
        "targets of ExternalSecrets",
        "When which generator made values.",
    ),
    Mark(
        labels.SEALED_SOURCE_ANNOTATION,
        ANNOTATION,
        "Secrets of SealedSecrets",
        "Keyed digest of what it was made from.",
    ),
    Mark(labels.SEALED_KEYS_ANNOTATION, ANNOTATION, "Secrets of SealedSecrets", "Which sealing key opened what."),
    Mark(
        labels.FACTS_ANNOTATION,
        ANNOTATION,
        "SealedSecrets",
        "`seal` writes it: with which certificate, for whom and when each value was sealed.",
    ),
    Mark(labels.SEALING_CERTIFICATE_LABEL, LABEL, "a ConfigMap", "It holds the certificate to seal with."),
    Mark(labels.MEMBER_LABEL, LABEL, "Leases", "A replica; the value is the group that shares the work."),
    Mark(labels.WEIGHT_ANNOTATION, ANNOTATION, "Leases", "How much of its share the replica keeps, of 1024."),
    Mark(labels.GENERATOR_OWNER_LABEL, LABEL, "GeneratorStates", "The resource that values were made for, as a hash."),
    Mark(
        labels.COMPONENT_LABEL,
        LABEL,
        "CustomResourceDefinitions",
        f"`{labels.COMPONENT_CONTROLLER}`, as with External Secrets Operator.",
    ),
)
