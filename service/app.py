"""The HTTP service: thin. It validates, calls the façade, and renders.

No note text is logged, echoed in an error or kept: errors say where and what kind, never what was got.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictStr
from starlette.exceptions import HTTPException as StarletteHTTPException

from corpus.catalogue import load_catalogue
from corpus.payers import load_payers
from models.contract import Answer
from models.suggester import Suggester
from service import feedback, review
from service.cds import mount_cds
from service.cds_settings import CdsSettings

MAX_BODY = 256 * 1024
STATIC = Path(__file__).parent / "static"
WIDGET = Path(__file__).parent / "widget"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_EXAMPLE: dict[str, JsonValue] = {
    "text": "S: knee feels better. O: Treadmill 8 min for endurance. Effleurage to calf 10 min. P: stepping over objects next visit.",
    "payer": "medicare",
}


class SuggestRequest(BaseModel):
    """A note and how to read it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    text: StrictStr = Field(min_length=1, description="The note, as written.")
    payer: StrictStr = Field(default="medicare", description="One of the payer profiles.")
    date: dt.date | None = Field(default=None, description="Date of service.")
    offsets: Literal["codepoints", "utf16"] = Field(
        default="codepoints", description="What `start` and `end` of the answer count."
    )


class CodeEntry(BaseModel):
    """A code of the catalogue."""

    code: str
    name: str
    description: str
    role: str
    timed: bool
    unit_minutes: int | None
    disciplines: list[str]
    daily_max: int | None
    payer_twin: str | None
    alternates: list[str]


class CodesResponse(BaseModel):
    """The catalogue."""

    codes: list[CodeEntry]


class ErrorBody(BaseModel):
    """What went wrong, in one sentence."""

    message: str


class ErrorResponse(BaseModel):
    """An error."""

    error: ErrorBody


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": {"message": message}}, status_code=status, headers=_HEADERS)


_KINDS = {
    "missing": "is missing",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "extra_forbidden": "is not a known field",
    "literal_error": "is not one of the values allowed",
    "json_invalid": "must be JSON",
    "date_from_datetime_parsing": "must be a date like 2026-11-02",
    "date_parsing": "must be a date like 2026-11-02",
    "date_type": "must be a date like 2026-11-02",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
}
_BODIES: dict[str, type[BaseModel]] = {
    "/v1/suggest": SuggestRequest,
    "/v1/explain": review.ExplainRequest,
    "/v1/claim": review.ClaimRequest,
    "/v1/feedback": feedback.FeedbackRequest,
}


def _validation_message(path: str, error: RequestValidationError) -> str:
    """One sentence with place and kind; never a value, nor a name the client chose."""
    first = error.errors()[0]
    fields = _BODIES[path].model_fields if path in _BODIES else {}
    if first["type"] == "extra_forbidden" and len(first["loc"]) == 2:
        return f"only {', '.join(sorted(fields))} may be sent"
    place = [str(p) for p in first["loc"] if str(p) in fields]
    return f"{repr(place[0]) if place else 'the body'} {_KINDS.get(first['type'], 'is not valid')}"


class BodyGuard:
    """Refuses bodies that are too large or not UTF-8 before anything reads them."""

    def __init__(self, app: Callable[..., Awaitable[None]], limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Any
    ) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self.app(scope, receive, send)
            return
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message.get("body", b""))
            if size > self.limit:
                refusal = _error(413, f"the body must be at most {self.limit // 1024} KiB")
                await refusal(scope, receive, send)
                return
            chunks.append(message.get("body", b""))
            if not message.get("more_body"):
                break
        body = b"".join(chunks)
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            await _error(400, "the body must be UTF-8")(scope, receive, send)
            return
        sent = False

        async def replay() -> dict[str, Any]:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)


