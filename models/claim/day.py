"""A day's units with the working behind them, as a record and as a person would write it down.

Reading order: `day_units`; `Part` (what is counted as one), `_cms_day` and `_midpoint_day`, then the sentences.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from corpus.catalogue import load_catalogue
from models.claim.units import (
    UNIT,
    Row,
    Rule,
    Share,
    add_ons,
    area_codes,
    area_sizes,
    area_units,
    by_month,
    checked_minutes,
    cms_units,
    first_and_further,
    midpoint_units,
    month_units,
    share_out,
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


class UnitAnswer(TypedDict):
    """Units of a day: the preferred answer, the other right ones (code -> units, same codes), and the working."""

    units: dict[str, int]
    alternatives: list[dict[str, int]]
    alternatives_total: int
    working: Working
    cautions: list[str]


@dataclass(frozen=True, slots=True)
class Part:
    """Timed minutes that are counted as one: a code, or a first code with its add-on.

    Attributes
    ----------
    codes : the code, or first and add-on code.
    sizes : minutes in one unit of each.
    minutes : of all together.
    """

    codes: tuple[str, ...]
    sizes: tuple[int, ...]
    minutes: int

    @property
    def name(self) -> str:
        """The codes for a sentence; an add-on only where the minutes pass the first increment."""
        return self.codes[0] if self.minutes <= self.sizes[0] else " with ".join(self.codes)

    @property
    def pooled(self) -> bool:
        """Whether the CMS sum takes it in: units of 15 minutes."""
        return set(self.sizes) == {UNIT}

    def spread(self, units: int) -> dict[str, int]:
        """Units of the part as units of its codes: a first code is billed once."""
        if len(self.codes) == 1:
            return {self.codes[0]: units}
        return {self.codes[0]: min(1, units), self.codes[1]: max(0, units - 1)}

    def alone(self) -> dict[str, int]:
        """Units of the part by its own midpoints."""
        if len(self.codes) == 1:
            return {self.codes[0]: midpoint_units(self.minutes, self.sizes[0])}
        return dict(zip(self.codes, first_and_further(self.minutes, *self.sizes), strict=True))

    @property
    def unsettled(self) -> bool:
        """Whether the first code rests on its midpoint alone though its increment is longer than a unit."""
        return len(self.codes) == 2 and self.sizes[0] > UNIT and self.sizes[0] > self.minutes > self.sizes[0] / 2


def _parts(minutes: Mapping[str, int]) -> list[Part]:
    """The day's timed codes as parts, in the order given."""
    catalogue = load_catalogue()
    base_of = {add_on: base for base, add_on in add_ons().items()}
    pooled: dict[str, int] = {}
    for code, value in minutes.items():
        base = base_of.get(code, code)
        pooled[base] = pooled.get(base, 0) + checked_minutes(value)
    parts: list[Part] = []
    for base, value in pooled.items():
        codes = (base, add_ons()[base]) if base in add_ons() else (base,)
        parts.append(Part(codes, tuple(catalogue[c].unit_minutes or UNIT for c in codes), value))
    return parts


def day_units(
    minutes: Mapping[str, int | None],
    rule: Rule,
    date: dt.date | None = None,
    area: float | None = None,
    *,
    as_named: bool = False,
) -> UnitAnswer:
    """Units of the codes of one discipline on one day.

    Parameters
    ----------
    minutes : code -> minutes. Untimed codes give one unit whatever their minutes, and those stay out of every sum;
        a timed code must have minutes. Codes of a family (a first code and its add-on; remote monitoring) share
        theirs.
    rule : ``cms`` (15-minute codes together by the table, others by their own midpoint) or ``midpoint``.
    date : of service, where a code's first day matters.
    area : sq cm of wound debrided; without it the first area is one unit and the further area is left out.
    as_named : whether the codes stand in the order in which the note names them; the reason told for a tie says which order decided.

    Returns
    -------
    Units also of an add-on that was not given but that the minutes or the area reach.

    Raises
    ------
    ValueError
        Naming the code: not in the catalogue, or timed and without minutes in 0..1440.

    Examples
    --------
    >>> answer = day_units({"97110": 33, "97140": 7, "G0283": 15}, "cms")
    >>> answer["units"]
    {'97110': 2, '97140': 1, 'G0283': 1}
    >>> for sentence in answer["working"]["sentences"]:
    ...     print(sentence)
    Timed minutes: 97110 33 + 97140 7 = 40.
    The CMS table gives 3 units for 38 to 52 minutes.
    Whole 15-minute blocks: 97110 2 (3 left), 97140 none (7 left).
    1 unit is still to give out.
    97140 gets one: of the minutes left over, its 7 are the most.
    The minutes left over, 3 of 97110, earn no unit; they stay in the note.
    Untimed, one unit whatever the minutes: G0283.
    """
    catalogue = load_catalogue()
    for code, value in minutes.items():
        if code not in catalogue:
            raise ValueError(f"code must be in the catalogue, got {code!r}")
        if catalogue[code].timed and value is None:
            raise ValueError(f"a timed code must have minutes, got {code} without")
    timed = {c: v for c, v in minutes.items() if catalogue[c].timed and v is not None}
    parts = _parts({c: v for c, v in timed.items() if not by_month(c)})
    month = sum(checked_minutes(v) for c, v in timed.items() if by_month(c))
    answer = (
        _cms_day(parts, "named first in the note" if as_named else "listed first")
        if rule == "cms"
        else _midpoint_day(parts)
    )
    if any(by_month(c) for c in timed):
        _add_separate(answer, _month(month, date))
    if any(c in area_codes() for c in minutes):
        _add_separate(answer, _by_area(area))
    untimed = [c for c in minutes if not catalogue[c].timed and c not in area_codes()]
    if untimed:
        for units in (answer["units"], *answer["alternatives"]):
            units.update(dict.fromkeys(untimed, 1))
        answer["working"]["sentences"].append(f"Untimed, one unit whatever the minutes: {', '.join(untimed)}.")
    return _ordered(answer, minutes)


