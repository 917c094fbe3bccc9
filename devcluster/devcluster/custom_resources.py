"""Custom resources: what a CustomResourceDefinition makes the server serve, and the rules of its objects."""

from dataclasses import dataclass, field

from devcluster.custom_resource_definitions import is_terminating, storage_version
from devcluster.documents import Document, clone
from devcluster.field_selectors import reader
from devcluster.history import Entry
from devcluster.served_resources import ALL_VERBS, Names, ServedResource
from devcluster.strategy import COMMON_FIELDS, Strategy
from devcluster.structural import FieldError, StructuralSchema
from devcluster.tables import custom_columns

_OPEN_SCHEMA: Document = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


@dataclass(frozen=True)
class CustomResourceStrategy(Strategy):
    """The rules of objects that follow one structural schema."""

    schema: StructuralSchema = field(default_factory=lambda: StructuralSchema.compile(_OPEN_SCHEMA))

    def default(self, document: Document) -> None:
        """Set the schema's defaults."""
        self.schema.default(document)

    def validate(self, document: Document) -> list[FieldError]:
        """Check the object against the schema."""
        return self.schema.validate(document)

    def validate_update(self, document: Document, live: Document) -> list[FieldError]:
        """Check the object against the schema, whose rules may look at the state before."""
        return self.schema.validate(document, live)


def served_by(definition: Document) -> list[ServedResource]:
    """Return the resources that a definition asks to serve: one for each served version."""
    versions = definition["spec"]["versions"]
    return [_version(definition, version) for version in versions if version.get("served")]


def _version(definition: Document, version: Document) -> ServedResource:
    spec = definition["spec"]
    openapi = version.get("schema", {}).get("openAPIV3Schema") or _OPEN_SCHEMA
    schema = StructuralSchema.compile(openapi)
    subresources = version.get("subresources") or {}
    verbs = tuple(verb for verb in ALL_VERBS if verb != "create") if is_terminating(definition) else ALL_VERBS
    return ServedResource(
        group=spec["group"],
        version=version["name"],
        names=_names(spec["names"]),
        namespaced=spec["scope"] == "Namespaced",
        schema=schema,
        strategy=_strategy(schema, version),
        verbs=verbs,
        subresources=tuple(name for name in ("status", "scale") if name in subresources),
        columns=tuple(custom_columns(version.get("additionalPrinterColumns") or [])),
        storage=(spec["group"], spec["names"]["plural"]),
        storage_version=storage_version(definition),
        custom=True,
        openapi=openapi,
    )


def _names(names: Document) -> Names:
    return Names(
        plural=names["plural"],
        kind=names["kind"],
        singular=names.get("singular") or names["kind"].lower(),
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        list_kind=names.get("listKind") or f"{names['kind']}List",
    )


def _strategy(schema: StructuralSchema, version: Document) -> Strategy:
    paths = [entry["jsonPath"].lstrip(".") for entry in version.get("selectableFields") or ()]
    fields = {**COMMON_FIELDS, **{path: reader(path) for path in paths}}
    return CustomResourceStrategy(has_generation=True, unconditional_update=False, fields=fields, schema=schema)


def served_document(resource: ServedResource, entry: Entry) -> Document:
    """Return a stored object in the form of a resource's version. The result must not be changed.

    Custom resources are pruned and defaulted as the version's schema says at this moment, since the stored
    object may have been written under another version or an earlier schema.
    """
    if resource.conversion:
        return resource.conversion.from_stored(entry.document)
    if not resource.custom or entry.written_by is resource:
        return entry.document
    document = clone(entry.document)
    document["apiVersion"] = resource.api_version
    resource.schema.prune(document)
    resource.schema.default(document)
    return document
