"""What all routes share: security headers, errors as one sentence, and their place in the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_json

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class ErrorBody(BaseModel):
    """What went wrong, in one sentence."""

    message: str


class ErrorResponse(BaseModel):
    """An error."""

    error: ErrorBody


class RefusedError(Exception):
    """A request that is refused: its status, one sentence, and headers."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


def is_json(request: Request) -> bool:
    """Whether a request says its body is ``application/json``, with or without parameters.

    Any page in a browser may send ``text/plain``, a form or a body of no stated type to any address without being asked; JSON it may
    not.
    """
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def json_only(request: Request) -> None:
    """Let only a request pass that `is_json`.

    Raises
    ------
    RefusedError
        415 otherwise.
    """
    if not is_json(request):
        raise RefusedError(415, "the Content-Type must be application/json")


def as_json(answer: Any) -> bytes:
    """An answer as JSON in UTF-8; what UTF-8 cannot hold (half a surrogate pair) becomes a question mark.

    Examples
    --------
    >>> as_json({"a": [0.5, None]}), as_json(chr(0xD800))
    (b'{"a":[0.5,null]}', b'"?"')
    """
    try:
        return to_json(answer)
    except (PydanticSerializationError, UnicodeEncodeError):
        return json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")


def error(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error as a response."""
    return JSONResponse({"error": {"message": message}}, status_code=status, headers={**HEADERS, **(headers or {})})


def documented(**said: str) -> dict[int | str, dict[str, Any]]:
    """Error responses for a route's OpenAPI entry: ``documented(s413="Body over the limit.")``."""
    return {int(name[1:]): {"model": ErrorResponse, "description": text} for name, text in said.items()}


GUARDED = documented(
    s401="No key, or one that is unknown or revoked.",
    s403="The key lacks the scope.",
    s429="Too many requests with this key; Retry-After says when to come back.",
)
BODY = documented(
    s400="Not UTF-8 or not JSON.",
    s408="The body took too long to arrive.",
    s413="Body over the limit.",
    s415="The Content-Type is not application/json.",
    s422="A field is missing, unknown or of the wrong type.",
)
