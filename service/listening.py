"""How connections are held: uvicorn's protocol, with a limit of time for a request to begin and our own answer where too many are open.

uvicorn closes a connection that is idle after an answer, but not one that never asks, or whose headers never end.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.http import error

HEAD_SECONDS = 10.0
"""Longest time for the headers of a request, from the connection or the answer before."""
CONNECTIONS = 512
"""Connections open at once, per process; more are answered with 503."""


async def _full(scope: Any, receive: Any, send: Any) -> None:
    await error(503, "too many connections are open; try again in a moment", {"Retry-After": "1"})(
        scope, receive, send
    )


class Listener(HttpToolsProtocol):
    """One connection."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A request has to begin."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for."""
        self._begun()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """The request has begun; its body has a limit of its own."""
        self._begun()
        full = len(self.connections) >= CONNECTIONS or len(self.tasks) >= CONNECTIONS
        self.app = _full if full else self.config.loaded_app
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
