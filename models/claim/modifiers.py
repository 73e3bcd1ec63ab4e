"""Modifiers of a line: the plan's is stated, the assistant's is asked, KX is never claimed.

Sources: CMS Pub 100-04 ch. 5 s. 20.1 (GP, GO, GN; "always" and "sometimes" therapy codes); CMS page of CQ and CO
examples and the CY2022 rule (more than a tenth of a unit; the last unit); Noridian KX pages (`corpus.payers`).
"""

from __future__ import annotations

import datetime as dt
from typing import Literal, TypedDict

from corpus.catalogue import Code
from corpus.payers import Payer, load_thresholds
from corpus.services import load_services, service_of_code

Discipline = Literal["PT", "OT", "SLP"]
Assistant = Literal["PTA", "COTA"]

PLAN_MODIFIER: dict[Discipline, str] = {"PT": "GP", "OT": "GO", "SLP": "GN"}
ASSISTANT_MODIFIER: dict[Assistant, str] = {"PTA": "CQ", "COTA": "CO"}
DISCIPLINE_OF: dict[Assistant, Discipline] = {"PTA": "PT", "COTA": "OT"}


class Modifiers(TypedDict):
    """Modifiers of one line, what a person has to settle, and what does not fit."""

    modifiers: list[str]
    questions: list[str]
    cautions: list[str]


def discipline_named(name: str | None) -> Discipline | None:
    """The discipline of a plan of care, in any case.

    Raises
    ------
    ValueError
        Naming those known.
    """
    if name is None:
        return None
    found = next((d for d in PLAN_MODIFIER if d == name.upper()), None)
    if found is None:
        raise ValueError(f"discipline must be one of {', '.join(PLAN_MODIFIER)}, got {name!r}")
    return found


def assistant_named(name: str | None) -> Assistant | None:
    """The kind of assistant, in any case; OTA is the same as COTA.

    Raises
    ------
    ValueError
        Naming those known.
    """
    if name is None:
        return None
    wanted = "COTA" if name.upper() == "OTA" else name.upper()
    found = next((a for a in ASSISTANT_MODIFIER if a == wanted), None)
    if found is None:
        raise ValueError(f"assistant must be one of {', '.join(ASSISTANT_MODIFIER)}, got {name!r}")
    return found


def plan_of(discipline: Discipline | None, assistant: Assistant | None) -> Discipline | None:
    """The discipline of the plan of care: the one told, or the one an assistant works under."""
    return discipline or (DISCIPLINE_OF[assistant] if assistant else None)


def line_modifiers(
    entry: Code, payer: Payer, discipline: Discipline | None = None, assistant: Assistant | None = None
) -> Modifiers:
    """Modifiers of a code's line.

    Parameters
    ----------
    entry : the code in the catalogue; only therapy codes take these modifiers.
    payer : says which it wants.
    discipline : of the plan of care; an assistant implies it.
    assistant : who treated, beside or instead of the therapist.

    Examples
    --------
    >>> from corpus.catalogue import load_catalogue
    >>> from corpus.payers import payer_named
    >>> line_modifiers(load_catalogue()["97110"], payer_named("medicare"), "OT")["modifiers"]
    ['GO']
    """
    plan = plan_of(discipline, assistant)
    out = Modifiers(modifiers=[], questions=[], cautions=[])
    if plan and entry.disciplines and plan not in entry.disciplines:
        out["cautions"].append(
            f"{entry.code} is billed by {' or '.join(entry.disciplines)}; the plan here is {plan}."
        )
    if entry.therapy == "no":
        return out
    if plan and payer.plan_modifier.wanted == "yes":
        out["modifiers"].append(PLAN_MODIFIER[plan])
    if assistant:
        _assistant(out, assistant, payer, entry, plan)
    return out


def is_evaluation(code: str) -> bool:
    """Whether a code is an evaluation or re-evaluation of PT or OT, which no assistant gives."""
    return any(load_services()[service].is_evaluation for service in service_of_code().get(code, ()))


def _assistant(out: Modifiers, assistant: Assistant, payer: Payer, entry: Code, plan: Discipline | None) -> None:
    if is_evaluation(entry.code):
        out["cautions"].append(
            f"{entry.code} is the therapist's own: a {assistant} may treat and measure, not evaluate; see who signed."
        )
        return
    if payer.assistant_modifier.wanted != "no":
        modifier, beside = ASSISTANT_MODIFIER[assistant], PLAN_MODIFIER[DISCIPLINE_OF[assistant]]
        if plan != DISCIPLINE_OF[assistant]:
            out["questions"].append(
                f"Who gave {entry.code}, and under whose plan? {modifier}, a {assistant}'s, stands beside {beside} only, and the "
                f"plan here is {plan}."
            )
            return
        out["questions"].append(
            f"Did the {assistant} give all, or more than a tenth, of a unit of {entry.code} without the therapist? "
            f"Then that unit carries {modifier} beside {beside}."
        )


def plan_question(payer: Payer, plan: Discipline | None) -> str | None:
    """What to ask of GP, GO and GN once for the claim; ``None`` when the lines carry it or the payer wants none."""
    wanted = payer.plan_modifier.wanted
    if wanted == "no" or (wanted == "yes" and plan):
        return None
    if wanted == "ask":
        which = PLAN_MODIFIER[plan] if plan else "GP, GO or GN"
        return f"Does this payer want {which} on therapy lines? This project's sources do not tell."
    each = ", ".join(f"{modifier} ({name})" for name, modifier in PLAN_MODIFIER.items())
    return f"Under whose plan of care was this given? Every therapy line carries the plan's modifier: {each}."


def assistant_question(payer: Payer, assistant: Assistant | None, discipline: Discipline | None = None) -> str | None:
    """The rest of the assistant's rule, once for a claim with timed codes: an untimed one has no last unit.

    Parameters
    ----------
    discipline : of the plan of care; where it is not the assistant's, their modifier has no place and nothing is asked of it.
    """
    if assistant is None or payer.assistant_modifier.wanted == "no":
        return None
    if plan_of(discipline, assistant) != DISCIPLINE_OF[assistant]:
        return None
    modifier = ASSISTANT_MODIFIER[assistant]
    known = payer.assistant_modifier.wanted == "yes"
    return (
        f"For {modifier}: a last unit of which the therapist alone gave 8 minutes or more does not carry it; of two "
        f"last units with 9 to 14 minutes from each, one does. Whose minutes were they?"
        + ("" if known else f" Whether this payer wants {modifier} this project's sources do not tell.")
    )


def kx_question(payer: Payer, date: dt.date | None) -> str | None:
    """What a person has to look up for KX; it is never claimed here, because the year's amounts are not in a note.

    Parameters
    ----------
    payer : whether it has the threshold.
    date : of service; without one, or for a year not on file, the latest year on file is named with that year.
    """
    if not payer.kx:
        return None
    thresholds = load_thresholds()
    latest = max(thresholds)
    year = date.year if date and date.year in thresholds else latest
    missing = f" (no amount is on file for {date.year})" if date and date.year not in thresholds else ""
    return (
        f"Is this person past the year's threshold of {thresholds[year].amount:,} USD in {year}{missing}, PT and SLP "
        f"together, OT alone? Only then, and if the care is needed, does KX belong on the lines; a note cannot tell."
    )
