"""Minutes of the codes of a claim: stated, the only ones missing from the stated total, or at most proposed.

Reading order: `Entry` (a code on its way to a line), `take_shared`, `settle_minutes`, `propose_split`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from corpus.catalogue import Code
from models.claim.units import LONGEST_DAY, by_month
from models.wording import listed, minutes_in_words

Origin = Literal["stated", "derived", "given"]
"""Where minutes come from: the note states them, they follow from other numbers, or a person gave them."""


@dataclass(frozen=True, slots=True)
class SharedTime:
    """Minutes that the note states once for several codes: "TE and NMR 20 min".

    Parameters
    ----------
    codes : those it is stated for.
    minutes : of all of them together, whole; also part of the minutes given for each.
    """

    codes: tuple[str, ...]
    minutes: int


@dataclass(slots=True)
class Entry:
    """A code on its way to a line.

    Attributes
    ----------
    code : in the catalogue.
    minutes, origin : known minutes, and where they come from.
    proposed : minutes a split proposes; never used for `units`.
    own : minutes stated for it alone, where a time it shares with others leaves its minutes open.
    evidence, area, concepts, written_units, place : as `models.claim.lines.Delivered` has them.
    twin_of : the code the payer's own stands in for.
    added : nobody gave it; the minutes or the area of its family reach it.
    cautions : for its line.
    """

    code: Code
    minutes: int | None = None
    origin: Origin | None = None
    proposed: int | None = None
    own: int | None = None
    evidence: int = 0
    area: float | None = None
    concepts: tuple[str, ...] = ()
    written_units: int | None = None
    place: int | None = None
    twin_of: str | None = None
    added: bool = False
    cautions: list[str] = field(default_factory=list)

    @property
    def by_day(self) -> bool:
        """Whether the day's timed minutes include its minutes."""
        return self.code.timed and not by_month(self.code.code)

    @property
    def unknown(self) -> bool:
        """Whether it is timed and nothing tells its minutes."""
        return self.code.timed and self.minutes is None and not self.added


Entries = dict[str, Entry]


def is_whole(minutes: int) -> bool:
    """Whether a number can be minutes of a day."""
    return isinstance(minutes, int) and not isinstance(minutes, bool) and 0 <= minutes <= LONGEST_DAY


def checked_total(minutes: int | None, what: str, cautions: list[str]) -> int | None:
    """A total of the note, or `None` and a caution when it cannot be one."""
    if minutes is None or is_whole(minutes):
        return minutes
    cautions.append(f"The {what} total must be whole and in 0..{LONGEST_DAY} minutes, got {minutes}; it is not used.")
    return None


def counted_again(entries: Entries, times: Iterable[SharedTime]) -> int:
    """Minutes that untimed codes have in common with other codes, which a sum over all codes would hold more than once."""
    again = 0
    for time in times:
        here = [entries[code] for code in dict.fromkeys(time.codes) if code in entries]
        untimed = sum(not entry.code.timed for entry in here)
        again += time.minutes * (untimed - (untimed == len(here))) if untimed else 0
    return again


def take_shared(entries: Entries, times: Iterable[SharedTime]) -> list[SharedTime]:
    """Times stated once for several timed codes of the day; the minutes of these codes are left open.

    A time of one timed code beside untimed ones is that code's. An add-on is counted with its base.
    """
    taken: dict[tuple[str, ...], int] = {}
    for time in times:
        timed = [code for code in dict.fromkeys(time.codes) if code in entries and entries[code].by_day]
        bases = tuple(code for code in timed if entries[code].code.add_on_of not in timed)
        if len(bases) > 1:
            taken[bases] = taken.get(bases, 0) + time.minutes
            for code in timed:
                entry = entries[code]
                had = entry.minutes or 0 if entry.own is None else entry.own
                entry.own = max(0, had - time.minutes)
                entry.minutes = entry.origin = None
    return [SharedTime(codes, minutes) for codes, minutes in taken.items()]


