"""``make demo``: a Git folder of manifests becomes native Secrets, on stand-ins over real HTTP, every claim checked."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import scenes
from cluster import Cluster, connect
from git_folder import GitFolder
from processes import Operator, StandIns, start_operator, start_stand_ins
from remote import Remote
from screen import CheckFailed, Screen


async def play(screen: Screen, folder: Path, *, keep: bool) -> None:
    """Play all scenes; raises CheckFailed, TimeoutError or RuntimeError when one fails."""
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.perf_counter()
    async with AsyncExitStack() as stack:
        screen.section("A cluster, an AWS and a Vault, all on this machine")
        stand_ins = await start_stand_ins(stack, folder)
        screen.say(f"dev cluster, moto and dev Vault answer after {time.perf_counter() - began:.1f} s")
        client = await stack.enter_async_context(connect(stand_ins.kubeconfig))
        stage = scenes.Stage(
            screen=screen,
            folder=folder,
            stand_ins=stand_ins,
            cluster=Cluster(client),
            remote=Remote(aws=stand_ins.aws, vault=stand_ins.vault, vault_token=stand_ins.vault_token),
            git=GitFolder(folder / "repository"),
        )
        await scenes.prepare(stage)
        screen.section("The operator starts")
        started = time.perf_counter()
        operator = await start_operator(stack, stand_ins, folder)
        screen.say(f"dashboard at {operator.dashboard}")
        screen.say(f"ready after {time.perf_counter() - started:.1f} s, metrics at {operator.url}/metrics")
        for title, scene in (
            ("A team commits its folder; what is committed is applied", scenes.commit_and_apply(stage)),
            ("How long does a new reference take?", scenes.measure_seed(stage)),
            ("A value is rotated at AWS", scenes.rotate(stage)),
            ("Somebody edits a Secret by hand", scenes.heal(stage)),
            ("A value is sealed on a laptop", scenes.seal(stage, operator)),
        ):
            screen.section(title)
            async with asyncio.timeout(scenes.SCENE_SECONDS):
                await scene
        screen.section("Did a value show anywhere?")
        await scenes.nothing_leaked(stage, operator)
        screen.section("Done")
        _what_next(screen, stand_ins, operator, keep=keep)
        if keep:
            await asyncio.Event().wait()


def _what_next(screen: Screen, stand_ins: StandIns, operator: Operator, *, keep: bool) -> None:
    if not keep:
        screen.say("To look around with kubectl: make demo KEEP=1")
        return
    screen.say("Everything keeps running until Ctrl-C. In another terminal:")
    screen.say(f"  export KUBECONFIG={stand_ins.kubeconfig}")
    screen.say(f"  open {operator.dashboard}")
    screen.say("  kubectl get externalsecrets,sealedsecrets -A")
    screen.say("  kubectl -n shop-production get secret payment-api -o yaml")
    screen.say("  kubectl -n shop-production edit secret payment-api      # and see it healed")
    screen.say("  kubectl -n shop-production get events")
    screen.say("  kubectl explain externalsecret.spec.target")


def main() -> int:
    """Return the exit status: 0 when every claim held."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    parser.add_argument("--folder", type=Path, default=scenes.ROOT / ".demo", help="where logs and the repository go")
    arguments = parser.parse_args()
    screen = Screen()
    try:
        asyncio.run(play(screen, arguments.folder, keep=arguments.keep))
    except KeyboardInterrupt:
        return 0
    except (CheckFailed, TimeoutError, RuntimeError, OSError) as error:
        screen.say(f"[red]The demo failed: {str(error) or type(error).__name__}[/]")
        screen.say(f"Logs are in {arguments.folder}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
