"""The routes: discovery, one service per hook, feedback.

Reading order: `cds_router` (the routes), `_Call` (one request, from checking to cards).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import re
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

from models.cds import NAMESPACE, Card, Occasion, cards_of, unreadable_card
from models.contract import Answer
from models.coverage import payer_of
from models.suggester import Suggester
from service.access import Needs
from service.asked import Asked, Note, Said
from service.cds.fhir import FhirReader
from service.cds.hooks import HOOKS, HOOKS_BY_ID, PREFIX, Hook, described
from service.cds.middleware import CdsMiddleware
from service.cds.note import UnreadableError, attachments, date_of, from_base64, latest, stands, text_of
from service.cds.resources import Found, Resource, found_in, is_of
from service.cds.settings import CdsClient, CdsSettings
from service.cds.trust import Seen, Trust, UntrustedError
from service.feedback import Action, FeedbackEvent, FeedbackSink
from service.http import is_json
from service.keys import Scope
from service.outward import Budget, UnreachableError

_LOG = logging.getLogger("soapcode.cds")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
_SEARCH = {
    "DocumentReference": "_sort=-date&_count=1",
    "Coverage": "status=active",
}
_Service = Annotated[str, Path(json_schema_extra={"enum": list(HOOKS_BY_ID)})]


def offered(card: Card) -> dict[str, str]:
    """The codes a card lets a person choose, by the identifiers of its suggestions."""
    codes = card.get("extension", {}).get(NAMESPACE, {}).get("codes", [])
    return {entry["suggestion"]: entry["code"] for entry in codes}


class Issued:
    """Which code each proposed suggestion stood for, for feedback that names only identifiers; the last ones only."""

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._held: OrderedDict[str, tuple[str, str, str]] = OrderedDict()
        self._cards: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._taken: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, card: Card, answer: Answer) -> None:
        """Remember a card and its suggestions: code, hash of the note, bundle."""
        about = (answer["note_sha256"], answer["bundle"])
        codes = offered(card)
        with self._lock:
            self._held[card["uuid"]] = ("", *about)
            self._cards[card["uuid"]] = tuple(codes)
            for name, code in codes.items():
                self._held[name] = (code, *about)
            self._forget()

    def about(self, name: str) -> tuple[str, str, str]:
        """Code, hash and bundle of an identifier; empty where it is not known any more."""
        with self._lock:
            return self._held.get(name, ("", "", ""))

    def of(self, card: str) -> tuple[str, ...]:
        """The suggestions of a card; none where it had none or is not known any more."""
        with self._lock:
            return self._cards.get(card, ())

    def take(self, card: str, names: Iterable[str]) -> tuple[str, ...]:
        """Note that suggestions of a card were accepted; those of it that never were."""
        with self._lock:
            self._taken.update(dict.fromkeys(names))
            self._forget()
            return tuple(name for name in self._cards.get(card, ()) if name not in self._taken)

    def _forget(self) -> None:
        for held in (self._held, self._cards, self._taken):
            while len(held) > self._most:
                held.popitem(last=False)


@dataclass(slots=True)
class _State:
    """What the routes share."""

    settings: CdsSettings
    trust: Trust
    issued: Issued


def cds_router(settings: CdsSettings | None = None, seen: Seen | None = None) -> APIRouter:
    """The routes. `CdsMiddleware` must be around the application, or `mount_cds` used.

    Parameters
    ----------
    settings : of this installation; without any, no signature is asked for and nothing is fetched.
    seen : where used tokens are remembered; several workers need one that they share.
    """
    settings = settings or CdsSettings()
    state = _State(settings, Trust(settings, seen), Issued())
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
        hook, client = await _entered(state, service, request, "")
        made = _Call(state, hook, client, await _object_of(request))
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
        _, client = await _entered(state, service, request, "/feedback")
        events = _events(state, await _object_of(request), service, client)
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
            (412, "The note was not sent and cannot be fetched."),
            (408, "The body took too long to arrive."),
            (413, "Too large."),
            (415, "The Content-Type is not application/json."),
            (429, "Too many requests with this key."),
            (503, "No bundle is loaded, the note took too long, too many wait, or the store does not answer."),
        )
    },
}


def _body_of(**required: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI entry of a body: what it must hold; unknown fields are tolerated, as CDS Hooks wants."""
    schema = {"type": "object", "required": list(required), "properties": required}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_SIGNED = HTTPBearer(
    scheme_name="CDS Hooks JWT",
    bearerFormat="JWT",
    auto_error=False,
    description="Signed by a client of the settings.",
)
_CALL = _body_of(
    hook={"type": "string"}, hookInstance={"type": "string", "format": "uuid"}, context={"type": "object"}
)
_FEEDBACK = _body_of(feedback={"type": "array", "items": {"type": "object"}})


