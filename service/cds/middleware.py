"""The middleware around the application: CORS for the settings' origins, and errors of CDS Hooks addresses as OperationOutcome."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable

from service.cds.hooks import PREFIX
from service.cds.outcome import ISSUE, outcome
from service.frame import App, Message, Receive, Scope, Send

WIDGET_PATHS = frozenset(("/v1/suggest", "/v1/feedback"))
_HOOK_HEADERS = b"Authorization, Content-Type, Accept"
_WIDGET_HEADERS = _HOOK_HEADERS + b", X-Soapcode-User, X-Soapcode-Source"
_LOG = logging.getLogger("soapcode.cds")


class CdsMiddleware:
    """Around the application: for the CDS Hooks addresses CORS for the settings' origins, preflights without
    authentication, every error as an OperationOutcome; for what the widget calls from a host page, CORS alone.
    """

    def __init__(self, app: App, origins: Iterable[str] = ()) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        hooks = path == PREFIX or path.startswith(f"{PREFIX}/")
        if scope["type"] != "http" or not (hooks or path in WIDGET_PATHS):
            await self._app(scope, receive, send)
            return
        extra = self._cors(scope, hooks)
        if scope["method"] == "OPTIONS":
            await _say(send, 204, extra, b"")
            return
        sender = _Sender(send, extra, hooks)
        if not hooks:
            await self._app(scope, receive, sender.send)
            return
        try:
            await self._app(scope, receive, sender.send)
        except Exception as error:  # noqa: BLE001  # whatever it was, it must not reach a log with its message
            _LOG.error("a CDS Hooks request failed: %s", type(error).__name__)
            if not sender.started:
                await sender.fail(500)

    def _cors(self, scope: Scope, hooks: bool) -> list[tuple[bytes, bytes]]:
        headers = [(b"vary", b"Origin")]
        origin = next((v for k, v in scope["headers"] if k == b"origin"), b"").decode("latin-1")
        if origin in self._origins:
            headers += [
                (b"access-control-allow-origin", origin.encode("latin-1")),
                (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
                (b"access-control-allow-headers", _HOOK_HEADERS if hooks else _WIDGET_HEADERS),
                (b"access-control-max-age", b"600"),
            ]
        return headers


class _Sender:
    """Passes an answer on with CORS headers; an error, where that is wanted, as an OperationOutcome."""

    def __init__(self, send: Send, extra: list[tuple[bytes, bytes]], outcomes: bool) -> None:
        self._send, self._extra, self._outcomes = send, extra, outcomes
        self.started = False
        self._failing = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            if message["status"] >= 400 and self._outcomes:
                self._failing = True
                await self.fail(message["status"], message.get("headers", []))
                return
            message["headers"] = [*message.get("headers", []), *self._extra]
        if not self._failing:
            await self._send(message)

    async def fail(self, status: int, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        issue = next((v for k, v in headers if k.lower() == ISSUE.encode()), b"").decode("latin-1")
        dropped = (b"content-type", b"content-length", b"content-encoding", b"www-authenticate", ISSUE.encode())
        kept = [(k, v) for k, v in headers if k.lower() not in dropped]
        kept += [(b"content-type", b"application/fhir+json"), *self._extra]
        if status == 401:
            kept.append((b"www-authenticate", b"Bearer"))
        await _say(self._send, status, kept, json.dumps(outcome(status, issue)).encode())


async def _say(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = [(b"content-length", str(len(body)).encode())] if status != 204 else []
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})
