"""The commands of docs/sealing.md and docs/sealing-verbs.md, played in a shell: each prints what the document shows.

Sections stand alone. Fingerprints, dates, digests and ciphertext differ in each run; which fingerprint is which must
not. What needs a cluster is not played here; ``tests/cluster`` has tests of it.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from secrets_operator.sealing.key_generation import GeneratedKey, generate_key
from tests.command_in_process import printed_here

pytestmark = pytest.mark.process

DOCS = Path(__file__).parents[2] / "docs"
TEXT = "".join((DOCS / name).read_text() for name in ("sealing.md", "sealing-verbs.md"))
SECTIONS = dict(re.findall(r"^##+ (.+?)$(.*?)(?=^##+ |\Z)", TEXT, re.MULTILINE | re.DOTALL))
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
ASKS_A_CLUSTER = re.compile(r"^kubectl |--(controller-namespace|service-account|validate|re-encrypt)\b")
# All of these need an operator.
OF_A_CLUSTER = {"Over HTTP", "Renewal", "Retiring a key", "Backup and restore"}
SHELL = re.compile(r"[|<>&;$~]")
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
VARYING = re.compile(
    r"(?<=<sealed )[0-9a-f]{12}(?=>)|\d{4}-\d\d-\d\d(T[\d:]+Z)?|(?<=certificate )(of today|\d+ days old)"
    r"|A[gQ][A-Za-z0-9+/]{50,}(\.\.\.|=*)"
)
SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: smtp
  namespace: shop
type: Opaque
stringData:
  password: another
  user: shop
"""


@pytest.fixture(scope="session")
def sealing_keys() -> tuple[GeneratedKey, GeneratedKey]:
    """Return the key that was sealed with so far, and the newest."""
    now = datetime.now(UTC)  # noqa: TID251 - the processes have no other clock
    ttl = timedelta(days=3650)
    old, new = (generate_key(bits=2048, ttl=ttl, now=now, common_name="", random=os.urandom) for _ in range(2))
    return old, new


class Place:
    """A folder with the certificates ``old.pem`` and ``new.pem`` and a backup of both keys."""

    def __init__(self, parent: Path, keys: tuple[GeneratedKey, GeneratedKey]) -> None:
        self.folder, self.home = parent / "repository", parent / "home"
        self.folder.mkdir()
        self.home.mkdir()
        for name, key in zip(("old", "new"), keys, strict=True):
            self.write(f"{name}.pem", key.certificate_pem.decode())
            self.write(f"{name}.key", key.private_key_pem.reveal().decode())
        self.write("sealing-keys.yaml", json.dumps({"kind": "List", "apiVersion": "v1", "items": [*map(stored, keys)]}))
        (self.home / ".gitconfig").write_text(
            "[user]\n\tname = a\n\temail = a@example.com\n[init]\n\tdefaultBranch = main\n"
        )
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = {"PATH": path, "HOME": str(self.home), "SEALED_SECRETS_CERT": "old.pem"}

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text)

    def run(self, script: str) -> str:
        """Return what a script prints on standard output and standard error."""
        program, *arguments = shlex.split(script, comments=True)
        if program == "secrets-operator" and not SHELL.search(script):
            # As a process would, without the cost of one.
            return printed_here(arguments, stdin=b"hunter2", folder=self.folder, environment=self.environment)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            input="hunter2",
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        return done.stdout

    def seal(self, target: str = "shop/smtp.yaml", *, certificate: str = "old.pem", password: str = "hunter2") -> None:
        """Have a SealedSecret of two items in a file."""
        self.write(target, "")
        values = f"--from-literal user=shop --from-literal password={password}"
        said = self.run(
            f"secrets-operator seal create generic smtp -n shop --sealing-cert {certificate} {values} -w {target}"
        )
        assert said.startswith("sealed shop/smtp")

    def commit(self) -> None:
        self.run("git init -q && git add . && git commit -qm smtp")


def stored(key: GeneratedKey) -> dict[str, object]:
    """Return the Secret that a key is kept in."""
    pair = {"tls.key": key.private_key_pem.reveal(), "tls.crt": key.certificate_pem}
    data = {field: base64.b64encode(text).decode() for field, text in pair.items()}
    return {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "key"}, "data": data}


@pytest.fixture
def place(tmp_path: Path, sealing_keys: tuple[GeneratedKey, GeneratedKey]) -> Place:
    return Place(tmp_path, sealing_keys)


def with_a_manifest(place: Place) -> None:
    place.write("cert.pem", (place.folder / "old.pem").read_text())
    (text,) = re.findall(r"^```yaml\n(.*?)^```", SECTIONS["Seal a Secret"], re.MULTILINE | re.DOTALL)
    place.write("smtp.yaml", text)
    place.environment["PASSWORD"] = "hunter2"


