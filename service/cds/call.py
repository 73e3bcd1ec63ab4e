"""One call, from its checking to its cards."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import HTTPException

from models.cds import Card, Occasion, cards_of, unreadable_card
from models.coverage import payer_of
from models.suggester import Suggester
from models.visit_days import day_stated, days_told
from nlp.text import flatten
from service.asked import Note, Said
from service.cds.fhir import FhirReader
from service.cds.hooks import Hook
from service.cds.note import UnreadableError, attachments, date_of, from_base64, latest, stands, text_of
from service.cds.outcome import ANOTHER_PATIENT
from service.cds.request import FHIR_ID, context_of, plain_id, prefetch_of, uuid_of
from service.cds.resources import Found, Resource, found_in, is_of
from service.cds.settings import CdsClient
from service.cds.state import State, offered
from service.outward import Budget, UnreachableError

_LOG = logging.getLogger("soapcode.cds")
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
_SEARCH = {
    "DocumentReference": "_sort=-date&_count=1",
    "Coverage": "status=active",
}


class Call:
    """One request, from its checking to its cards."""

    def __init__(self, state: State, hook: Hook, client: CdsClient | None, body: Mapping[str, Any]) -> None:
        self._state, self._hook, self._client = state, hook, client
        self._instance = uuid_of(body.get("hookInstance"))
        self._context = context_of(hook, body)
        self._patient = plain_id(self._context["patientId"], "Patient")
        self._prefetch = prefetch_of(body)
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
            if isinstance(reference, str) and FHIR_ID.fullmatch(reference)
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
        payer = stated or assumed
        answer = suggester.suggest(text, payer, _day_of(document, text, self._state.settings.time_zone))
        claimed = answer["claim"]["date"]
        date = dt.date.fromisoformat(claimed) if claimed else None
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
        return f"Encounter/{plain_id(stated, 'Encounter')}" if isinstance(stated, str) and stated else None

    def _is_own(self, resource: Resource, field: str = "subject") -> bool:
        return is_of(resource, self._patient, field, self._server)

    def _document(self) -> Resource | None:
        if self._hook.note_in_context:
            note = self._context["note"]
            if not isinstance(note, dict) or note.get("resourceType") != "DocumentReference":
                raise HTTPException(400)
            if not self._is_own(note):
                raise HTTPException(412, headers=ANOTHER_PATIENT)
            return note if stands(note) else None
        found = self._resources("note", "DocumentReference")
        if found is None:
            raise HTTPException(412)
        own = tuple(d for d in found if self._is_own(d))
        if not self._is_own(self._prefetched_patient()) or (found and not own):
            raise HTTPException(412, headers=ANOTHER_PATIENT)
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


def _day_of(document: Resource, text: str, zone: ZoneInfo | None) -> dt.date | None:
    """Day of service as the document tells it; none where its text states one and only the day it was made speaks against that.

    The documented period says when the service was. The document's own date says when it was written down, perhaps a day later and
    in another zone, so that what the note itself names goes before it.
    """
    period = date_of({"context": document.get("context")}, zone)
    written = None if period else date_of(document, zone)
    if written is None:
        return period
    flat = flatten(text)
    doubted = days_told(flat, written) != days_told(flat)
    return None if doubted or day_stated(flat)[0] is not None else written