async def _entered(state: _State, service: str, request: Request, tail: str) -> tuple[Hook, CdsClient | None]:
    """The service called and who calls it; 404 or 401 otherwise, 401 first so that strangers learn nothing."""
    client = None
    if state.trust.configured:
        base = f"{state.settings.public_url}{PREFIX}/{service}"
        authorization = request.headers.get("authorization")
        try:
            client = await asyncio.to_thread(state.trust.client_of, authorization, dict.fromkeys((base + tail, base)))
        except UntrustedError:
            raise HTTPException(401) from None
    hook = HOOKS_BY_ID.get(service)
    if hook is None or (client is not None and client.hooks and hook.hook not in client.hooks):
        raise HTTPException(404)
    return hook, client


async def _object_of(request: Request) -> dict[str, Any]:
    if not is_json(request):
        raise HTTPException(415)
    try:
        value = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(value, dict):
        raise HTTPException(400)
    return value


class _Call:
    """One request, from its checking to its cards."""

    def __init__(self, state: _State, hook: Hook, client: CdsClient | None, body: Mapping[str, Any]) -> None:
        self._state, self._hook, self._client = state, hook, client
        self._instance = _uuid(body.get("hookInstance"))
        self._context = _context(hook, body)
        self._patient = _plain_id(self._context["patientId"], "Patient")
        prefetch = body.get("prefetch")
        self._prefetch: Mapping[str, Any] = prefetch if isinstance(prefetch, dict) else {}
        self._budget = Budget(state.settings.fetch_seconds)
        server = body.get("fhirServer")
        self._server = server.rstrip("/") if isinstance(server, str) else ""
        self._reader = self._allowed(body)

    def _allowed(self, body: Mapping[str, Any]) -> FhirReader | None:
        """A reader of the request's FHIR server, if the settings allow it; the token goes to no other."""
        allowed = self._client.fhir_servers if self._client else self._state.settings.fhir_servers
        if self._state.trust.configured and self._client is None:
            return None
        if self._server not in allowed:
            return None
        lent = body.get("fhirAuthorization")
        token = lent.get("access_token") if isinstance(lent, dict) else None
        return FhirReader(
            self._server, token if isinstance(token, str) and _TOKEN.fullmatch(token) else None, self._budget
        )

    @property
    def user(self) -> str:
        """Whom the client names as its user."""
        return str(self._context["userId"])[:200]

    def cards(self, suggester: Suggester, said: Said) -> list[Card]:
        """The cards; none where there is no note or it supports no code."""
        document = self._document()
        if document is None:
            return []
        stated = self._payer()
        reference = document.get("id")
        occasion = Occasion(
            instance=self._instance,
            patient=f"Patient/{self._patient}",
            encounter=self._encounter(),
            document=f"DocumentReference/{reference}"
            if isinstance(reference, str) and _ID.fullmatch(reference)
            else None,
            card_url=f"{self._state.settings.public_url}/model-card" if self._state.settings.public_url else None,
            payer_known=stated is not None,
        )
        try:
            text = self._text(document)
        except UnreadableError as error:
            return [unreadable_card(occasion, error.kind, error.why)]
        if not text.strip():
            return []
        assumed = (self._client.payer if self._client else None) or self._state.settings.payer
        payer, date = stated or assumed, date_of(document)
        answer = suggester.suggest(text, payer, date)
        cards = cards_of(answer, occasion)
        choice = tuple(code for card in cards for code in offered(card).values())
        said(
            Note(text, answer["note_sha256"], payer, date, offered=choice),
            (s["code"] for s in answer["suggestions"] if s["suggested"]),
        )
        for card in cards:
            self._state.issued.keep(card, answer)
        return cards

    def _encounter(self) -> str | None:
        stated = self._context.get("encounterId")
        return f"Encounter/{_plain_id(stated, 'Encounter')}" if isinstance(stated, str) and stated else None

    def _is_own(self, resource: Resource, field: str = "subject") -> bool:
        return is_of(resource, self._patient, field, self._server)

    def _document(self) -> Resource | None:
        if self._hook.note_in_context:
            note = self._context["note"]
            if not isinstance(note, dict) or note.get("resourceType") != "DocumentReference":
                raise HTTPException(400)
            if not self._is_own(note):
                raise HTTPException(412)
            return note if stands(note) else None
        found = self._resources("note", "DocumentReference")
        if found is None or not self._is_own(self._prefetched_patient()):
            raise HTTPException(412)
        own = tuple(d for d in found if self._is_own(d))
        if found and not own:
            raise HTTPException(412)
        return latest(own)

    def _prefetched_patient(self) -> Resource:
        found = found_in(self._prefetch, "patient", "Patient")
        return found.resources[0] if found.resources else {}

    def _resources(self, key: str, kind: str) -> tuple[Resource, ...] | None:
        """What prefetch holds, else what the FHIR server has; ``None`` where neither can tell."""
        found = found_in(self._prefetch, key, kind)
        if found.state in ("found", "none"):
            return found.resources
        if self._reader is None:
            return None
        try:
            return self._fetched(self._reader, found, kind).resources
        except UnreachableError:
            _LOG.info("a FHIR server did not give %s", kind)
            return None

    def _fetched(self, reader: FhirReader, found: Found, kind: str) -> Found:
        if found.state == "more" and found.next is not None:
            return reader.follow(found.next, kind)
        return reader.search(kind, self._patient, _SEARCH[kind])

    def _payer(self) -> str | None:
        """The payer of the patient's coverage, where one is known."""
        found = self._resources("coverage", "Coverage") or ()
        return payer_of([c for c in found if self._is_own(c, "beneficiary")])

    def _text(self, document: Resource) -> str:
        """The note's text: of the attachment that reads best.

        Raises
        ------
        UnreadableError
            When no attachment is in a format that is read.
        """
        held = attachments(document)
        if not held:
            return ""
        failed: UnreadableError | None = None
        unreached = False
        for attachment in held:
            try:
                return text_of(*self._bytes(attachment))
            except UnreadableError as error:
                failed = failed or error
            except UnreachableError:
                unreached = True
        if unreached or failed is None:
            raise HTTPException(412)
        raise failed

    def _bytes(self, attachment: Resource) -> tuple[bytes, str]:
        kind = attachment.get("contentType")
        kind = kind if isinstance(kind, str) else ""
        if attachment.get("data"):
            return from_base64(attachment["data"], kind), kind
        if self._reader is None or not isinstance(attachment.get("url"), str):
            raise UnreachableError("the attachment cannot be fetched")
        return self._reader.attachment(attachment["url"], kind)


