"""The sealing certificate from where ``--cert`` says, a file or an http, https or file URL, or from the controller.

Certificates over HTTPS are trusted by the system's roots, proxies are those of the environment.
"""

from __future__ import annotations

import base64
import re
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import Request, url2pathname, urlopen

from secrets_operator.cli.sealing.flags import ClusterFlags
from secrets_operator.errors import Refused, Terminal

_USUAL_CLUSTER = ClusterFlags()
_TIMEOUT_SECONDS = 30
_LARGEST_BYTES = 1 << 20
# A scheme of one letter is a Windows drive.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def load_certificate(location: str, cluster: ClusterFlags = _USUAL_CLUSTER) -> bytes:
    """Return the bytes at a file or URL, or the controller's certificate when neither is named, unchecked.

    Raises Terminal or Refused when they cannot be had.
    """
    if not location:
        # Imported here because a certificate in a file needs no cluster.
        from secrets_operator.cli.sealing.controller_modes import fetch_certificate
        from secrets_operator.kube.errors import InvalidConnection

        try:
            return fetch_certificate(cluster)
        except InvalidConnection as error:
            raise Terminal(f"{error}; or pass a certificate: --cert FILE|URL") from error
    if not _URL.match(location):
        return _read(Path(location))
    try:
        url = urlsplit(location)
    except ValueError as error:
        raise Terminal("--cert is neither a file nor a valid URL") from error
    if url.scheme == "file":
        return _read(Path(url2pathname(url.path)))
    if url.scheme not in ("http", "https") or not url.hostname:
        raise Terminal(f'cannot fetch "{_shown(url)}": --cert takes a file or an http, https or file URL')
    return _fetch(url)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Terminal(f'cannot read certificate "{path}": {error.strerror}') from error


def _fetch(url: SplitResult) -> bytes:
    """Return the answer of a GET; anything but 200 is refused with its status."""
    request = Request(_without_login(url).geturl())  # noqa: S310 - the caller checked the scheme
    for header, value in _login(url).items():
        # A redirect may lead to another host, which must not see the password.
        request.add_unredirected_header(header, value)
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            status = f"{answer.status} {answer.reason}"
            body: bytes = answer.read(_LARGEST_BYTES)
    except HTTPError as error:
        with error:
            raise Refused(f'cannot fetch "{_shown(url)}": {error.code} {error.reason}') from error
    except URLError as error:
        raise Terminal(f'cannot fetch "{_shown(url)}": {error.reason}') from error
    except (OSError, ValueError, HTTPException) as error:
        raise Terminal(f'cannot fetch "{_shown(url)}": {type(error).__name__}') from error
    if not status.startswith("200"):
        raise Refused(f'cannot fetch "{_shown(url)}": {status}')
    return body


def _without_login(url: SplitResult) -> SplitResult:
    return url._replace(netloc=url.netloc.rpartition("@")[2])


def _login(url: SplitResult) -> dict[str, str]:
    """Return the header for a user and password in the URL."""
    if url.username is None:
        return {}
    login = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode("ascii")}


def _shown(url: SplitResult) -> str:
    """Return the URL without what may be a credential: the login and the query."""
    return _without_login(url)._replace(query="", fragment="").geturl()
