"""Decides what a set of policies allows on a path: exact rules first, then the most specific pattern.

A trailing `*` matches any rest, a `+` any single segment. `deny` beats everything else on the same rule.
Source of the priorities: https://developer.hashicorp.com/vault/docs/concepts/policies#priority-matching
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from devvault.logical import Operation
from devvault.policy_language import PathRule

ROOT = "root"


@dataclass(frozen=True)
class Acl:
    """The merged rules of the policies of one token."""

    is_root: bool
    rules: dict[str, frozenset[str]] = field(default_factory=dict)

    def capabilities(self, path: str) -> frozenset[str]:
        """Return the capabilities on a path; empty when no rule speaks about it."""
        if self.is_root:
            return frozenset({ROOT})
        if path in self.rules and not _is_pattern(path):
            return self.rules[path]
        if path.endswith("/") and (bare := path.removesuffix("/")) in self.rules:
            return self.rules[bare]
        # A list is of a path with a slash. What speaks about it without one comes first: seen on Vault 1.21.
        for form in dict.fromkeys((path.removesuffix("/"), path)):
            matching = [rule for rule in self.rules if _is_pattern(rule) and _matches(rule, form)]
            if matching:
                return self.rules[max(matching, key=_priority)]
        return frozenset()

    def allows(self, operation: Operation, path: str, *, sudo: bool = False) -> bool:
        """Tell whether an operation on a path is allowed; `sudo` asks for that capability as well."""
        found = self.capabilities(path)
        if ROOT in found:
            return True
        return operation.value in found and (not sudo or "sudo" in found)


def merge(rules: Iterable[PathRule], *, is_root: bool) -> Acl:
    """Merge the rules of several policies: capabilities on the same pattern add up, `deny` wins."""
    merged: dict[str, frozenset[str]] = {}
    for rule in rules:
        union = merged.get(rule.path, frozenset()) | rule.capabilities
        merged[rule.path] = frozenset({"deny"}) if "deny" in union else union
    return Acl(is_root, merged)


def _is_pattern(rule: str) -> bool:
    return rule.endswith("*") or "+" in rule.split("/")


def _matches(rule: str, path: str) -> bool:
    stem = rule.removesuffix("*")
    segments = ("[^/]+" if part == "+" else re.escape(part) for part in stem.split("/"))
    return re.fullmatch("/".join(segments) + (".*" if rule.endswith("*") else ""), path, re.DOTALL) is not None


def _priority(rule: str) -> tuple[int, bool, int, int, str]:
    """Order patterns from the least to the most specific."""
    segments = rule.split("/")
    plus = segments.index("+") if "+" in segments else None
    first = len(rule) - 1 if plus is None else sum(len(part) + 1 for part in segments[:plus])
    return first, not rule.endswith("*"), -segments.count("+"), len(rule), rule