def utf16_offsets(text: str, answer: Answer) -> Answer:
    """The answer with ``start`` and ``end`` counted in UTF-16 units, as JavaScript counts.

    Examples
    --------
    >>> answer = {"suggestions": [], "interventions": [{"start": 1, "end": 2}], "claim": {"gaps": [], "tiers": []}}
    >>> utf16_offsets("\U0001f600a", answer)["interventions"][0]["start"]
    2
    """
    if all(ord(char) < 0x10000 for char in text):
        return answer
    units = [0]
    for char in text:
        units.append(units[-1] + (2 if ord(char) >= 0x10000 else 1))
    groups: list[Any] = [answer["interventions"]]
    for item in answer["suggestions"]:
        groups += [item["evidence"], item["against"]]
    groups += [gap["rests_on"] for gap in answer["claim"]["gaps"]]
    groups += [part["rests_on"] for tier in answer["claim"]["tiers"] for part in tier["components"]]
    for group in groups:
        for span in group:
            span["start"], span["end"] = units[span["start"]], units[span["end"]]
    return answer


def create_app(suggester: Suggester | None = None, cds: CdsSettings | None = None) -> FastAPI:
    """The application.

    Parameters
    ----------
    suggester : what answers; ``None`` means not ready, `/readyz` says so and suggestions give 503.
    cds : the CDS Hooks part of the settings.
    """
    app = FastAPI(
        title="soapcode",
        version="1",
        summary="Which billing codes a physical-therapy note supports, and why. Notes stay on this machine.",
        docs_url=None,
        redoc_url=None,
    )
    app.state.suggester = suggester
    app.state.feedback = feedback.MemorySink()
    app.add_middleware(BodyGuard, limit=MAX_BODY)
    _handlers(app)
    _routes(app)
    app.include_router(feedback.router)
    app.include_router(review.router)
    mount_cds(app, cds)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.mount("/widget", StaticFiles(directory=WIDGET), name="widget")
    return app


def _handlers(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        kind = error.errors()[0]["type"]
        return _error(400 if kind == "json_invalid" else 422, _validation_message(request.url.path, error))

    @app.exception_handler(StarletteHTTPException)
    async def refused(_request: Request, error: StarletteHTTPException) -> JSONResponse:
        messages = {404: "there is nothing at this address", 405: "this address does not take that method"}
        return _error(error.status_code, messages.get(error.status_code, str(error.detail)))

    @app.exception_handler(Exception)
    async def failed(_request: Request, _cause: Exception) -> JSONResponse:
        return _error(500, "soapcode failed on this request; the note was not kept")

    @app.middleware("http")
    async def headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response


_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorResponse, "description": "Not UTF-8 or not JSON."},
    413: {"model": ErrorResponse, "description": "Body over 256 KiB."},
    422: {"model": ErrorResponse, "description": "A field is missing, unknown or of the wrong type."},
    503: {"model": ErrorResponse, "description": "No bundle is loaded yet."},
}


def _routes(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.get("/favicon.ico", include_in_schema=False)
    async def favicon() -> Response:
        return Response(status_code=204)

    @app.get("/healthz", summary="The process answers.")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", summary="A bundle is loaded.", responses={503: _ERRORS[503]})
    async def readyz() -> JSONResponse:
        held: Suggester | None = app.state.suggester
        if held is None:
            return _error(503, "no bundle is loaded yet")
        return JSONResponse({"status": "ready", "bundle": held.version})

    @app.get("/v1/codes", summary="The code catalogue.", response_model=CodesResponse)
    async def codes() -> CodesResponse:
        return CodesResponse(codes=[CodeEntry.model_validate(entry) for entry in _entries()])

    @app.post(
        "/v1/suggest",
        summary="Which codes a note supports, ranked, with evidence.",
        responses={200: {"content": {"application/json": {"example": _answer_example()}}}, **_ERRORS},
    )
    async def suggest(request: Annotated[SuggestRequest, Body()]) -> Response:
        held: Suggester | None = app.state.suggester
        if held is None:
            return _error(503, "no bundle is loaded yet")
        if not request.text.strip():
            return _error(422, "'text' must not be empty")
        if request.payer not in load_payers():
            return _error(422, f"'payer' must be one of {', '.join(load_payers())}")
        answer = await asyncio.to_thread(held.suggest, request.text, request.payer, request.date)
        if request.offsets == "utf16":
            answer = utf16_offsets(request.text, answer)
        return Response(
            json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"), media_type="application/json"
        )


def _entries() -> list[dict[str, Any]]:
    keys = set(CodeEntry.model_fields)
    return [entry.model_dump(mode="json", include=keys) for entry in load_catalogue().values()]


def _answer_example() -> dict[str, Any]:
    path = Path(__file__).parent / "example_answer.json"
    example: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return example
