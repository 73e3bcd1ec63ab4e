"""Around every request: a number for it, security headers, one log line, metrics, and a body that is whole before it is read."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, MutableMapping
from typing import Any

from starlette.routing import BaseRoute, Match

from service.http import HEADERS, error
from service.metrics import Metrics

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
_log = logging.getLogger("soapcode.request")
_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def route_of(scope: Scope) -> str:
    """The route's template, never the path as it was sent: anybody may write anything into a path."""
    route = scope.get("route") or _meant(scope)
    return str(getattr(route, "path", "other"))


def _meant(scope: Scope) -> BaseRoute | None:
    """The route a request was for that none has answered: a file, or what was refused before its route was looked for."""
    whole = {**scope, "root_path": scope.get("app_root_path", scope.get("root_path", ""))}
    routes = _leaves(getattr(scope.get("app"), "routes", ()))
    return next((route for route in routes if route.matches(whole)[0] is Match.FULL), None)


def _leaves(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Routes with those of the routers that were included, whose own paths are whole here."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from [route] if included is None else _leaves(included.routes)


class Frame:
    """The outermost layer. A HEAD request is answered as its GET would be, without the body.

    Parameters
    ----------
    app : what answers.
    metrics : where requests are counted.
    hosts : host names requests may name, without ports; all where empty.
    """

    def __init__(self, app: App, metrics: Metrics, hosts: Collection[str] = ()) -> None:
        self.app = app
        self.metrics = metrics
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        number = secrets.token_hex(8)
        status = 0
        method = scope["method"]
        if method == "HEAD":
            scope = {**scope, "method": "GET"}

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name.lower() for name, _ in message.get("headers", ())}
                added = [(name, value) for name, value in _HEADERS if name not in present]
                message["headers"] = [*message.get("headers", ()), *added, (b"x-request-id", number.encode())]
            elif method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        self.metrics.under_way.inc()
        try:
            if not self._is_ours(scope):
                await error(400, "the Host header must name this service")(scope, receive, framed)
            else:
                await self.app(scope, receive, framed)
        except Exception:  # noqa: BLE001  nothing below may speak for itself: its message can hold the note
            _log.exception("failed", extra={"request": number, "route": route_of(scope)})
            if not status:
                await error(500, "soapcode failed on this request; the note was not kept")(scope, receive, framed)
        finally:
            self.metrics.under_way.dec()
            self._said(scope, method, number, status or 499, time.perf_counter() - began)

    def _is_ours(self, scope: Scope) -> bool:
        if not self.hosts:
            return True
        named = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
        bare = named.rpartition(":")[0] if named.rpartition(":")[2].isdigit() else named
        return bare in self.hosts

    def _said(self, scope: Scope, method: str, number: str, status: int, seconds: float) -> None:
        route = route_of(scope)
        method = method if method in _METHODS else "other"
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        if _log.isEnabledFor(logging.INFO):
            fields = {
                "request": number,
                "method": method,
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
                "client": scope.get("state", {}).get("client"),
            }
            _log.info("answered", extra=fields)


class BodyGuard:
    """Refuses bodies that are too large, too slow or not UTF-8 before anything reads them.

    Parameters
    ----------
    app : what answers.
    limit : bytes.
    seconds : longest time for the whole body to arrive.
    """

    def __init__(self, app: App, limit: int, seconds: float = 15.0) -> None:
        self.app = app
        self.limit = limit
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH", "DELETE"):
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.seconds):
                body = await self._whole(receive)
        except TimeoutError:
            close = {"Connection": "close"}
            await error(408, f"the body must arrive within {self.seconds:g} seconds", close)(scope, receive, send)
            return
        if body is None:
            return
        if len(body) > self.limit:
            await error(413, f"the body must be at most {self.limit // 1024} KiB")(scope, receive, send)
            return
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            await error(400, "the body must be UTF-8")(scope, receive, send)
            return
        await self.app(scope, _replayed(body, receive), send)

    async def _whole(self, receive: Receive) -> bytes | None:
        """The body, cut after the limit; ``None`` when the client went away."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self.limit or not message.get("more_body"):
                return b"".join(chunks)


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
