"""The lines of a claim: units, minutes, modifiers, twins, bundles and cautions of what was delivered.

Reading order: `Delivered` (what goes in), `Claim` (what comes out), `build_claim`; then `_taken` (which codes can
stand), `models.claim.timing` (minutes that are stated, follow, or can only be proposed), units, `_line`, and what
is said of the claim as a whole.
Nothing here reads a note, adds 59, X, CQ, CO or KX, or cuts units: those are questions and flags for a person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isfinite
from typing import TypedDict

from corpus.catalogue import Code, load_catalogue
from corpus.edits import EditTable, load_edits
from corpus.payers import Payer, PayerCaution
from models.claim.day import UnitAnswer, Working, day_units
from models.claim.edits import EditItem, edits_among, in_words
from models.claim.modifiers import (
    Assistant,
    Discipline,
    assistant_named,
    assistant_question,
    discipline_named,
    kx_question,
    line_modifiers,
    plan_of,
    plan_question,
)
from models.claim.timing import (
    Entries,
    Entry,
    Origin,
    SharedTime,
    checked_total,
    codes_of,
    counted_again,
    is_whole,
    propose_split,
    settle_minutes,
    split_families,
    take_shared,
)
from models.claim.units import (
    AREA_STEP,
    LONGEST_DAY,
    UNIT,
    Rule,
    area_codes,
    by_month,
    month_codes,
    table_row,
    total_units,
)
from models.clock import HALF_DAY, Interval, shared

_RULE_NAMES: dict[Rule, str] = {"cms": "CMS total-time rule", "midpoint": "CPT midpoint rule"}


@dataclass(frozen=True, slots=True)
class Delivered:
    """One code the note supports.

    Parameters
    ----------
    code : of the catalogue.
    minutes : stated for it, whole, 0..1440; ``None`` when the note states none.
    evidence : how many pieces of the note support it; the weights of a proposed split.
    area : sq cm of wound debrided, where stated.
    concepts : vocabulary concepts of its evidence, for cautions of the payer.
    clock : starts and ends stated for it, in minutes on a twelve-hour dial.
    written_units : units the note itself writes beside its minutes.
    """

    code: str
    minutes: int | None = None
    evidence: int = 1
    area: float | None = None
    concepts: tuple[str, ...] = ()
    clock: tuple[Interval, ...] = ()
    written_units: int | None = None


class ClaimLine(TypedDict):
    """One line.

    `units` is absent where it cannot be told; 0 when the minutes earn none. `minutes_from` says whether the minutes
    are stated, or derived as the only ones missing from the stated timed total. `proposed_minutes` and
    `proposed_units` are a guess for a person to replace. `provisional`: the units can change once missing minutes are
    known. `over_daily_max` counts units beyond CMS's daily maximum, which are not cut. `twin_of`: the code that the
    payer's own stands in for. `added`: an add-on or base that the minutes or the area call for and nobody gave.
    """

    code: str
    name: str
    units: int | None
    minutes: int | None
    minutes_from: Origin | None
    proposed_minutes: int | None
    proposed_units: int | None
    provisional: bool
    daily_max: int | None
    over_daily_max: int
    bundled: bool
    twin_of: str | None
    added: bool
    modifiers: list[str]
    questions: list[str]
    notes: list[str]
    cautions: list[str]


class LeftOut(TypedDict):
    """A code that cannot stand on a claim, and why."""

    code: str
    why: str


class SharedMinutes(TypedDict):
    """Minutes stated once for several timed codes of the day: they count once, and how they fall to each is not told."""

    codes: list[str]
    minutes: int


class Demand(TypedDict):
    """What the payer wants the note to state of time; `met` is absent where that is not known.

    Whether the clock times of every code are stated is not known; where the note states none at all, they are not.
    """

    demand: str
    says: str
    met: bool | None
    source: str


class Claim(TypedDict):
    """The claim as far as the note carries it.

    `timed_minutes` and `timed_units` are of the day's timed codes, absent when they cannot be told (they can be where
    only the split of `shared_minutes` cannot); `total_units`
    counts all lines that are not bundled; `timed_total` and `total_minutes` are the totals of the timed codes and of
    the session as stated; `assistant` is who treated, told or found in the note. `alternatives` are the
    other right answers (code -> units); `alternatives_total` counts them all. `questions` are for a person,
    `cautions` for the whole claim; those that tell of times, totals or days of the note that cannot all be true are
    also in `contradictions`.
    """

    payer: str
    rule: Rule
    date: str | None
    discipline: str | None
    assistant: str | None
    lines: list[ClaimLine]
    left_out: list[LeftOut]
    timed_minutes: int | None
    shared_minutes: list[SharedMinutes]
    timed_total: int | None
    total_minutes: int | None
    timed_units: int | None
    total_units: int | None
    working: Working
    alternatives: list[dict[str, int]]
    alternatives_total: int
    edits: list[EditItem]
    edit_table: str | None
    demands: list[Demand]
    questions: list[str]
    cautions: list[str]
    contradictions: list[str]
    remarks: list[str]


def build_claim(
    items: Iterable[Delivered],
    payer: Payer,
    date: dt.date | None = None,
    discipline: str | None = None,
    assistant: str | None = None,
    *,
    timed_total: int | None = None,
    session_total: int | None = None,
    clock_times: bool | None = None,
    table: EditTable | None = None,
    contradictions: Iterable[str] = (),
    shared_times: Iterable[SharedTime] = (),
) -> Claim:
    """Build the claim of one discipline's work on one day.

    Parameters
    ----------
    items : what was delivered, in the order of the lines; a code given twice is added up.
    payer : its profile decides unit rule, code choice, edits and modifiers.
    date : of service; without one, codes as the catalogue has them and edits as they stand today.
    discipline : of the plan of care: PT, OT or SLP; PT and OT of one day are two claims, summed apart.
    assistant : PTA or COTA, when one treated.
    timed_total, session_total : the note's own totals, minutes: of the timed codes, and of the whole treatment.
    clock_times : whether the note states when the session began and ended; ``None`` = not looked for.
    table : the edit table in use, the shipped one by default.
    contradictions : sentences on what the note states of its time that cannot all be true; more are found here.
    shared_times : times stated once for several codes; they count once, and units that hang on their split are only proposed.

    Raises
    ------
    ValueError
        Naming those known, when the discipline or the assistant is not one. Codes and minutes never raise: what
        cannot stand is left out, or goes on without minutes, with a sentence.

    Examples
    --------
    >>> from corpus.payers import payer_named
    >>> items = [Delivered("97112", 24), Delivered("97110", 23), Delivered("97014", 15)]
    >>> claim = build_claim(items, payer_named("medicare"), dt.date(2026, 11, 2), "PT")
    >>> [(line["code"], line["units"], line["modifiers"]) for line in claim["lines"]]
    [('97112', 2, ['GP']), ('97110', 1, ['GP']), ('G0283', 1, ['GP'])]
    >>> claim["timed_minutes"], claim["timed_units"]
    (47, 3)
    """
    used = table or load_edits()
    helper = assistant_named(assistant)
    plan = plan_of(discipline_named(discipline), helper)
    cautions: list[str] = []
    items = list(items)
    entries, left_out = _taken(items, payer, date)
    shared_times = list(shared_times)
    again = counted_again(entries, shared_times)
    shared_times = take_shared(entries, shared_times)
    conflicts = [*contradictions, *_overlaps(items, shared_times)]
    timed_total, session_total = (
        checked_total(n, what, cautions) for n, what in ((timed_total, "timed"), (session_total, "session"))
    )
    minutes = settle_minutes(entries, timed_total, session_total, cautions, conflicts, shared_times, again)
    known = timed_total if minutes is None else minutes
    answer = _answered(entries, payer.unit_rule, date)
    units = answer["units"]
    proposed = _proposed(entries, payer.unit_rule, date)
    other = _other_rule(entries, units, payer, date)
    _add_missing(entries, units)
    split_families(entries)
    lines = [_line(entry, units, proposed, entries, payer, plan, helper) for entry in _in_order(entries)]
    _provisional(lines, entries, payer.unit_rule, known, answer["working"])
    billed = [line for line in lines if line["units"] != 0]
    for caution in payer.cautions:
        _caution(caution, billed, entries)
    timed_units = _timed_units(lines, entries, payer.unit_rule, known)
    cautions += answer["cautions"]
    cautions += [*_over_caps(payer, date, timed_units), *other]
    cautions += _people_cautions(discipline_named(discipline), helper)
    _compare_written(lines, items, answer)
    return Claim(
        payer=payer.id,
        rule=payer.unit_rule,
        date=date.isoformat() if date else None,
        discipline=plan,
        assistant=helper,
        lines=lines,
        left_out=left_out,
        timed_minutes=minutes,
        shared_minutes=[SharedMinutes(codes=list(time.codes), minutes=time.minutes) for time in shared_times],
        timed_total=timed_total,
        total_minutes=session_total,
        timed_units=timed_units,
        total_units=_total_units(lines, entries, timed_units),
        working=answer["working"],
        alternatives=answer["alternatives"],
        alternatives_total=answer["alternatives_total"],
        edits=edits_among({line["code"]: line["units"] != 0 for line in lines}, payer, date, used),
        edit_table=used.named if payer.pair_edits != "none" else None,
        demands=_demands(payer, entries, timed_total, session_total, clock_times),
        questions=_questions(billed, payer, date, plan, helper),
        cautions=[*conflicts, *cautions],
        contradictions=conflicts,
        remarks=list(payer.remarks),
    )


# --- Which codes can stand ---


def _overlaps(items: Sequence[Delivered], shared_times: Sequence[SharedTime]) -> Iterator[str]:
    """Timed codes whose stated starts and ends overlap, a code's own among themselves too: one minute counts once.

    A start and end stated once for two codes is no overlap, it is a time they share.
    """
    catalogue = load_catalogue()
    timed = [item for item in items if item.code in catalogue and catalogue[item.code].timed]
    for item in timed:
        if both := sum(shared(one, other) for one, other in combinations(item.clock, 2)):
            yield (
                f"The stated times of {item.code} overlap by {both} minutes, {_covered(item.clock)} by the clock; "
                "a minute counts once, so correct the times or the units."
            )
    for one, other in combinations(timed, 2):
        at_once = any({one.code, other.code} <= set(time.codes) for time in shared_times)
        both = sum(shared(a, b) for a in one.clock for b in other.clock if not (at_once and a == b))
        if both and one.code != other.code:
            yield (
                f"The stated times of {one.code} and {other.code} overlap by {both} minutes; "
                "a minute counts for one timed code, so correct the times or the units."
            )


def _covered(clock: Iterable[Interval]) -> int:
    """Minutes of the dial that lie in any of some intervals."""
    return len({minute % HALF_DAY for begin, end in clock for minute in range(begin, end)})


def _taken(items: Iterable[Delivered], payer: Payer, date: dt.date | None) -> tuple[Entries, list[LeftOut]]:
    """The codes of the claim, the payer's twin in place of another's, and those that cannot stand."""
    catalogue = load_catalogue()
    entries: Entries = {}
    left_out: list[LeftOut] = []
    for item in items:
        given = catalogue.get(item.code)
        swapped = given is not None and given.payer_twin == payer.unattended_stim
        code = catalogue[given.payer_twin] if given and swapped and given.payer_twin else given
        why = _cannot_stand(item.code, code, date)
        if why or code is None:
            left_out.append(LeftOut(code=item.code, why=why))
            continue
        fresh = Entry(code, evidence=item.evidence, concepts=item.concepts)
        fresh.twin_of = item.code if swapped else None
        _measure(fresh, item)
        entries[code.code] = _joined(entries[code.code], fresh) if code.code in entries else fresh
    return entries, left_out


def _cannot_stand(named: str, code: Code | None, date: dt.date | None) -> str:
    """Why a code is left out; empty when it can stand."""
    if code is None:
        return f"{named} is not in the catalogue; see 'soapcode codes' for those known."
    if code.role == "deleted":
        since = f" after {in_words(code.ends)}" if code.ends else ""
        return f"{named} was deleted{since} and is never billed."
    if date and code.ends and date > code.ends:
        return f"{named} ended on {in_words(code.ends)}, before the date of service."
    if date and code.begins and date < code.begins:
        return f"{named} begins on {in_words(code.begins)}, after the date of service."
    return ""


def _measure(entry: Entry, item: Delivered) -> None:
    """Take minutes and area that can be; say which cannot."""
    if item.minutes is not None:
        if is_whole(item.minutes):
            entry.minutes, entry.origin = item.minutes, "stated"
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
    """A code that was given twice: minutes and areas add up, unless one of them is not told."""
    both = None not in (first.minutes, second.minutes)
    minutes = (first.minutes or 0) + (second.minutes or 0) if both else None
    return Entry(
        first.code,
        minutes=minutes,
        origin="stated" if minutes is not None else None,
        evidence=first.evidence + second.evidence,
        area=(first.area or 0) + (second.area or 0) or None,
        concepts=(*first.concepts, *second.concepts),
        twin_of=first.twin_of or second.twin_of,
        cautions=[*first.cautions, *second.cautions],
    )


# --- Units ---


def _answered(entries: Entries, rule: Rule, date: dt.date | None) -> UnitAnswer:
    """Units of every code whose minutes are known or do not matter."""
    known = {code: entry.minutes for code, entry in entries.items() if not entry.unknown}
    return day_units(known, rule, date, _area(entries))


def _proposed(entries: Entries, rule: Rule, date: dt.date | None) -> dict[str, int]:
    """Units of the codes with proposed minutes, were the proposal taken."""
    if not any(entry.proposed is not None for entry in entries.values()):
        return {}
    minutes = {
        code: entry.minutes if entry.proposed is None else entry.proposed
        for code, entry in entries.items()
        if entry.proposed is not None or not entry.unknown
    }
    return day_units(minutes, rule, date, _area(entries))["units"]


def _area(entries: Entries) -> float | None:
    """The wound area told for the codes that count it."""
    areas = [entry.area for code, entry in entries.items() if code in area_codes() and entry.area is not None]
    return max(areas, default=None)


def _add_missing(entries: Entries, units: Mapping[str, int]) -> None:
    """Entries for codes that the minutes or the area reach and nobody gave."""
    for code, number in units.items():
        if number and code not in entries:
            entries[code] = Entry(load_catalogue()[code], added=True)


def _in_order(entries: Entries) -> list[Entry]:
    """As given; a code that was added stands beside its base or add-on."""
    order = list(entries)
    base_of = {code: entry.code.add_on_of for code, entry in entries.items()}
    rank = {code: (order.index(base) if base in order else order.index(code)) for code, base in base_of.items()}
    return [entries[code] for code in sorted(order, key=lambda c: (rank[c], base_of[c] is not None, order.index(c)))]


def _timed_units(lines: Sequence[ClaimLine], entries: Entries, rule: Rule, timed: int | None) -> int | None:
    """Units of the day's timed codes; by the CMS table they can be told even when their split cannot."""
    if (
        rule == "cms"
        and timed is not None
        and any(e.by_day and e.unknown for e in entries.values())
        and _all_in_table(entries)
    ):
        return total_units(timed)
    return _sum([line["units"] for line in lines if entries[line["code"]].by_day])


