"""Entity identifiers: one per (auth mount, alias), made at the first login, as Vault's identity store does."""

from devvault.identifiers import Identifiers


class IdentityStore:
    """Remembers which login belongs to which entity."""

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers
        self._entities: dict[tuple[str, str], str] = {}

    def entity(self, mount_accessor: str, alias: str) -> str:
        """Return the entity of an alias, a new one at its first login."""
        known = self._entities.get((mount_accessor, alias))
        return known or self._entities.setdefault((mount_accessor, alias), self._identifiers.new_uuid())
