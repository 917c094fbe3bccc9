"""Decoding of an object that a client wants written: kind, raw values, unknown fields, defaults."""

from devcluster.calls import WriteOptions
from devcluster.documents import Document, metadata
from devcluster.served_resources import ServedResource
from devcluster.statuses import bad_request


def decode(resource: ServedResource, document: Document, options: WriteOptions) -> list[str]:
    """Bring a document into its decoded form, in place, and return warnings about unknown fields.

    Raises:
        ApiError: 400, it is of another kind, a value cannot be read, or an unknown field under strict validation.

    """
    if not resource.custom:
        # For built-in kinds the path says enough, and some clients leave the rest out.
        document["kind"] = document.get("kind") or resource.kind
        document["apiVersion"] = document.get("apiVersion") or resource.api_version
    check_kind(resource, document)
    check_metadata(resource, document)
    resource.strategy.decode(document)
    unknown = resource.schema.prune(document)
    warnings = unknown_field_warnings(resource, unknown, options)
    resource.strategy.default(document)
    return warnings


def check_metadata(resource: ServedResource, document: Document) -> None:
    """Refuse metadata that is not an object.

    Raises:
        ApiError: 400.

    """
    meta = document.get("metadata")
    if meta is None:
        document["metadata"] = {}
    elif not isinstance(meta, dict):
        raise _unhandled(resource, "json: cannot unmarshal into Go struct field .metadata of type v1.ObjectMeta")
    for field in ("labels", "annotations", "finalizers", "ownerReferences", "managedFields"):
        if field in metadata(document) and not document["metadata"][field] and field != "managedFields":
            del document["metadata"][field]


def check_kind(resource: ServedResource, document: Document) -> None:
    """Check that the object is of the resource's kind and version.

    Raises:
        ApiError: 400, it is not.

    """
    kind, api_version = document.get("kind"), document.get("apiVersion")
    if not kind or not api_version:
        field = "kind" if not kind else "apiVersion"
        raise bad_request(f"Object '{field.capitalize()}' is missing in the body; set {field} to what the path serves")
    if kind == resource.kind and api_version == resource.api_version:
        return
    if resource.custom and kind == resource.kind:
        expected = f"the expected API version ({resource.api_version})"
        raise bad_request(f"the API version in the data ({api_version}) does not match {expected}")
    version = str(api_version).rpartition("/")[2]
    internal = f"{resource.group.partition('.')[0] or 'core'}.{resource.kind}"
    why = f"converting ({version}.{kind}) to ({internal}): unknown conversion"
    raise bad_request(f'{kind} in version "{version}" cannot be handled as a {resource.kind}: {why}')


def unknown_field_warnings(resource: ServedResource, unknown: list[str], options: WriteOptions) -> list[str]:
    """Return warnings about unknown fields, as the field validation wants them.

    Raises:
        ApiError: 400, there are some and the validation is strict.

    """
    if not unknown or options.field_validation == "Ignore":
        return []
    texts = [f'unknown field "{path}"' for path in sorted(unknown)]
    if options.field_validation == "Strict":
        raise _unhandled(resource, f"strict decoding error: {', '.join(texts)}")
    return texts


def _unhandled(resource: ServedResource, why: str) -> Exception:
    text = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {why}'
    return bad_request(text)
