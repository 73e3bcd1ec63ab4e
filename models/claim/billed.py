"""Modifiers of billed lines that do not fit one another, the payer, the edits in force, or who treated.

Sources: those of `models.claim.modifiers` and `models.claim.edits`. What only a person can settle stays a question: each
sentence says what to look at, none adds or takes off a modifier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from corpus.catalogue import load_catalogue
from corpus.edits import EditTable
from corpus.payers import Payer
from models.claim.edits import EditItem
from models.claim.modifiers import (
    ASSISTANT_MODIFIER,
    PLAN_MODIFIER,
    assistant_named,
    discipline_named,
    is_evaluation,
)

SEPARATE = ("59", "XE", "XP", "XS", "XU")
Marked = Mapping[str, Sequence[str]]


def misfits(
    billed: Marked,
    payer: Payer,
    edits: Sequence[EditItem],
    table: EditTable,
    discipline: str | None = None,
    assistant: str | None = None,
) -> Iterator[tuple[str, str]]:
    """Codes and sentences on modifiers that do not fit; KX under a payer with its threshold is `kx_unseen`'s.

    Parameters
    ----------
    billed : code -> modifiers.
    payer : says which it wants.
    edits : in force between the billed codes.
    table : the edit table in use.
    discipline, assistant : of the plan of care, and who treated, as far as known.

    Examples
    --------
    >>> from corpus.edits import load_edits
    >>> from corpus.payers import payer_named
    >>> [(code, says)] = misfits({"97116": ["59", "XS"]}, payer_named("cash"), [], load_edits())
    >>> says
    '97116 carries 59 and XS; never two of 59, XE, XP, XS, XU stand on one line.'
    """
    yield from _of_separation(billed, payer, edits, table)
    yield from _of_plan(billed, payer, discipline)
    yield from _of_assistant(billed, payer, assistant)
    if not payer.kx:
        for code, marks in billed.items():
            if "KX" in marks:
                yield (
                    code,
                    f"{code} carries KX; {payer.name} has no yearly threshold known here that it could attest to.",
                )


def kx_unseen(billed: Marked, payer: Payer) -> Iterator[tuple[str, str]]:
    """The first line with KX where the payer has the threshold: whether it is passed stands in no note."""
    first = next((code for code, marks in billed.items() if "KX" in marks), None) if payer.kx else None
    if first:
        yield (
            first,
            "KX is billed; whether this person is past the year's threshold, and the care still needed, a person has "
            "to look up: a note cannot tell.",
        )


def _of_separation(
    billed: Marked, payer: Payer, edits: Sequence[EditItem], table: EditTable
) -> Iterator[tuple[str, str]]:
    """Two modifiers of separateness on one line, or one where no edit stands that it could open."""
    paired = {code for edit in edits for code in (edit["column1"], edit["column2"])}
    known = all(table.covers(code) for code in billed)
    for code, marks in billed.items():
        found = [mark for mark in SEPARATE if mark in marks]
        if len(found) > 1:
            yield (
                code,
                f"{code} carries {' and '.join(found)}; never two of {', '.join(SEPARATE)} stand on one line.",
            )
        if found and known and payer.pair_edits != "none" and code not in paired:
            yield (
                code,
                f"{code} carries {found[0]}; no CMS edit in force stands between it and another billed code, "
                "so there is nothing for it to open.",
            )


def _of_plan(billed: Marked, payer: Payer, discipline: str | None) -> Iterator[tuple[str, str]]:
    """GP, GO or GN of another plan than the note's, or two of them."""
    plan = discipline_named(discipline)
    if payer.plan_modifier.wanted == "no":
        return
    for code, marks in billed.items():
        found = [mark for mark in PLAN_MODIFIER.values() if mark in marks]
        if len(found) > 1:
            yield code, f"{code} carries {' and '.join(found)}; a line is of one plan of care."
        elif found and plan and found[0] != PLAN_MODIFIER[plan]:
            yield code, f"{code} carries {found[0]}; the note is of a plan of {plan}, which is {PLAN_MODIFIER[plan]}."


def _of_assistant(billed: Marked, payer: Payer, assistant: str | None) -> Iterator[tuple[str, str]]:
    """CQ or CO where no such assistant treated or on an evaluation; none on any line where one did and the payer wants it."""
    helper = assistant_named(assistant)
    wanted = ASSISTANT_MODIFIER[helper] if helper else None
    for code, marks in billed.items():
        for kind, mark in ASSISTANT_MODIFIER.items():
            if mark in marks and mark != wanted:
                yield code, f"{code} carries {mark}; the note does not show that a {kind} treated."
            elif mark in marks and is_evaluation(code):
                yield code, f"{code} carries {mark}; an evaluation is the therapist's own, see who did it."
    catalogue = load_catalogue()
    given = [c for c in billed if c in catalogue and catalogue[c].therapy != "no" and not is_evaluation(c)]
    if wanted and given and payer.assistant_modifier.wanted == "yes" and all(wanted not in billed[c] for c in given):
        yield (
            given[0],
            f"A {helper} treated and no line carries {wanted}; it belongs on each unit of which the {helper} alone gave "
            "more than a tenth.",
        )
