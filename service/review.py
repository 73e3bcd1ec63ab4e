"""What the page needs beyond a suggestion: a code's account, and the claim of the codes a person has chosen, as JSON or a file."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictStr

from corpus.catalogue import load_catalogue
from corpus.payers import load_payers, payer_named
from corpus.services import service_of_code
from models.contract import ClaimItem
from models.fhir import claim_bundle
from models.offsets import to_utf16
from models.suggester import Suggester
from models.telling import Told, told
from service.asked import Asked, Note, Said
from service.claim import claim_csv
from service.fields import CODE_MUST, Day, Must, NoteText
from service.http import RefusedError
from service.superbill import superbill_html

Offsets = Literal["codepoints", "utf16"]


class ExplainRequest(BaseModel):
    """A note and the code to account for."""

    model_config = ConfigDict(extra="forbid")

    text: NoteText
    code: Annotated[StrictStr, Field(pattern=r"^[0-9A-Z]{5}$"), CODE_MUST]
    offsets: Offsets = "codepoints"


class ChosenCode(BaseModel):
    """A code as a person wants it billed."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[StrictStr, Field(pattern=r"^[0-9A-Z]{5}$"), CODE_MUST]
    minutes: Annotated[int | None, Must("must be a whole number from 0 to 1440")] = Field(default=None, ge=0, le=1440)


class ClaimRequest(BaseModel):
    """A note and the codes chosen for it."""

    model_config = ConfigDict(extra="forbid")

    text: NoteText
    codes: Annotated[list[ChosenCode], Must("must be a list of at most 60 objects")] = Field(
        max_length=60,
        description="The codes chosen. The minutes of one that stands twice add up to one line; they are unknown where one of them is.",
    )
    payer: StrictStr = "medicare"
    date: Day = None
    offsets: Offsets = "codepoints"
    format: Literal["json", "csv", "fhir", "superbill"] = "json"


router = APIRouter(tags=["review"])


def _require(holds: bool, message: str) -> None:
    """Refuse what the façade would refuse, in a sentence that repeats nothing of what was sent."""
    if not holds:
        raise RefusedError(422, message)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@router.post("/v1/explain", summary="A code's probability taken apart, in words.", response_model=None)
async def explain(request: Request, sent: Annotated[ExplainRequest, Body()]) -> Response:
    """One account for each service the code can stand for, and the bundle they are of: not that of an answer before a switch."""

    def work(suggester: Suggester, said: Said) -> tuple[str, list[Told]]:
        found = suggester.explained(sent.text, sent.code)
        said(Note(sent.text, _sha256(sent.text), None, suggested=False), [sent.code])
        return suggester.version, [told(account, sent.text, found.segments) for account in found.accounts]

    _require(sent.code in service_of_code(), "code must be one soapcode suggests; /v1/codes lists the catalogue")
    bundle, accounts = await Asked(request.app, "explain").answered(work)
    if sent.offsets == "utf16":
        to_utf16(sent.text, accounts)
    return JSONResponse({"code": sent.code, "bundle": bundle, "accounts": accounts})


_TEXT = {"schema": {"type": "string"}}
_FORMATS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The claim, in the format asked for.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "text/csv": _TEXT,
            "application/fhir+json": {"schema": {"type": "object"}},
            "text/html": _TEXT,
        },
    }
}


@router.post(
    "/v1/claim", summary="The claim of the codes a person has chosen.", response_model=None, responses=_FORMATS
)
async def claim(request: Request, sent: Annotated[ClaimRequest, Body()]) -> Response:
    """Units, edits, gaps and tiers of the chosen codes; or the claim as CSV, FHIR R4 or a superbill to print."""
    codes = _added_up(sent.codes)

    def work(suggester: Suggester, said: Said) -> ClaimItem:
        made = suggester.revise(sent.text, codes, sent.payer, sent.date)
        said(Note(sent.text, _sha256(sent.text), sent.payer, sent.date, suggested=False), codes)
        return made

    _require(sent.payer in load_payers(), f"payer must be one of {', '.join(load_payers())}")
    _require(codes.keys() <= load_catalogue().keys(), "code must be one of the catalogue; /v1/codes lists it")
    made = await Asked(request.app, "claim").answered(work)
    if sent.format == "csv":
        return Response(claim_csv(made), media_type="text/csv; charset=utf-8")
    if sent.format == "superbill":
        return Response(superbill_html(made, payer_named(sent.payer)), media_type="text/html; charset=utf-8")
    if sent.format == "fhir":
        return Response(_fhir(made, sent), media_type="application/fhir+json")
    if sent.offsets == "utf16":
        to_utf16(sent.text, made)
    return JSONResponse(made)


def _added_up(chosen: Iterable[ChosenCode]) -> dict[str, int | None]:
    """Minutes by code; those of a code that stands twice add up, unless one of them is not known."""
    codes: dict[str, int | None] = {}
    for one in chosen:
        before = codes.get(one.code, 0)
        codes[one.code] = None if before is None or one.minutes is None else before + one.minutes
    return codes


def _fhir(made: ClaimItem, sent: ClaimRequest) -> str:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    return json.dumps(
        claim_bundle(made, payer_named(sent.payer), _sha256(sent.text), now), ensure_ascii=False, indent=1
    )
