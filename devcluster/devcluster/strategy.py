"""What differs between kinds when they are created and updated: one `Strategy` per kind, with hooks that do nothing.

Hooks run in this order: `decode` (raw input), `default` (as part of decoding), `prepare_for_create` or
`prepare_for_update` (server-owned fields), `validate` and `validate_update`. The counterpart of apiserver's
`RESTCreateStrategy` and `RESTUpdateStrategy`. Hooks change the given document in place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from devcluster.documents import Document
from devcluster.field_selectors import FieldReader, reader
from devcluster.names import NameRule, dns_subdomain_error
from devcluster.structural import FieldError

COMMON_FIELDS: Mapping[str, FieldReader] = {
    "metadata.name": reader("metadata.name"),
    "metadata.namespace": reader("metadata.namespace"),
}


@dataclass(frozen=True)
class Strategy:
    """The defaults of most kinds; kinds with rules of their own derive from it."""

    name_rule: NameRule = dns_subdomain_error
    has_generation: bool = False
    create_on_update: bool = False
    unconditional_update: bool = True
    returns_deleted: bool = False
    fields: Mapping[str, FieldReader] = field(default_factory=lambda: COMMON_FIELDS)

    def decode(self, document: Document) -> None:
        """Check raw values and fold write-only fields into stored ones.

        Raises:
            ApiError: 400, a value cannot be read.

        """

    def default(self, document: Document) -> None:
        """Set what the API's defaulting sets."""

    def prepare_for_create(self, document: Document) -> None:
        """Set the fields that the server owns."""

    def prepare_for_update(self, document: Document, live: Document) -> None:
        """Carry over the fields that the server owns."""

    def validate(self, document: Document) -> list[FieldError]:  # noqa: ARG002 - a hook that does nothing
        """Return what is wrong with a new object."""
        return []

    def validate_update(self, document: Document, live: Document) -> list[FieldError]:  # noqa: ARG002 - a hook
        """Return what is wrong with an update."""
        return self.validate(document)


def fields_with(*paths: str, **aliases: str) -> Mapping[str, FieldReader]:
    """Return the common selectable fields and more: paths as they are, aliases under another label."""
    more = {path: reader(path) for path in paths}
    return {**COMMON_FIELDS, **more, **{label: reader(path) for label, path in aliases.items()}}
