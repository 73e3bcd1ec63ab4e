"""One line of a claim."""

from __future__ import annotations

from collections.abc import Container, Mapping

from corpus.catalogue import Code
from corpus.payers import Payer
from models.claim.lines.shapes import ClaimLine
from models.claim.modifiers import Assistant, Discipline, line_modifiers
from models.claim.timing import Entry
from models.claim.units import area_codes, area_sizes, by_month, month_codes
from models.wording import minutes_in_words

_STATUS = {
    "not valid": "Medicare does not take this code.",
    "not covered": "Medicare does not cover it.",
    "restricted": "Medicare covers it only within limits; read its policy first.",
    "carrier-priced": "Medicare's contractor sets the price; say what was done and how long.",
}


def line_of(
    entry: Entry,
    units: Mapping[str, int],
    proposed: Mapping[str, int],
    codes: Container[str],
    payer: Payer,
    plan: Discipline | None,
    assistant: Assistant | None,
) -> ClaimLine:
    """The line of a code.

    Parameters
    ----------
    entry : the code with its settled minutes.
    units : by code, of all whose minutes are known or do not matter.
    proposed : by code, units were the proposed minutes taken.
    codes : all of the claim.
    plan, assistant : whose plan of care it is, and who treated; they decide modifiers and questions.
    """
    code = entry.code.code
    number = None if entry.unknown else units.get(code)
    most = entry.code.daily_max if payer.daily_maxima != "none" and entry.code.daily_max else None
    marks = line_modifiers(entry.code, payer, plan, assistant)
    line = ClaimLine(
        code=code,
        name=entry.code.name,
        units=number,
        minutes=entry.minutes,
        minutes_from=entry.origin,
        proposed_minutes=entry.proposed,
        proposed_units=proposed.get(code) if entry.proposed is not None else None,
        provisional=False,
        daily_max=most,
        over_daily_max=max(0, (number or 0) - most) if most else 0,
        bundled=code in payer.bundled,
        twin_of=entry.twin_of,
        added=entry.added,
        modifiers=marks["modifiers"],
        questions=marks["questions"],
        notes=[],
        cautions=[*entry.cautions, *marks["cautions"]],
    )
    line["notes"] += _notes(entry, line, payer, units)
    line["cautions"] += _line_cautions(entry, line, payer, codes)
    return line


def _notes(entry: Entry, line: ClaimLine, payer: Payer, units: Mapping[str, int]) -> list[str]:
    """What explains the line and asks nothing of anyone."""
    out: list[str] = []
    if entry.twin_of:
        out.append(f"{payer.name} takes {line['code']} for what {entry.twin_of} names.")
    if line["bundled"]:
        out.append(f"{payer.name} pays nothing separately for {line['code']}; it is documented, not a paid line.")
    elif payer.medicare_status and (said := _STATUS.get(entry.code.medicare)):
        out.append(f"{line['code']}: {said}")
    if entry.added:
        out.append(_why_added(entry.code))
    if line["units"] == 0 and entry.minutes:
        instead = [code for code in month_codes() if units.get(code)] if by_month(line["code"]) else []
        one = entry.minutes == 1
        nothing = "earns no unit here; it stays" if one else "earn no unit here; they stay"
        earned = f"count{'s' if one else ''} as {instead[0]}" if instead else f"{nothing} in the note"
        out.append(f"{minutes_in_words(entry.minutes)} {earned}.")
    return out


def _why_added(code: Code) -> str:
    """Why a code stands that nobody gave."""
    if by_month(code.code):
        return "Added: the month's minutes reach it."
    if code.add_on_of is None:
        return "Added: its add-on never stands without it."
    what = "wound area reaches" if code.code in area_codes() else f"minutes of {code.add_on_of} reach"
    return f"Added: the {what} it."


def _line_cautions(entry: Entry, line: ClaimLine, payer: Payer, codes: Container[str]) -> list[str]:
    """What a person should see to before the line is billed."""
    out: list[str] = []
    code, over = line["code"], line["over_daily_max"]
    if line["units"] is None and entry.unknown and entry.proposed is None:
        out.append(f"The units of {code} cannot be told: it is timed and its minutes are not.")
    if line["units"] is None and not entry.code.timed:
        out.append(
            f"The units of {code} cannot be told: the area is not; it counts each {area_sizes()[1]} sq cm beyond the first."
        )
    if over:
        whose = (
            "CMS's daily maximum"
            if payer.daily_maxima == "binding"
            else "CMS's daily maximum, which this payer may follow,"
        )
        appeal = "fixed by policy" if entry.code.mai == 2 else "more can be appealed with proof of need"
        out.append(f"{line['units']} units; {whose} is {line['daily_max']} ({appeal}). Nothing was cut.")
    base = entry.code.add_on_of
    if base and line["units"] != 0 and base not in codes:
        out.append(f"{code} never stands without {base}.")
    return out
