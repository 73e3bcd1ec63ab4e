"""Reading from other servers: however slowly one answers, it costs the budget and no more."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from service.outward import Budget, UnreachableError, fetch

SECONDS = 0.6


@contextmanager
def _server(first: bytes, again: bytes, pause: float = 0.1) -> Iterator[str]:
    """Sends the first bytes and then others again and again, until the client goes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                to, _ = listener.accept()
                with to:
                    to.recv(4096)
                    to.sendall(first)
                    while again:
                        time.sleep(pause)
                        to.sendall(again)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        thread.join(20)


TRICKLED = {
    "nothing": (b"", b""),
    "status line": (b"HTTP/1.1 2", b"0"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "one header": (b"HTTP/1.1 200 OK\r\nX-A: ", b"b"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"b"),
    "body without length": (b"HTTP/1.1 200 OK\r\n\r\n", b"b"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nb\r\n"),
    "chunk size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n", b"X-A: b\r\n"),
}


@pytest.mark.parametrize("part", TRICKLED)
def test_whatever_trickles_is_cut_at_the_budget(part: str) -> None:
    with _server(*TRICKLED[part]) as url:
        began = time.monotonic()
        with pytest.raises(UnreachableError):
            fetch(url, {}, Budget(SECONDS), 1000)
        assert time.monotonic() - began < SECONDS + 0.5


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\ncalf", b"calf"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ncalf", b"calf"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ncalf\r\n0\r\n\r\n", b"calf"),
        (b"HTTP/1.0 200 OK\r\n\r\ncalf", b"calf"),
    ],
)
def test_an_answer_in_time_is_read_whole(answer: bytes, body: bytes) -> None:
    with _server(answer, b"") as url:
        assert fetch(url, {}, Budget(5), 1000).body == body


def test_an_answer_that_is_too_large_is_refused() -> None:
    with (
        _server(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001, b"") as url,
        pytest.raises(UnreachableError, match="too large"),
    ):
        fetch(url, {}, Budget(5), 1000)