def _uuid(value: Any) -> str:
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise HTTPException(400) from None


def _context(hook: Hook, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The context, with all that the hook must carry."""
    context = body.get("context")
    if body.get("hook") != hook.hook or not isinstance(context, dict):
        raise HTTPException(400)
    for name in hook.context:
        value = context.get(name)
        if not value or not isinstance(value, str if name.endswith("Id") else dict):
            raise HTTPException(400)
    return context


def _plain_id(value: str, kind: str) -> str:
    """A FHIR id; clients that send ``Patient/7`` mean 7."""
    found = value.removeprefix(f"{kind}/")
    if not _ID.fullmatch(found):
        raise HTTPException(400)
    return found


def _events(state: _State, body: Mapping[str, Any], service: str, client: CdsClient | None) -> list[FeedbackEvent]:
    """One event for each accepted suggestion, and one for each card that was overridden."""
    sent = body.get("feedback")
    if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
        raise HTTPException(400)
    events: list[FeedbackEvent] = []
    for one in sorted(sent, key=lambda one: _instant(one.get("outcomeTimestamp"))):
        events += _events_of(state, one, service, client.iss if client else "")
    return events


def _events_of(state: _State, one: Mapping[str, Any], service: str, who: str) -> list[FeedbackEvent]:
    """What one outcome says of each code of its card. An override speaks of all of them; of a card that was accepted, those
    never accepted are dismissed. Their time is the store's own: what the client says of it orders one request and no more.
    """
    card, outcome = one.get("card"), one.get("outcome")
    if not isinstance(card, str) or outcome not in ("accepted", "overridden"):
        raise HTTPException(400)
    at = _instant(one.get("outcomeTimestamp")).isoformat()
    accepted = outcome == "accepted"
    given = one.get("acceptedSuggestions", []) if accepted else [{"id": n} for n in state.issued.of(card) or (card,)]
    if not isinstance(given, list) or (accepted and not given):
        raise HTTPException(400)
    names = [entry.get("id") if isinstance(entry, dict) else None for entry in given]
    if not all(isinstance(name, str) and len(name) <= 100 for name in names) or len(card) > 100:
        raise HTTPException(400)
    reason, comment = _override(one.get("overrideReason"))
    said: list[tuple[str, Action]] = [(str(name), "accept" if accepted else "reject") for name in names]
    if accepted:
        said += [(name, "dismiss") for name in state.issued.take(card, [name for name, _ in said])]
    events = []
    for name, action in said:
        code, sha, bundle = state.issued.about(name)
        events.append(
            FeedbackEvent(
                key="|".join(
                    ("cds", who, service, card, str(outcome), *(["left"] if action == "dismiss" else []), name, at)
                ),
                source="cds",
                action=action,
                code=code,
                note_sha256=sha,
                bundle=bundle,
                reason=reason,
                comment=comment,
                client=who,
            )
        )
    return events


def _override(value: Any) -> tuple[str | None, str | None]:
    """Coded reason and free comment of an override; 2.0.1 has a Coding, older clients a bare code."""
    if not isinstance(value, dict):
        return None, None
    reason, comment = value.get("reason"), value.get("userComment")
    code = reason.get("code") if isinstance(reason, dict) else reason
    return (code[:100] if isinstance(code, str) else None, comment[:2000] if isinstance(comment, str) else None)


def _instant(value: Any) -> dt.datetime:
    """A moment in UTC, also where the zone pushes it out of the calendar's years: then it is none."""
    try:
        at = dt.datetime.fromisoformat(value)
        return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
    except (ValueError, TypeError, OverflowError):
        raise HTTPException(400) from None
