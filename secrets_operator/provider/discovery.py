"""The plug-ins of the two groups: providers of stores, and generators.

Providers are named as the property below ``spec.provider`` of a store, generators as the kind of their objects.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.provider.contract import ENTRY_POINT_GROUP, Capabilities, Provider
from secrets_operator.provider.generator_contract import GENERATOR_ENTRY_POINT_GROUP, Generator
from secrets_operator.provider.plugins import Plugins, missing_methods

# Plug-ins of this project whose distribution is not named after them, or that must not be guessed wrong.
FIRST_PARTY = {
    "aws": "secrets-operator-aws",
    "kubernetes": "secrets-operator-kubernetes",
    "vault": "secrets-operator-vault",
    "webhook": "secrets-operator-webhook",
}
# The other generators of this project come with the operator itself.
FIRST_PARTY_GENERATORS = {
    "ACRAccessToken": "secrets-operator-access-tokens",
    "BeyondtrustWorkloadCredentialsDynamicSecret": "secrets-operator-access-tokens",
    "CloudsmithAccessToken": "secrets-operator-access-tokens",
    "ECRAuthorizationToken": "secrets-operator-aws",
    "GCRAccessToken": "secrets-operator-access-tokens",
    "GithubAccessToken": "secrets-operator-access-tokens",
    "GitlabDeployToken": "secrets-operator-access-tokens",
    "Grafana": "secrets-operator-access-tokens",
    "QuayAccessToken": "secrets-operator-access-tokens",
    "STSSessionToken": "secrets-operator-aws",
    "VaultDynamicSecret": "secrets-operator-vault",
    "Webhook": "secrets-operator-webhook",
}


class Providers(Plugins[Provider]):
    """The providers on offer."""

    noun = "provider"
    group = ENTRY_POINT_GROUP
    first_party = FIRST_PARTY

    def _misses(self, candidate: Any) -> str:
        missing = missing_methods(candidate, "problems", "open")
        if not missing and not isinstance(getattr(candidate, "capabilities", None), Capabilities):
            return "its capabilities are not of the type Capabilities"
        return missing


class Generators(Plugins[Generator]):
    """The generators on offer."""

    noun = "generator"
    group = GENERATOR_ENTRY_POINT_GROUP
    first_party = FIRST_PARTY_GENERATORS

    def _misses(self, candidate: Any) -> str:
        return missing_methods(candidate, "problems", "generate")
