"""What goes into a claim, and what a claim is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from models.claim.edits import EditItem
from models.claim.timing import Origin
from models.claim.units import Rule
from models.claim.working import Working
from models.clock import Interval


@dataclass(frozen=True, slots=True)
class Delivered:
    """One code the note supports.

    Parameters
    ----------
    code : of the catalogue.
    minutes : known for it, whole, 0..1440; ``None`` when they are not.
    evidence : how many pieces of the note support it; the weights of a proposed split.
    area : sq cm of wound debrided, where stated.
    concepts : vocabulary concepts of its evidence, for cautions of the payer.
    clock : starts and ends stated for it, in minutes on a twelve-hour dial.
    written_units : units the note itself writes for it.
    cautions : sentences on what the note tells of it, for its line.
    place : where in the note its evidence begins; between equal codes the one named first gets the unit.
    minutes_from : where the minutes come from: the note states them, unless told otherwise.
    """

    code: str
    minutes: int | None = None
    evidence: int = 1
    area: float | None = None
    concepts: tuple[str, ...] = ()
    clock: tuple[Interval, ...] = ()
    written_units: int | None = None
    place: int | None = None
    cautions: tuple[str, ...] = ()
    minutes_from: Origin = "stated"


class ClaimLine(TypedDict):
    """One line.

    `units` is absent where it cannot be told; 0 when the minutes earn none. `minutes_from` says whether the minutes
    are stated by the note, derived as the only ones missing from a stated total, or given by a person. `proposed_minutes` and
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


def is_billable(line: ClaimLine) -> bool | None:
    """Whether a line can be billed: not where it is bundled or earns no unit; ``None`` where its units cannot be told."""
    if line["units"] is None:
        return None
    return not line["bundled"] and line["units"] > 0


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
