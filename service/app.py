"""The HTTP service: thin. It validates, calls the façade, and renders.

No note text is logged, echoed in an error or kept: errors say where and what kind, never what was got.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from fastapi import Body, Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictStr
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException

from corpus.catalogue import load_catalogue
from corpus.coverage import load_coverage
from corpus.payers import load_payers
from models.offsets import to_utf16
from models.suggester import Suggester
from service import feedback, model_card, operations, review
from service.access import Access, Needs
from service.asked import Asked, Note, Said
from service.cds.router import mount_cds
from service.cds.settings import CdsSettings, cds_settings
from service.fields import Day, Must, NoteText, must_of
from service.frame import BodyGuard, Frame, route_of
from service.http import BODY, GUARDED, RefusedError, as_json, documented
from service.http import error as _error
from service.metrics import CountedFeedback, Metrics
from service.reading import Readers
from service.settings import Settings, load_settings
from service.store.store import Store
from service.switch import Switch

_log = logging.getLogger("soapcode.service")
STATIC = Path(__file__).parent / "static"
WIDGET = Path(__file__).parent / "widget"

_EXAMPLE: dict[str, JsonValue] = {
    "text": "S: knee feels better. O: Treadmill 8 min for endurance. Effleurage to calf 10 min. P: stepping over objects next visit.",
    "payer": "medicare",
}


class SuggestRequest(BaseModel):
    """A note and how to read it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    text: NoteText = Field(description="The note, as written.")
    payer: StrictStr = Field(default="medicare", description="One of the payer profiles.")
    date: Day = Field(default=None, description="Date of service.")
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


class PayerEntry(BaseModel):
    """A payer profile: the name requests give it, and the name people know."""

    id: str
    name: str


class PayersResponse(BaseModel):
    """The payers known here, those of the installation's own file last."""

    payers: list[PayerEntry]


_KINDS = {
    "missing": "is missing",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "extra_forbidden": "is not a known field",
    "json_invalid": "must be JSON",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
}
_BODIES: dict[str, type[BaseModel]] = {
    "/v1/suggest": SuggestRequest,
    "/v1/explain": review.ExplainRequest,
    "/v1/claim": review.ClaimRequest,
    "/v1/feedback": feedback.FeedbackRequest,
}
_NEEDS = {path: Needs("feedback" if path == "/v1/feedback" else "suggest", json=True) for path in _BODIES}
User = Annotated[
    str | None,
    Header(alias="X-Soapcode-User", max_length=200, description="Who asks; kept as a keyed hash only."),
    Must("must have at most 200 characters"),
]
Source = Annotated[
    str,
    Header(alias="X-Soapcode-Source", max_length=20, description="`page` or `widget`; anything else is `api`."),
    Must("must have at most 20 characters"),
]
_PARAMETERS = {
    "last": must_of(operations.Last),
    "X-Soapcode-User": must_of(User),
    "X-Soapcode-Source": must_of(Source),
}


def _validation_message(error: RequestValidationError, path: str) -> str:
    """One sentence with place and kind; never a value, nor a name the client chose."""
    first = error.errors()[0]
    kind = first["type"]
    where, must, model = _place(first["loc"], _BODIES.get(path))
    if kind == "extra_forbidden" and model is not None:
        allowed = ", ".join(sorted(model.model_fields))
        return f"{where} may hold only {allowed}" if where else f"only {allowed} may be sent"
    if kind == "literal_error":
        return f"{where or 'the body'} must be {first['ctx']['expected']}"
    return f"{where or 'the body'} {_KINDS.get(kind) or must or 'is not valid'}"


