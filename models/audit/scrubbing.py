"""The bill by itself: codes that cannot stand, daily maxima, pair edits and modifiers."""

from __future__ import annotations

import datetime as dt

from corpus.catalogue import load_catalogue
from corpus.edits import EditTable
from models.audit.day import Day
from models.audit.findings import Finding
from models.claim.billed import SEPARATE, kx_unseen, misfits
from models.claim.edits import edits_among
from models.claim.lines import Delivered, build_claim
from models.wording import units_in_words


def standing(day: Day, date: dt.date | None) -> list[Finding]:
    """Codes that cannot stand or are not judged, and units beyond the daily maximum."""
    out = []
    catalogue = load_catalogue()
    for bill in day.billed.values():
        code = catalogue.get(bill.code)
        if code is None or code.role in ("alternate", "reference"):
            says = f"{bill.code} is billed; this project does not judge whether a note supports it."
            out.append(Finding("not_judged", "none", bill.code, says, billed=bill.units))
            continue
        for why in build_claim([Delivered(bill.code)], day.payer, date)["left_out"]:
            says = why["why"].replace(" and is never billed", "")
            amount = day.worth(((bill.code, bill.units),))
            out.append(Finding("cannot_stand", "none", bill.code, says, billed=bill.units, amount=amount))
        most = code.daily_max if day.payer.daily_maxima != "none" else None
        if most and bill.units > most:
            says = f"{bill.code}: {units_in_words(bill.units)} billed, CMS's daily maximum is {most}."
            amount = day.worth(((bill.code, bill.units - most),))
            out.append(
                Finding("daily_maximum", "none", bill.code, says, billed=bill.units, supported=most, amount=amount)
            )
    return out


def edits_and_modifiers(day: Day, date: dt.date | None, table: EditTable) -> list[Finding]:
    """Pair edits among what was billed, one that a modifier opens only where no line carries one; and modifiers that do not fit."""
    out = []
    edits = edits_among(list(day.billed), day.payer, date, table)
    for edit in edits:
        marks = {*day.billed[edit["column1"]].modifiers, *day.billed[edit["column2"]].modifiers}
        if edit["indicator"] == "1" and marks & set(SEPARATE):
            continue
        amount = day.worth(((edit["column2"], day.billed[edit["column2"]].units),))
        out.append(Finding("edit", "none", edit["column2"], edit["says"], instead=edit["column1"], amount=amount))
    marked = {code: bill.modifiers for code, bill in day.billed.items()}
    claim = day.claim
    wrong = misfits(marked, day.payer, edits, table, claim["discipline"], claim["assistant"])
    out += [Finding("modifier", "none", code, says) for code, says in wrong]
    return out + [Finding("kx_not_shown", "none", code, says) for code, says in kx_unseen(marked, day.payer)]
