"""The object that an ExternalSecret asks for: a native Secret, or one of another kind. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.planning.external_secret import Wanted
from secrets_operator.planning.manifest_state import leaves
from secrets_operator.planning.marks import created_by
from secrets_operator.planning.secret_state import Digester
from secrets_operator.planning.targets import DesiredSecret, data_hash
from secrets_operator.resources.labels import CREATED_BY_LABEL
from secrets_operator.resources.names import EXTERNAL_SECRET
from secrets_operator.resources.templates import Template
from secrets_operator.resources.tracking import without_tracking


class TemplateResult(Protocol):
    """What a template made of the fetched values; ``rendering`` has it."""

    @property
    def data(self) -> dict[str, SecretBytes]:
        """The data of the Secret."""
        ...

    @property
    def labels(self) -> dict[str, str]:
        """Its labels, without those of the operator."""
        ...

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations, without those of the operator."""
        ...


def from_external_secret(
    resource: Object, want: Wanted, data: Mapping[str, SecretBytes], digester: Digester
) -> DesiredSecret:
    """Return the Secret of an ExternalSecret without template: its labels and annotations are copied to it."""
    metadata = resource["metadata"]
    return _desired(
        want,
        data,
        digester,
        labels=without_tracking(metadata.get("labels") or {}),
        annotations=without_tracking(metadata.get("annotations") or {}),
    )


def from_template(want: Wanted, template: Template, made: TemplateResult, digester: Digester) -> DesiredSecret:
    """Return the Secret of an ExternalSecret with template: nothing but what the template says is on it."""
    desired = _desired(want, made.data, digester, labels=made.labels, annotations=made.annotations)
    return replace(desired, type=template.type or "", finalizers=template.metadata.finalizers)


class ManifestResult(Protocol):
    """What became of the fetched values for an object that is no Secret; ``rendering`` has it."""

    fields: dict[str, Any]
    labels: dict[str, str]
    annotations: dict[str, str]


def from_manifest(want: Wanted, made: ManifestResult, digester: Digester) -> DesiredSecret:
    """Return an object of the kind that ``spec.target.manifest`` names."""
    desired = _desired(want, leaves(made.fields), digester, labels=made.labels, annotations=made.annotations)
    return replace(desired, kind=want.kind, fields=made.fields)


def _desired(
    want: Wanted,
    data: Mapping[str, SecretBytes],
    digester: Digester,
    *,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
) -> DesiredSecret:
    owned = want.spec.target.creation_policy == "Owner"
    creator = {CREATED_BY_LABEL: created_by(want.key.namespace, want.key.name)} if owned else {}
    return DesiredSecret(
        name=want.target,
        namespace=want.key.namespace,
        manager=want.manager,
        data=data,
        labels={**labels, **want.marks.labels, **creator},
        annotations={**annotations, want.marks.hash_annotation: data_hash(data, digester)},
        owner=want.owner,
        controlled=owned,
        owner_api_version=EXTERNAL_SECRET.api_version,
        blocks_owner_deletion=True,
        immutable=want.spec.target.immutable,
    )
