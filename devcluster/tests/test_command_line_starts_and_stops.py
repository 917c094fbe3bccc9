"""`python -m devcluster` as a real process."""

import base64
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.process
Start = Callable[..., "Running"]
START_SECONDS, STOP_SECONDS = 15, 10


class Running:
    """A started process and the line it printed when it was ready."""

    def __init__(self, folder: Path, arguments: tuple[str, ...]) -> None:
        self.kubeconfig = folder / "kubeconfig"
        command = [sys.executable, "-m", "devcluster", "--kubeconfig", str(self.kubeconfig), *arguments]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
        )
        assert self.process.stdout
        self.ready = self.process.stdout.readline()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Return exit status and standard error after a signal."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=STOP_SECONDS)
        return self.process.returncode, errors

    def config(self) -> Any:
        return yaml.safe_load(self.kubeconfig.read_text())

    def get(self, path: str) -> int:
        """Return the status of a request made with nothing but the kubeconfig."""
        config = self.config()
        cluster = config["clusters"][0]["cluster"]
        context = None
        if "certificate-authority-data" in cluster:
            text = base64.b64decode(cluster["certificate-authority-data"]).decode()
            context = ssl.create_default_context(cadata=text)
        headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
        request = urllib.request.Request(cluster["server"] + path, headers=headers)
        with urllib.request.urlopen(request, context=context, timeout=5) as response:
            return int(response.status)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def run(*arguments: str) -> Running:
        started.append(Running(tmp_path, arguments))
        return started[-1]

    yield run
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.process.communicate()


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_serves_with_the_kubeconfig_it_writes(start: Start, scheme: str) -> None:
    running = start("--port", "0", *(["--http"] if scheme == "http" else []))
    assert running.ready.startswith(f"devcluster ready at {scheme}://127.0.0.1:")
    assert "kubectl --kubeconfig" in running.ready
    assert stat.S_IMODE(running.kubeconfig.stat().st_mode) == 0o600
    assert running.get("/api/v1/namespaces") == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly_on_signals(start: Start, number: int) -> None:
    assert start("--port", "0").stop(number) == (0, "")


def test_stops_in_time_while_a_watch_is_open(start: Start) -> None:
    running = start("--port", "0", "--http", "--token", "t")
    address = running.config()["clusters"][0]["cluster"]["server"]
    request = urllib.request.Request(f"{address}/api/v1/namespaces?watch=true", headers={"Authorization": "Bearer t"})
    with urllib.request.urlopen(request, timeout=5) as watch:
        assert b"ADDED" in watch.readline()
        before = time.monotonic()
        assert running.stop()[0] == 0
        assert time.monotonic() - before < 5


def test_the_token_is_random_unless_given(start: Start) -> None:
    tokens = [start("--port", "0").config()["users"][0]["user"]["token"] for _ in range(2)]
    assert tokens[0] != tokens[1]
    assert start("--port", "0", "--token", "mine").config()["users"][0]["user"]["token"] == "mine"


def test_a_taken_port_is_said_in_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        running = start("--port", str(taken.getsockname()[1]))
        _, errors = running.process.communicate(timeout=STOP_SECONDS)
    assert running.process.returncode == 1
    assert (errors.count("\n"), errors.startswith("devcluster: ")) == (1, True)


def test_what_cannot_be_written_is_said_in_one_line(start: Start, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    running = start("--port", "0", "--data", "folder")
    _, errors = running.process.communicate(timeout=STOP_SECONDS)
    assert running.process.returncode == 1
    assert (errors.count("\n"), "folder" in errors) == (1, True)


def test_a_data_file_keeps_the_kubeconfig_working(start: Start) -> None:
    first = start("--data", "cluster.json", "--port", "0")
    config = first.kubeconfig.read_text()
    assert first.stop()[0] == 0
    second = start("--data", "cluster.json")
    assert second.kubeconfig.read_text() == config
    assert second.get("/api/v1/namespaces") == 200


def test_help_says_what_it_is_for() -> None:
    done = subprocess.run([sys.executable, "-m", "devcluster", "--help"], capture_output=True, text=True, check=True)
    for expected in ("--data FILE", "--http", "examples:", "127.0.0.1 only"):
        assert expected in done.stdout


def test_starts_within_seconds(start: Start) -> None:
    before = time.monotonic()
    assert start("--port", "0").ready
    assert time.monotonic() - before < START_SECONDS
