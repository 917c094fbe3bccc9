"""ConfigMaps: keys, the overlap of `data` and `binaryData`, and immutability."""

from devcluster.documents import Document
from devcluster.field_errors import invalid_value
from devcluster.names import config_key_error
from devcluster.secrets import immutability_errors
from devcluster.strategy import Strategy
from devcluster.structural import FieldError


class ConfigMapStrategy(Strategy):
    """The rules of ConfigMaps."""

    def decode(self, document: Document) -> None:
        """Drop empty maps, which the API does not store."""
        for field in ("data", "binaryData"):
            if field in document and not document[field]:
                del document[field]

    def validate(self, document: Document) -> list[FieldError]:
        """Check the keys."""
        data, binary = document.get("data", {}), document.get("binaryData", {})
        errors = []
        for field, found in (("data", data), ("binaryData", binary)):
            errors += [
                invalid_value(f"{field}[{key}]", key, why) for key in sorted(found) if (why := config_key_error(key))
            ]
        both = sorted(set(data) & set(binary))
        return errors + [invalid_value(f"data[{key}]", key, "duplicate of key present in binaryData") for key in both]

    def validate_update(self, document: Document, live: Document) -> list[FieldError]:
        """Check that nothing of an immutable ConfigMap changes."""
        return immutability_errors(document, live, ("data", "binaryData")) + self.validate(document)