def settle_minutes(
    entries: Entries,
    timed: int | None,
    session: int | None,
    cautions: list[str],
    conflicts: list[str],
    shared: Sequence[SharedTime] = (),
    again: int = 0,
) -> int | None:
    """Compare the note's totals with the codes' minutes, and use them for codes that have none.

    Parameters
    ----------
    entries : changed in place: minutes of the only timed code without them follow from a timed total; of several,
        from a session total or from a time they share, they are only proposed.
    timed, session : minutes of the timed codes and of the whole treatment, as the note states them.
    cautions, conflicts : sentences are added here, those on numbers that cannot all be true to the conflicts.
    shared : times of `take_shared`; each counts once.
    again : minutes of untimed codes that are those of others too (`counted_again`).

    Returns
    -------
    The day's timed minutes, of which the split need not be known; ``None`` where they cannot be told.
    """
    day = [entry for entry in entries.values() if entry.by_day]
    _share_with_base(entries)
    stated = sum((entry.minutes or 0) + (entry.own or 0) for entry in day) + sum(time.minutes for time in shared)
    _propose_shared(entries, shared, cautions)
    missing = {entry.code.code for entry in day if entry.unknown and entry.own is None}
    open_ = [e for e in day if e.code.code in missing and e.code.add_on_of not in missing]
    if timed is not None and session is not None and timed > session:
        conflicts.append(f"The note's timed total, {timed} minutes, is more than its session total, {session}.")
    if not open_:
        untimed = [entry for entry in entries.values() if not entry.code.timed]
        _compare(bool(day), stated, timed, session, conflicts)
        _compare_all(stated, again, untimed, session, conflicts)
    elif timed is not None:
        _from_timed(open_, timed, stated, cautions)
    elif session is not None:
        _from_session(open_, entries, session, stated - again, cautions)
    else:
        cautions.append(f"Cannot be told: the note states no minutes for {codes_of(open_)}, and no total.")
    _share_with_base(entries)
    if any(entry.unknown and entry.own is None for entry in day):
        return None
    return stated + sum(entry.minutes or 0 for entry in open_)


def _propose_shared(entries: Entries, shared: Sequence[SharedTime], cautions: list[str]) -> None:
    """Propose how times stated once for several codes fall to each, on top of what is each one's own."""
    for time in shared:
        members = [entries[code] for code in time.codes]
        cautions.append(f"Cannot be told: {time.minutes} minutes are stated once for {codes_of(members)} together.")
        split = _propose(members, time.minutes, cautions)
        for entry in members:
            entry.proposed = (entry.own or 0 if entry.proposed is None else entry.proposed) + split[entry.code.code]


def _share_with_base(entries: Entries) -> None:
    """An add-on without minutes has its part in those of its base once they pass the base's own increment."""
    for entry in entries.values():
        base = entries.get(entry.code.add_on_of or "")
        if base is None or not entry.unknown:
            continue
        first = base.code.unit_minutes or 0
        if base.minutes is not None and (base.minutes > first or base.origin == "derived"):
            entry.minutes, entry.origin = 0, base.origin
        elif base.proposed is not None and entry.proposed is None:
            entry.proposed = 0


def split_families(entries: Entries) -> None:
    """Where one of a first code and its add-on has all the minutes, give each its part: the increment, the rest."""
    for entry in entries.values():
        base = entries.get(entry.code.add_on_of or "")
        if base is None or base.code.unit_minutes is None:
            continue
        first = base.code.unit_minutes
        if base.proposed is not None and entry.proposed is not None:
            both = base.proposed + entry.proposed
            base.proposed, entry.proposed = min(both, first), max(0, both - first)
        if not (base.unknown or entry.unknown or (base.minutes and entry.minutes)):
            both = (base.minutes or 0) + (entry.minutes or 0)
            if both:
                base.minutes, entry.minutes = min(both, first), max(0, both - first)
                base.origin = entry.origin = base.origin or entry.origin


def _compare(any_timed: bool, stated: int, timed: int | None, session: int | None, conflicts: list[str]) -> None:
    """All codes have minutes: do they agree with the note's totals?"""
    if timed is not None and any_timed and stated != timed:
        conflicts.append(
            f"The codes' minutes come to {stated}, the note's timed total is {timed}; units follow the codes."
        )
    if session is not None and stated > session:
        conflicts.append(f"The codes' minutes come to {stated}, more than the session total of {session}.")


