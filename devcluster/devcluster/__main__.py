"""`python -m devcluster`: the command line of the dev cluster."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from devcluster.cluster import DEFAULT_PORT, Cluster, Settings
from devcluster.persistence import UnreadableData

_HIGHEST_PORT = 65535
_EPILOG = """\
examples:
  python -m devcluster                               serve until Ctrl-C; kubeconfig in ./devcluster.kubeconfig
  python -m devcluster --data cluster.json           keep everything across restarts
  python -m devcluster --http --port 8080 --token t  plain HTTP, for clients that do not want TLS

The server listens on 127.0.0.1 only. It stores objects and runs no workloads.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(
        prog="python -m devcluster",
        description="An embedded Kubernetes API server: in memory, loopback only, started in under a second.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    port_help = f"port to listen on; 0 picks a free one (default: {DEFAULT_PORT}, or a free one when that is taken)"
    found.add_argument("--port", type=_port, metavar="N", help=port_help)
    found.add_argument("--token", default="", metavar="T", help="the admin's bearer token (default: a random one)")
    kubeconfig_help = "where to write the admin's kubeconfig (default: %(default)s)"
    found.add_argument("--kubeconfig", type=Path, default="devcluster.kubeconfig", metavar="FILE", help=kubeconfig_help)
    found.add_argument("--http", action="store_true", help="serve plain HTTP (kubectl then sends no token)")
    data_help = "keep everything in FILE (mode 0600) and restore it from there: objects, token, authority and port"
    found.add_argument("--data", type=Path, metavar="FILE", help=data_help)
    advertise_help = "the address that discovery names at /api (default: %(default)s)"
    found.add_argument("--advertise-address", default=Settings().advertised, metavar="HOST:PORT", help=advertise_help)
    return found


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {_HIGHEST_PORT}")
    return number


async def serve(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM and return the exit status."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    try:
        cluster = await _started(arguments)
        try:
            await cluster.write_kubeconfig(arguments.kubeconfig)
            _announce(cluster, arguments.kubeconfig)
            await stopping.wait()
        finally:
            await cluster.stop()
    except (OSError, UnreadableData) as err:
        print(f"devcluster: {err}", file=sys.stderr)  # noqa: T201 - the command's output
        return 1
    return 0


async def _started(arguments: argparse.Namespace) -> Cluster:
    """Start on the wanted port; without one, on the saved, the default or a free port."""
    has_data = arguments.data is not None and await asyncio.to_thread(arguments.data.exists)
    default = 0 if has_data else DEFAULT_PORT
    wanted = arguments.port if arguments.port is not None else default
    try:
        return await _start(arguments, wanted)
    except OSError:
        if arguments.port is not None or has_data:
            raise
        return await _start(arguments, 0)


async def _start(arguments: argparse.Namespace, port: int) -> Cluster:
    settings = Settings(
        port=port,
        token=arguments.token,
        http=arguments.http,
        data=arguments.data,
        advertised=arguments.advertise_address,
    )
    cluster = Cluster(settings=settings)
    await cluster.start()
    return cluster


def _announce(cluster: Cluster, kubeconfig: Path) -> None:
    usage = f"kubectl --kubeconfig {kubeconfig} get namespaces"
    print(f"devcluster ready at {cluster.url}  (try: {usage})", flush=True)  # noqa: T201 - the command's output


def _runner() -> Callable[[], asyncio.AbstractEventLoop] | None:
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None


def main() -> int:
    """Run the command line and return the exit status."""
    arguments = parser().parse_args()
    with asyncio.Runner(loop_factory=_runner()) as runner:
        return runner.run(serve(arguments))


if __name__ == "__main__":
    sys.exit(main())
