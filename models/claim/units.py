"""Units from minutes: pure functions, every answer that is right.

Reading order: `total_units`, `midpoint_units` and `cms_units` are the rules; `first_and_further`, `month_units`
and `area_units` those of codes that come in families. `models.claim.day` puts a day together, `models.claim.working` shows how.

Sources: CMS Pub 100-04 ch. 5 s. 20.2 (total time, its table and worked examples); the CPT midpoint ("more than
half") as told in AAPC MDS Alert from the CPT book and CPT Assistant, December 2003; CPT 2020 and NGS Medicare 2024
(first and further codes); CMS CR 14250 as told by Medbridge 2025 and FairPath 2026 (remote monitoring).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations, islice
from math import ceil, comb, isfinite
from typing import Literal, TypedDict

from corpus.catalogue import load_catalogue
from corpus.services import load_services

Rule = Literal["cms", "midpoint"]

UNIT = 15
LONGEST_DAY = 24 * 60
MOST_ANSWERS = 252
"""Tied answers that are written out; ``alternatives_total`` counts all."""


class Row(TypedDict):
    """One row of the CMS table: `least` to `most` timed minutes give `units`."""

    least: int
    most: int
    units: int


# --- The rules ---


def checked_minutes(minutes: int) -> int:
    """Minutes that can be those of a day.

    Raises
    ------
    ValueError
        When they are not whole or not in 0..1440.
    """
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= LONGEST_DAY:
        raise ValueError(f"minutes must be a whole number in 0..{LONGEST_DAY}, got {minutes!r}")
    return minutes


def total_units(minutes: int) -> int:
    """Units that a day's timed minutes allow under the CMS table.

    Examples
    --------
    >>> [total_units(m) for m in (7, 8, 22, 23, 37, 38)]
    [0, 1, 1, 2, 2, 3]
    """
    return (minutes + UNIT // 2) // UNIT


def table_row(minutes: int) -> Row:
    """The row of the CMS table that a day's timed minutes fall in.

    Examples
    --------
    >>> table_row(47)
    {'least': 38, 'most': 52, 'units': 3}
    >>> table_row(7)
    {'least': 0, 'most': 7, 'units': 0}
    """
    units = total_units(minutes)
    return Row(least=max(0, UNIT * units - UNIT // 2), most=UNIT * units + UNIT // 2, units=units)


def midpoint_units(minutes: int, unit: int = UNIT) -> int:
    """Units of one code when each counts once more than half of it is passed.

    Examples
    --------
    >>> [midpoint_units(m) for m in (7, 8, 22, 23)]
    [0, 1, 1, 2]
    >>> [midpoint_units(m, 60) for m in (30, 31, 90, 91)]
    [0, 1, 1, 2]
    """
    return (2 * minutes + unit - 1) // (2 * unit)


def least_minutes(units: Mapping[str, int], rule: Rule) -> int:
    """The fewest minutes of a day that can give units of timed codes.

    Parameters
    ----------
    units : code -> units; codes that are untimed or counted by the month need none.
    rule : by the CMS rule the units of 15-minute codes, whose first unit is of 15 minutes too, are one sum, by the midpoint rule each
        code passes its own.

    Examples
    --------
    >>> [least_minutes({"97110": n, "97140": 1, "97010": 1}, "cms") for n in (0, 1, 2)]
    [8, 23, 38]
    >>> [least_minutes({"97110": n, "97140": 1}, "midpoint") for n in (0, 1, 2)]
    [8, 16, 31]
    >>> least_minutes({"97032": 1, "97550": 1, "97551": 1}, "cms")  # 8, and 30 and 8 of a code counted by itself
    46
    """
    catalogue = load_catalogue()
    sizes = {c: catalogue[c].unit_minutes or UNIT for c, n in units.items() if n and catalogue[c].timed}
    day = {c: size for c, size in sizes.items() if not by_month(c)}
    firsts = {add_on: catalogue[base].unit_minutes or UNIT for base, add_on in add_ons().items()}
    pool = [c for c, size in day.items() if rule == "cms" and size == UNIT == firsts.get(c, UNIT)]
    whole = {base for base, add_on in add_ons().items() if units.get(add_on)}
    alone = (size * units[c] - (0 if c in whole else (size - 1) // 2) for c, size in day.items() if c not in pool)
    return max(0, UNIT * sum(units[c] for c in pool) - UNIT // 2) + sum(alone)


@dataclass(frozen=True, slots=True)
class Share:
    """Leftover units of the CMS sum: codes sure of one, codes tied for the rest, and how many of those get one."""

    sure: tuple[str, ...]
    tied: tuple[str, ...]
    open: int

    @property
    def answers(self) -> int:
        """How many right answers there are."""
        return comb(len(self.tied), self.open)


def share_out(minutes: Mapping[str, int]) -> Share:
    """Who gets the units that the table still allows after the whole blocks: the largest leftovers.

    Tied codes stand with more minutes first, then as given: the preference this project states.
    """
    rest = total_units(sum(minutes.values())) - sum(m // UNIT for m in minutes.values())
    position = {code: i for i, code in enumerate(minutes)}
    order = sorted(minutes, key=lambda c: (-(minutes[c] % UNIT), -minutes[c], position[c]))
    if rest == 0:
        return Share((), (), 0)
    last = minutes[order[rest - 1]] % UNIT
    sure = tuple(c for c in order if minutes[c] % UNIT > last)
    level = tuple(c for c in order if minutes[c] % UNIT == last)
    if len(sure) + len(level) == rest:
        return Share((*sure, *level), (), 0)
    return Share(sure, level, rest - len(sure))


def cms_units(minutes: Mapping[str, int]) -> list[dict[str, int]]:
    """The right answers of the CMS rule, the preferred one first.

    Parameters
    ----------
    minutes : code -> timed minutes, 15-minute codes.

    Returns
    -------
    Code -> units. Whole 15-minute blocks first; what the table still allows goes to the largest leftovers, one
    each; ties are the clinician's choice, so every choice is returned (the first 252 of them): the one that
    favours the code with more minutes, then the earlier one, first.

    Examples
    --------
    >>> cms_units({"97110": 33, "97140": 7})
    [{'97110': 2, '97140': 1}]
    >>> cms_units({"97112": 20, "97110": 20})
    [{'97112': 2, '97110': 1}, {'97112': 1, '97110': 2}]
    """
    share = share_out(minutes)
    whole = {code: m // UNIT for code, m in minutes.items()}
    choices = islice(combinations(share.tied, share.open), MOST_ANSWERS)
    return [{code: n + (code in share.sure or code in chosen) for code, n in whole.items()} for chosen in choices]


# --- Families ---


def first_and_further(minutes: int, first: int, further: int) -> tuple[int, int]:
    """Units of a first code, billed once, and of its add-on for the time beyond, each by its midpoint.

    Parameters
    ----------
    minutes : of both together.
    first, further : minutes in one unit of each.

    Examples
    --------
    >>> [first_and_further(m, 15, 15) for m in (7, 22, 23, 40)]
    [(0, 0), (1, 0), (1, 1), (1, 2)]
    >>> [first_and_further(m, 30, 15) for m in (30, 37, 38, 45)]
    [(1, 0), (1, 0), (1, 1), (1, 1)]
    """
    if minutes <= first:
        return int(2 * minutes > first), 0
    return 1, midpoint_units(minutes - first, further)


def month_units(minutes: int, date: dt.date | None = None) -> dict[str, int]:
    """Units of remote-monitoring management from the minutes of a calendar month; full increments, no midpoint.

    Parameters
    ----------
    minutes : of the month.
    date : in the month meant; the short code is known only from its first day on. Without one, today's codes.

    Examples
    --------
    >>> [list(month_units(m).values()) for m in (9, 10, 20, 40)]
    [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 1, 0]]
    """
    first, further, short = month_codes()
    catalogue = load_catalogue()
    least, step, few = (catalogue[code].unit_minutes or 0 for code in (first, further, short))
    return {
        first: int(minutes >= least),
        further: max(0, minutes - least) // step,
        short: int(catalogue[short].has_begun(date) and few <= minutes < least),
    }


def area_units(area: float) -> dict[str, int]:
    """Units of selective debridement: the first stretch of wound, then each further one or part of it.

    Parameters
    ----------
    area : sq cm debrided that day, above 0.

    Examples
    --------
    >>> [list(area_units(a).values()) for a in (4, 20, 20.5, 40, 41)]
    [[1, 0], [1, 0], [1, 1], [1, 1], [1, 2]]
    """
    if not (isfinite(area) and area > 0):
        raise ValueError(f"area must be above 0 sq cm, got {area!r}")
    base, add_on = area_codes()
    first, further = area_sizes()
    return {base: 1, add_on: max(0, ceil((area - first) / further))}


@cache
def _codes_by(rule: str) -> tuple[str, ...]:
    return next(service.codes for service in load_services().values() if service.rule == rule)


def area_codes() -> tuple[str, str]:
    """The code of the first area and the code of each further one."""
    base, add_on = _codes_by("area")
    return base, add_on


def area_sizes() -> tuple[int, int]:
    """Sq cm in the first unit of wound, and in each further one.

    Examples
    --------
    >>> area_sizes()
    (20, 20)
    """
    first, further = (load_catalogue()[code].unit_area or 0 for code in area_codes())
    return first, further


def month_codes() -> tuple[str, str, str]:
    """The codes of remote-monitoring management: first full step, each further one, and the short one."""
    first, further, short = _codes_by("month_minutes")
    return first, further, short


def by_month(code: str) -> bool:
    """Whether a code counts a calendar month's minutes, not a day's."""
    return code in month_codes()


@cache
def add_ons() -> dict[str, str]:
    """Base code -> its add-on, of codes timed by the day.

    Examples
    --------
    >>> add_ons()["97129"]
    '97130'
    """
    return {
        entry.add_on_of: code
        for code, entry in load_catalogue().items()
        if entry.add_on_of is not None and entry.timed and not by_month(code)
    }
