"""CustomResourceDefinitions: their defaults, checks and status. What they define is made in `custom_resources`."""

from devcluster.documents import Document, metadata
from devcluster.strategy import Strategy
from devcluster.structural import FieldError, definition_errors

CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
COLLECTION = ("apiextensions.k8s.io", "customresourcedefinitions")
_ACCEPTED = (
    ("NamesAccepted", "NoConflicts", "no conflicts found"),
    ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
)


class DefinitionStrategy(Strategy):
    """The rules of CustomResourceDefinitions.

    A definition is established in the write that creates it: with no other server to tell, nothing has to be
    waited for. The conditions' times are therefore those of the creation.
    """

    def default(self, document: Document) -> None:
        """Set names and the conversion strategy."""
        spec = document.setdefault("spec", {})
        names = spec.setdefault("names", {})
        kind = names.get("kind") or ""
        for field, value in (("singular", kind.lower()), ("listKind", f"{kind}List")):
            if not names.get(field):
                names[field] = value
        spec.setdefault("conversion", {"strategy": "None"})

    def prepare_for_create(self, document: Document) -> None:
        """Accept the names and take the finalizer that holds the definition until its objects are gone."""
        meta = metadata(document)
        meta["finalizers"] = list(dict.fromkeys([*(meta.get("finalizers") or []), CLEANUP_FINALIZER]))
        when = meta["creationTimestamp"]
        document["status"] = {
            "conditions": [
                {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": when}
                for kind, reason, message in _ACCEPTED
            ],
            "acceptedNames": document["spec"]["names"],
            "storedVersions": [storage_version(document)],
        }

    def prepare_for_update(self, document: Document, live: Document) -> None:
        """Follow changed names and remember every version that was ever stored."""
        stored = live.get("status", {}).get("storedVersions", [])
        status = dict(document.get("status") or {})
        status["acceptedNames"] = document["spec"]["names"]
        status["storedVersions"] = list(dict.fromkeys([*stored, storage_version(document)]))
        document["status"] = status

    def validate(self, document: Document) -> list[FieldError]:
        """Check names, versions and schemas."""
        return definition_errors(document)


def definition_strategy() -> Strategy:
    """Return the strategy of CustomResourceDefinitions."""
    return DefinitionStrategy(has_generation=True)


def storage_version(definition: Document) -> str:
    """Return the version in which objects are stored, empty when the definition names none."""
    versions = definition["spec"].get("versions") or []
    return next((str(version.get("name")) for version in versions if version.get("storage")), "")


def is_terminating(definition: Document) -> bool:
    """Say whether the definition is being deleted."""
    return "deletionTimestamp" in definition["metadata"]
