"""Which of the codes given can stand on a claim, with the minutes and areas that can be theirs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from math import isfinite

from corpus.catalogue import Code, load_catalogue
from corpus.payers import Payer
from models.claim.lines.shapes import Delivered, LeftOut
from models.claim.timing import Entries, Entry, Origin, is_whole
from models.claim.units import LONGEST_DAY
from models.wording import day_in_words


def taken(items: Iterable[Delivered], payer: Payer, date: dt.date | None) -> tuple[Entries, list[LeftOut]]:
    """The codes of the claim, the payer's twin in place of another's, and those that cannot stand."""
    catalogue = load_catalogue()
    entries: Entries = {}
    left_out: list[LeftOut] = []
    for item in items:
        code = catalogue.get(payer.code_for(item.code))
        why = _cannot_stand(item.code, code, date)
        if why or code is None:
            left_out.append(LeftOut(code=item.code, why=why))
            continue
        fresh = Entry(
            code,
            evidence=item.evidence,
            concepts=item.concepts,
            written_units=item.written_units,
            place=item.place,
            cautions=list(item.cautions),
        )
        fresh.twin_of = item.code if code.code != item.code else None
        _measure(fresh, item)
        entries[code.code] = _joined(entries[code.code], fresh) if code.code in entries else fresh
    return entries, left_out


def _cannot_stand(named: str, code: Code | None, date: dt.date | None) -> str:
    """Why a code is left out; empty when it can stand."""
    if code is None:
        return f"{named} is not in the catalogue; see 'soapcode codes' for those known."
    if code.role == "deleted":
        since = f" after {day_in_words(code.ends)}" if code.ends else ""
        return f"{named} was deleted{since} and is never billed."
    if date and code.ends and date > code.ends:
        return f"{named} ended on {day_in_words(code.ends)}, before the date of service."
    if date and code.begins and date < code.begins:
        return f"{named} begins on {day_in_words(code.begins)}, after the date of service."
    return ""


def _measure(entry: Entry, item: Delivered) -> None:
    """Take minutes and area that can be; say which cannot."""
    if item.minutes is not None:
        if is_whole(item.minutes):
            entry.minutes, entry.origin = item.minutes, item.minutes_from
        else:
            entry.cautions.append(
                f"Minutes must be whole and in 0..{LONGEST_DAY}, got {item.minutes}; they are not used."
            )
    if item.area is not None:
        if isfinite(item.area) and item.area > 0:
            entry.area = item.area
        else:
            entry.cautions.append(f"The area must be above 0 sq cm, got {item.area}; it is not used.")


def _joined(first: Entry, second: Entry) -> Entry:
    """A code that was given twice: minutes and written units add up, unless one of them is not told; areas as far as told."""
    minutes = _sum(first.minutes, second.minutes)
    return Entry(
        first.code,
        minutes=minutes,
        origin=None if minutes is None else _weaker(first.origin, second.origin),
        evidence=first.evidence + second.evidence,
        area=(first.area or 0) + (second.area or 0) or None,
        concepts=(*first.concepts, *second.concepts),
        written_units=_sum(first.written_units, second.written_units),
        place=min((place for place in (first.place, second.place) if place is not None), default=None),
        twin_of=first.twin_of or second.twin_of,
        cautions=[*first.cautions, *second.cautions],
    )


def _weaker(one: Origin | None, other: Origin | None) -> Origin:
    """Where a sum comes from: a person, where one of both does, and the note only where both do."""
    return "given" if "given" in (one, other) else "derived" if "derived" in (one, other) else "stated"


def _sum(one: int | None, other: int | None) -> int | None:
    """Both together; ``None`` where one is not told."""
    return None if one is None or other is None else one + other
