"""What HTTP adds to the library call, in one run: the same notes, in turn through both, on loopback with the store in use."""

from __future__ import annotations

import http.client
import json
import os
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


def _asked(connection: http.client.HTTPConnection, text: str) -> bytes:
    """The answer's body, through the standard library's client on a connection that is kept open."""
    body = json.dumps({"text": text}).encode()
    connection.request("POST", "/v1/suggest", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
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
        connection = http.client.HTTPConnection("127.0.0.1", port)
        library, through, added = [], [], []
        for number in range(_ROUNDS):
            for text in texts:
                own = _milliseconds(lambda text=text: suggest(text))  # type: ignore[misc]
                http_ = _milliseconds(lambda text=text: _asked(connection, text))  # type: ignore[misc]
                if number >= 2:
                    library.append(own)
                    through.append(http_)
                    added.append(http_ - own)
        process.terminate()
        process.wait()
    ratio = statistics.median(through) / statistics.median(library)
    print(
        f"POST /v1/suggest {statistics.median(through):.2f} ms, library {statistics.median(library):.2f} ms (medians of "
        f"{len(added)}): ratio {ratio:.2f}, {statistics.median(added):.2f} ms more at the median"
    )


def main() -> None:
    """Run this benchmark alone."""
    from service.run import ready

    overhead(ready(lambda text, _share: print(text, file=sys.stderr)).suggest)


if __name__ == "__main__":
    main()