def _place(loc: Sequence[int | str], model: type[BaseModel] | None) -> tuple[str, str | None, type[BaseModel] | None]:
    """A place in a request in words, by names of our own only; what must hold of the last field on the way; the model whose fields may stand there."""
    where: str = ""
    must: str | None = None
    for part in loc:
        if isinstance(part, int) and where:
            where = f"an entry of {where}" if model is not None else where
        elif model is not None and part in model.model_fields:
            field = model.model_fields[str(part)]
            where, must = f"'{part}' of {where}" if where else f"'{part}'", must_of(field)
            model = _entry_of(field.annotation)
        elif part in _PARAMETERS:
            where, must = f"'{part}'", _PARAMETERS[str(part)]
    return where, must, model


def _entry_of(annotation: Any) -> type[BaseModel] | None:
    """The model a list holds, if it holds one."""
    held = [one for one in get_args(annotation) if isinstance(one, type) and issubclass(one, BaseModel)]
    return held[0] if held else None


def create_app(
    suggester: Suggester | None = None,
    settings: Settings | None = None,
    store: Store | None = None,
    *,
    cds: CdsSettings | None = None,
    watch: bool = False,
) -> FastAPI:
    """The application.

    Parameters
    ----------
    suggester : what answers; ``None`` means not ready, `/readyz` says so and suggestions give 503.
    settings : of the installation; those of the environment by default.
    store : where keys are found and audit rows and feedback go; nothing is kept without one.
    cds : the CDS Hooks part of the settings; the file the settings name, by default.
    watch : whether to take over a new bundle when there is one.

    Raises
    ------
    corpus.errors.CorpusError
        Naming file and line, when this installation's own payers or coverages break a rule.
    """
    load_payers()
    load_coverage()
    settings = settings or load_settings()
    app = FastAPI(
        title="soapcode",
        version="1",
        summary="Which billing codes a physical-therapy note supports, and why. Notes stay on this machine.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would send the note again, and behind a proxy without TLS
        lifespan=_lifespan(watch),
    )
    metrics = Metrics()
    app.state.suggester = suggester
    app.state.settings = settings
    app.state.store = store
    app.state.metrics = metrics
    app.state.probe = operations.Probe(store)
    app.state.store_trouble = operations.StoreTrouble(metrics)
    app.state.access = Access(settings, store)
    app.state.feedback = CountedFeedback(store or feedback.MemorySink(), metrics)
    app.state.readers = Readers(settings.threads, settings.waiting, settings.suggest_seconds)
    app.state.switch = _switch(app)
    app.add_middleware(BodyGuard, limit=settings.body_kib * 1024, seconds=settings.body_seconds)
    app.add_middleware(Frame, metrics=metrics, hosts=settings.allowed_hosts)
    _handlers(app)
    _routes(app)
    app.include_router(
        feedback.router,
        dependencies=[Depends(_NEEDS["/v1/feedback"])],
        responses={**GUARDED, **BODY, **operations.UNKEPT},
    )
    app.include_router(review.router, dependencies=[Depends(_NEEDS["/v1/claim"])], responses=_ERRORS)
    app.include_router(operations.router)
    app.include_router(model_card.router)
    mount_cds(app, cds or cds_settings(settings), store, hooks=settings.workers == 1)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.mount("/widget", StaticFiles(directory=WIDGET), name="widget")
    return app


def _switch(app: FastAPI) -> Switch:
    held: Suggester | None = app.state.suggester
    metrics: Metrics = app.state.metrics
    if held is not None:
        metrics.use(held.version)

    def put(new: Suggester) -> None:
        before: Suggester | None = app.state.suggester
        app.state.suggester = new
        metrics.use(new.version, before.version if before else None)

    return Switch(
        put,
        held.version if held else None,
        app.state.settings.bundle_seconds,
        counted=lambda outcome: metrics.switches.labels(outcome).inc(),
    )


def _lifespan(watch: bool) -> Any:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        keeper = operations.Housekeeping(app.state.store, app.state.settings)
        if watch:
            app.state.switch.start()
            keeper.start()
            _say_start(app)
        yield
        app.state.switch.stop()
        keeper.stop()
        if watch:
            _log.info("stopped")

    return lifespan


