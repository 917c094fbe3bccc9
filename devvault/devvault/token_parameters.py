"""The `token_*` fields that every auth method's roles and users share.

Source: the "token" parameters of https://developer.hashicorp.com/vault/api-docs/auth/approle
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from devvault.durations import whole_seconds
from devvault.errors import bad_request
from devvault.fields import boolean, duration, integer, refuse_unsupported, text, texts
from devvault.wire_json import Json

SYSTEM_MAX_TTL = timedelta(hours=768)
_TYPES = {"": "service", "default": "service", "default-service": "service", "service": "service"}
_BATCH_TYPES = {"batch": "batch", "default-batch": "batch"}


@dataclass(frozen=True)
class TokenParameters:
    """How the tokens of a role are made."""

    policies: tuple[str, ...] = ()
    ttl: timedelta = timedelta()
    max_ttl: timedelta = timedelta()
    explicit_max_ttl: timedelta = timedelta()
    period: timedelta = timedelta()
    num_uses: int = 0
    no_default_policy: bool = False
    type: str = "default"

    @property
    def token_type(self) -> str:
        """`service` or `batch`."""
        return {**_TYPES, **_BATCH_TYPES}[self.type]

    def policy_names(self) -> list[str]:
        """Return the policies of a token made from these parameters, sorted, with `default` unless refused."""
        extra = () if self.no_default_policy else ("default",)
        return sorted({name.lower() for name in (*self.policies, *extra)})


def updated(current: TokenParameters, data: Json) -> TokenParameters:
    """Return the parameters with the `token_*` fields of a request applied."""
    refuse_unsupported(data, "token_bound_cidrs", "bound_cidrs")
    new = replace(
        current,
        policies=texts(data, "token_policies", texts(data, "policies", current.policies)),
        ttl=duration(data, "token_ttl", current.ttl),
        max_ttl=duration(data, "token_max_ttl", current.max_ttl),
        explicit_max_ttl=duration(data, "token_explicit_max_ttl", current.explicit_max_ttl),
        period=duration(data, "token_period", current.period),
        num_uses=integer(data, "token_num_uses", current.num_uses),
        no_default_policy=boolean(data, "token_no_default_policy", default=current.no_default_policy),
        type=text(data, "token_type", current.type),
    )
    _check(new)
    return new


def _check(parameters: TokenParameters) -> None:
    if parameters.type not in {**_TYPES, **_BATCH_TYPES}:
        raise bad_request(f"invalid 'token_type' value {parameters.type!r}")
    if parameters.max_ttl and parameters.ttl > parameters.max_ttl:
        raise bad_request("'token_ttl' cannot be greater than 'token_max_ttl'")
    if parameters.token_type == "batch" and (parameters.period or parameters.num_uses):
        raise bad_request(
            "'token_type' cannot be 'batch' when set to generate tokens with limited use count or a period"
        )
    if parameters.num_uses < 0:
        raise bad_request("'token_num_uses' cannot be negative")


def described(parameters: TokenParameters) -> Json:
    """Return the `token_*` fields as a role shows them."""
    return {
        "token_bound_cidrs": [],
        "token_explicit_max_ttl": whole_seconds(parameters.explicit_max_ttl),
        "token_max_ttl": whole_seconds(parameters.max_ttl),
        "token_no_default_policy": parameters.no_default_policy,
        "token_num_uses": parameters.num_uses,
        "token_period": whole_seconds(parameters.period),
        "token_policies": list(parameters.policies),
        "token_ttl": whole_seconds(parameters.ttl),
        "token_type": parameters.type,
    }
