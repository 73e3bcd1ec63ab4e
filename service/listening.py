"""How connections are held: uvicorn's protocol, with limits of time and size for a request to begin and our own answer where too many are open.

uvicorn closes a connection that is idle after an answer, but not one that never asks, or whose headers never end.
"""

from __future__ import annotations

import asyncio
import http
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.http import HEADERS, error

HEAD_SECONDS = 10.0
"""Longest time for the headers of a request, from the connection or the answer before."""
CONNECTIONS = 512
"""Connections open at once, per process; more are answered with 503."""


HEAD_BYTES = 64 * 1024
"""Longest request line and headers together, trailers of a body included."""
_TOO_LONG = f"the request line and headers must be at most {HEAD_BYTES // 1024} KiB"


async def _too_long(scope: Any, receive: Any, send: Any) -> None:
    await error(431, _TOO_LONG, {"Connection": "close"})(scope, receive, send)


async def _full(scope: Any, receive: Any, send: Any) -> None:
    await error(503, "too many connections are open; try again in a moment", {"Retry-After": "1"})(
        scope, receive, send
    )


class Listener(HttpToolsProtocol):
    """One connection."""

    _late: asyncio.TimerHandle | None = None
    _head = True
    _arrived = 0
    _named = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A request has to begin."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for."""
        self._begun()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a head, which the parser holds until it is whole, are counted."""
        if self._head:
            self._arrived += len(data)
        super().data_received(data)
        if self._head and self._arrived > HEAD_BYTES and not self.transport.is_closing():
            self._refuse(431, _TOO_LONG)

    def on_message_begin(self) -> None:
        """Nothing is named yet."""
        self._named = 0
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The next head begins, perhaps in the same bytes: those are not counted."""
        super().on_message_complete()
        self._head, self._arrived = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Those beyond the limit are not held."""
        self._named += len(name) + len(value)
        if self._named <= HEAD_BYTES:
            super().on_header(name, value)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """What cannot be parsed is refused like everything else."""
        self._refuse(400, "the request must be HTTP/1.1")

    def _refuse(self, status: int, message: str) -> None:
        """Say so without an application, unless an answer is on its way, and close."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()
            return
        body = json.dumps({"error": {"message": message}}).encode()
        lines = {
            **HEADERS,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.transport.write(f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\n{head}\r\n".encode() + body)
        self.transport.close()

    def on_headers_complete(self) -> None:
        """The request has begun; its body has a limit of its own."""
        self._begun()
        self._head = False
        full = len(self.connections) >= CONNECTIONS or len(self.tasks) >= CONNECTIONS
        long = self._named + len(self.url) > HEAD_BYTES
        if long:
            self.url = b"/"  # one that is too long cannot be parsed either
        self.app = _too_long if long else _full if full else self.config.loaded_app
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The next request has to begin, unless it already did."""
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._expect()

    def _expect(self) -> None:
        self._begun()
        self._late = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def _begun(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