def _say_start(app: FastAPI) -> None:
    held: Suggester | None = app.state.suggester
    settings: Settings = app.state.settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    _log.info("started", extra={"address": f"{host}:{settings.port}", "bundle": held.version if held else None})


def _handlers(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        path = route_of(request.scope)
        if error.errors()[0]["type"] != "json_invalid":
            return _error(422, _validation_message(error, path))
        if path in _NEEDS:  # a body that is no JSON is found before the key is looked at
            try:
                await _NEEDS[path](request)
            except RefusedError as refusal:
                return await refused(request, refusal)
        return _error(400, _validation_message(error, path))

    @app.exception_handler(StarletteHTTPException)
    async def http_error(_request: Request, error: StarletteHTTPException) -> JSONResponse:
        messages = {404: "there is nothing at this address", 405: "this address does not take that method"}
        return _error(error.status_code, messages.get(error.status_code, str(error.detail)), error.headers)

    @app.exception_handler(RefusedError)
    async def refused(_request: Request, error: RefusedError) -> JSONResponse:
        return _error(error.status, error.message, error.headers)

    @app.exception_handler(SQLAlchemyError)
    async def unkept(_request: Request, cause: SQLAlchemyError) -> JSONResponse:
        app.state.store_trouble.failed(cause)
        return _error(503, "the store does not answer", {"Retry-After": "5"})


_ERRORS = {
    **BODY,
    **GUARDED,
    **documented(s503="No bundle is loaded, the note took too long, too many wait, or the store does not answer."),
}


def _routes(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.get("/favicon.ico", include_in_schema=False)
    async def favicon() -> Response:
        return Response(status_code=204)

    @app.get("/v1/codes", summary="The code catalogue.", response_model=CodesResponse)
    async def codes() -> CodesResponse:
        return CodesResponse(codes=[CodeEntry.model_validate(entry) for entry in _entries()])

    @app.get("/v1/payers", summary="The payers known here.", response_model=PayersResponse)
    async def payers() -> PayersResponse:
        return PayersResponse(payers=[PayerEntry(id=p.id, name=p.name) for p in load_payers().values()])

    @app.post(
        "/v1/suggest",
        summary="Which codes a note supports, ranked, with evidence.",
        responses={200: {"content": {"application/json": {"example": _answer_example()}}}, **_ERRORS},
        dependencies=[Depends(_NEEDS["/v1/suggest"])],
    )
    async def suggest(
        sent: Annotated[SuggestRequest, Body()],
        user: User = None,
        source: Source = "api",
    ) -> Response:
        if not sent.text.strip():
            return _error(422, "'text' must not be empty")
        if sent.payer not in load_payers():
            return _error(422, f"'payer' must be one of {', '.join(load_payers())}")
        work = functools.partial(_suggested, app, sent)
        return Response(
            await Asked(app, source if source in ("page", "widget") else "api", user).answered(work),
            media_type="application/json",
        )


def _suggested(app: FastAPI, sent: SuggestRequest, suggester: Suggester, said: Said) -> bytes:
    """The answer as JSON, once its audit row is kept."""
    answer = suggester.suggest(sent.text, sent.payer, sent.date)
    codes = [item["code"] for item in answer["suggestions"] if item["suggested"]]
    said(Note(sent.text, answer["note_sha256"], sent.payer, sent.date), codes)
    metrics: Metrics = app.state.metrics
    for code in codes:
        metrics.codes.labels(code).inc()
    if sent.offsets == "utf16":
        to_utf16(sent.text, answer)
    return as_json(answer)


def _entries() -> list[dict[str, Any]]:
    keys = set(CodeEntry.model_fields)
    return [entry.model_dump(mode="json", include=keys) for entry in load_catalogue().values()]


def _answer_example() -> dict[str, Any]:
    path = Path(__file__).parent / "example_answer.json"
    example: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return example
