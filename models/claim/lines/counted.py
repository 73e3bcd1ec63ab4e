"""Units: of each code, of the day's timed codes, of the whole claim, and by the rule a payer may follow instead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from corpus.catalogue import load_catalogue
from corpus.payers import Payer
from models.claim.day import UnitAnswer, day_units
from models.claim.lines.shapes import ClaimLine
from models.claim.timing import Entries, Entry
from models.claim.units import UNIT, Rule, area_codes, total_units
from models.wording import earned

_RULE_NAMES: dict[Rule, str] = {"cms": "CMS total-time rule", "midpoint": "CPT midpoint rule"}


def answered(entries: Entries, rule: Rule, date: dt.date | None) -> UnitAnswer:
    """Units of every code whose minutes are known or do not matter."""
    known = {code: entry.minutes for code, entry in _as_named(entries) if not entry.unknown}
    return day_units(known, rule, date, _area(entries), as_named=_is_named(entries[code] for code in known))


def _as_named(entries: Entries) -> list[tuple[str, Entry]]:
    """The entries in the order in which the note names them; as given where it is not known of all."""
    if not _is_named(entries.values()):
        return [*entries.items()]
    return sorted(entries.items(), key=lambda pair: (pair[1].place is None, pair[1].place or 0))


def _is_named(entries: Iterable[Entry]) -> bool:
    """Whether the places of timed codes in the note are known and apart; an add-on stands with its base."""
    places = [entry.place for entry in entries if entry.by_day and entry.code.add_on_of is None]
    return None not in places and len(set(places)) == len(places)


def proposed_units(entries: Entries, rule: Rule, date: dt.date | None) -> dict[str, int]:
    """Units of the codes with proposed minutes, were the proposal taken."""
    if not any(entry.proposed is not None for entry in entries.values()):
        return {}
    minutes = {
        code: entry.minutes if entry.proposed is None else entry.proposed
        for code, entry in _as_named(entries)
        if entry.proposed is not None or not entry.unknown
    }
    return day_units(minutes, rule, date, _area(entries))["units"]


def _area(entries: Entries) -> float | None:
    """The wound area told for the codes that count it."""
    areas = [entry.area for code, entry in entries.items() if code in area_codes() and entry.area is not None]
    return max(areas, default=None)


def add_missing(entries: Entries, units: Mapping[str, int]) -> None:
    """Entries for codes that the minutes or the area reach and nobody gave."""
    for code, number in units.items():
        if number and code not in entries:
            entries[code] = Entry(load_catalogue()[code], added=True)


def in_order(entries: Entries) -> list[Entry]:
    """As given; a code that was added stands beside its base or add-on."""
    order = list(entries)
    base_of = {code: entry.code.add_on_of for code, entry in entries.items()}
    rank = {code: (order.index(base) if base in order else order.index(code)) for code, base in base_of.items()}
    return [entries[code] for code in sorted(order, key=lambda c: (rank[c], base_of[c] is not None, order.index(c)))]


def units_of_timed(lines: Sequence[ClaimLine], entries: Entries, rule: Rule, timed: int | None) -> int | None:
    """Units of the day's timed codes; by the CMS table they can be told even when their split cannot."""
    if (
        rule == "cms"
        and timed is not None
        and any(e.by_day and e.unknown for e in entries.values())
        and all_in_table(entries)
    ):
        return total_units(timed)
    return _sum([line["units"] for line in lines if entries[line["code"]].by_day])


def units_of_all(lines: Sequence[ClaimLine], entries: Entries, timed: int | None) -> int | None:
    """Units of all lines that are not bundled; those of the day's timed codes can be told though their split cannot."""
    by_day = [line for line in lines if entries[line["code"]].by_day]
    rest = _sum([line["units"] for line in lines if line not in by_day and not line["bundled"]])
    bundled = sum(line["units"] or 0 for line in by_day if line["bundled"])
    return None if timed is None or rest is None else timed - bundled + rest


def all_in_table(entries: Entries) -> bool:
    """Whether all timed codes of the day are counted by the CMS table."""
    return all(entry.code.unit_minutes == UNIT for entry in entries.values() if entry.by_day)


def _sum(units: Sequence[int | None]) -> int | None:
    known = [number for number in units if number is not None]
    return sum(known) if len(known) == len(units) else None


def other_rule(entries: Entries, units: Mapping[str, int], payer: Payer, date: dt.date | None) -> list[str]:
    """Where the payer's rule is not settled, what the other one would give, when it differs."""
    if payer.rule_sure or any(entry.unknown for entry in entries.values()):
        return []
    other: Rule = "midpoint" if payer.unit_rule == "cms" else "cms"
    answer = answered(entries, other, date)
    right = [answer["units"], *answer["alternatives"]]
    timed = [code for code in {**units, **answer["units"]} if load_catalogue()[code].timed]
    told, *_ = sorted(right, key=lambda one: sum(one.get(code, 0) != units.get(code, 0) for code in timed))
    changed = [f"{code} {earned(told.get(code, 0))}" for code in timed if told.get(code, 0) != units.get(code, 0)]
    if not changed:
        return []
    tied = (
        f"; {answer['alternatives_total'] + 1} answers are right by it, this is the nearest" if len(right) > 1 else ""
    )
    return [f"This payer's unit rule is not settled; by the {_RULE_NAMES[other]}: {', '.join(changed)}{tied}."]
