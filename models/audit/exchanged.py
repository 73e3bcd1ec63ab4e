"""A code billed for another: whether it can be, and what is then said."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Literal

from corpus.catalogue import load_catalogue
from corpus.services import load_services, service_of_code
from models.audit.day import Day
from models.audit.findings import Billed, Finding
from nlp.facts import LEVELS

_EXCHANGED: dict[Literal["payer_code", "other_code"], str] = {
    "payer_code": "{bill} is billed; {payer} takes {code} for the same service.",
    "other_code": "{bill} is billed, the note supports {code} better; a person decides which stands.",
}


def relation(day: Day, billed: str, supported: str) -> Literal["payer_code", "other_code", "tier"] | None:
    """How a billed code can stand for a supported one; ``None`` where it cannot."""
    if load_catalogue()[billed].payer_twin == supported:
        return "payer_code"
    for service in service_of_code().get(billed, ()):
        codes = load_services()[service].codes
        if supported in codes:
            return "tier" if codes in _tiered() else "other_code"
    named = [s["alternates"] for s in day.answer["suggestions"] if s["code"] == supported]
    return "other_code" if any(billed in others for others in named) else None


def exchanged(day: Day, bill: Billed, code: str, units: int | None) -> list[Finding]:
    """A billed code that stands where another is supported: the payer's twin, another tier, a sibling or an alternate."""
    kind = relation(day, bill.code, code)
    if kind == "tier":
        return compare_tier(day, bill, code, units)
    if kind is None:
        return []
    says = _EXCHANGED[kind].format(bill=bill.code, code=code, payer=day.payer.name)
    amount = day.worth(((bill.code, bill.units),)) if kind == "payer_code" else None
    return [Finding(kind, "none", bill.code, says, instead=code, billed=bill.units, supported=units, amount=amount)]


def compare_tier(day: Day, bill: Billed, code: str, units: int | None) -> list[Finding]:
    """An evaluation beside the tier that the facts of the note give, which can be below the one its words name."""
    codes = next((c for c in _tiered() if code in c), ())
    graded = next((t for t in day.claim["tiers"] if t["code"] == code), None)
    facts = codes[LEVELS.index(graded["level"])] if graded and codes else code
    if bill.code == facts:
        return []
    over = codes.index(bill.code) > codes.index(facts)
    named = f" and is what the note calls it; the facts it states give {facts}."
    says = f"{bill.code} is billed{named if bill.code == code else f', the facts of the note give {facts}.'}"
    return [
        Finding(
            kind="tier_over" if over else "tier_under",
            side="over" if over else "under",
            code=bill.code,
            says=says,
            instead=facts,
            billed=bill.units,
            supported=units,
            amount=day.difference(replace(bill, units=1) if bill.code == code else bill, facts, units),
        )
    ]


@cache
def _tiered() -> tuple[tuple[str, ...], ...]:
    """Codes of each kind of evaluation that has tiers, lowest first."""
    return tuple(service.codes for service in load_services().values() if service.rule == "tier")
