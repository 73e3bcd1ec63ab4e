"""A claim as FHIR R4: one ``Bundle`` with a draft ``Claim`` and a ``ChargeItem`` for each line, as plain dicts.

What a note cannot tell (patient, provider, coverage) is marked absent by HL7's own extension unless the caller gives
it. Nothing of the note's text goes in. Sources: HL7 FHIR R4 (4.0.1 and 4.3.0, where both resources are alike),
Claim, ChargeItem, Bundle, and the data-absent-reason extension.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

from corpus.payers import Payer
from models.claim.lines import Claim, ClaimLine, is_billable
from models.wording import minutes_in_words

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_TERMS = "http://terminology.hl7.org/CodeSystem"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_SPACE = uuid.UUID("6f1d3c1e-6c0b-5c5f-9a55-0d6f1f0e7b11")

Resource = dict[str, Any]


def claim_bundle(
    claim: Claim,
    payer: Payer,
    key: str,
    created: dt.datetime,
    *,
    patient: str | None = None,
    provider: str | None = None,
    coverage: str | None = None,
) -> Resource:
    """A claim as a FHIR bundle of type ``collection``.

    Parameters
    ----------
    claim : its lines with known units above 0 that are not bundled become items of the Claim; every line becomes a
        ChargeItem: ``billable``, ``not-billable`` (bundled, or no unit earned) or ``unknown`` (units cannot be told).
    payer : named as insurer.
    key : of the note, such as its sha256: the same claim of the same note has the same identifiers.
    created : when; with its zone.
    patient, provider, coverage : FHIR references such as ``Patient/7``, where known.

    Examples
    --------
    >>> from corpus.payers import payer_named
    >>> from models.claim.lines import Delivered, build_claim
    >>> cash = payer_named("cash")
    >>> built = build_claim([Delivered("97110", 23)], cash)
    >>> bundle = claim_bundle(built, cash, "n1", dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
    >>> [(e["resource"]["resourceType"], e["resource"]["status"]) for e in bundle["entry"]]
    [('Claim', 'draft'), ('ChargeItem', 'billable')]
    """
    subject = _reference(patient)
    resources = [
        _claim(claim, payer, created, subject, _reference(provider), _reference(coverage, payer.name)),
        *(_charge(line, claim["date"], subject) for line in claim["lines"]),
    ]
    entries = []
    for number, resource in enumerate(resources):
        name = uuid.uuid5(_SPACE, f"{key}|{claim['payer']}|{claim['date']}|{number}")
        entries.append({"fullUrl": f"urn:uuid:{name}", "resource": {**resource, "id": str(name)}})
    return {"resourceType": "Bundle", "type": "collection", "timestamp": created.isoformat(), "entry": entries}


def _reference(given: str | None, display: str = "") -> Resource:
    """A reference; without one, the display where there is any, else marked as unknown."""
    if given:
        return {"reference": given, **({"display": display} if display else {})}
    if display:
        return {"display": display}
    return {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}


def _concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": f"{_TERMS}/{system}", "code": code}]}


def service_concept(line: ClaimLine) -> Resource:
    """The code in its system; the name is this project's own, so it is text and no display of the system's."""
    system = HCPCS if re.match(r"[A-V]", line["code"]) else CPT
    return {"coding": [{"system": system, "code": line["code"]}], "text": line["name"]}


def _claim(
    claim: Claim, payer: Payer, created: dt.datetime, patient: Resource, provider: Resource, coverage: Resource
) -> Resource:
    billed = [line for line in claim["lines"] if is_billable(line)]
    out: Resource = {
        "resourceType": "Claim",
        "status": "draft",
        "type": _concept("claim-type", "professional"),
        "use": "claim",
        "patient": patient,
        "created": created.isoformat(),
        "insurer": {"display": payer.name},
        "provider": provider,
        "priority": _concept("processpriority", "normal"),
        "insurance": [{"sequence": 1, "focal": True, "coverage": coverage}],
    }
    if claim["date"]:
        out["billablePeriod"] = {"start": claim["date"], "end": claim["date"]}
    if billed:
        out["item"] = [_item(number, line, claim["date"]) for number, line in enumerate(billed, 1)]
    return out


def _item(number: int, line: ClaimLine, date: str | None) -> Resource:
    out: Resource = {
        "sequence": number,
        "productOrService": service_concept(line),
        "quantity": {"value": line["units"]},
    }
    if line["modifiers"]:
        out["modifier"] = [{"coding": [{"system": HCPCS, "code": mark}]} for mark in line["modifiers"]]
    if date:
        out["servicedDate"] = date
    return out


def _charge(line: ClaimLine, date: str | None, patient: Resource) -> Resource:
    out: Resource = {
        "resourceType": "ChargeItem",
        "status": _status(line),
        "code": service_concept(line),
        "subject": patient,
    }
    if date:
        out["occurrenceDateTime"] = date
    if line["units"]:
        out["quantity"] = {"value": line["units"]}
    notes = [minutes_in_words(line["minutes"])] if line["minutes"] is not None else []
    notes += [*line["notes"], *line["questions"], *line["cautions"]]
    if notes:
        out["note"] = [{"text": note} for note in notes]
    return out


def _status(line: ClaimLine) -> str:
    return {None: "unknown", False: "not-billable", True: "billable"}[is_billable(line)]