def _ordered(answer: UnitAnswer, given: Mapping[str, int | None]) -> UnitAnswer:
    """The codes in the order given, an add-on behind its base; codes nobody gave and nothing reaches are left out."""
    base_of = {add_on: base for base, add_on in add_ons().items()}
    bases = dict.fromkeys(base_of.get(code, code) for code in given)
    order = [c for base in bases for c in (base, add_ons().get(base, base))]
    order = list(dict.fromkeys([*order, *answer["units"]]))
    answers = [answer["units"], *answer["alternatives"]]
    shown = [c for c in order if c in answer["units"] and (c in given or any(a[c] for a in answers))]
    first, *others = [{c: a[c] for c in shown} for a in answers]
    return UnitAnswer(
        units=first,
        alternatives=others,
        alternatives_total=answer["alternatives_total"],
        working=answer["working"],
        cautions=answer["cautions"],
    )


def _cms_day(parts: Sequence[Part], first: str) -> UnitAnswer:
    pool = {part.name: part for part in parts if part.pooled}
    minutes = {name: part.minutes for name, part in pool.items()}
    answers = cms_units(minutes)
    share = share_out(minutes)
    units = [{c: n for name, k in a.items() for c, n in pool[name].spread(k).items()} for a in answers]
    working = _cms_working(pool, answers[0], share, first)
    answer = UnitAnswer(
        units=units[0],
        alternatives=units[1:],
        alternatives_total=share.answers - 1,
        working=working,
        cautions=[],
    )
    for part in parts:
        if not part.pooled:
            _add_separate(answer, _own_midpoint(part))
            _unsettled(answer, part)
    return answer


def _cms_working(pool: Mapping[str, Part], units: Mapping[str, int], share: Share, first: str) -> Working:
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


def _midpoint_day(parts: Sequence[Part]) -> UnitAnswer:
    total = sum(part.minutes for part in parts)
    working = Working(
        rule="midpoint",
        timed_minutes=total,
        row=None,
        blocks=[],
        leftover_units=0,
        tied=[],
        separate=[],
        sentences=["Each code by itself: a unit counts once more than half of it is passed."] if parts else [],
    )
    answer = UnitAnswer(units={}, alternatives=[], alternatives_total=0, working=working, cautions=[])
    for part in parts:
        _add_separate(answer, _own_midpoint(part))
        _unsettled(answer, part)
    return answer


def _own_midpoint(part: Part) -> Separate:
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


def _month(minutes: int, date: dt.date | None) -> Separate:
    units = month_units(minutes, date)
    reached = [f"{code} {n}" for code, n in units.items() if n]
    how = f"{minutes_in_words(minutes)} in the calendar month, full steps only: {', '.join(reached) or 'no unit'}."
    return Separate(codes=list(units), minutes=minutes, units=units, how=how)


def _by_area(area: float | None) -> Separate:
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


def _add_separate(answer: UnitAnswer, separate: Separate) -> None:
    """Put codes counted by themselves beside the rest, in every answer."""
    for units in (answer["units"], *answer["alternatives"]):
        units.update(separate["units"])
    working = answer["working"]
    working["separate"].append(separate)
    working["sentences"].append(f"{' / '.join(separate['codes'])}: {separate['how']}")


def _unsettled(answer: UnitAnswer, part: Part) -> None:
    """A first code beyond its midpoint but short of its full increment: both answers stand."""
    if part.unsettled:
        first = part.codes[0]
        answer["alternatives"].append({**answer["units"], first: 0})
        answer["alternatives_total"] += 1
        answer["cautions"].append(
            f"Whether {part.minutes} minutes reach {first} is not settled: by the midpoint they do, but it is named "
            f"for the first {part.sizes[0]} minutes; ask the payer."
        )
