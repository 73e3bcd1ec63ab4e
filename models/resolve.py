"""From a service to its code: rules on stated facts, one function per rule name of ``services.toml``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from corpus.payers import Payer
from corpus.services import Service
from models.tier import grade
from nlp.facts import count_muscles, find_facts, monitoring_days
from nlp.note import ParsedNote

_SPLIT_DEVICE_CODES = dt.date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a rule may look at.

    Attributes
    ----------
    note : the parsed note.
    spans : words that support the service.
    minutes : minutes stated for the service.
    written : codes of the service the writer wrote, in order.
    payer, date : of the claim.
    """

    note: ParsedNote
    spans: list[tuple[int, int]]
    minutes: int | None
    written: tuple[str, ...]
    payer: Payer
    date: dt.date | None


@dataclass(frozen=True, slots=True)
class Line:
    """One code a service became, with its minutes and what a person should know."""

    code: str
    minutes: int | None = None
    alternates: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()


def _facts_near(stated: Stated, wanted: set[str]) -> dict[str, int]:
    """How often each fact is stated; a place within the supporting words counts twice."""
    found: dict[str, int] = dict.fromkeys(wanted, 0)
    for cue in find_facts(stated.note.text):
        if cue.label in wanted:
            near = any(a <= cue.start and cue.end <= b for a, b in stated.spans)
            found[cue.label] += 2 if near else 1
    return found


def _single(service: Service, stated: Stated) -> list[Line]:
    return [Line(service.codes[0], stated.minutes)]


def _payer_twin(_service: Service, stated: Stated) -> list[Line]:
    return [Line(stated.payer.unattended_stim, stated.minutes)]


def _encounter(service: Service, stated: Stated) -> list[Line]:
    first, later = service.codes
    facts = _facts_near(stated, {"later_encounter", "first_encounter"})
    is_later = facts["later_encounter"] > facts["first_encounter"]
    if facts["later_encounter"] == facts["first_encounter"]:
        caution = "The note does not say whether this is the first encounter; a later one is 97763."
        return [Line(first, stated.minutes, (later,), (caution,))]
    return [Line(later if is_later else first, stated.minutes, (first if is_later else later,))]


def _tier(service: Service, stated: Stated) -> list[Line]:
    graded = grade(stated.note)
    code = service.codes[graded.tier]
    neighbours = [c for i, c in enumerate(service.codes) if abs(i - graded.tier) == 1]
    return [Line(code, stated.minutes, tuple(neighbours), graded.cautions)]


def _muscle_count(service: Service, stated: Stated) -> list[Line]:
    few, many = service.codes
    muscles = count_muscles(stated.note.text, stated.spans)
    if muscles == 0:
        return [Line(few, stated.minutes, (many,), ("The muscles needled are not named; three or more are 20561.",))]
    return [Line(many if muscles >= 3 else few, stated.minutes)]


_FIRST_MINUTES = {"97129": 15, "97545": 120, "90912": 15, "97550": 30}
_NEXT_MINUTES = {"97130": 15, "97546": 60, "90913": 15, "97551": 15}


def _base_and_add_on(service: Service, stated: Stated) -> list[Line]:
    base, add_on = service.codes
    if stated.minutes is None:
        return [Line(base)]
    first = _FIRST_MINUTES[base]
    rest = stated.minutes - first
    if rest * 2 > _NEXT_MINUTES[add_on]:
        return [Line(base, first), Line(add_on, rest)]
    return [Line(base, stated.minutes)]


def _area(service: Service, stated: Stated) -> list[Line]:
    base, add_on = service.codes
    areas = [
        m.value
        for m in stated.note.measures or ()
        if m.kind == "area" and any(a <= m.start and m.end <= b for a, b in stated.spans)
    ] or [m.value for m in stated.note.measures or () if m.kind == "area"]
    if not areas:
        return [
            Line(
                base,
                stated.minutes,
                (),
                ("No wound area is stated; the first 20 sq cm are 97597, each further 20 are 97598.",),
            )
        ]
    if max(areas) > 20 or sum(areas) > 20:
        return [Line(base, stated.minutes), Line(add_on)]
    return [Line(base, stated.minutes)]


def _device_days(service: Service, stated: Stated) -> list[Line]:
    facts = _facts_near(stated, {"respiratory_device", "cognitive_device"})
    kind = 1 if facts["respiratory_device"] else 2 if facts["cognitive_device"] else 0
    days = monitoring_days(stated.note.text)
    split = stated.date is None or stated.date >= _SPLIT_DEVICE_CODES
    if days is not None and days < 16:
        if not split or days < 2:
            return [Line(service.codes[kind], None, (), (f"{days} days of data are fewer than the code asks for.",))]
        return [Line(service.codes[kind + 3])]
    return [Line(service.codes[kind])]


def _month_minutes(service: Service, stated: Stated) -> list[Line]:
    first, further, short = service.codes
    if stated.minutes is None:
        return [Line(first, None, (short,), ("The month's minutes are not stated.",))]
    if stated.minutes < 20:
        return [Line(short, stated.minutes, (first,))]
    if stated.minutes >= 40:
        return [Line(first, 20), Line(further, stated.minutes - 20)]
    return [Line(first, stated.minutes)]


RULES: dict[str, Callable[[Service, Stated], list[Line]]] = {
    "single": _single,
    "payer_twin": _payer_twin,
    "encounter": _encounter,
    "tier": _tier,
    "muscle_count": _muscle_count,
    "base_and_add_on": _base_and_add_on,
    "area": _area,
    "device_days": _device_days,
    "month_minutes": _month_minutes,
}


def resolve(service: Service, stated: Stated) -> list[Line]:
    """The code or codes a service becomes; a code the writer wrote goes first.

    Guide section 2: the writer's own code is the strongest signal. The payer twin is the one
    exception: the payer decides it.
    """
    lines = RULES[service.rule](service, stated)
    written = [c for c in stated.written if c in service.codes]
    if service.rule in ("payer_twin", "single", "base_and_add_on", "area") or not written:
        return lines
    if len(written) == 1 and written[0] != lines[0].code and len(lines) == 1:
        others = tuple(dict.fromkeys((lines[0].code, *lines[0].alternates)))
        return [Line(written[0], lines[0].minutes, tuple(c for c in others if c != written[0]), lines[0].cautions)]
    return lines


@dataclass(slots=True)
class Resolved:
    """All lines of a note: code -> (service, line)."""

    lines: dict[str, tuple[str, Line]] = field(default_factory=dict)