def with_an_odd_number(place: Place) -> None:
    with_a_manifest(place)
    place.run("echo '  port: 025' >> smtp.yaml")


def with_more(place: Place) -> None:
    with_an_odd_number(place)
    place.run("secrets-operator seal -f smtp.yaml -w smtp-sealed.yaml")
    place.write("more.yaml", "{kind: Secret, apiVersion: v1, stringData: {user: mailer}}\n")


def with_a_folder_for_commands(place: Place) -> None:
    place.run("mkdir -p ~/.local/bin")
    place.environment["PATH"] = f"{place.home}/.local/bin:{place.environment['PATH']}"


def with_files(place: Place) -> None:
    place.write("password.txt", "hunter2")
    place.write("shop/none", "")
    place.run("cp old.pem site.crt && cp old.key site.key")


def with_a_token(place: Place) -> None:
    place.seal()
    place.write("ca.crt", "a certificate")
    place.environment["TOKEN"] = "a-token"


def with_a_secret(place: Place) -> None:
    place.seal()
    place.write("smtp-secret.yaml", SECRET)
    place.commit()


def with_clusters(place: Place) -> None:
    place.write("smtp-secret.yaml", SECRET)
    (text,) = re.findall(r"^```yaml\n(.*?)^```", SECTIONS["Several clusters"], re.MULTILINE | re.DOTALL)
    assert "source: https://" in text
    place.write("clusters.yaml", re.sub(r"source: \S+", f"source: {(place.folder / 'new.pem').as_uri()}", text))
    place.write("certs/dev.pem", (place.folder / "old.pem").read_text())


def with_two_versions(place: Place) -> None:
    place.seal("before.yaml")
    place.run("sed 's/^kind/# moved\\nkind/' before.yaml > after.yaml")
    place.run("secrets-operator seal reencrypt --recovery-private-key sealing-keys.yaml --cert new.pem after.yaml")
    place.run("printf another | secrets-operator seal set --cert new.pem after.yaml password=-")
    place.seal()
    place.commit()
    place.run("cp after.yaml shop/smtp.yaml")


PLAYED: dict[str, Callable[[Place], None]] = {
    "Seal a Secret": with_a_manifest,
    "What it says while sealing": with_an_odd_number,
    "Add an item, check, renew, recover": with_more,
    "Moving from kubeseal": with_a_folder_for_commands,
    "Make one": with_files,
    "Change an item": with_a_token,
    "Seal the same again": with_a_secret,
    "Several clusters": with_clusters,
    "Put a repository under the newest key": Place.seal,
    "Check without a cluster": Place.seal,
    "Compare and merge": with_two_versions,
    "Recover a repository": Place.seal,
}


def commands(section: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a section with the lines that it shows."""
    for block in CONSOLE.findall(SECTIONS[section]):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip("\n").split("\n")
            if not ASKS_A_CLUSTER.search(command):
                yield command, shown


def comparable(lines: list[str], names: dict[str, str]) -> list[str]:
    """Return lines with names for fingerprints, in the order in which they come up, and without what varies."""
    for found in FINGERPRINT.findall("\n".join(lines)):
        names.setdefault(found, f"key {len(names)}")
    return [VARYING.sub("*", FINGERPRINT.sub(lambda match: names[match[0]], line)) for line in lines]


@pytest.mark.parametrize("section", PLAYED)
def test_each_command_prints_what_the_document_shows(section: str, place: Place) -> None:
    PLAYED[section](place)
    played = list(commands(section))
    assert played
    in_document: dict[str, str] = {}
    in_fact: dict[str, str] = {}
    for command, shown in played:
        expected = comparable(shown, in_document)
        printed = comparable(place.run(command).splitlines(), in_fact)
        if command == "git diff shop":
            # The document leaves out what Git says around the lines.
            printed = [line for line in printed if line in expected]
        assert (command, printed) == (command, expected)


def test_the_editor_shows_what_the_document_shows(place: Place) -> None:
    place.seal()
    place.environment["KUBE_EDITOR"] = f"cp -t {place.home}"
    (command,) = (command for command, _ in commands("Edit in an editor"))
    assert place.run(command) == "nothing changed\n"
    (text,) = re.findall(r"^```text\n(.*?)^```", SECTIONS["Edit in an editor"], re.MULTILINE | re.DOTALL)
    (shown,) = place.home.glob("*.yaml")
    assert shown.read_text() == text


def test_every_section_with_commands_is_played() -> None:
    assert {name for name, text in SECTIONS.items() if CONSOLE.search(text)} == {
        *PLAYED,
        *OF_A_CLUSTER,
        "Edit in an editor",
    }
