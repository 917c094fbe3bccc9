"""Providers by entry point: listed without imports, loaded on first use, and never a crash."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from secrets_operator.errors import InvalidSpec, Terminal
from secrets_operator.provider import Capabilities
from secrets_operator.provider.discovery import Providers
from secrets_operator.provider.fake import PROVIDER as FAKE
from secrets_operator.provider.plugins import Installed, Offer

ACME = Installed("acme-fake", "2.1")


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def load() -> NoReturn:
        raise error

    return load


class Nameless:
    capabilities = Capabilities.READ_ONLY

    def problems(self) -> None: ...

    def open(self) -> None: ...


class Incapable(Nameless):
    name = "fake"
    capabilities = "everything"  # type: ignore[assignment]


def test_the_installed_providers_are_found() -> None:
    providers = Providers.from_entry_points()
    assert "fake" in providers.names()
    assert providers.installed()["fake"].distribution == "secrets-operator"
    assert providers.get("fake") is FAKE


def test_a_mapping_serves_tests() -> None:
    providers = Providers.from_mapping({"fake": FAKE})
    assert providers.names() == ["fake"]
    assert providers.get("fake") is FAKE


@pytest.mark.parametrize(
    ("name", "command"),
    [
        pytest.param(
            "gcpsm",
            "install the plug-in that offers it beside the operator",
            id="a provider of anyone: no name is made up",
        ),
        pytest.param("aws", "pip install secrets-operator-aws", id="the project's own for AWS"),
        pytest.param("vault", "pip install secrets-operator-vault", id="the project's own for Vault"),
    ],
)
def test_a_missing_provider_comes_with_its_install_command(name: str, command: str) -> None:
    with pytest.raises(InvalidSpec) as raised:
        Providers([]).get(name)
    assert str(raised.value) == f"provider {name} is not installed: {command}"


def test_a_name_offered_twice_is_refused_by_both_distributions() -> None:
    offers = [Offer("fake", ACME, lambda: FAKE), Offer("fake", Installed("secrets-operator", "0.1.0"), lambda: FAKE)]
    providers = Providers([*offers, Offer("other", ACME, raising(AssertionError("must not be loaded")))])
    with pytest.raises(
        Terminal, match=r"offered by acme-fake 2\.1 and secrets-operator 0\.1\.0: uninstall all but one"
    ):
        providers.get("fake")
    assert providers.names() == ["fake", "other"]


@pytest.mark.parametrize(
    ("load", "complaint"),
    [
        pytest.param(
            raising(ImportError("No module named 'acme'\nand more")),
            "cannot be loaded: ImportError: No module named 'acme'",
            id="a missing dependency",
        ),
        pytest.param(raising(ZeroDivisionError()), "cannot be loaded: ZeroDivisionError", id="a bug at import"),
        pytest.param(raising(SystemExit(3)), "cannot be loaded: SystemExit: 3", id="an exit at import"),
        pytest.param(object, "object has no problems and no open", id="something else altogether"),
        pytest.param(lambda: Nameless, "names the class Nameless, not an instance", id="a class for an instance"),
        pytest.param(Nameless, "its name differs from its entry point's, fake", id="another name"),
        pytest.param(Incapable, "capabilities are not of the type Capabilities", id="wrong capabilities"),
    ],
)
def test_a_broken_plug_in_is_an_error_of_the_store_that_asks(load: Callable[[], Any], complaint: str) -> None:
    providers = Providers([Offer("fake", ACME, load)])
    for _ in range(2):
        with pytest.raises(Terminal) as raised:
            providers.get("fake")
        assert str(raised.value).startswith("provider fake of acme-fake 2.1 ")
        assert complaint in str(raised.value)
        assert "\n" not in str(raised.value)


def test_a_plug_in_is_loaded_once_and_only_when_asked_for() -> None:
    loads: list[str] = []

    def load() -> object:
        loads.append("fake")
        return FAKE

    providers = Providers([Offer("fake", ACME, load)])
    assert providers.installed() == {"fake": ACME}
    assert (str(ACME), loads) == ("acme-fake 2.1", [])
    assert providers.get("fake") is providers.get("fake")
    assert loads == ["fake"]


def test_a_broken_distribution_on_the_path_is_listed_and_not_imported(tmp_path: Path) -> None:
    metadata = tmp_path / "acme_broken-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-broken\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[secrets_operator.providers]\nacme = acme_broken:PROVIDER\n")
    (tmp_path / "acme_broken.py").write_text("raise RuntimeError('broken on import')\n")
    program = (
        "from secrets_operator.provider.discovery import Providers\n"
        "providers = Providers.from_entry_points()\n"
        "print(providers.installed()['acme'])\n"
        "try: providers.get('acme')\n"
        "except Exception as error: print(error)\n"
        "print(providers.get('fake').name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "acme-broken 1.0",
        "provider acme of acme-broken 1.0 cannot be loaded: RuntimeError: broken on import",
        "fake",
    ]
