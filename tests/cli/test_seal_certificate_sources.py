"""``seal --cert`` takes files and URLs, and refuses what cannot seal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.keyring import Keyring

Run = Callable[..., Any]
Refused = Callable[..., None]
RAW = ("--raw", "--scope", "cluster-wide")


class CertificateHandler(BaseHTTPRequestHandler):
    """Serves the certificate at one path, in one more only after a login, and nothing elsewhere."""

    certificate: ClassVar[bytes] = b""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        login = self.headers.get("Authorization")
        if path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/v1/cert.pem")
            self.end_headers()
        elif path == "/v1/cert.pem" or (path == "/login" and login == "Basic dXNlcjpodW50ZXIy"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.certificate)
        else:
            self.send_error(404 if path != "/login" else 401)

    def log_message(self, *_arguments: object) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def server(sealing_data: Path) -> Iterator[str]:
    """Serve on the loopback interface and return ``host:port``."""
    handler = type("Handler", (CertificateHandler,), {"certificate": (sealing_data / "tls.crt").read_bytes()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "path", ["http://{server}/v1/cert.pem", "http://{server}/redirect", "http://user:hunter2@{server}/login"]
)
def test_a_certificate_is_fetched_over_http(run_seal: Run, server: str, keyring: Keyring, path: str) -> None:
    process = run_seal(*RAW, "--cert", path.format(server=server), stdin=b"value")
    assert process.stderr == b""
    assert keyring.open(decode_base64(process.stdout.decode()), label=b"").value.reveal() == b"value"


def test_a_certificate_is_read_from_a_file_url(run_seal: Run, certificate: str, keyring: Keyring) -> None:
    process = run_seal(*RAW, "--cert", f"file://{certificate}", stdin=b"value")
    assert keyring.open(decode_base64(process.stdout.decode()), label=b"").value.reveal() == b"value"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        pytest.param("", "no API server: set KUBECONFIG", id="none given, and no cluster"),
        pytest.param("none.pem", 'cannot read certificate "none.pem": No such file', id="no such file"),
        pytest.param(
            "c:none.pem", 'cannot read certificate "c:none.pem": No such file', id="a Windows drive is a file"
        ),
        pytest.param("ftp://example.com/x", 'cannot fetch "ftp://example.com/x": --cert takes', id="another scheme"),
        pytest.param("http://{server}/none?t=hunter2", 'cannot fetch "http://{server}/none": 404 Not Found', id="404"),
        pytest.param(
            "http://u:hunter2@{server}/none", 'cannot fetch "http://{server}/none": 404 Not', id="login hidden"
        ),
        pytest.param("http://127.0.0.1:1/", 'cannot fetch "http://127.0.0.1:1/": ', id="nobody listens"),
        pytest.param("http://[::1", "--cert is neither a file nor a valid URL", id="not a URL"),
        pytest.param("http://127.0.0.1:x/", 'cannot fetch "http://127.0.0.1:x/": ', id="not a port"),
    ],
)
def test_a_certificate_that_cannot_be_had(
    run_seal: Run, refused: Refused, server: str, location: str, message: str
) -> None:
    process = run_seal(*RAW, "--cert", location.format(server=server), stdin=b"value")
    refused(process, message.format(server=server))
    assert b"hunter2" not in process.stderr


@pytest.mark.parametrize("arguments", [RAW, ()], ids=["--raw", "a Secret"])
def test_an_expired_certificate_seals_nothing(
    run_seal: Run,
    refused: Refused,
    expired_certificate: str,
    secret_yaml: Callable[..., str],
    arguments: tuple[str, ...],
) -> None:
    process = run_seal(*arguments, "--cert", expired_certificate, stdin=secret_yaml())
    refused(process, "failed to encrypt using an expired certificate on January 2, 2020")


def test_a_private_key_is_not_a_certificate(run_seal: Run, refused: Refused, sealing_data: Path) -> None:
    process = run_seal(*RAW, "--cert", str(sealing_data / "tls.key"), stdin=b"value")
    refused(process, "data does not contain any valid RSA or ECDSA certificates")


def test_a_key_before_the_certificate_is_ignored(
    run_seal: Run, sealing_data: Path, keyring: Keyring, tmp_path: Path
) -> None:
    both = (sealing_data / "tls.key").read_bytes() + (sealing_data / "tls.crt").read_bytes()
    (tmp_path / "both.pem").write_bytes(both)
    process = run_seal(*RAW, "--cert", "both.pem", stdin=b"value")
    assert keyring.open(decode_base64(process.stdout.decode()), label=b"").value.reveal() == b"value"


def test_fetching_writes_the_bytes_as_they_are(run_seal: Run, tmp_path: Path) -> None:
    (tmp_path / "anything").write_bytes(b"not checked\r\n")
    assert run_seal("--fetch-cert", "--cert", "anything").stdout == b"not checked\r\n"
    run_seal("--fetch-cert", "--cert", "anything", "-w", "copy")
    assert (tmp_path / "copy").read_bytes() == b"not checked\r\n"
