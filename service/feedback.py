"""What people made of the suggestions: one event per decision, handed to whatever keeps them.

The store plugs in as ``app.state.feedback`` (anything with `FeedbackSink.record`); without one, the last events are held in
memory so that repeats are recognised, and lost when the process ends.
"""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from corpus.catalogue import load_catalogue
from service.fields import Code, Must
from service.http import RefusedError

Action = Literal["accept", "reject", "correct", "add", "dismiss"]
Source = Literal["page", "widget", "cds", "api"]


@dataclass(frozen=True, slots=True)
class FeedbackEvent:
    """One decision.

    Attributes
    ----------
    key : the same decision has the same key, another one has another, even where it says the same; a store keeps it once.
    source, action, code : where, what, about which code (empty for a card as a whole).
    note_sha256, bundle : of the answer it is about; empty where not known.
    units, modifiers : as decided; `replaced` the suggested code in whose place this one stands.
    reason : a coded or short reason; `comment` free text, which may name a patient: never logged.
    client : who sent it, as far as known.
    at : when; the store's own time where not given. Age goes by it, so it is never a client's.
    """

    key: str
    source: Source
    action: Action
    code: str
    note_sha256: str = ""
    bundle: str = ""
    units: int | None = None
    modifiers: tuple[str, ...] = ()
    replaced: str | None = None
    reason: str | None = None
    comment: str | None = None
    client: str = ""
    at: dt.datetime | None = None


class FeedbackSink(Protocol):
    """Keeps events."""

    def record(self, event: FeedbackEvent) -> None:
        """Keep an event, once per key."""


class MemorySink:
    """The last events of this process, without their comments."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._events: OrderedDict[str, FeedbackEvent] = OrderedDict()
        self._lock = threading.Lock()

    def record(self, event: FeedbackEvent) -> None:
        """Keep an event, once per key; the oldest goes when there are too many."""
        with self._lock:
            self._events.setdefault(event.key, event)
            while len(self._events) > self._most:
                self._events.popitem(last=False)

    @property
    def events(self) -> list[FeedbackEvent]:
        """What is held, oldest first."""
        with self._lock:
            return list(self._events.values())


Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$"), Must("must be the 64 hex digits an answer gives")]
Mark = Annotated[str, Field(pattern=r"^[0-9A-Z]{2}$")]


class FeedbackRequest(BaseModel):
    """A decision about one code of an answer."""

    model_config = ConfigDict(extra="forbid")

    note_sha256: Sha = Field(description="Of the answer it is about.")
    bundle: Annotated[str, Must("must be the version an answer gives")] = Field(
        pattern=r"^[0-9A-Za-z._-]{1,40}$", description="Of the answer it is about."
    )
    code: Code
    action: Action
    units: Annotated[StrictInt | None, Must("must be a whole number from 0 to 999")] = Field(
        default=None, ge=0, le=999
    )
    modifiers: Annotated[list[Mark], Must("must be a list of at most 4, each of two digits or capital letters")] = (
        Field(default=[], max_length=4)
    )
    replaced: Code | None = Field(
        default=None,
        description="With `correct`: the code this one replaces; without it the code stands, with other units.",
    )
    reason: Annotated[str | None, Must("must have at most 200 characters")] = Field(
        default=None,
        max_length=200,
        description="One of the coded reasons of the CDS cards; any other words are sealed where notes are kept, else dropped.",
    )
    source: Literal["page", "widget", "api"] = "api"
    decision: Annotated[str | None, Must("must be 8 to 64 letters, digits or hyphens")] = Field(
        default=None,
        pattern=r"^[0-9A-Za-z-]{8,64}$",
        description="Made up by the client for each decision and sent again with a retry, so that it is kept once.",
    )


router = APIRouter()


def _check(sent: FeedbackRequest) -> None:
    """A decision that says nothing, or two things, would be learned from."""
    catalogue = load_catalogue()
    if sent.code not in catalogue or (sent.replaced is not None and sent.replaced not in catalogue):
        raise RefusedError(422, "code and replaced must be of the catalogue; /v1/codes lists it")
    if sent.replaced is not None and sent.action != "correct":
        raise RefusedError(422, "'replaced' must be sent with 'correct' only")
    if sent.replaced == sent.code:
        raise RefusedError(422, "'replaced' must be another code")


@router.post(
    "/v1/feedback", status_code=204, summary="Accept, reject, correct or add a code.", response_class=Response
)
def feedback(request: Request, sent: Annotated[FeedbackRequest, Body()]) -> Response:
    """Keep one decision; of those on one code the last stands. A retry with the same `decision` is kept once."""
    _check(sent)
    sink: FeedbackSink = request.app.state.feedback
    told = (sent.source, sent.note_sha256, sent.bundle, sent.code, sent.action, sent.units, sent.replaced)
    key = "|".join(map(str, (*told, sent.decision or uuid.uuid4())))
    event = FeedbackEvent(
        key=key,
        source=sent.source,
        action=sent.action,
        code=sent.code,
        note_sha256=sent.note_sha256,
        bundle=sent.bundle,
        units=sent.units,
        modifiers=tuple(sent.modifiers),
        replaced=sent.replaced,
        reason=sent.reason,
        at=dt.datetime.now(dt.UTC),
    )
    sink.record(event)
    return Response(status_code=204)
