"""The claim of one day, built in steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from corpus.edits import EditTable, load_edits
from corpus.payers import Payer
from models.claim.edits import edits_among
from models.claim.lines.counted import (
    add_missing,
    answered,
    in_order,
    other_rule,
    proposed_units,
    units_of_all,
    units_of_timed,
)
from models.claim.lines.line import line_of
from models.claim.lines.overlaps import overlaps
from models.claim.lines.shapes import Claim, Delivered, SharedMinutes
from models.claim.lines.taken import taken
from models.claim.lines.whole import (
    compare_written,
    compare_written_total,
    demands,
    mark_provisional,
    over_caps,
    people_cautions,
    put_caution,
    questions,
)
from models.claim.modifiers import assistant_named, discipline_named, plan_of
from models.claim.timing import (
    Entries,
    SharedTime,
    checked_total,
    counted_again,
    settle_minutes,
    split_families,
    take_shared,
)


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
    written_units: int | None = None,
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
    written_units : units the note itself writes for the visit; they are only compared.

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
    helper, told = assistant_named(assistant), discipline_named(discipline)
    plan = plan_of(told, helper)
    items = list(items)
    entries, left_out = taken(items, payer, date)
    minutes = _settled(entries, items, list(shared_times), timed_total, session_total, contradictions)
    answer = answered(entries, payer.unit_rule, date)
    units = answer["units"]
    proposed = proposed_units(entries, payer.unit_rule, date)
    other = other_rule(entries, units, payer, date)
    add_missing(entries, units)
    split_families(entries)
    lines = [line_of(entry, units, proposed, entries, payer, plan, helper) for entry in in_order(entries)]
    mark_provisional(lines, entries, payer.unit_rule, minutes.known, answer["working"])
    billed = [line for line in lines if line["units"] != 0]
    for caution in payer.cautions:
        put_caution(caution, lines, entries)
    compare_written(lines, entries, answer)
    timed_units = units_of_timed(lines, entries, payer.unit_rule, minutes.known)
    cautions = [*minutes.conflicts, *minutes.cautions, *answer["cautions"]]
    all_units = units_of_all(lines, entries, timed_units)
    cautions += compare_written_total(written_units, lines, timed_units, all_units)
    cautions += [*over_caps(payer, date, timed_units), *other, *people_cautions(told, helper)]
    return Claim(
        payer=payer.id,
        rule=payer.unit_rule,
        date=date.isoformat() if date else None,
        discipline=plan,
        assistant=helper,
        lines=lines,
        left_out=left_out,
        timed_minutes=minutes.timed,
        shared_minutes=[SharedMinutes(codes=list(time.codes), minutes=time.minutes) for time in minutes.shared],
        timed_total=minutes.timed_total,
        total_minutes=minutes.session_total,
        timed_units=timed_units,
        total_units=all_units,
        working=answer["working"],
        alternatives=answer["alternatives"],
        alternatives_total=answer["alternatives_total"],
        edits=edits_among({line["code"]: line["units"] != 0 for line in lines}, payer, date, used),
        edit_table=used.named if payer.pair_edits != "none" else None,
        demands=demands(payer, entries, minutes.timed_total, minutes.session_total, clock_times),
        questions=questions(billed, payer, date, plan, helper),
        cautions=cautions,
        contradictions=minutes.conflicts,
        remarks=list(payer.remarks),
    )


@dataclass(frozen=True, slots=True)
class _Minutes:
    """What is known of the claim's minutes as a whole, when those of its codes are settled.

    Attributes
    ----------
    timed : of the day's timed codes; ``None`` when it cannot be told.
    timed_total, session_total : the note's own totals, where they can be totals.
    shared : times stated once for several timed codes.
    conflicts : sentences on what cannot all be true.
    cautions : other sentences for the claim.
    """

    timed: int | None
    timed_total: int | None
    session_total: int | None
    shared: list[SharedTime]
    conflicts: list[str]
    cautions: list[str]

    @property
    def known(self) -> int | None:
        """Minutes of the day's timed codes, from the note's total where they cannot be told."""
        return self.timed_total if self.timed is None else self.timed


def _settled(
    entries: Entries,
    items: Sequence[Delivered],
    shared_times: Sequence[SharedTime],
    timed_total: int | None,
    session_total: int | None,
    contradictions: Iterable[str],
) -> _Minutes:
    """Settle the minutes of the entries, which are changed in place; parameters as for `build_claim`."""
    cautions: list[str] = []
    twins = {entry.twin_of: code for code, entry in entries.items()}
    shared_times = [replace(time, codes=tuple(twins.get(code, code) for code in time.codes)) for time in shared_times]
    again = counted_again(entries, shared_times)
    shared = take_shared(entries, shared_times)
    conflicts = [*contradictions, *overlaps(items, shared)]
    timed_total = checked_total(timed_total, "timed", cautions)
    session_total = checked_total(session_total, "session", cautions)
    timed = settle_minutes(entries, timed_total, session_total, cautions, conflicts, shared, again)
    return _Minutes(timed, timed_total, session_total, shared, conflicts, cautions)
