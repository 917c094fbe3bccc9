"""Faults of the network: each becomes a Failed that is worth another try, and none looks like an absent secret."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from botocore.config import Config
from secrets_operator_aws.connections import Connections
from secrets_operator_aws.endpoints import ONE_ATTEMPT
from secrets_operator_aws.opening import open_with
from secrets_operator_aws.session import AwsSession

from secrets_operator.provider import Failed, Query, Reference, RemoteEntry, RetrySettings, pushing_of
from secrets_operator.provider.memory import push_of
from secrets_operator.resources.providers.aws import AwsProvider
from tests.aws_pushes import certificate

IMPATIENT = ONE_ATTEMPT.merge(Config(read_timeout=0.3))
ANSWER = b'{"ARN":"arn:a","Name":"a","SecretString":"value-3f1c"}'
CERTIFICATES = [Reference(f"arn:aws:acm:eu-central-1:123456789012:certificate/{name}") for name in "ab"]
REFERENCES = [Reference("a"), Reference("b"), Reference("c", "AWSPREVIOUS"), Reference("d", metadata=True)]

Answering = Callable[[socket.socket, threading.Event], None]


def head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: %d\r\n\r\n" % length


def silence(connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def reset(connection: socket.socket, over: threading.Event) -> None:
    # A linger of nothing makes the close a RST.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(connection: socket.socket, over: threading.Event) -> None:
    """Close without a word."""


def a_body_that_stops(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(head(len(ANSWER)) + ANSWER[:20])
    over.wait()


def a_body_that_is_cut_off(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(head(len(ANSWER)) + ANSWER[:20])


def half_a_json(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(head(20) + ANSWER[:20])


def a_page_of_a_proxy(connection: socket.socket, over: threading.Event) -> None:
    page = b"<html>value-3f1c</html>"
    connection.sendall(head(len(page)) + page)


def no_http(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")


class Wire:
    """A TCP server that reads a request and then does as ``answering`` says."""

    def __init__(self) -> None:
        self.answering: Answering = hang_up
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._over.set()
        # Wakes the thread in accept, which closing alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            self.answering(connection, self._over)


@pytest.fixture
def wire(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    server = Wire()
    for service in ("SECRETSMANAGER", "SSM", "ACM", "RESOURCE_GROUPS_TAGGING_API"):
        monkeypatch.setenv(f"AWS_{service}_ENDPOINT", server.url)
    yield server
    server.close()


@pytest.mark.parametrize("service", ["SecretsManager", "ParameterStore", "CertificateManager"])
@pytest.mark.parametrize(
    "fault",
    [silence, reset, hang_up, a_body_that_stops, a_body_that_is_cut_off, half_a_json, a_page_of_a_proxy, no_http],
)
async def test_a_fault_is_failed_and_quotes_nothing(
    wire: Wire, spec: dict[str, Any], host: Any, fault: Answering, service: str
) -> None:
    wire.answering = fault
    once = replace(host, retry=RetrySettings(1))
    session: AwsSession = await open_with(
        AwsProvider.model_validate(spec | {"service": service}), once, IMPATIENT, Connections()
    )
    references = CERTIFICATES if service == "CertificateManager" else REFERENCES
    try:
        answers: list[Any] = [*await session.fetch(references)]
        if service != "CertificateManager":
            answers.append(await session.find(Query(name=".")))
    finally:
        await session.close()
    assert {type(answer) for answer in answers} == {Failed}
    assert "value-3f1c" not in str(answers)
    assert "127.0.0.1" not in str(answers)


@pytest.mark.parametrize("service", ["SecretsManager", "ParameterStore", "CertificateManager"])
@pytest.mark.parametrize("fault", [hang_up, half_a_json, a_page_of_a_proxy])
async def test_a_push_that_meets_a_fault_is_failed_and_deletes_nothing(
    wire: Wire, spec: dict[str, Any], host: Any, fault: Answering, service: str
) -> None:
    wire.answering = fault
    once = replace(host, retry=RetrySettings(1))
    settings = AwsProvider.model_validate(spec | {"service": service})
    session: AwsSession = await open_with(settings, once, IMPATIENT, Connections())
    pushing, entry = pushing_of(session), RemoteEntry("app")
    assert pushing is not None
    push = push_of(entry, certificate(7)) if service == "CertificateManager" else push_of(entry, {"k": b"v"}, "k")
    try:
        answers: list[Any] = [await pushing.push(push), await pushing.exists(entry), await pushing.delete(entry)]
    finally:
        await session.close()
    assert {type(answer) for answer in answers} == {Failed}


async def test_credentials_that_expire_in_mid_flight_are_turned_down_and_new_ones_work(
    aws: Any, gateway: Any, open_session: Any
) -> None:
    aws.create_secret(Name="a", SecretString="v")
    gateway.fail("GetSecretValue", 400, "ExpiredTokenException", after=1)
    session = await open_session()
    first, second = [(await session.fetch([Reference("a")]))[0] for _ in range(2)]
    gateway.faults.clear()
    assert second.credentials, "so that the operator opens the session anew, with what the Secret holds now"
    assert (await (await open_session()).fetch([Reference("a")]))[0] == first
