"""What HTTP adds to the library call, in one run: the same notes, in turn through both, on loopback with the store in use."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus.notes import load_notes

_ROUNDS = 7


_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class _Plain:
    """A client that does next to nothing itself, so that what is measured is the service: one kept connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = b"127.0.0.1:%d" % port

    def ask(self, body: bytes) -> bytes:
        self._socket.sendall(
            b"POST /v1/suggest HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (self._host, len(body), body)
        )
        got = self._socket.recv(1 << 20)
        while b"\r\n\r\n" not in got:
            got += self._socket.recv(1 << 20)
        head, _, content = got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200 ") or length is None:
            raise RuntimeError(f"the service must answer with 200 and a length, got {head[:40]!r}")
        while len(content) < int(length[1]):
            content += self._socket.recv(1 << 20)
        return content


class _Library:
    """The standard library's client, whose own parsing of headers is in the figure."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, body: bytes) -> bytes:
        self._connection.request("POST", "/v1/suggest", body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"the service must answer with 200, got {response.status}")
        return content


def _started(port: int, folder: str) -> subprocess.Popen[bytes]:
    given = {"SOAPCODE_DATABASE_URL": f"sqlite:///{folder}/store.sqlite3", "SOAPCODE_STORE_KEY": "5a" * 32}
    words = [sys.executable, "-m", "service", "serve", "--port", str(port)]
    with (Path(folder) / "log").open("wb") as log:
        process = subprocess.Popen(words, env={**os.environ, **given}, stdout=log, stderr=log)
    while process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return process
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the service did not start")


def _milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def overhead(suggest: Callable[[str], Any]) -> None:
    """Print the medians of both and of their difference, over 60 notes of about 200 words."""
    texts = [n.text for n in load_notes("train") if 170 <= len(n.text.split()) <= 230][:60]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        process = _started(port, folder)
        clients = {"plain socket": _Plain(port), "http.client": _Library(port)}
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in clients}
        for number in range(_ROUNDS):
            for text in texts:
                body = json.dumps({"text": text}).encode()
                for name, client in clients.items():
                    own = _milliseconds(lambda text=text: suggest(text))  # type: ignore[misc]
                    through = _milliseconds(lambda client=client, body=body: client.ask(body))  # type: ignore[misc]
                    if number >= 2:
                        took[name].append((own, through))
        process.terminate()
        process.wait()
    for name, pairs in took.items():
        library, through = (statistics.median(column) for column in zip(*pairs, strict=True))
        added = statistics.median(http_ - own for own, http_ in pairs)
        print(
            f"POST /v1/suggest by {name} {through:.2f} ms, library {library:.2f} ms (medians of {len(pairs)}): "
            f"ratio {through / library:.2f}, {added:.2f} ms more at the median"
        )


def main() -> None:
    """Run this benchmark alone."""
    from service.run import ready

    overhead(ready(lambda text, _share: print(text, file=sys.stderr)).suggest)


if __name__ == "__main__":
    main()
