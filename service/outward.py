"""Reading from the few addresses the settings allow: no redirects, no proxies, a size limit and one deadline."""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

CHUNK = 64 * 1024


class UnreachableError(Exception):
    """Nothing usable came back; says neither address nor content."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body, and the content type it came with."""

    body: bytes
    content_type: str


class Budget:
    """Seconds that all reads of one request share."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left.

        Raises
        ------
        UnreachableError
            When none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise UnreachableError("the time is used up")
        return left


class _Reads(io.RawIOBase):
    """What a socket gives, each read within what is left: a timeout of the socket alone begins anew with every byte."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._sock = sock
        self._budget = budget
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._budget.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Dated:
    """A socket as `http.client.HTTPResponse` wants it: headers, body and trailers are read from one file."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._reads = _Reads(sock, budget)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reads)


def fetch(url: str, headers: Mapping[str, str], budget: Budget, limit: int) -> Fetched:
    """GET one address.

    Parameters
    ----------
    url : checked by the caller to be allowed.
    headers : sent as they are; a header that HTTP does not allow makes the address unreachable.
    budget : seconds left for the request.
    limit : bytes.

    Raises
    ------
    UnreachableError
        When the answer is not 200, a redirect, too large or too late, or there is none.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=budget.left())
        connection.response_class = lambda sock, **how: http.client.HTTPResponse(_Dated(sock, budget), **how)  # type: ignore[assignment, arg-type]
        try:
            connection.connect()
            connection.sock.settimeout(budget.left())
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers=dict(headers))
            response = connection.getresponse()
            if response.status != http.client.OK:
                raise UnreachableError("the answer is not 200")
            body = bytearray()
            while chunk := response.read1(CHUNK):
                body += chunk
                if len(body) > limit:
                    raise UnreachableError("the answer is too large")
            return Fetched(bytes(body), response.headers.get("Content-Type", ""))
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UnreachableError("the address does not answer") from error
