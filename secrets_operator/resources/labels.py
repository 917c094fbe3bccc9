"""Labels, annotations and finalizers that manifests, alerts and scripts rely on, plus our own annotations.

The names of External Secrets Operator and Sealed Secrets are kept to the letter, including the finalizers whose
group has no hyphen: clusters that change over already carry them.
"""

from __future__ import annotations

from typing import Final

# --- on Secrets and other targets written from an ExternalSecret ---
RECONCILE_PREFIX: Final = "reconcile.external-secrets.io/"
MANAGED_LABEL: Final = f"{RECONCILE_PREFIX}managed"
CREATED_BY_LABEL: Final = f"{RECONCILE_PREFIX}created-by"
DATA_HASH_ANNOTATION: Final = f"{RECONCILE_PREFIX}data-hash"

# --- on resources of the external-secrets.io group ---
FORCE_SYNC_ANNOTATION: Final = "external-secrets.io/force-sync"
COMPONENT_LABEL: Final = "external-secrets.io/component"
COMPONENT_CONTROLLER: Final = "controller"

# --- on Secrets that a webhook store may read ---
WEBHOOK_SECRET_LABEL: Final = "external-secrets.io/type"
WEBHOOK_SECRET_VALUE: Final = "webhook"

# --- finalizers left by External Secrets Operator ---
EXTERNAL_SECRET_FINALIZER: Final = "externalsecrets.external-secrets.io/externalsecret-cleanup"
CLUSTER_EXTERNAL_SECRET_FINALIZER: Final = "externalsecrets.external-secrets.io/clusterexternalsecret-cleanup"
CLUSTER_EXTERNAL_SECRET_NAMESPACE_FINALIZER_PREFIX: Final = "externalsecrets.external-secrets.io/ces-"
SECRET_STORE_FINALIZER: Final = "secretstore.externalsecrets.io/finalizer"
PUSH_SECRET_FINALIZER: Final = "pushsecret.externalsecrets.io/finalizer"
GENERATOR_STATE_FINALIZER: Final = "generatorstate.externalsecrets.io/finalizer"

# --- on GeneratorState objects, and on secrets pushed to a provider ---
GENERATOR_OWNER_LABEL: Final = "generators.external-secrets.io/owner-key"
PUSHED_TAG: Final = "managed-by"
PUSHED_TAG_VALUE: Final = "external-secrets"

# --- Sealed Secrets; each annotation counts only when its value is exactly "true" ---
SEALED_PREFIX: Final = "sealedsecrets.bitnami.com/"
CLUSTER_WIDE_ANNOTATION: Final = f"{SEALED_PREFIX}cluster-wide"
NAMESPACE_WIDE_ANNOTATION: Final = f"{SEALED_PREFIX}namespace-wide"
SEALED_MANAGED_ANNOTATION: Final = f"{SEALED_PREFIX}managed"
SEALED_PATCH_ANNOTATION: Final = f"{SEALED_PREFIX}patch"
SKIP_OWNER_REFERENCES_ANNOTATION: Final = f"{SEALED_PREFIX}skip-set-owner-references"
SEALING_KEY_LABEL: Final = f"{SEALED_PREFIX}sealed-secrets-key"

# --- ours ---
OWN_ANNOTATION_PREFIX: Final = "secrets-operator.dev/"
# On every Secret the operator writes, of either kind of source: what its watch of Secrets selects.
WATCHED_LABEL: Final = f"{OWN_ANNOTATION_PREFIX}managed"
# On SealedSecrets: with which certificate, for whom and when the items were sealed.
FACTS_ANNOTATION: Final = f"{OWN_ANNOTATION_PREFIX}sealed"
# On Secrets of SealedSecrets: a keyed digest of what the Secret was made from, and which sealing key opened what.
SEALED_SOURCE_ANNOTATION: Final = f"{OWN_ANNOTATION_PREFIX}sealed-source"
SEALED_KEYS_ANNOTATION: Final = f"{OWN_ANNOTATION_PREFIX}sealing-keys"
# On the ConfigMap with the certificate to seal with.
SEALING_CERTIFICATE_LABEL: Final = f"{OWN_ANNOTATION_PREFIX}sealing-certificate"
# On the Leases by which replicas find each other; the value is the group that shares its work.
MEMBER_LABEL: Final = f"{OWN_ANNOTATION_PREFIX}member"
# On these Leases: how much of its share the holder keeps, of 1024.
WEIGHT_ANNOTATION: Final = f"{OWN_ANNOTATION_PREFIX}weight"

TRUE: Final = "true"
