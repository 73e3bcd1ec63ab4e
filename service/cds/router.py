"""The routes: discovery, one service per hook, feedback."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

from service.access import Needs
from service.asked import Asked
from service.cds.call import Call
from service.cds.feedback import feedback_events
from service.cds.hooks import HOOKS, HOOKS_BY_ID, PREFIX, described
from service.cds.middleware import CdsMiddleware
from service.cds.request import entered, object_of
from service.cds.settings import CdsSettings
from service.cds.state import Issued, State
from service.cds.trust import Seen, Trust
from service.feedback import FeedbackSink
from service.keys import Scope

_Service = Annotated[str, Path(json_schema_extra={"enum": list(HOOKS_BY_ID)})]


def cds_router(settings: CdsSettings | None = None, seen: Seen | None = None) -> APIRouter:
    """The routes. `CdsMiddleware` must be around the application, or `mount_cds` used.

    Parameters
    ----------
    settings : of this installation; without any, no signature is asked for and nothing is fetched.
    seen : where used tokens are remembered; several workers need one that they share.
    """
    settings = settings or CdsSettings()
    state = State(settings, Trust(settings, seen), Issued())
    router = APIRouter(prefix=PREFIX, tags=["CDS Hooks"])

    @router.get("", summary="CDS Hooks discovery: one service per hook.", response_model=None)
    async def discovery() -> dict[str, Any]:
        return {"services": [described(hook) for hook in HOOKS]}

    def guarded(scope: Scope) -> list[Any]:
        """A signature, where clients are known; else a key, as at every other address."""
        return [Depends(_SIGNED if state.trust.configured else Needs(scope))]

    @router.post(
        "/{service}",
        summary="CDS Hooks call.",
        responses=_RESPONSES,
        openapi_extra=_CALL,
        response_model=None,
        dependencies=guarded("suggest"),
    )
    async def call(service: _Service, request: Request) -> Response:
        hook, client = await entered(state, service, request, "")
        made = Call(state, hook, client, await object_of(request))
        asked = Asked(request.app, "cds", made.user, client.iss if client else None)
        return JSONResponse({"cards": await asked.answered(made.cards)})

    @router.post(
        "/{service}/feedback",
        summary="CDS Hooks feedback.",
        responses=_RESPONSES,
        openapi_extra=_FEEDBACK,
        response_class=Response,
        response_model=None,
        dependencies=guarded("feedback"),
    )
    async def feedback(service: _Service, request: Request) -> Response:
        _, client = await entered(state, service, request, "/feedback")
        events = feedback_events(state, await object_of(request), service, client)
        sink: FeedbackSink = request.app.state.feedback
        for event in events:
            await asyncio.to_thread(sink.record, event)
        return Response(status_code=200)

    return router


def mount_cds(
    app: FastAPI, settings: CdsSettings | None = None, seen: Seen | None = None, *, hooks: bool = True
) -> None:
    """Add routes and middleware to an application; call it after every other middleware was added.

    Parameters
    ----------
    app, settings, seen : as for `cds_router`.
    hooks : whether there are routes; not where several processes answer, as each remembers by itself which card stood for which code.
    """
    settings = settings or CdsSettings()
    if hooks:
        app.include_router(cds_router(settings, seen))
    app.add_middleware(CdsMiddleware, origins=settings.origins)


_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "Done."},
    **{
        status: {"description": said, "content": {"application/fhir+json": {"schema": {"type": "object"}}}}
        for status, said in (
            (400, "Not a CDS Hooks request."),
            (401, "Not signed by a known client, or no valid key."),
            (403, "The key lacks the scope."),
            (404, "No such service."),
            (412, "The note was not sent and cannot be fetched, or is of another patient."),
            (408, "The body took too long to arrive."),
            (413, "Too large."),
            (415, "The Content-Type is not application/json."),
            (429, "Too many requests with this key."),
            (503, "No bundle is loaded, the note took too long, too many wait, or the store does not answer."),
        )
    },
}


def _body_of(example: dict[str, Any], **required: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI entry of a body: what it must hold; unknown fields are tolerated, as CDS Hooks wants."""
    schema = {"type": "object", "required": list(required), "properties": required}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


_INSTANCE = "7c2f1d0e-6f43-4e9a-9a53-0f5b9d1c2a11"
_EXAMPLE: dict[str, Any] = {
    "hook": "patient-view",
    "hookInstance": _INSTANCE,
    "context": {"userId": "Practitioner/1", "patientId": "p1"},
    "prefetch": {
        "note": {
            "resourceType": "DocumentReference",
            "status": "current",
            "subject": {"reference": "Patient/p1"},
            "content": [
                {"attachment": {"contentType": "text/plain", "data": "TzogRWZmbGV1cmFnZSB0byBjYWxmIDE1IG1pbg=="}}
            ],
        }
    },
}
_OUTCOME: dict[str, Any] = {
    "feedback": [{"card": _INSTANCE, "outcome": "overridden", "outcomeTimestamp": "2026-11-02T10:00:00Z"}]
}


_SIGNED = HTTPBearer(
    scheme_name="CDS Hooks JWT",
    bearerFormat="JWT",
    auto_error=False,
    description="Signed by a client of the settings.",
)
_CALL = _body_of(
    _EXAMPLE, hook={"type": "string"}, hookInstance={"type": "string", "format": "uuid"}, context={"type": "object"}
)
_FEEDBACK = _body_of(_OUTCOME, feedback={"type": "array", "items": {"type": "object"}})
