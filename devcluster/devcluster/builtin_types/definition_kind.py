"""The CustomResourceDefinition of ``apiextensions.k8s.io``."""

from __future__ import annotations

from devcluster.builtin_types.schema_dsl import (
    Schema,
    boolean,
    conditions,
    integer,
    items,
    kind,
    open_struct,
    struct,
    text,
    zero,
)


def definition_kinds() -> dict[str, Schema]:
    """Return the schemas by kind."""
    spec = struct(
        "What the resource is called and what it looks like.",
        group=text("Group of the resource."),
        names=zero(_names("Names of the resource.")),
        scope=text("Namespaced or Cluster."),
        versions=items(_version(), "Versions of the resource."),
        conversion=open_struct("How versions are converted.", strategy=text("None or Webhook.")),
        preserveUnknownFields=boolean("Must be false."),
    )
    status = struct(
        "State of the definition.",
        conditions=conditions(),
        acceptedNames=_names("Names that are in force."),
        storedVersions=items(text(), "Versions that objects may be stored in."),
        observedGeneration=integer(format="int64"),
    )
    return {
        "CustomResourceDefinition": kind("Defines a resource of the user's own.", spec=zero(spec), status=zero(status))
    }


def _names(description: str) -> Schema:
    return struct(
        description,
        plural=text("Name in paths."),
        singular=text("Name of one."),
        shortNames=items(text(), "Abbreviations."),
        kind=text("Name of the type."),
        listKind=text("Name of the type of lists."),
        categories=items(text(), "Groups of resources that are listed together."),
    )


def _version() -> Schema:
    column = struct(
        "A column that is shown in lists.",
        name=text(),
        type=text(),
        format=text(),
        description=text(),
        priority=integer(),
        jsonPath=text(),
    )
    schema = struct(
        "Schema of the version.", openAPIV3Schema={"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    )
    return struct(
        "One version of the resource.",
        name=text("Name of the version."),
        served=boolean("True serves the version."),
        storage=boolean("True for the one version that objects are stored in."),
        deprecated=boolean("True warns clients."),
        deprecationWarning=text("What clients are told."),
        schema=schema,
        subresources=struct(
            "Subresources that are served.",
            status={"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            scale=struct(
                "Where replicas are found.",
                specReplicasPath=text(),
                statusReplicasPath=text(),
                labelSelectorPath=text(),
            ),
        ),
        additionalPrinterColumns=items(column, "Columns of lists."),
        selectableFields=items(struct("A field to select by.", jsonPath=text()), "Fields to select by."),
    )
