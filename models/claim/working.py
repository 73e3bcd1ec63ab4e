"""The working behind a day's units, as a record and in the sentences of a person who writes it down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TypedDict

from models.claim.parts import Part
from models.claim.units import (
    UNIT,
    Row,
    Rule,
    Share,
    area_codes,
    area_sizes,
    area_units,
    month_units,
    table_row,
)
from models.wording import earned, listed, minutes_in_words


class Block(TypedDict):
    """One code (or first and further code together) in the CMS sum; `left` is in 0..14, `extra` 0 or 1."""

    codes: list[str]
    minutes: int
    whole: int
    left: int
    extra: int
    units: int


class Separate(TypedDict):
    """Codes that are counted by themselves, with the rule in words; `minutes` is 0 where an area counts."""

    codes: list[str]
    minutes: int
    units: dict[str, int]
    how: str


class Working(TypedDict):
    """How units came about.

    `timed_minutes` are those of the CMS sum (15-minute codes) or, under the midpoint rule, of all timed codes of
    the day; `row` is absent under the midpoint rule; `leftover_units` are what the table still gives after the
    whole blocks; `tied` are codes between which the rule leaves the choice.
    """

    rule: Rule
    timed_minutes: int
    row: Row | None
    blocks: list[Block]
    leftover_units: int
    tied: list[str]
    separate: list[Separate]
    sentences: list[str]


def cms_working(pool: Mapping[str, Part], units: Mapping[str, int], share: Share, first: str) -> Working:
    """The working of the CMS sum: ``pool`` has its parts by name, ``units`` what each was given, ``share`` how the last ones fell."""
    total = sum(part.minutes for part in pool.values())
    blocks = [
        Block(
            codes=list(part.codes),
            minutes=part.minutes,
            whole=part.minutes // UNIT,
            left=part.minutes % UNIT,
            extra=units[name] - part.minutes // UNIT,
            units=units[name],
        )
        for name, part in pool.items()
    ]
    row = table_row(total)
    return Working(
        rule="cms",
        timed_minutes=total,
        row=row if pool else None,
        blocks=blocks,
        leftover_units=row["units"] - sum(b["whole"] for b in blocks),
        tied=[code for name in share.tied for code in pool[name].codes],
        separate=[],
        sentences=_cms_sentences(pool, blocks, row, share, first) if pool else [],
    )


def _cms_sentences(
    pool: Mapping[str, Part], blocks: Sequence[Block], row: Row, share: Share, first: str
) -> list[str]:
    """The working as a person would write it down; ``first`` is what the order of equal codes means."""
    total = sum(part.minutes for part in pool.values())
    out = [
        f"Timed minutes: {' + '.join(f'{name} {part.minutes}' for name, part in pool.items())}"
        + (f" = {total}." if len(pool) > 1 else "."),
        f"The CMS table gives {earned(row['units'])} for {row['least']} to {row['most']} minutes.",
    ]
    if row["units"] == 0:
        return out
    whole = (f"{name} {b['whole'] or 'none'} ({b['left']} left)" for name, b in zip(pool, blocks, strict=True))
    out.append(f"Whole 15-minute blocks: {', '.join(whole)}.")
    rest = row["units"] - sum(b["whole"] for b in blocks)
    is_are = "is" if rest == 1 else "are"
    out.append(
        f"{earned(rest)} {is_are} still to give out." if rest else "The whole blocks are all the units there are."
    )
    got = [name for name, b in zip(pool, blocks, strict=True) if b["extra"]]
    if share.sure:
        out.append(_sure_sentence(pool, [name for name in got if name in share.sure]))
    if share.tied:
        out.append(_tie_sentence(pool, share, [name for name in got if name in share.tied], first))
    bare = [name for name, b in zip(pool, blocks, strict=True) if b["left"] and not b["extra"]]
    if bare:
        left = listed([f"{pool[name].minutes % UNIT} of {name}" for name in bare])
        out.append(f"The minutes left over, {left}, earn no unit; they stay in the note.")
    return out


def _sure_sentence(pool: Mapping[str, Part], names: Sequence[str]) -> str:
    if len(pool) == 1:
        return f"{names[0]} gets it for its {minutes_in_words(pool[names[0]].minutes % UNIT)} left over."
    if len(names) == 1:
        return f"{names[0]} gets one: of the minutes left over, its {pool[names[0]].minutes % UNIT} are the most."
    left = listed([str(pool[name].minutes % UNIT) for name in names])
    return f"{listed(names)} get one each: of the minutes left over, their {left} are the most."


def _tie_sentence(pool: Mapping[str, Part], share: Share, chosen: Sequence[str], first: str) -> str:
    left = pool[share.tied[0]].minutes % UNIT
    passed = [name for name in share.tied if name not in chosen]
    least, most = min(pool[n].minutes for n in chosen), max(pool[n].minutes for n in passed)
    every = {pool[name].minutes for name in share.tied}
    why = (
        "more minutes in all" if least > most else first if len(every) == 1 else f"more minutes in all, then {first}"
    )
    return (
        f"{listed(share.tied)} tie at {left} left over for {earned(share.open)}: the choice is the clinician's; "
        f"taken here: {listed(chosen)} ({why})."
    )


def separate_part(part: Part) -> Separate:
    """A part counted by its own midpoints."""
    units = part.alone()
    if len(part.codes) == 1:
        how = f"{minutes_in_words(part.minutes)} in units of {part.sizes[0]}: {earned(units[part.codes[0]])}."
    else:
        first, further = part.codes
        how = (
            f"{minutes_in_words(part.minutes)}, the first {part.sizes[0]} as {first}, each further {part.sizes[1]} as "
            f"{further}: {earned(units[first])} and {earned(units[further])}."
        )
    return Separate(codes=list(part.codes), minutes=part.minutes, units=units, how=how)


def separate_month(minutes: int, date: dt.date | None) -> Separate:
    """Codes whose minutes add up over a calendar month."""
    units = month_units(minutes, date)
    reached = [f"{code} {n}" for code, n in units.items() if n]
    how = f"{minutes_in_words(minutes)} in the calendar month, full steps only: {', '.join(reached) or 'no unit'}."
    return Separate(codes=list(units), minutes=minutes, units=units, how=how)


def separate_area(area: float | None) -> Separate:
    """Codes of an area, in sq cm; one unit of the first where it is not told."""
    base, further = area_codes()
    if area is None:
        return Separate(
            codes=[base],
            minutes=0,
            units={base: 1},
            how="1 unit; the area, which further units rest on, is not told.",
        )
    units = area_units(area)
    first, step = area_sizes()
    how = f"{area:g} sq cm, the first {first} as {base}, each further {step} or part of them as {further}: "
    how += f"{earned(units[base])} and {earned(units[further])}."
    return Separate(codes=[base, further], minutes=0, units=units, how=how)
