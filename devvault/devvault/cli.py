"""The command line: `python -m devvault` runs the stand-in until SIGTERM or Ctrl-C."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from devvault.server import DevVault

_DESCRIPTION = """\
Run an in-memory stand-in for HashiCorp Vault on loopback, for demos and tests.
Everything is lost when it stops. Do not keep real secrets in it.
"""
_EPILOG = """\
served:  kv version 1 and 2, ACL policies, tokens,
         the auth methods approle, userpass, jwt, kubernetes, ldap, cert and aws,
         sys/mounts, sys/auth, sys/health, sys/capabilities-self, sys/internal/ui/mounts
mounted: secret/ (kv version 2), as in `vault server -dev`

example:
  python -m devvault --port 8200 --root-token root &
  curl -H 'X-Vault-Token: root' -d '{"data": {"user": "demo"}}' http://127.0.0.1:8200/v1/secret/data/app
  curl -H 'X-Vault-Token: root' http://127.0.0.1:8200/v1/secret/data/app

One line with the address is printed when it is ready; SIGTERM or Ctrl-C stops it with exit status 0.
"""


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("must be between 0 and 65535")
    return port


def _user(text: str) -> tuple[str, str]:
    name, colon, password = text.partition(":")
    if not (name and colon and password):
        raise argparse.ArgumentTypeError("must be a name, a colon and a password")
    return name, password


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="devvault",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="port to listen on (default: a free one)")
    parser.add_argument(
        "--root-token", default="", metavar="T", help="token that may do anything (default: a random one)"
    )
    parser.add_argument(
        "--ldap-user",
        type=_user,
        action="append",
        default=[],
        metavar="NAME:PASSWORD",
        help="a user of the directory that the auth method ldap asks (repeat it for more)",
    )
    return parser.parse_args(argv)


async def _run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    directory = dict(arguments.ldap_user)
    async with DevVault(port=arguments.port, root_token=arguments.root_token, directory=directory) as vault:
        # A token that was given is known already; only a random one has to be told.
        told = "" if arguments.root_token else f" root token {vault.root_token}"
        sys.stdout.write(f"devvault ready at {vault.url}{told}\n")
        sys.stdout.flush()
        await stop.wait()


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop; return the exit status."""
    arguments = _arguments(argv)
    try:
        asyncio.run(_run(arguments))
    except OSError as error:
        sys.stderr.write(f"devvault cannot listen on port {arguments.port}: {error.strerror}; choose another --port\n")
        return 1
    return 0
