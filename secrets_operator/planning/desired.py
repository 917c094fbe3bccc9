"""The native Secret that a resource asks for. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.planning.external_secret import Wanted
from secrets_operator.planning.marks import created_by, without_tracking
from secrets_operator.planning.secret_state import Digester
from secrets_operator.planning.targets import DesiredSecret, data_hash
from secrets_operator.resources.labels import CREATED_BY_LABEL
from secrets_operator.resources.names import EXTERNAL_SECRET


def from_external_secret(
    resource: Object, want: Wanted, data: Mapping[str, SecretBytes], digester: Digester
) -> DesiredSecret:
    """Return the Secret of an ExternalSecret without template: its labels and annotations are copied to it."""
    metadata, target = resource["metadata"], want.spec.target
    owned = target.creation_policy == "Owner"
    creator = {CREATED_BY_LABEL: created_by(want.key.namespace, want.key.name)} if owned else {}
    return DesiredSecret(
        name=want.target,
        namespace=want.key.namespace,
        manager=want.manager,
        data=data,
        labels={**without_tracking(metadata.get("labels") or {}), **want.marks.labels, **creator},
        annotations={
            **without_tracking(metadata.get("annotations") or {}),
            want.marks.hash_annotation: data_hash(data, digester),
        },
        owner=want.owner,
        controlled=owned,
        owner_api_version=EXTERNAL_SECRET.api_version,
        blocks_owner_deletion=True,
        immutable=target.immutable,
    )
