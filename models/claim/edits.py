"""Pair edits of a claim: what is denied beside what, what to do, and what the note would have to show.

Sources: CMS NCCI PTP practitioner files (`corpus.edits`); CMS MLN1783722 (timed therapy services: separate 15-minute
blocks, which may be split but not shared; modifiers 59 and XE, XP, XS, XU, never two of them on one line).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict

from corpus.catalogue import load_catalogue
from corpus.edits import CODE, EditTable, PtpEdit, load_edits, load_pair_histories
from corpus.payers import Payer
from models.wording import day_in_words


class EditItem(TypedDict):
    """One edit between two lines of the claim.

    `column1` is paid and `column2` denied; `indicator` 0 = never together, 1 = payable with a modifier when truly
    separate; `effective` is the first day (ISO) where known; `binding` is false where the payer may or may not follow
    CMS; `moot` is true where one of the two earns no unit; `says` tells what to do; `question` is for a person, never
    answered here; `source` names table and release.
    """

    column1: str
    column2: str
    indicator: Literal["0", "1"]
    effective: str | None
    rationale: str
    binding: bool
    moot: bool
    says: str
    question: str | None
    source: str


class PairRow(TypedDict):
    """One row of the CMS table, days in ISO form."""

    column1: str
    column2: str
    indicator: str
    effective: str | None
    deleted: str | None
    release: str


class PairAnswer(TypedDict):
    """What is known of a pair: whether an edit is in force, its rows oldest first, and its history in sentences."""

    pair: list[str]
    date: str | None
    in_force: bool
    sentences: list[str]
    rows: list[PairRow]


def edits_among(
    codes: Iterable[str] | Mapping[str, bool],
    payer: Payer,
    date: dt.date | None = None,
    table: EditTable | None = None,
) -> list[EditItem]:
    """The edits in force between the codes of one day.

    Parameters
    ----------
    codes : of the claim's lines; a mapping says of each whether it is billed, that is, earns a unit.
    payer : decides whether CMS's edits bind, are usually followed, or mean nothing (then none are given).
    date : of service; without one, today.
    table : the shipped one by default.

    Examples
    --------
    >>> from corpus.payers import payer_named
    >>> medicare = payer_named("medicare")
    >>> [found] = edits_among(["97110", "97150"], medicare)
    >>> found["column1"], found["column2"], found["indicator"]
    ('97150', '97110', '1')
    >>> print(found["says"].split(": ")[0])
    97150 is paid and 97110 denied on one day
    >>> edits_among(["97530", "97116", "97140"], medicare)
    []
    """
    if payer.pair_edits == "none":
        return []
    rows = (table or load_edits()).among(codes, date)
    idle = {code for code, billed in codes.items() if not billed} if isinstance(codes, Mapping) else set()
    return [_item(row, payer, bool(idle & {row.column1, row.column2})) for row in rows]


def _item(row: PtpEdit, payer: Payer, moot: bool) -> EditItem:
    binding = payer.pair_edits == "binding"
    says, question = _never(row) if row.modifier_indicator == "0" else _when_separate(row)
    if not binding:
        says = f"By CMS's pair edits, which this payer may follow or not, {says}"
    if moot:
        says = f"One of the two earns no unit here; should both be billed: {says}"
    return EditItem(
        column1=row.column1,
        column2=row.column2,
        indicator="0" if row.modifier_indicator == "0" else "1",
        effective=row.effective.isoformat() if row.effective else None,
        rationale=row.rationale,
        binding=binding,
        moot=moot,
        says=says,
        question=question,
        source=f"{row.source}, {row.release}",
    )


def _never(row: PtpEdit) -> tuple[str, None]:
    return (
        f"{row.column1} is paid and {row.column2} denied on one day, and no modifier changes that: bill the one the "
        f"note supports best, not both.",
        None,
    )


def _when_separate(row: PtpEdit) -> tuple[str, str]:
    return (
        f"{row.column1} is paid and {row.column2} denied on one day: bill {row.column1} alone unless the note shows "
        f"{_separation(row)}.",
        f"Was {row.column2} truly separate from {row.column1}? If the note shows it, a person decides on 59 or one "
        f"of XE, XP, XS, XU (never two on a line); none is added here.",
    )


def _separation(row: PtpEdit) -> str:
    """What would have to stand in the note, by whether the codes are timed."""
    catalogue = load_catalogue()
    timed = [code for code in (row.column1, row.column2) if code in catalogue and catalogue[code].timed]
    if len(timed) == 2:
        return f"15-minute blocks of {row.column2} that {row.column1} does not share"
    if timed:
        other = row.column1 if timed[0] == row.column2 else row.column2
        return f"minutes of {timed[0]} that {other} does not share"
    return f"{row.column2} at another time of the day or on another part of the body, with its own reason"


def explain_pair(a: str, b: str, date: dt.date | None = None, table: EditTable | None = None) -> PairAnswer:
    """What CMS's table says of a pair and how it came about, also when no edit is in force.

    Parameters
    ----------
    a, b : the codes, in any order.
    date : of service; without one, today.
    table : the shipped one by default.

    Raises
    ------
    ValueError
        When one is no code by its form, or both are the same.

    Examples
    --------
    >>> told = explain_pair("97116", "97530")
    >>> told["in_force"]
    False
    >>> for sentence in told["sentences"][:4]:
    ...     print(sentence)
    No CMS edit between 97116 and 97530 is in force.
    97530 over 97116: issued for 1 January 1996 and withdrawn back to that day.
    97530 over 97116, indicator 1: 1 July 1999 to 31 December 2019.
    97530 over 97116: issued for 1 October 2020 and withdrawn back to that day.
    """
    used = table or load_edits()
    wrong = next((code for code in (a, b) if not re.fullmatch(CODE, code)), None)
    if wrong is not None:
        raise ValueError(f"a pair must be two codes of five digits and capitals, got {wrong!r}; see 'soapcode codes'")
    if a == b:
        raise ValueError(f"a pair must be two different codes, got {a} twice; an edit joins no code with itself")
    rows = used.between(a, b)
    live = [row for row in rows if row.in_force(date)]
    when = f" on {day_in_words(date)}" if date else ""
    sentences = [said for code in (a, b) if (said := _not_valid(code, date))]
    sentences += [_live_sentence(row, when) for row in live] or [_none_sentence(a, b, bool(rows), when, used)]
    sentences += [_row_sentence(row) for row in rows if row not in live]
    if not any(row.stands for row in rows):
        sentences += [told.says for told in load_pair_histories().get(frozenset((a, b)), ())]
    return PairAnswer(
        pair=[a, b],
        date=date.isoformat() if date else None,
        in_force=bool(live),
        sentences=sentences,
        rows=[_row(row) for row in rows],
    )


def _not_valid(code: str, date: dt.date | None) -> str | None:
    """That a code is no code of the day, whatever the edits say; without a date, of today."""
    entry, day = load_catalogue().get(code), date or dt.date.today()
    if entry is not None and entry.ends is not None and day > entry.ends:
        instead = f"; see {' or '.join(entry.alternates)}" if entry.alternates else ""
        return f"{code} ended on {day_in_words(entry.ends)} and cannot be billed{f' on {day_in_words(date)}' if date else ''}{instead}."
    if entry is not None and entry.begins is not None and day < entry.begins:
        return f"{code} begins on {day_in_words(entry.begins)} and cannot be billed{f' on {day_in_words(date)}' if date else ''}."
    return None


def _none_sentence(a: str, b: str, past: bool, when: str, table: EditTable) -> str:
    """That no edit is in force, or that the table cannot tell."""
    if past:
        return f"No CMS edit between {a} and {b} is in force{when}."
    strange = " and ".join(code for code in (a, b) if not table.covers(code))
    if strange:
        return (
            f"Whether a CMS edit joins {a} and {b} cannot be told: the table in use ({table.named}) does not cover "
            f"{strange}; see CMS's own file."
        )
    return f"No CMS edit between {a} and {b} stands in the table in use ({table.named})."


def _row(row: PtpEdit) -> PairRow:
    return PairRow(
        column1=row.column1,
        column2=row.column2,
        indicator=row.modifier_indicator,
        effective=row.effective.isoformat() if row.effective else None,
        deleted=row.deleted.isoformat() if row.deleted else None,
        release=row.release,
    )


def _live_sentence(row: PtpEdit, when: str) -> str:
    law = (
        "and no modifier changes that"
        if row.modifier_indicator == "0"
        else "payable with a modifier if truly separate"
    )
    inferred = " (inferred)" if row.grade == "A-" else ""
    since = f", since {day_in_words(row.effective)}{inferred}" if row.effective else ""
    return f"{row.column1} is paid and {row.column2} denied{when}, {law}{since} ({row.source}, {row.release})."


def _row_sentence(row: PtpEdit) -> str:
    pair = f"{row.column1} over {row.column2}"
    if row.modifier_indicator == "9":
        first = day_in_words(row.effective) if row.effective else "a day not in the table"
        return f"{pair}: issued for {first} and withdrawn back to that day."
    last = f" to {day_in_words(row.deleted)}" if row.deleted else " on"
    first = day_in_words(row.effective) if row.effective else "a day not in the table"
    return f"{pair}, indicator {row.modifier_indicator}: {first}{last}."
