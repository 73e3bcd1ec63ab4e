"""Every billed code beside the claim of the note, and every supported one that is not billed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from corpus.catalogue import load_catalogue
from models.audit.day import Day, is_judged
from models.audit.exchanged import compare_tier, exchanged, relation
from models.audit.findings import Billed, Finding, Kind, Side
from models.claim.lines import ClaimLine
from models.claim.units import by_month
from models.wording import listed, minutes_in_words, units_in_words


def compare_codes(day: Day) -> list[Finding]:
    """Every billed and every supported code, each once."""
    lines = {line["code"]: line for line in day.claim["lines"]}
    units = _nearest_units(day)
    out: list[Finding] = []
    alone = [b for b in day.billed.values() if b.code not in lines and is_judged(b.code)]
    free = {c: x for c, x in lines.items() if c not in day.billed and units[c] != 0 and not x["bundled"]}
    for bill in alone:
        code = next((c for c in free if relation(day, bill.code, c)), None)
        if code is None:
            out.append(_unsupported(day, bill))
        else:
            out += exchanged(day, bill, code, units[code])
            free.pop(code)
    for code, bill in day.billed.items():
        if code in lines:
            out += [*_same_code(day, bill, lines[code], units[code]), *compare_tier(day, bill, code, 1)]
    out += [_unbilled(day, line, units[code]) for code, line in free.items()]
    return out


def _nearest_units(day: Day) -> dict[str, int | None]:
    """Of the right answers of the unit rule, the one nearest to the bill: a tie is the clinician's choice."""
    base: dict[str, int | None] = {line["code"]: line["units"] for line in day.claim["lines"]}
    answers = [base, *({**base, **other} for other in day.claim["alternatives"])]

    def far(answer: Mapping[str, int | None]) -> int:
        wanted = {c: b.units for c, b in day.billed.items()}
        return sum(abs(wanted.get(c, 0) - n) for c, n in answer.items() if n is not None)

    return min(answers, key=far)


def _same_code(day: Day, bill: Billed, line: ClaimLine, units: int | None) -> list[Finding]:
    code = bill.code
    if line["bundled"]:
        says = f"{code} is billed; {day.payer.name} pays nothing separately for it."
        amount = day.worth(((code, bill.units),))
        return [Finding("bundled", "none", code, says, billed=bill.units, amount=amount)]
    if units is None or (line["provisional"] and units != bill.units):
        says = f"{code}: {units_in_words(bill.units)} billed, and the note does not state the minutes that would show them."
        return [Finding("units_not_shown", "none", code, says, billed=bill.units)]
    if bill.units == units:
        return []
    kind: Kind = "units_over" if bill.units > units else "units_under"
    side: Side = "over" if bill.units > units else "under"
    stated = f" of {minutes_in_words(line['minutes'])}" if line["minutes"] is not None else ""
    return [
        Finding(
            kind=kind,
            side=side,
            code=code,
            says=f"{code}: {units_in_words(bill.units)} billed, the note supports {units}{stated}.",
            billed=bill.units,
            supported=units,
            amount=day.worth(((code, abs(bill.units - units)),)),
        )
    ]


def _unsupported(day: Day, bill: Billed) -> Finding:
    item = next((s for s in day.answer["suggestions"] if s["code"] == bill.code), None)
    seen = f" (probability {item['probability']:.2f})" if item else ""
    return Finding(
        kind="billed_not_supported",
        side="over",
        code=bill.code,
        says=f"{bill.code}: {units_in_words(bill.units)} billed, the note does not support it{seen}.",
        billed=bill.units,
        supported=0,
        amount=day.worth(((bill.code, bill.units),)),
    )


def _unbilled(day: Day, line: ClaimLine, units: int | None) -> Finding:
    code = line["code"]
    beside = _billed_in_its_place(day, code) if units is None else ()
    if beside:
        says = f"{code}: the note supports it in a time it shares; all units of the timed codes are billed, as {listed(beside)}."
        return Finding("supported_not_billed", "none", code, says, billed=0)
    return Finding(
        kind="supported_not_billed",
        side="under",
        code=code,
        says=f"{code}: the note supports {'it' if units is None else units_in_words(units)}, nothing is billed.",
        billed=0,
        supported=units,
        amount=None if units is None else day.worth(((code, units),)),
    )


def _billed_in_its_place(day: Day, code: str) -> Sequence[str]:
    """Billed codes that a code shares a stated time with, where no timed unit is left for it: whose the time is, is open."""
    catalogue, whole = load_catalogue(), day.claim["timed_units"]
    timed = [b for b in day.billed.values() if is_judged(b.code) and catalogue[b.code].timed and not by_month(b.code)]
    if whole is None or sum(b.units for b in timed) < whole:
        return ()
    together = {c for time in day.claim["shared_minutes"] if code in time["codes"] for c in time["codes"]}
    return [b.code for b in timed if b.code in together]
