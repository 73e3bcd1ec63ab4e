"""Connections: silent ones are closed, slow answers are not, and one too many gets an answer like any other."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from service import listening
from service.http import HEADERS
from service.listening import Listener


async def _app(scope: Any, receive: Any, send: Any) -> None:
    """Answers after the milliseconds its path names."""
    await asyncio.sleep(int(scope["path"].strip("/") or 0) / 1000)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(listening, "HEAD_SECONDS", 0.5)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(_app, http=Listener, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield int(listener.getsockname()[1])
        server.should_exit = True
        thread.join()


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def _trickle(to: socket.socket) -> None:
    for _ in range(200):
        to.sendall(b"X-A: 1\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_that_never_asks_is_closed(port: int, sent: bytes) -> None:
    with _connected(port) as silent:
        silent.sendall(sent)
        assert silent.recv(100) == b""


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_headers_that_trickle_are_cut(port: int, first: bytes) -> None:
    with _connected(port) as slow:
        slow.sendall(first + b"GET / HTTP/1.1\r\n")
        with pytest.raises(OSError, match=r"reset|pipe"):
            _trickle(slow)


def test_a_slow_answer_and_kept_connections_go_on(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for path in ("/900", "/", "/0"):
        connection.request("GET", path)
        assert connection.getresponse().read() == b"ok"
    connection.close()
    with _connected(port) as both:
        both.sendall(b"GET /700 HTTP/1.1\r\nHost: x\r\n\r\nGET /701 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got = b""
        while part := both.recv(1000):
            got += part
    assert got.count(b"ok") == 2, "a request that waits behind another has begun"


def test_one_connection_too_many_is_told_in_our_own_words(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "CONNECTIONS", 3)
    silent = [_connected(port) for _ in range(2)]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.status == 503
    assert "too many connections" in json.loads(answer.read())["error"]["message"]
    assert {name.lower() for name in HEADERS} <= {name.lower() for name in answer.headers}
    connection.close()
    for one in silent:
        assert one.recv(100) == b""
        one.close()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()


def _head_of(answer: bytes) -> tuple[bytes, set[str], dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first, {line.partition(b":")[0].decode().lower() for line in lines}, json.loads(body)


def _until_closed(to: socket.socket) -> bytes:
    out = b""
    with contextlib.suppress(ConnectionError):
        while chunk := to.recv(65536):
            out += chunk
    return out


LONG = {
    "one header": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: bbbbbbbb\r\n" * 7_000 + b"\r\n",
    "target": b"GET /0?" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "never whole": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 70_000,
    "behind another": b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 700_000,
}


@pytest.mark.parametrize("sent", LONG)
def test_a_long_head_is_refused(port: int, sent: str) -> None:
    with _connected(port) as to:
        to.sendall(LONG[sent])
        answer = _until_closed(to)
    if sent == "behind another":
        assert b"HTTP/1.1 200" in answer or not answer
        return
    first, names, said = _head_of(answer)
    assert first == b"HTTP/1.1 431 Request Header Fields Too Large"
    assert names >= {name.lower() for name in HEADERS}
    assert said == {"error": {"message": "the request line and headers must be at most 64 KiB"}}


def test_a_head_without_end_is_not_read(port: int) -> None:
    with _connected(port) as to:
        to.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with pytest.raises(ConnectionError):
            to.sendall(b"X-A: b\r\n" * 8_000_000)


@pytest.mark.parametrize("size", [0, 200_000])
def test_a_long_body_or_head_within_the_limit_is_fine(port: int, size: int) -> None:
    with _connected(port) as to:
        head = b"POST /0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: " + b"a" * 60_000
        to.sendall(head + b"\r\nContent-Length: %d\r\n\r\n" % size + b"b" * size)
        assert _until_closed(to).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02",
        b"FROB / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_in_the_documented_form(port: int, sent: bytes) -> None:
    with _connected(port) as to:
        to.sendall(sent)
        first, names, said = _head_of(_until_closed(to))
    assert first == b"HTTP/1.1 400 Bad Request"
    assert names >= {name.lower() for name in HEADERS}
    assert said == {"error": {"message": "the request must be HTTP/1.1"}}
