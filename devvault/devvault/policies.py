"""The policy store: ACL policies by name, with Vault's built-in `default` and `root`."""

from collections.abc import Iterable

from devvault.acl import ROOT, Acl, merge
from devvault.errors import bad_request
from devvault.policy_language import PathRule, parse_policy

# What Vault's own default policy lets every token do, as far as the stand-in serves it.
DEFAULT_POLICY = """
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
"""


class PolicyStore:
    """Holds the text and the parsed rules of each ACL policy."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._rules: dict[str, tuple[PathRule, ...]] = {}
        self.write("default", DEFAULT_POLICY)

    def write(self, name: str, text: str) -> None:
        """Store a policy. Raises VaultError 400 when it does not parse or is `root`."""
        if name.lower() == ROOT:
            raise bad_request("cannot update root policy")
        self._rules[name.lower()] = parse_policy(text)
        self._texts[name.lower()] = text

    def read(self, name: str) -> str | None:
        """Return the text of a policy, None when there is none; `root` has an empty text."""
        return "" if name.lower() == ROOT else self._texts.get(name.lower())

    def delete(self, name: str) -> None:
        """Delete a policy. Raises VaultError 400 for `root` and `default`."""
        if name.lower() in {ROOT, "default"}:
            raise bad_request(f"cannot delete {name.lower()} policy")
        self._texts.pop(name.lower(), None)
        self._rules.pop(name.lower(), None)

    def names(self) -> list[str]:
        """Return the names of all policies, sorted."""
        return sorted({*self._texts, ROOT})

    def acl(self, names: Iterable[str]) -> Acl:
        """Return what the named policies allow together; names without a policy allow nothing."""
        wanted = list(names)
        rules = [rule for name in wanted for rule in self._rules.get(name, ())]
        return merge(rules, is_root=ROOT in wanted)