def _compare_all(
    stated: int, again: int, untimed: Sequence[Entry], session: int | None, conflicts: list[str]
) -> None:
    """Do the timed codes fit into the session, but not beside the untimed ones?"""
    beside = [entry for entry in untimed if entry.minutes]
    whole = stated + sum(entry.minutes or 0 for entry in beside) - again
    if session is not None and stated <= session < whole:
        conflicts.append(
            f"The minutes of all codes come to {whole}, more than the session total of {session}, unless "
            f"{codes_of(beside)} ran beside other work."
        )


def _from_timed(open_: Sequence[Entry], timed: int, stated: int, cautions: list[str]) -> None:
    rest = timed - stated
    if rest <= 0:
        cautions.append(
            f"Cannot be told: the note's {timed} timed minutes leave none for {codes_of(open_)}, "
            f"as {stated} are those of the other codes."
        )
    elif len(open_) == 1:
        open_[0].minutes, open_[0].origin = rest, "derived"
        less = f" less the {stated} of the other codes" if stated else ""
        open_[0].cautions.append(
            f"Its {minutes_in_words(rest)} follow{'s' if rest == 1 else ''} from the note's {timed} timed minutes{less}."
        )
    else:
        cautions.append(f"Cannot be told: {rest} timed minute{'s' if rest != 1 else ''} between {codes_of(open_)}.")
        _take_proposal(open_, rest, cautions)


def _from_session(open_: Sequence[Entry], entries: Entries, session: int, stated: int, cautions: list[str]) -> None:
    untimed = [entry for entry in entries.values() if not entry.code.timed]
    rest = session - stated - sum(entry.minutes or 0 for entry in untimed)
    for_whom = f"{'for' if len(open_) == 1 else 'between'} {codes_of(open_)}"
    if rest <= 0:
        cautions.append(f"Cannot be told: the session's {session} minutes leave none {for_whom}.")
        return
    without = [entry for entry in untimed if entry.minutes is None]
    if without:
        cautions.append(
            f"Cannot be told: at most {rest} timed minute{'s' if rest != 1 else ''} {for_whom}, less the time of {codes_of(without)}; "
            f"the note states only the session's {session} minutes."
        )
        return
    cautions.append(
        f"Cannot be told: {rest} timed minute{'s' if rest != 1 else ''} {for_whom} if the whole session was treatment; "
        f"the note states only the session's {session} minutes."
    )
    _take_proposal(open_, rest, cautions)


def _take_proposal(open_: Sequence[Entry], minutes: int, cautions: list[str]) -> None:
    split = _propose(open_, minutes, cautions)
    for entry in open_:
        entry.proposed = split[entry.code.code]


def _propose(open_: Sequence[Entry], minutes: int, cautions: list[str]) -> dict[str, int]:
    """The best split, said to be what it is: a proposal."""
    split = propose_split(minutes, {entry.code.code: entry.evidence for entry in open_})
    shares = ", ".join(f"{code} {share}" for code, share in split.items())
    cautions.append(f"Proposed by the amount of evidence: {shares} minutes; a person sets the minutes.")
    return split


def propose_split(minutes: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split minutes by weight, whole, with the largest remainders rounded up; a weight below 1 counts as 1.

    Examples
    --------
    >>> propose_split(40, {"97110": 3, "97140": 1})
    {'97110': 30, '97140': 10}
    >>> propose_split(40, {"97110": 1, "97112": 1, "97140": 1})
    {'97110': 14, '97112': 13, '97140': 13}
    """
    heavy = {code: max(1, weight) for code, weight in weights.items()}
    total = sum(heavy.values())
    split = {code: minutes * weight // total for code, weight in heavy.items()}
    rest = sorted(heavy, key=lambda code: -(minutes * heavy[code] % total))
    for code in rest[: minutes - sum(split.values())]:
        split[code] += 1
    return split


def codes_of(entries: Iterable[Entry]) -> str:
    """Their codes for a sentence."""
    return listed([entry.code.code for entry in entries])
