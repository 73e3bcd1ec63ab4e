"""Minutes per service: the most likely choice of times (`models.minutes.choose`), then steps by what a note says outright."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from corpus.minutes import load_weights
from models.minutes import headings, layout, parts, words
from models.minutes.choose import Weights, choose, traits_of
from models.minutes.inexact import inexact
from models.minutes.rest import Rest, rest_beside
from models.minutes.session import Clocks, contradictions, is_beside_clock, stated_total, units_of_all, written_units
from models.minutes.times import TOTAL
from models.minutes.traits import Given, Support, Traits
from nlp.note import ParsedNote

Step = Callable[[Traits, Given], dict[str, tuple[int, ...]]]
_STEPS: tuple[Step, ...] = (
    words.of_its_own_work,
    words.of_the_encounter,
    words.stopped,
    words.of_its_clause,
    layout.itemised,
    layout.of_its_heading,
    layout.rowed,
    layout.headed_together,
    parts.parted,
    words.of_each,
    parts.of_a_whole,
    words.of_what_it_names,
    words.of_last_items,
    words.of_what_was_told,
    words.of_one_day,
    words.as_billed,
    headings.of_headings,
    parts.without_parts,
    parts.with_what_includes,
    words.by_code,
    layout.of_items,
    layout.of_stretches,
    layout.of_rows,
    layout.of_entries,
    layout.paired,
)
"""The steps that follow the choice. Their order matters: each sees what those before it gave."""


@dataclass(slots=True)
class Allocation:
    """Minutes per service.

    Attributes
    ----------
    minutes : service -> whole minutes stated for it; a service without stated minutes is absent.
    shared : services that have stated minutes in common -> how many; a time stated for each of them is no common one.
    spans : service -> the words that state its minutes.
    timed, total : the note's own totals, minutes.
    clocks : service -> every start and end stated for it, on a twelve-hour dial, also those that give it no minutes.
    rests : service -> the rest told beside its time.
    inexact : service -> sentences on its times that are a range or said several times over.
    units : service -> units the note writes beside its minutes, its code or its name.
    units_of_all : units the note writes for the visit.
    contradictions : sentences on times and totals that cannot all be true.
    """

    minutes: dict[str, int] = field(default_factory=dict)
    shared: dict[tuple[str, ...], int] = field(default_factory=dict)
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    timed: int | None = None
    total: int | None = None
    clocks: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    rests: dict[str, Rest] = field(default_factory=dict)
    inexact: dict[str, list[str]] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    units_of_all: int | None = None
    contradictions: list[str] = field(default_factory=list)

    def shares(self, service: str) -> bool:
        """Whether a time of a service is stated for others too."""
        return any(service in services for services in self.shared)

    def in_common(self, one: str, other: str) -> bool:
        """Whether a time is stated for two services at once."""
        return any({one, other} <= set(services) for services in self.shared)

    def together(self, services: Collection[str]) -> int | None:
        """Minutes of services that one code stands for; a time stated for several of them counts once. ``None`` where one is not told."""
        if not services or any(service not in self.minutes for service in services):
            return None
        told = sum(self.minutes[service] for service in services)
        for sharing, stated in self.shared.items():
            told -= stated * max(0, len(set(sharing).intersection(services)) - 1)
        return max(told, *(self.minutes[service] for service in services), 0)


def allocate(
    note: ParsedNote,
    decided: Sequence[frozenset[str]],
    support: Support | None = None,
    weights: Weights | None = None,
    billed: Collection[str] = (),
) -> Allocation:
    """Give each stated time to the services it is stated for.

    Parameters
    ----------
    note : the parsed note.
    decided : per segment the services it was found to support.
    support : per segment how strongly it supports each service given at this visit, in [0, 1]; as decided where absent.
    weights : of the traits; the learned ones where absent.
    billed : concepts the vocabulary knows no service for and this clinic bills (`models.ranker.Ranker.usage`).

    Returns
    -------
    Minutes per service; a service that no time is stated for is absent.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> note = parse("Moist heat 10 min, then effleurage, petrissage, 45 min")
    >>> decided = [frozenset(["hot_cold"]), *3 * [frozenset(["massage"])]]
    >>> allocate(note, decided[: len(note.segments)]).minutes
    {'hot_cold': 10, 'massage': 45}
    """
    traits = traits_of(note, decided, support, billed)
    given = choose(traits, load_weights() if weights is None else weights)
    for step in _STEPS:
        given |= step(traits, given)
    out = Allocation()
    users: dict[int, list[str]] = {}
    for service, chosen in given.items():
        if chosen:
            times = [traits.times[i] for i in chosen]
            out.minutes[service] = sum(t.value for t in times)
            out.spans[service] = [(t.start, t.end) for t in times]
            for index in chosen:
                users.setdefault(index, []).append(service)
    for index, services in users.items():
        if len(services) > 1 and not traits.times[index].each:
            several = tuple(services)
            out.shared[several] = out.shared.get(several, 0) + traits.times[index].value
    parts.take_off_included(traits, users, out.minutes)
    _take_off_rest(traits, users, out)
    clocks = Clocks(traits.times, traits.page, decided, given)
    out.timed, out.total = _totals(traits, users, out, clocks)
    out.clocks = clocks.of_services
    out.inexact = inexact(traits.page.flat, traits.times, given)
    out.units = written_units(note, traits.times, given)
    out.units_of_all = units_of_all(traits.page.flat)
    out.contradictions = [*contradictions(traits.page, given, clocks), *headings.against_items(traits, given)]
    return out


def _take_off_rest(traits: Traits, users: Mapping[int, list[str]], out: Allocation) -> None:
    """Rest that the note puts inside a time leaves the minutes of the services that have it; all of it is told."""
    given = {service: tuple(i for i, own in users.items() if service in own) for service in out.minutes}
    for index, (rest, less) in rest_beside(traits.page.flat, traits.times, given).items():
        for service in users[index]:
            had = out.rests.get(service)
            both = Rest(rest.minutes + (had.minutes if had else 0), rest.inside and (had is None or had.inside))
            out.rests[service] = both
            out.minutes[service] = max(0, out.minutes[service] - less)
        several = tuple(users[index])
        if several in out.shared:
            out.shared[several] = max(0, out.shared[several] - less)


def _totals(traits: Traits, used: Collection[int], out: Allocation, clocks: Clocks) -> tuple[int | None, int | None]:
    """The totals the note states: of the timed services, and of the whole session.

    The session's is a stated total that is no service's, else its start and end, else how long the patient is said to
    have been treated, else a time alone that is as long as all that is given ("Fifty minutes in the building.").
    """
    times = traits.times
    one = len(traits.services) == 1
    timed = next((t.value for t in times if t.kind == "timed"), None)
    totals = [t.value for i, t in enumerate(times) if t.kind == TOTAL and (i not in used or one)]
    if totals:
        return timed, max(totals)
    if clocks.session is not None:
        return timed, times[clocks.session].value
    said = stated_total(traits.page, used)
    if said is not None or not out.minutes:
        return timed, said
    given = sum(times[i].value for i in used)
    least = max(15, timed or 0, given)
    wholes = {traits.page.whole_of(i) for i in used}
    alone = [
        t.value
        for i, t in enumerate(times)
        if t.kind == "minutes"
        and i not in used
        and (i in wholes or ("a" in t.place and not is_beside_clock(traits.page, i)))
    ]
    return timed, max((v for v in alone if least <= v <= max(2 * least, 90)), default=None)
