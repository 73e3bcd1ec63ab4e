"""What is said of a claim as a whole, or of its lines beside one another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from corpus.catalogue import load_catalogue
from corpus.payers import Payer, PayerCaution
from models.claim.day import UnitAnswer
from models.claim.lines.counted import all_in_table
from models.claim.lines.shapes import ClaimLine, Demand
from models.claim.modifiers import Assistant, Discipline, assistant_question, kx_question, plan_of, plan_question
from models.claim.timing import Entries, codes_of
from models.claim.units import UNIT, Rule, table_row
from models.claim.working import Working
from models.wording import units_in_words


def mark_provisional(
    lines: Sequence[ClaimLine], entries: Entries, rule: Rule, timed: int | None, working: Working
) -> None:
    """Under the CMS rule missing minutes can move the units of the others too."""
    missing = [e for e in entries.values() if e.by_day and e.unknown]
    if rule != "cms" or not missing:
        return
    if working["blocks"]:
        working["sentences"].insert(0, f"On the known minutes alone, without those of {codes_of(missing)}:")
    if timed and all_in_table(entries):
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
                f"Units on the known minutes alone; those of {codes_of(missing)} can change them."
            )


def put_caution(caution: PayerCaution, lines: Sequence[ClaimLine], entries: Entries) -> None:
    """Put a caution of the payer on the lines that call for it; one on a treatment also where its minutes earn no unit."""
    codes = {line["code"] for line in lines if line["units"] != 0}
    if caution.beside and not codes & set(caution.beside):
        return
    for line in lines:
        if line["units"] == 0 and not caution.concepts:
            continue
        by_code = not caution.codes or line["code"] in caution.codes
        by_concept = not caution.concepts or bool(set(caution.concepts) & set(entries[line["code"]].concepts))
        if by_code and by_concept:
            line["cautions"].append(caution.says)


def compare_written(lines: Sequence[ClaimLine], entries: Entries, answer: UnitAnswer) -> None:
    """Caution lines whose minutes give other units than the note writes for them."""
    for line in lines:
        said, units = entries[line["code"]].written_units, line["units"]
        ties = {other.get(line["code"], units) for other in answer["alternatives"]}
        if said is not None and units is not None and line["minutes"] and said != units and said not in ties:
            line["cautions"].append(
                f"The note writes {units_in_words(said)} of {line['code']}, "
                f"its {line['minutes']} minutes give {units} by this payer's rule."
            )


def compare_written_total(
    said: int | None, lines: Sequence[ClaimLine], timed: int | None, every: int | None
) -> list[str]:
    """Where the note writes units for the visit that are neither those of its timed codes nor of all, bundled ones in or out."""
    if said is None or timed is None or every is None:
        return []
    bundled = sum(line["units"] or 0 for line in lines if line["bundled"])
    if said in (timed, every, every + bundled):
        return []
    return [
        f"The note writes {units_in_words(said)} for the visit; by this payer's rule it gives {every} in all, "
        f"{timed} of them of timed codes."
    ]


def over_caps(payer: Payer, date: dt.date | None, timed_units: int | None) -> list[str]:
    """The payer's own daily caps that the timed units pass."""
    return [
        f"{payer.name} pays at most {cap.units} timed units a day{' ' + cap.where if cap.where else ''}; "
        f"these are {timed_units}, and nothing was cut."
        for cap in payer.caps
        if timed_units is not None and timed_units > cap.units and (not cap.begins or not date or date >= cap.begins)
    ]


def people_cautions(discipline: Discipline | None, assistant: Assistant | None) -> list[str]:
    """Where the assistant who treated and the discipline told do not go together."""
    own = plan_of(None, assistant)
    if assistant and discipline and own != discipline:
        return [f"A {assistant} works under a plan of {own}; the plan told is {discipline}."]
    return []


def questions(
    billed: Sequence[ClaimLine],
    payer: Payer,
    date: dt.date | None,
    plan: Discipline | None,
    assistant: Assistant | None,
) -> list[str]:
    """What a person has to settle once for the claim; nothing where no therapy line stands."""
    if not any(load_catalogue()[line["code"]].therapy != "no" for line in billed):
        return []
    by_time = any(load_catalogue()[line["code"]].timed for line in billed)
    last_unit = assistant_question(payer, assistant, plan) if by_time else None
    asked = (plan_question(payer, plan), last_unit, kx_question(payer, date))
    return [question for question in asked if question]


def demands(
    payer: Payer, entries: Entries, timed: int | None, session: int | None, clock_times: bool | None
) -> list[Demand]:
    """What the payer wants the note to state of time, and whether it does.

    Parameters
    ----------
    timed, session : the note's own totals, minutes.
    clock_times : whether the note states when the session began and ended; ``None`` = not looked for.
    """
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
