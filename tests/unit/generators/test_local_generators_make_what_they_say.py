"""UUID, Fake, SSHKey and MFA: what they make, and what they refuse."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_ssh_private_key, load_ssh_public_key

from secrets_operator.clock import SystemClock
from secrets_operator.errors import InvalidSpec
from secrets_operator.fetching.generation import Generation
from secrets_operator.flow import Key
from secrets_operator.generators import fake, mfa, ssh_key, uuid
from secrets_operator.planning.generators import NAMESPACED_KINDS, GeneratorView, view_of_generator
from secrets_operator.planning.stores import Readiness
from secrets_operator.provider import Generator
from secrets_operator.provider.contract import StoreIdentity
from secrets_operator.provider.discovery import Generators
from secrets_operator.provider.memory import MemoryHost

NOW = datetime(2026, 3, 1, tzinfo=UTC)
# The seeds of RFC 6238, appendix B: ASCII digits as long as the hash.
SEEDS = {
    "sha1": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "sha256": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA",
    "sha512": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA",
}
SECRET = {"name": "mfa", "key": "seed"}


async def made(generator: Generator, spec: dict[str, Any], *, seed: str = "", now: datetime = NOW) -> dict[str, bytes]:
    host = MemoryHost(StoreIdentity(generator.name, "g", "team"), secrets={("team", "mfa"): {"seed": seed}})
    generated = await generator.generate(spec, host, now=now, entropy=os.urandom)
    return {key: value.reveal() for key, value in generated.values.items()}


def problems(generator: Generator, spec: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in generator.problems(spec)]


async def test_a_uuid_is_random_of_version_4_and_in_lower_case() -> None:
    one, other = [(await made(uuid.GENERATOR, {}))["uuid"].decode() for _ in range(2)]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one)
    assert one != other


async def test_fake_hands_out_its_data() -> None:
    assert await made(fake.GENERATOR, {"data": {"a": "1", "b": ""}}) == {"a": b"1", "b": b""}
    assert await made(fake.GENERATOR, {}) == {}
    assert problems(fake.GENERATOR, {"data": {"a": 1}}) == [("data.a", "must be a string: put the value in quotes")]


@pytest.mark.parametrize(
    ("spec", "kind", "size"),
    [
        pytest.param({"keySize": 1024}, rsa.RSAPrivateKey, 1024, id="rsa of a given size"),
        pytest.param({}, rsa.RSAPrivateKey, 2048, id="nothing said -> rsa with 2048 bits"),
        pytest.param({"keyType": "ecdsa"}, ec.EllipticCurvePrivateKey, 256, id="ecdsa -> 256"),
        pytest.param({"keyType": "ecdsa", "keySize": 384}, ec.EllipticCurvePrivateKey, 384, id="ecdsa 384"),
        pytest.param({"keyType": "ecdsa", "keySize": 521}, ec.EllipticCurvePrivateKey, 521, id="ecdsa 521"),
        pytest.param({"keyType": "ecdsa", "keySize": 300}, ec.EllipticCurvePrivateKey, 256, id="ecdsa 300 -> 256"),
        pytest.param({"keyType": "ed25519", "keySize": 384}, ed25519.Ed25519PrivateKey, None, id="ed25519"),
    ],
)
async def test_an_ssh_key_pair_belongs_together(spec: dict[str, Any], kind: type, size: int | None) -> None:
    pair = await made(ssh_key.GENERATOR, {**spec, "comment": "ci@example.com"})
    private = load_ssh_private_key(pair["privateKey"], None)
    assert isinstance(private, kind)
    assert getattr(private, "key_size", None) == size
    assert pair["privateKey"].startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----\n")
    assert pair["publicKey"].endswith(b" ci@example.com\n")
    public = load_ssh_public_key(pair["publicKey"])
    assert public.public_numbers() == private.public_key().public_numbers() if size else public == private.public_key()  # type: ignore[union-attr]


async def test_without_a_comment_the_line_ends_with_the_key() -> None:
    pair = await made(ssh_key.GENERATOR, {"keyType": "ed25519"})
    assert re.fullmatch(rb"ssh-ed25519 [A-Za-z0-9+/]+=*\n", pair["publicKey"])


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        pytest.param({"keySize": 512}, ("keySize", "must be at least 1024 for rsa"), id="an RSA key too small"),
        pytest.param({"keySize": 9000}, ("keySize", "must be at most 8192"), id="a key too large"),
        pytest.param(
            {"comment": "a\nssh-rsa AAAA"},
            ("comment", "must be one line: what follows would be another key in authorized_keys"),
            id="a comment with a second key",
        ),
        pytest.param({"keyType": "dsa"}, ("keyType", "must be one of rsa, ecdsa or ed25519"), id="another type"),
    ],
)
def test_an_ssh_key_that_cannot_be_is_refused(spec: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problems(ssh_key.GENERATOR, spec) == [problem]


@pytest.mark.parametrize(
    ("algorithm", "moment", "token"),
    [
        pytest.param("sha1", 59, "94287082", id="RFC 6238, SHA-1 at 59 s"),
        pytest.param("SHA256", 59, "46119246", id="RFC 6238, SHA-256 at 59 s, in capitals"),
        pytest.param("sha-512", 59, "90693936", id="RFC 6238, SHA-512 at 59 s, with a hyphen"),
        pytest.param("sha1", 1111111109, "07081804", id="RFC 6238, SHA-1, with a leading zero"),
        pytest.param("sha512", 20000000000, "47863826", id="RFC 6238, SHA-512 far ahead"),
    ],
)
async def test_tokens_are_those_of_the_standard(algorithm: str, moment: int, token: str) -> None:
    spec = {"secret": SECRET, "length": 8, "algorithm": algorithm}
    seed = SEEDS[algorithm.lower().replace("-", "")]
    values = await made(mfa.GENERATOR, spec, seed=seed, now=datetime.fromtimestamp(moment, UTC))
    assert values["token"] == token.encode()


async def test_a_token_says_how_long_it_lives_and_is_not_kept_longer() -> None:
    host = MemoryHost(StoreIdentity("MFA", "g", "team"), secrets={("team", "mfa"): {"seed": SEEDS["sha1"]}})
    moment = datetime.fromtimestamp(70, UTC)
    generated = await mfa.GENERATOR.generate({"secret": SECRET}, host, now=moment, entropy=os.urandom)
    assert (generated.values["timeLeft"].reveal(), generated.fresh_seconds) == (b"20", 20)
    assert len(generated.values["token"]) == 6


async def test_a_fixed_moment_and_another_period_count() -> None:
    spec = {"secret": SECRET, "when": "1970-01-01T00:00:59Z", "timePeriod": 60, "length": 8}
    values = await made(mfa.GENERATOR, spec, seed=SEEDS["sha1"])
    # The first minute is counter 0 of RFC 4226, appendix D.
    assert values == {"token": b"84755224", "timeLeft": b"1"}


async def test_a_seed_may_be_written_in_groups_in_lower_case_and_with_padding() -> None:
    spec = {"secret": SECRET, "length": 8}
    grouped = "gezd gnbv gy3t qojq gezd gnbv gy3t qojq ======\n"
    one = await made(mfa.GENERATOR, spec, seed=grouped)
    assert one == await made(mfa.GENERATOR, spec, seed=SEEDS["sha1"])


@pytest.mark.parametrize("seed", [pytest.param("1!", id="not base32"), pytest.param(" ", id="empty")])
async def test_a_seed_that_is_none_is_refused_without_showing_it(seed: str) -> None:
    with pytest.raises(
        InvalidSpec, match=r"^secret: the seed is (not base32|empty): store it as the service shows it$"
    ):
        await made(mfa.GENERATOR, {"secret": SECRET}, seed=seed)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        pytest.param({}, ("secret", "is required: add it"), id="no seed"),
        pytest.param(
            {"secret": {"name": "mfa"}},
            ("secret.key", "is required: name the Secret and the key that hold the seed"),
            id="a Secret without a key",
        ),
        pytest.param(
            {"secret": SECRET, "algorithm": "md5"},
            ("algorithm", "must be sha1, sha256 or sha512"),
            id="another hash function",
        ),
        pytest.param({"secret": SECRET, "length": 11}, ("length", "must be at most 10"), id="too many digits"),
    ],
)
def test_an_mfa_that_cannot_be_is_refused(spec: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problems(mfa.GENERATOR, spec) == [problem]


@pytest.mark.parametrize("kind", ["Fake", "MFA", "Password", "SSHKey", "UUID"])
def test_the_generators_are_plug_ins_like_any_other(kind: str) -> None:
    generators = Generators.from_entry_points()
    assert generators.installed()[kind].distribution == "secrets-operator"
    assert generators.get(kind).name == kind


def test_a_kind_without_a_plugin_is_said_not_to_be_installed() -> None:
    held = {"kind": "Grafana", "generator": {"grafanaSpec": {"url": "https://example.com"}}}
    nothing_outside: Any = None
    generation = Generation(Generators([]), nothing_outside, clock=SystemClock(), entropy=os.urandom, limit=1)
    says = "generator Grafana is not installed: pip install secrets-operator-access-tokens"

    def view(key: Key, found: Any) -> GeneratorView:
        return view_of_generator(key, found, controller_class="default", obstacle=generation.obstacle)

    missing = view(Key("Grafana", "team", "g"), None)
    assert (missing.readiness, missing.detail) == (Readiness.NOT_READY, says)
    cluster = view(Key("ClusterGenerator", "", "g"), {"spec": held})
    assert (cluster.readiness, cluster.detail) == (Readiness.NOT_READY, f"ClusterGenerator g cannot be used: {says}")


def test_every_kind_that_may_be_named_is_there() -> None:
    assert set(NAMESPACED_KINDS) <= set(Generators.from_entry_points().names())


@pytest.mark.parametrize(
    "kind", ["ECRAuthorizationToken", "GithubAccessToken", "STSSessionToken", "VaultDynamicSecret", "Webhook"]
)
def test_a_generator_of_a_provider_that_is_missing_comes_with_what_to_install(kind: str) -> None:
    distribution = Generators.from_entry_points().installed()[kind].distribution
    with pytest.raises(InvalidSpec) as raised:
        Generators([]).get(kind)
    assert str(raised.value) == f"generator {kind} is not installed: pip install {distribution}"