def _total_units(lines: Sequence[ClaimLine], entries: Entries, timed: int | None) -> int | None:
    """Units of all lines that are not bundled; those of the day's timed codes can be told though their split cannot."""
    by_day = [line for line in lines if entries[line["code"]].by_day]
    rest = _sum([line["units"] for line in lines if line not in by_day and not line["bundled"]])
    bundled = sum(line["units"] or 0 for line in by_day if line["bundled"])
    return None if timed is None or rest is None else timed - bundled + rest


def _all_in_table(entries: Entries) -> bool:
    """Whether all timed codes of the day are counted by the CMS table."""
    return all(entry.code.unit_minutes == UNIT for entry in entries.values() if entry.by_day)


def _sum(units: Sequence[int | None]) -> int | None:
    known = [number for number in units if number is not None]
    return sum(known) if len(known) == len(units) else None


# --- A line ---


def _line(
    entry: Entry,
    units: Mapping[str, int],
    proposed: Mapping[str, int],
    codes: Container[str],
    payer: Payer,
    plan: Discipline | None,
    assistant: Assistant | None,
) -> ClaimLine:
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
        earned = f"count as {instead[0]}" if instead else "earn no unit here; they stay in the note"
        out.append(f"{entry.minutes} minutes {earned}.")
    return out


