"""Which kinds ``spec.target.manifest`` may name: ConfigMaps and custom resources that the administrator lists. Pure.

Whoever may write an ExternalSecret makes the operator write the object with the operator's rights. So no kind of
Kubernetes itself qualifies but the ConfigMap (a RoleBinding grants rights, a Pod runs code as any service account of
its namespace), and no kind that the operator acts on (an ExternalSecret could be made from what a store holds).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from secrets_operator.errors import InvalidSpec
from secrets_operator.resources.names import EXTERNAL_SECRETS_GROUP, GENERATORS_GROUP, OWN_GROUP, SEALED_SECRETS_GROUP
from secrets_operator.settings import GroupKind, Settings

ALLOW_FLAG, KIND_FLAG = "--unsafe-allow-generic-targets", "--generic-target"
CONFIG_MAP: Final = GroupKind("", "ConfigMap")

# The groups that kube-apiserver serves itself (Kubernetes v1.36), and OpenShift's own for roles, users and workloads.
_BUILT_IN_GROUPS: Final = frozenset(
    {"", "apps", "autoscaling", "batch", "extensions", "policy"}
    | {
        f"{group}.k8s.io"
        for group in (
            *("admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization"),
            *("certificates", "coordination", "discovery", "events", "flowcontrol.apiserver", "internal.apiserver"),
            *("metrics", "networking", "node", "rbac.authorization", "resource", "scheduling", "storage"),
            "storagemigration",
        )
    }
)
# ConfigMaps by which a cluster says whom to trust, and who may do what.
_RESERVED_CONFIG_MAPS: Final = frozenset(
    {"kube-root-ca.crt", "openshift-service-ca.crt", "extension-apiserver-authentication", "aws-auth"}
)
_OPENSHIFT: Final = ".openshift.io"
_OWN_GROUPS: Final = frozenset({EXTERNAL_SECRETS_GROUP, GENERATORS_GROUP, OWN_GROUP, SEALED_SECRETS_GROUP})
_GROUP: Final = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")
_KIND: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")


@dataclass(frozen=True, slots=True)
class TargetKind:
    """The kind of object that an ExternalSecret writes in place of a Secret."""

    api_version: str
    kind: str

    @property
    def group(self) -> str:
        """Its group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """Its version."""
        return self.api_version.rpartition("/")[2]

    @property
    def group_kind(self) -> GroupKind:
        """What the administrator's list names."""
        return GroupKind(self.group, self.kind)

    def reason(self, what: str) -> str:
        """Return the reason of a condition: ``SecretSynced``, or ``ResourceSynced`` for anything but a Secret."""
        return f"{'Secret' if self.is_secret else 'Resource'}{what}"

    @property
    def noun(self) -> str:
        """What messages call it: as External Secrets Operator does."""
        return "secret" if self.is_secret else "resource"

    @property
    def is_secret(self) -> bool:
        """Whether it is the Secret, with or without a manifest that says so."""
        return self == SECRET_KIND

    @property
    def is_config_map(self) -> bool:
        """Whether it is the one kind of Kubernetes itself that may be written."""
        return self.group_kind == CONFIG_MAP


SECRET_KIND: Final = TargetKind("v1", "Secret")


def target_kind(spec: Mapping[str, Any]) -> TargetKind:
    """Return the kind that the raw spec of an ExternalSecret asks for."""
    manifest = (spec.get("target") or {}).get("manifest")
    if not manifest:
        return SECRET_KIND
    return TargetKind(str(manifest.get("apiVersion") or ""), str(manifest.get("kind") or ""))


def group_kind(text: str) -> GroupKind:
    """Read ``ConfigMap`` or ``group/Kind`` as an administrator lists it.

    Raises InvalidSpec for what is no kind, and for one that no ExternalSecret may write whoever lists it.
    """
    group, _, kind = text.rpartition("/")
    if not _KIND.fullmatch(kind) or (group and not _GROUP.fullmatch(group)):
        raise InvalidSpec(f"{text!r} is no kind: write ConfigMap, or group/Kind such as argoproj.io/Application")
    found = GroupKind(group, kind)
    reason = _never(found)
    if reason:
        raise InvalidSpec(f"{found} {reason}")
    return found


def refusal(target: TargetKind, name: str, settings: Settings) -> str:
    """Say why the operator does not write this object, and by which flag it would; empty when it does."""
    if target.is_secret:
        return ""
    listed = target.group_kind
    reason = _never(listed)
    if reason:
        return f"spec.target.manifest: {listed} {reason}"
    if not settings.allow_generic_targets:
        return f"spec.target.manifest: the operator is not started with {ALLOW_FLAG} and {KIND_FLAG} {listed}"
    if listed not in settings.generic_targets:
        return f"spec.target.manifest: the operator is not started with {KIND_FLAG} {listed}"
    if target.is_config_map and name in _RESERVED_CONFIG_MAPS:
        return f"spec.target.name: ConfigMap {name} is the cluster's own, and is never a target"
    return ""


def _never(listed: GroupKind) -> str:
    if listed == CONFIG_MAP:
        return ""
    if listed.group in _OWN_GROUPS:
        return "is a kind that the operator acts on, and is never a target"
    if listed.group in _BUILT_IN_GROUPS or listed.group.endswith(_OPENSHIFT):
        return "is never a target: of the kinds of the platform itself only ConfigMap is, the others may grant power"
    return ""
