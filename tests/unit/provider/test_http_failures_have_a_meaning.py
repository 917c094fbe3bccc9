"""What goes wrong on the way to a server, by the classes of the client's errors."""

from __future__ import annotations

import ssl

import aiohttp
import pytest

from secrets_operator.provider.http_failures import NETWORK_ERRORS, TABLE, HttpFailure, failure_of

MEANINGS: dict[str, HttpFailure] = {
    "ClientConnectionError": HttpFailure.UNREACHABLE,
    "ClientConnectionResetError": HttpFailure.UNREACHABLE,
    "ClientConnectorCertificateError": HttpFailure.TLS,
    "ClientConnectorDNSError": HttpFailure.UNREACHABLE,
    "ClientConnectorError": HttpFailure.UNREACHABLE,
    "ClientConnectorSSLError": HttpFailure.TLS,
    "ClientError": HttpFailure.UNREACHABLE,
    "ClientHttpProxyError": HttpFailure.NOT_HTTP,
    "ClientOSError": HttpFailure.UNREACHABLE,
    "ClientPayloadError": HttpFailure.BROKEN_OFF,
    "ClientProxyConnectionError": HttpFailure.UNREACHABLE,
    "ClientResponseError": HttpFailure.NOT_HTTP,
    "ClientSSLError": HttpFailure.TLS,
    "ConnectionTimeoutError": HttpFailure.TIMED_OUT,
    "ContentTypeError": HttpFailure.NOT_HTTP,
    "InvalidUrlClientError": HttpFailure.NOT_HTTP,
    "InvalidURL": HttpFailure.NOT_HTTP,
    "InvalidUrlRedirectClientError": HttpFailure.NOT_HTTP,
    "NonHttpUrlClientError": HttpFailure.NOT_HTTP,
    "NonHttpUrlRedirectClientError": HttpFailure.NOT_HTTP,
    "RedirectClientError": HttpFailure.UNREACHABLE,
    "ServerConnectionError": HttpFailure.UNREACHABLE,
    "ServerDisconnectedError": HttpFailure.BROKEN_OFF,
    "ServerFingerprintMismatch": HttpFailure.TLS,
    "ServerTimeoutError": HttpFailure.TIMED_OUT,
    "SocketTimeoutError": HttpFailure.TIMED_OUT,
    "TooManyRedirects": HttpFailure.NOT_HTTP,
    "UnixClientConnectorError": HttpFailure.UNREACHABLE,
    "UploadAbortedError": HttpFailure.UNREACHABLE,
    "WebSocketError": HttpFailure.UNREACHABLE,
    "WSMessageTypeError": HttpFailure.UNREACHABLE,
    "WSServerHandshakeError": HttpFailure.NOT_HTTP,
}


def subclasses(kind: type[BaseException]) -> set[type[BaseException]]:
    found = {kind}
    for child in kind.__subclasses__():
        found |= subclasses(child)
    return found


def made(kind: type[BaseException]) -> BaseException:
    return kind.__new__(kind)


CLASSES = sorted(
    {kind for kind in subclasses(aiohttp.ClientError) if kind.__module__.startswith("aiohttp")},
    key=lambda k: k.__name__,
)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in CLASSES])
def test_every_error_of_the_client_has_the_meaning_that_is_listed(kind: type[BaseException]) -> None:
    error = made(kind)
    assert isinstance(error, NETWORK_ERRORS)
    assert failure_of(error) is MEANINGS[kind.__name__]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(TimeoutError(), HttpFailure.TIMED_OUT, id="no answer in time"),
        pytest.param(ConnectionResetError(), HttpFailure.BROKEN_OFF, id="a reset"),
        pytest.param(ssl.SSLError(), HttpFailure.TLS, id="TLS that goes wrong later"),
        pytest.param(OSError(), HttpFailure.UNREACHABLE, id="anything else of the system"),
    ],
)
def test_an_error_of_the_system_has_a_meaning(error: BaseException, expected: HttpFailure) -> None:
    assert failure_of(error) is expected


def test_every_meaning_occurs() -> None:
    assert {failure for _, failure in TABLE} == set(HttpFailure)