def _why_added(code: Code) -> str:
    if by_month(code.code):
        return "Added: the month's minutes reach it."
    if code.add_on_of is None:
        return "Added: its add-on never stands without it."
    what = "wound area reaches" if code.code in area_codes() else f"minutes of {code.add_on_of} reach"
    return f"Added: the {what} it."


_STATUS = {
    "not valid": "Medicare does not take this code.",
    "not covered": "Medicare does not cover it.",
    "restricted": "Medicare covers it only within limits; read its policy first.",
    "carrier-priced": "Medicare's contractor sets the price; say what was done and how long.",
}


def _line_cautions(entry: Entry, line: ClaimLine, payer: Payer, codes: Container[str]) -> list[str]:
    out: list[str] = []
    code, over = line["code"], line["over_daily_max"]
    if line["units"] is None and entry.unknown and entry.proposed is None:
        out.append(f"The units of {code} cannot be told: it is timed and its minutes are not.")
    if line["units"] is None and not entry.code.timed:
        out.append(
            f"The units of {code} cannot be told: the area is not; it counts each {AREA_STEP} sq cm beyond the first."
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


def _provisional(
    lines: Sequence[ClaimLine], entries: Entries, rule: Rule, timed: int | None, working: Working
) -> None:
    """Under the CMS rule missing minutes can move the units of the others too."""
    missing = [e for e in entries.values() if e.by_day and e.unknown]
    if rule != "cms" or not missing:
        return
    if working["blocks"]:
        working["sentences"].insert(0, f"On the stated minutes alone, without those of {codes_of(missing)}:")
    if timed and _all_in_table(entries):
        row = table_row(timed)
        working["sentences"].append(
            f"All {timed} timed minutes together allow {row['units']} units "
            f"({row['least']} to {row['most']} minutes), however they are split."
        )
    for line in lines:
        entry = entries[line["code"]]
        if line["units"] is not None and entry.by_day and entry.code.unit_minutes == UNIT:
            line["provisional"] = True
            line["cautions"].append(
                f"Units on the stated minutes alone; those of {codes_of(missing)} can change them."
            )


# --- The claim as a whole ---


def _caution(caution: PayerCaution, billed: Sequence[ClaimLine], entries: Entries) -> None:
    """Put a caution of the payer on the lines that call for it."""
    codes = {line["code"] for line in billed}
    if caution.beside and not codes & set(caution.beside):
        return
    for line in billed:
        by_code = not caution.codes or line["code"] in caution.codes
        by_concept = not caution.concepts or bool(set(caution.concepts) & set(entries[line["code"]].concepts))
        if by_code and by_concept:
            line["cautions"].append(caution.says)


def _compare_written(lines: Sequence[ClaimLine], items: Iterable[Delivered], answer: UnitAnswer) -> None:
    """Caution lines whose minutes give other units than the note writes for them."""
    written = {item.code: item.written_units for item in items if item.written_units is not None}
    for line in lines:
        said, units = written.get(line["twin_of"] or line["code"]), line["units"]
        ties = {other.get(line["code"], units) for other in answer["alternatives"]}
        if said is not None and units is not None and line["minutes"] and said != units and said not in ties:
            line["cautions"].append(
                f"The note writes {said} unit{'s' if said != 1 else ''} of {line['code']}, "
                f"its {line['minutes']} minutes give {units} by this payer's rule."
            )


def _over_caps(payer: Payer, date: dt.date | None, timed_units: int | None) -> list[str]:
    """The payer's own daily caps that the timed units pass."""
    return [
        f"{payer.name} pays at most {cap.units} timed units a day{' ' + cap.where if cap.where else ''}; "
        f"these are {timed_units}, and nothing was cut."
        for cap in payer.caps
        if timed_units is not None and timed_units > cap.units and (not cap.begins or not date or date >= cap.begins)
    ]


def _other_rule(entries: Entries, units: Mapping[str, int], payer: Payer, date: dt.date | None) -> list[str]:
    """Where the payer's rule is not settled, what the other one would give, when it differs."""
    if payer.rule_sure or any(entry.unknown for entry in entries.values()):
        return []
    other: Rule = "midpoint" if payer.unit_rule == "cms" else "cms"
    told = _answered(entries, other, date)["units"]
    timed = [code for code in {**units, **told} if load_catalogue()[code].timed]
    changed = [f"{code} {told.get(code, 0)}" for code in timed if told.get(code, 0) != units.get(code, 0)]
    if not changed:
        return []
    return [f"This payer's unit rule is not settled; by the {_RULE_NAMES[other]}: {', '.join(changed)}."]


def _people_cautions(discipline: Discipline | None, assistant: Assistant | None) -> list[str]:
    own = plan_of(None, assistant)
    if assistant and discipline and own != discipline:
        return [f"A {assistant} works under a plan of {own}; the plan told is {discipline}."]
    return []


def _questions(
    billed: Sequence[ClaimLine],
    payer: Payer,
    date: dt.date | None,
    plan: Discipline | None,
    assistant: Assistant | None,
) -> list[str]:
    """What a person has to settle once for the claim; nothing where no therapy line stands."""
    if not any(load_catalogue()[line["code"]].therapy != "no" for line in billed):
        return []
    asked = (plan_question(payer, plan), assistant_question(payer, assistant), kx_question(payer, date))
    return [question for question in asked if question]


def _demands(
    payer: Payer, entries: Entries, timed: int | None, session: int | None, clock_times: bool | None
) -> list[Demand]:
    time = payer.time
    if time is None or not entries:
        return []
    met: bool | None
    match time.demand:
        case "totals":
            met = timed is not None and session is not None
        case "per_code":
            met = all(entry.origin == "stated" for entry in entries.values() if entry.by_day and not entry.added)
        case "session_start_stop":
            met = clock_times
        case "per_code_start_stop":
            met = False if clock_times is False else None
    return [Demand(demand=time.demand, says=time.says, met=met, source=time.source)]


__all__ = ["Claim", "ClaimLine", "Delivered", "Demand", "LeftOut", "SharedTime", "build_claim", "propose_split"]
