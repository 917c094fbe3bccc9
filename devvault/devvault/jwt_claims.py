"""Holds the claims of a verified token against a role: issuer, subject, audience, times, bound claims.

Pure: the moment is a parameter. The texts name a claim and never quote its value.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from devvault.errors import VaultError, bad_request
from devvault.token_parameters import TokenParameters
from devvault.wire_json import Json

_DEFAULT_LEEWAY = timedelta(seconds=150)
_DEFAULT_CLOCK_SKEW = timedelta(seconds=60)


@dataclass(frozen=True)
class JwtRole:
    """What a token must claim to log in with a role, and what it gets."""

    user_claim: str
    bound_audiences: tuple[str, ...] = ()
    bound_subject: str = ""
    bound_claims: Json = field(default_factory=dict)
    bound_claims_type: str = "string"
    claim_mappings: dict[str, str] = field(default_factory=dict)
    expiration_leeway: timedelta = timedelta()
    not_before_leeway: timedelta = timedelta()
    clock_skew_leeway: timedelta = timedelta()
    parameters: TokenParameters = field(default_factory=TokenParameters)


def check_claims(claims: Json, role: JwtRole, issuer: str, now: datetime) -> None:
    """Check every claim. Raises VaultError 400 for the first that does not hold."""
    if issuer and claims.get("iss") != issuer:
        raise _invalid("invalid issuer (iss) claim")
    if role.bound_subject and claims.get("sub") != role.bound_subject:
        raise _invalid("invalid subject (sub) claim")
    _check_audience(claims.get("aud"), role.bound_audiences)
    _check_times(claims, role, now.timestamp())
    for name, wanted in role.bound_claims.items():
        _check_bound(name, claims.get(name), wanted, role.bound_claims_type)


def mapped_metadata(claims: Json, role: JwtRole) -> dict[str, str]:
    """Return the token metadata that the role takes from claims."""
    mappings = role.claim_mappings.items()
    return {target: str(claims[claim]) for claim, target in mappings if claim in claims}


def user_of(claims: Json, role: JwtRole) -> str:
    """Return the user a token speaks for. Raises VaultError 400 when the claim is missing."""
    user = claims.get(role.user_claim)
    if not isinstance(user, str):
        raise bad_request(f'claim "{role.user_claim}" not found in token')
    return user


def _invalid(reason: str) -> VaultError:
    return bad_request(f"error validating token: {reason}")


def _check_audience(audience: Any, bound: tuple[str, ...]) -> None:
    given = [audience] if isinstance(audience, str) else audience or []
    if not bound and given:
        raise bad_request("audience claim found in JWT but no audiences bound to the role")
    if bound and not set(bound) & set(given):
        raise _invalid("invalid audience (aud) claim: audience claim does not match any expected audience")


def _check_times(claims: Json, role: JwtRole, now: float) -> None:
    issued, expires, not_before = (_moment(claims, name) for name in ("iat", "exp", "nbf"))
    if not issued and not expires and not not_before:
        raise _invalid("no issued at (iat), not before (nbf), or expiration time (exp) claims in token")
    expires = expires or max(issued, not_before) + _leeway(role.expiration_leeway, _DEFAULT_LEEWAY)
    not_before = not_before or issued or expires - _leeway(role.not_before_leeway, _DEFAULT_LEEWAY)
    skew = _leeway(role.clock_skew_leeway, _DEFAULT_CLOCK_SKEW)
    if not_before - skew > now:
        raise _invalid("invalid not before (nbf) claim: token not yet valid")
    if expires + skew < now:
        raise _invalid("invalid expiration time (exp) claim: token is expired")
    if issued - skew > now:
        raise _invalid("invalid issued at (iat) claim: token issued in the future")


def _moment(claims: Json, name: str) -> float:
    value = claims.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(f"{name} claim is not a number")
    return value


def _leeway(given: timedelta, default: timedelta) -> float:
    """Return a leeway in seconds: zero means the default, a negative one means none."""
    return max(given.total_seconds(), 0) if given else default.total_seconds()


def _check_bound(name: str, found: Any, wanted: Any, kind: str) -> None:
    if found is None:
        raise bad_request(f'error validating claims: claim "{name}" is missing')
    accepted = wanted if isinstance(wanted, list) else [wanted]
    values = found if isinstance(found, list) else [found]
    if not any(_fits(value, one, kind) for value in values for one in accepted):
        raise bad_request(f'error validating claims: claim "{name}" does not match any associated bound claim values')


def _fits(value: Any, wanted: Any, kind: str) -> bool:
    if kind == "glob" and isinstance(value, str) and isinstance(wanted, str):
        # Only `*` is special in Vault's globs.
        return fnmatchcase(value, wanted.replace("[", "[[]").replace("?", "[?]"))
    return bool(value == wanted)
