"""The target of an ExternalSecret: which object is written, and who may create, change and delete it."""

from __future__ import annotations

from typing import Final

from pydantic import ConfigDict, Field, StrictBool

from secrets_operator.resources.formats import DnsName, NonEmpty
from secrets_operator.resources.model import Model
from secrets_operator.resources.policies import CreationPolicy, DeletionPolicy
from secrets_operator.resources.templates import Template
from secrets_operator.resources.validation_rules import Rule, checked_by

DELETE_NEEDS_OWNER: Final = Rule(
    "!has(self.deletionPolicy) || self.deletionPolicy != 'Delete' || !has(self.creationPolicy)"
    " || !(self.creationPolicy in ['Merge', 'None', 'CreateOrMerge'])",
    "deletionPolicy Delete needs creationPolicy Owner: set that, or set deletionPolicy to Retain or Merge",
    field=".deletionPolicy",
    reason="FieldValueForbidden",
)
MERGE_NEEDS_TARGET: Final = Rule(
    "!has(self.deletionPolicy) || self.deletionPolicy != 'Merge' || !has(self.creationPolicy)"
    " || self.creationPolicy != 'None'",
    "deletionPolicy Merge has nothing to merge with under creationPolicy None: choose another creationPolicy",
    field=".deletionPolicy",
    reason="FieldValueForbidden",
)
SECRET_PARTS_ONLY: Final = Rule(
    "!has(self.template) || !has(self.template.templateFrom)"
    " || (has(self.manifest) && !(self.manifest.apiVersion == 'v1' && self.manifest.kind == 'Secret'))"
    " || self.template.templateFrom.all(one, !has(one.target)"
    " || one.target.matches('^((?i:data|annotations|labels)|)$'))",
    "templateFrom of a Secret can only target Data, Labels or Annotations: use one of these, or set target.manifest",
    field=".template.templateFrom",
)


class TargetManifest(Model):
    """Kind of the object to write when it is not a Secret."""

    api_version: NonEmpty = Field(description="Group and version of the object, such as argoproj.io/v1alpha1.")
    kind: NonEmpty = Field(description="Kind of the object; it must be a namespaced one.")


class Target(Model):
    """The object that receives the values."""

    model_config = ConfigDict(json_schema_extra=checked_by(DELETE_NEEDS_OWNER, MERGE_NEEDS_TARGET, SECRET_PARTS_ONLY))

    name: DnsName | None = Field(None, description="Name of the Secret. Default: the name of the ExternalSecret.")
    creation_policy: CreationPolicy = Field(
        "Owner",
        description="Owner creates and owns the Secret; Orphan creates it without owning it; Merge only adds to an "
        "existing one; CreateOrMerge does either; None writes nothing. Default: Owner.",
    )
    deletion_policy: DeletionPolicy = Field(
        "Retain",
        description="What happens when the provider definitely has none of the values any more: Retain keeps the "
        "Secret, Delete deletes it, Merge removes our keys. Default: Retain.",
    )
    immutable: StrictBool = Field(False, description="Make the Secret immutable once it is written. Default: false.")
    manifest: TargetManifest | None = Field(
        None, description="Write an object of this kind instead of a Secret. The operator must be started to allow it."
    )
    template: Template | None = Field(
        None, description="Blueprint of the Secret. Default: the fetched keys as they are."
    )

    @property
    def renders_secret(self) -> bool:
        """Whether the target is a core Secret: no manifest, or the manifest says v1 Secret."""
        return self.manifest is None or (self.manifest.api_version, self.manifest.kind) == ("v1", "Secret")

    @property
    def renders_config_map(self) -> bool:
        """Whether the target is a core ConfigMap."""
        return self.manifest is not None and (self.manifest.api_version, self.manifest.kind) == ("v1", "ConfigMap")
