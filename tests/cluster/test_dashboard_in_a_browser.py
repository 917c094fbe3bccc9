"""The page in a real browser: with and without JavaScript, by keyboard, in the dark, on a phone, and live."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import axe_core_python
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from tests.cluster.manifests import external_secret, fake_store, push_secret, pushed_to
from tests.cluster_world import OperatorProcess, World, wait_for

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
DRIVER = shutil.which("chromedriver") or ""
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.process,
    pytest.mark.skipif(not CHROMIUM or not DRIVER, reason="chromium and chromedriver are not on PATH"),
]
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
CANARY = "canary-71c4-value"
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,900"),
)
DARK = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}


class Browser:
    """A browser that looks at the page of one namespace."""

    def __init__(self, driver: webdriver.Chrome, root: str, namespace: str) -> None:
        self.driver = driver
        self.root = root
        self.namespace = namespace

    def table(self, **query: str) -> None:
        self.driver.get(f"{self.root}/?{urlencode({'namespace': self.namespace, **query})}")

    def detail(self, kind: str, name: str) -> None:
        query = urlencode({"kind": kind, "namespace": self.namespace, "name": name})
        self.driver.get(f"{self.root}/resource?{query}")

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def script(self, text: str) -> Any:
        return self.driver.execute_script(text)

    def emulate(self, command: str, **parameters: Any) -> None:
        self.driver.execute_cdp_cmd(f"Emulation.{command}", parameters)

    def rows(self) -> dict[str, str]:
        """Return the state of each row, by the name of its resource."""
        found: dict[str, str] = self.script(
            "return Object.fromEntries([...document.querySelectorAll('tbody th')]"
            ".map(th => [th.innerText.trim(), th.parentElement.querySelector('.state').innerText.trim()]))"
        )
        return found

    def wait_live(self) -> None:
        wait_for("the page is live", lambda: self.find("#live").text.startswith("Live"))

    def focused(self) -> str:
        """Return what has the focus, as a person would call it."""
        told: str = self.script(
            "const e = document.activeElement; return e.innerText && e.tagName !== 'SELECT' ? e.innerText.trim() "
            ": e.labels && e.labels[0] ? e.labels[0].firstChild.textContent.trim() : e.tagName"
        )
        return told

    def violations(self) -> list[str]:
        """Return what is wrong by the rules of accessibility."""
        self.script(AXE)
        found: list[str] = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run().then(found => done(found.violations.map("
            "one => `${one.id}: ${one.nodes.map(node => node.html).join(' ')}`)))"
        )
        return found


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield made
    made.quit()


@pytest.fixture(scope="module")
def filled(world: World, operator: OperatorProcess) -> Iterator[str]:
    """A namespace with a store, a resource that is ready and one that is not."""
    assert operator.process.poll() is None
    name = world.create_namespace()
    world.apply(fake_store(name, {"db": CANARY}))
    world.apply(external_secret(name, {"password": "db"}, name="good"))
    world.apply(external_secret(name, {"password": "nothing"}, name="bad"))
    world.wait_condition("ExternalSecret", name, "good")
    world.wait_condition("ExternalSecret", name, "bad", status="False")
    world.wait_condition("SecretStore", name, "store")
    yield name
    world.delete_namespace(name)


@pytest.fixture
def browser(driver: webdriver.Chrome, operator: OperatorProcess, filled: str) -> Iterator[Browser]:
    made = Browser(driver, f"http://127.0.0.1:{operator.page_port}", filled)
    yield made
    made.emulate("setScriptExecutionDisabled", value=False)
    made.emulate("clearDeviceMetricsOverride")
    made.emulate("setEmulatedMedia", features=[])


def test_the_table_is_there_without_javascript_and_so_are_the_filters(browser: Browser) -> None:
    browser.emulate("setScriptExecutionDisabled", value=True)
    browser.table()
    assert browser.rows() == {"bad": "Failing", "store": "Ready", "good": "Ready"}
    assert "'nothing' does not exist in the store" in browser.find("table").text
    assert browser.find("#live").text == ""
    Select(browser.find("select[name=kind]")).select_by_visible_text("ExternalSecret")
    Select(browser.find("select[name=state]")).select_by_visible_text("ready")
    browser.find(".filter button").click()
    wait_for("the filter is applied", lambda: browser.rows() == {"good": "Ready"})
    asked = parse_qs(urlsplit(browser.driver.current_url).query)
    assert asked == {"namespace": [browser.namespace], "kind": ["ExternalSecret"], "state": ["ready"]}


def test_what_was_asked_stays_in_the_filter(browser: Browser) -> None:
    browser.table(kind="SecretStore", name="sto")
    assert browser.rows() == {"store": "Ready"}
    assert browser.find("input[name=name]").get_attribute("value") == "sto"
    assert Select(browser.find("select[name=kind]")).first_selected_option.text == "SecretStore"


def test_a_change_shows_without_a_reload_and_the_focus_stays(browser: Browser, world: World) -> None:
    browser.table()
    browser.wait_live()
    browser.script("window.same = true; document.querySelector('tbody th a').focus()")
    assert browser.focused() == "bad"
    world.apply(external_secret(browser.namespace, {"password": "db"}, name="later"))
    wait_for("the new row is there", lambda: browser.rows().get("later") == "Ready")
    assert browser.script("return window.same") is True
    assert browser.focused() == "bad"
    wait_for("it is told to those who do not see", lambda: "Updated at" in browser.find("#live").text)
    world.delete("ExternalSecret", browser.namespace, "later")
    wait_for("the row is gone", lambda: "later" not in browser.rows())


def test_the_way_of_a_value_and_its_events_are_shown(browser: Browser, world: World) -> None:
    browser.detail("ExternalSecret", "good")
    stages = [stage.text for stage in browser.driver.find_elements(By.CSS_SELECTOR, ".chain > li")]
    assert [stage.splitlines()[0] for stage in stages] == [
        *("Store", "Login", "Remote keys"),
        *("Secret good", "Consumers"),
    ]
    assert "db\nto key password" in stages[2]
    assert stages[3] == "Secret good\npassword"
    wait_for("the Event is there", lambda: _reloaded(browser, "Created Secret good"))
    browser.wait_live()
    world.edit_secret(browser.namespace, "good", {"data": {"password": "aGFuZA=="}})
    wait_for("the drift is told", lambda: "password (changed by kubectl-edit)" in browser.find("main").text)
    browser.find(".chain a").click()
    wait_for("the store is shown", lambda: browser.find("h1").text == "store")
    assert f"{browser.namespace}/good" in browser.find(".readers").text


def _reloaded(browser: Browser, text: str) -> bool:
    browser.driver.refresh()
    return text in browser.find("main").text


def test_the_keyboard_reaches_everything_in_order(browser: Browser) -> None:
    browser.table()
    browser.wait_live()
    reached = []
    for _ in range(11):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(browser.focused())
    assert reached == [
        *("Skip to content", "secrets-operator"),
        *("Namespace", "Kind", "State", "Name contains", "Filter", "Show all"),
        *("bad", "store", "good"),
    ]
    assert browser.script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_keeps_the_rules_of_accessibility(browser: Browser, dark: bool) -> None:
    if dark:
        browser.emulate("setEmulatedMedia", **DARK)
    browser.table()
    assert browser.violations() == []
    browser.detail("ExternalSecret", "bad")
    assert browser.violations() == []


def test_it_is_dark_where_the_system_is(browser: Browser) -> None:
    browser.table()
    ground = "return getComputedStyle(document.body).backgroundColor"
    assert browser.script(ground) == "rgb(246, 247, 248)"
    browser.emulate("setEmulatedMedia", **DARK)
    assert browser.script(ground) == "rgb(18, 23, 26)"


def test_on_a_phone_nothing_is_cut_off(browser: Browser) -> None:
    browser.emulate("setDeviceMetricsOverride", width=375, height=800, deviceScaleFactor=2, mobile=True)
    browser.table()
    assert browser.script("return document.documentElement.scrollWidth") <= 375
    assert browser.violations() == []
    browser.detail("ExternalSecret", "good")
    assert browser.script("return document.documentElement.scrollWidth") <= 375
    assert browser.violations() == []


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_refused(browser: Browser) -> None:
    browser.driver.get_log("browser")  # type: ignore[no-untyped-call]
    browser.table()
    browser.wait_live()
    loaded = browser.script("return performance.getEntriesByType('resource').map(one => one.name)")
    assert loaded
    assert [one for one in loaded if not one.startswith(browser.root)] == []
    assert browser.driver.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_no_page_holds_a_value(browser: Browser) -> None:
    browser.table()
    assert "good" in browser.driver.page_source
    assert CANARY not in browser.driver.page_source
    for kind, name in (("ExternalSecret", "good"), ("ExternalSecret", "bad"), ("SecretStore", "store")):
        browser.detail(kind, name)
        assert browser.find("h1").text == name
        assert CANARY not in browser.driver.page_source


def test_a_push_is_shown_from_its_secret_to_the_remote_key(browser: Browser, world: World) -> None:
    world.put_secret(browser.namespace, "source", {"k": CANARY})
    world.apply(push_secret(browser.namespace, [pushed_to("remote", "member", of="k")], name="push"))
    world.wait_condition("PushSecret", browser.namespace, "push")
    browser.table(kind="PushSecret")
    assert browser.rows() == {"push": "Ready"}
    browser.find("tbody th a").click()
    wait_for("the PushSecret is shown", lambda: browser.find("h1").text == "push")
    stages = [stage.text for stage in browser.driver.find_elements(By.CSS_SELECTOR, ".chain > li")]
    assert [stage.splitlines()[0] for stage in stages] == ["Secret source", "Store", "Login", "Remote keys"]
    assert "remote/member\nkey k, at SecretStore/store" in stages[3]
    assert browser.violations() == []
    assert CANARY not in browser.driver.page_source
    world.delete("PushSecret", browser.namespace, "push")
