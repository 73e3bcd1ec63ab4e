"""A day's units: the preferred answer, the other right ones, and the working behind them.

Reading order: `day_units`; `models.claim.parts` (what is counted as one), `_cms_day` and `_midpoint_day`; then `models.claim.working`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TypedDict

from corpus.catalogue import load_catalogue
from models.claim.parts import Part, parts_of
from models.claim.units import Rule, add_ons, area_codes, by_month, checked_minutes, cms_units, share_out
from models.claim.working import Separate, Working, cms_working, separate_area, separate_month, separate_part


class UnitAnswer(TypedDict):
    """Units of a day: the preferred answer, the other right ones (code -> units, same codes), and the working."""

    units: dict[str, int]
    alternatives: list[dict[str, int]]
    alternatives_total: int
    working: Working
    cautions: list[str]


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
    parts = parts_of({c: v for c, v in timed.items() if not by_month(c)})
    month = sum(checked_minutes(v) for c, v in timed.items() if by_month(c))
    answer = (
        _cms_day(parts, "named first in the note" if as_named else "listed first")
        if rule == "cms"
        else _midpoint_day(parts)
    )
    if any(by_month(c) for c in timed):
        _add_separate(answer, separate_month(month, date))
    if any(c in area_codes() for c in minutes):
        _add_separate(answer, separate_area(area))
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
    working = cms_working(pool, answers[0], share, first)
    answer = UnitAnswer(
        units=units[0],
        alternatives=units[1:],
        alternatives_total=share.answers - 1,
        working=working,
        cautions=[],
    )
    for part in parts:
        if not part.pooled:
            _add_separate(answer, separate_part(part))
            _unsettled(answer, part)
    return answer


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
        _add_separate(answer, separate_part(part))
        _unsettled(answer, part)
    return answer


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
