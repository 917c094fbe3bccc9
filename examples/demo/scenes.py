"""The scenes of the demo, each a thing a team does, with every claim checked."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import kustomization
from cluster import is_ready
from remote import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from ruamel.yaml import YAML
from screen import resource_table

if TYPE_CHECKING:
    from cluster import Cluster
    from git_folder import GitFolder
    from processes import Operator, StandIns
    from remote import Remote
    from screen import Screen

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PRODUCTION, STAGING, OPERATOR = "shop-production", "shop-staging", "secrets-operator"
SYNC_TARGET_MS = 500.0
SCENE_SECONDS = 30.0


@dataclass(frozen=True)
class Stage:
    """Everything the scenes play with."""

    screen: Screen
    folder: Path
    stand_ins: StandIns
    cluster: Cluster
    remote: Remote
    git: GitFolder


async def prepare(stage: Stage) -> None:
    """Install the CRDs and what is never in Git: namespaces, credentials, the sealing key."""
    await stage.cluster.install(ROOT / "crds")
    for namespace in (OPERATOR, PRODUCTION, STAGING):
        await stage.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    aws = {"access-key-id": ACCESS_KEY_ID.encode(), "secret-access-key": SECRET_ACCESS_KEY.encode()}
    await stage.cluster.create_secret(OPERATOR, "aws-credentials", aws)
    for namespace in (PRODUCTION, STAGING):
        token = {"token": stage.stand_ins.vault_token.encode()}
        await stage.cluster.create_secret(namespace, "vault-token", token)
    # Restored like a backup: the committed SealedSecret was encrypted for this throw-away key.
    key = {name: (HERE / "sealing-key" / name).read_bytes() for name in ("tls.key", "tls.crt")}
    labels = {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}
    await stage.cluster.create_secret(OPERATOR, "sealed-secrets-key-demo", key, labels=labels)
    await stage.remote.fill()


async def commit_and_apply(stage: Stage) -> None:
    """Commit the example folder, apply what was committed, and watch it turn Ready."""
    replacements = {"http://vault.vault.svc:8200": stage.stand_ins.vault}
    commit = await stage.git.create(ROOT / "examples" / "gitops", replacements)
    tree = await stage.git.checkout(commit, stage.folder / "applied")
    objects = [
        found
        for part in ("platform", "overlays/staging", "overlays/production")
        for found in kustomization.build(tree / part)
    ]
    stage.screen.say(f"committed {commit}: {len(objects)} objects, not one value among them in the clear")
    started = time.perf_counter()
    follow = asyncio.create_task(_follow(stage, len(objects)))
    for subject in objects:
        await stage.cluster.apply(subject)
    await follow
    stage.screen.check(True, f"every resource is Ready {time.perf_counter() - started:.2f} s after the first apply")


async def _follow(stage: Stage, count: int) -> None:
    with stage.screen.live() as live:
        while True:
            resources = await stage.cluster.resources()
            live.update(resource_table(resources))
            if len(resources) == count and all(map(is_ready, resources)):
                return
            await asyncio.sleep(0.1)


async def measure_seed(stage: Stage) -> None:
    """Apply the manifest that everybody knows as it stands, and measure its way to Ready."""
    manifest = YAML(typ="safe").load(ROOT / "examples/gitops/base/db-credentials.yaml")
    namespace = "seed"
    await stage.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    manifest["metadata"]["namespace"] = namespace
    started = time.perf_counter()
    await stage.cluster.apply(manifest)
    await stage.cluster.wait_ready(namespace, "db-credentials")
    taken = (time.perf_counter() - started) * 1000
    data = await stage.cluster.data(namespace, "db-credentials")
    stage.screen.check(
        data.get("password") == stage.remote.values[1], "the v1beta1 manifest db-credentials became a Secret, unchanged"
    )
    stage.screen.check(
        taken < SYNC_TARGET_MS, f"from creation to Ready in {taken:.0f} ms (promised: under {SYNC_TARGET_MS:.0f} ms)"
    )


async def rotate(stage: Stage) -> None:
    """Rotate a value at AWS and see the new one arrive."""
    before = (await stage.cluster.data(PRODUCTION, "feature-flags"))["sdk-key"]
    stage.screen.say(f"Secret feature-flags, key sdk-key: digest {stage.cluster.digest(before)}")
    value = (await stage.remote.rotate_flags()).encode()
    started = time.perf_counter()
    data = await stage.cluster.wait_data(PRODUCTION, "feature-flags", lambda data: data.get("sdk-key") == value)
    taken = time.perf_counter() - started
    stage.screen.check(
        True, f"rotated at AWS: digest {stage.cluster.digest(data['sdk-key'])} after {taken:.1f} s (refreshInterval 5s)"
    )


async def heal(stage: Stage) -> None:
    """Edit a Secret by hand and see it healed, with the key and the writer named."""
    before = await stage.cluster.data(PRODUCTION, "db-credentials")
    started = time.perf_counter()
    await stage.cluster.edit_by_hand(PRODUCTION, "db-credentials", {"password": b"hotfix at 3 a.m."})
    await stage.cluster.wait_data(PRODUCTION, "db-credentials", lambda data: data == before)
    taken = (time.perf_counter() - started) * 1000
    stage.screen.check(True, f"edited by hand, healed {taken:.0f} ms later")
    message = await stage.cluster.wait_event(PRODUCTION, "db-credentials", "DriftHealed")
    stage.screen.check("password (changed by kubectl-edit)" in message, f"the event says: {message}")


async def seal(stage: Stage, operator: Operator) -> None:
    """Seal a value by CLI, commit the ciphertext, and see it opened in the cluster."""
    value = f"smtp-{secrets.token_urlsafe(18)}".encode()
    stage.remote.values.append(value)
    sealed = await _seal_by_cli(value, operator)
    file = stage.git.path / "overlays" / "production" / "smtp.yaml"
    file.write_bytes(sealed)
    stage.screen.check(value not in sealed, "secrets-operator seal printed a SealedSecret without the value")
    commit = await stage.git.commit("Shop: the SMTP password, sealed")
    tree = await stage.git.checkout(commit, stage.folder / "applied-2")
    await stage.cluster.apply(YAML(typ="safe").load(tree / "overlays" / "production" / "smtp.yaml"))
    data = await stage.cluster.wait_data(PRODUCTION, "smtp", lambda data: "password" in data)
    stage.screen.check(
        data["password"] == value, f"committed {commit}, opened in the cluster: digest {stage.cluster.digest(value)}"
    )


async def _seal_by_cli(value: bytes, operator: Operator) -> bytes:
    secret: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "smtp", "namespace": PRODUCTION},
        "data": {"password": base64.b64encode(value).decode()},
    }
    command = [sys.executable, "-m", "secrets_operator", "seal", "--cert", f"{operator.url}/v1/cert.pem", "-o", "yaml"]
    running = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await running.communicate(str(secret).replace("'", '"').encode())
    if running.returncode:
        message = f"sealing ended with status {running.returncode}"
        raise RuntimeError(message)
    return output


async def _pages(operator: Operator) -> bytes:
    """Return the dashboard's table and every page that it leads to."""
    async with aiohttp.ClientSession() as http:

        async def page(path: str) -> bytes:
            async with http.get(f"{operator.dashboard}/{path}") as answer:
                return await answer.read()

        table = await page("")
        paths = dict.fromkeys(re.findall(r'href="(resource\?[^"]+)"', table.decode()))
        return table + b"".join([await page(path.replace("&amp;", "&")) for path in paths])


async def nothing_leaked(stage: Stage, operator: Operator) -> None:
    """Look for every value in what the operator printed and shows, and in everything that was committed."""
    printed = (
        operator.log.read_bytes()
        + await _pages(operator)
        + b"".join(path.read_bytes() for path in stage.git.path.rglob("*") if path.is_file())
    )
    found = [value for value in stage.remote.values if value in printed or base64.b64encode(value) in printed]
    stage.screen.check(
        not found,
        f"none of {len(stage.remote.values)} values is in the operator's log, on its page or in the Git repository",
    )
