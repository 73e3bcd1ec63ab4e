"""From suggested items to the claim: what each brings to it, times stated once for several, evaluations graded, gaps.

Reading order: `claim_of`, `Told`, `shared_times`, `tiers`.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations
from typing import cast

from corpus.catalogue import load_catalogue
from corpus.gaps import load_gap_checks
from corpus.payers import Payer
from corpus.services import service_of_code
from corpus.tiers import graded_by
from models.claim.lines import Claim, Delivered, SharedTime, build_claim
from models.claim.timing import Origin
from models.claim.units import area_codes
from models.contract import ClaimItem, SuggestionItem, TierItem, TierPart
from models.edit_table import table_in_use
from models.gaps import RestsOn, Supported, billed_tier, find_gaps, states_clock_times
from models.minutes import Allocation, Rest
from models.tier import Component, grade
from models.visit_days import day_to_come, days_told
from models.wording import minutes_in_words
from nlp.facts import LEVELS, debrided_area
from nlp.note import ParsedNote
from nlp.staff import assistant_of, discipline_of


@dataclass(frozen=True, slots=True)
class Told:
    """What a person gave in place of the minutes the note states.

    Parameters
    ----------
    minutes : by code; ``None`` where the person says that they are not known.
    noted : of all chosen codes, as the note states them.
    """

    minutes: Mapping[str, int | None]
    noted: Mapping[str, int | None]

    def origin(self, item: SuggestionItem) -> Origin:
        """Where an item's minutes come from."""
        if item["code"] in self.minutes:
            return "given"
        return "stated" if item["minutes"] == self.noted[item["code"]] else "derived"

    def as_noted(self, items: Iterable[SuggestionItem]) -> list[SuggestionItem]:
        """The items with the note's own minutes."""
        return [cast(SuggestionItem, {**item, "minutes": self.noted[item["code"]]}) for item in items]

    def says(self, item: SuggestionItem, *, is_shared: bool) -> Iterator[str]:
        """What the line says of minutes that are not the note's own."""
        noted, minutes = self.noted[item["code"]], item["minutes"]
        if noted == minutes:
            return
        beside = " for it and other work together" if is_shared else ""
        stated = "does not state them" if noted is None else f"states {noted}{beside}"
        if minutes is None:
            yield f"The note {stated}; a person set these minutes aside."
        elif item["code"] in self.minutes:
            yield f"A person gave its {minutes_in_words(minutes)}; the note {stated}."
        else:
            yield f"Its {minutes_in_words(minutes)} are what a person's answer leaves of time; the note {stated}."


def claim_of(
    text: str,
    note: ParsedNote,
    items: Sequence[SuggestionItem],
    services: Mapping[str, Sequence[str]],
    minutes: Allocation,
    shared: Iterable[SharedTime],
    profile: Payer,
    date: dt.date | None,
    discipline: str | None,
    assistant: str | None,
    told: Told | None = None,
) -> ClaimItem:
    """The claim of the suggested items, with tiers and gaps; tells the items their units, and cautions that rest on gaps.

    ``services`` are those each code of the ranking stands for. What a person ``told`` decides the lines. The gaps are the note's: it lacks what it lacked before the person answered.
    """
    helper = assistant or assistant_of(note.text)
    chosen = [item for item in items if item["suggested"]]

    def built(of: Sequence[SuggestionItem], shared: Iterable[SharedTime], told: Told | None) -> Claim:
        return build_claim(
            [_delivered(item, note, _services_of(item, services, minutes), minutes, told) for item in of],
            profile,
            date,
            discipline or discipline_of(note.text),
            helper,
            timed_total=minutes.timed,
            session_total=minutes.total,
            clock_times=states_clock_times(note),
            table=table_in_use().table,
            contradictions=[*day_to_come(date), *days_told(note.text.flat, date), *minutes.contradictions],
            shared_times=shared,
            written_units=minutes.units_of_all,
        )

    claim = built(chosen, shared, told)
    of_note = claim
    if told is not None and told.minutes:
        noted = told.as_noted(chosen)
        of_note = built(noted, shared_times(noted, services, minutes, {}), None)
    supported = [_supported(item, note) for item in chosen]
    gaps = find_gaps(
        note,
        supported,
        of_note,
        profile,
        date=date,
        assistant=helper,
        timed_total=minutes.timed,
    )
    cautions = [gap for gap in gaps if load_gap_checks()[gap["id"]].caution]
    units = {line["code"]: line["units"] for line in claim["lines"]}
    for item in chosen:
        item["units"] = units.get(item["code"])
        item["cautions"] += [gap["says"] for gap in cautions if item["code"] in gap["codes"]]
    return ClaimItem(**claim, tiers=tiers(text, supported), gaps=gaps, review=None)


def _delivered(
    item: SuggestionItem, note: ParsedNote, services: Sequence[str], minutes: Allocation, told: Told | None
) -> Delivered:
    """A suggested code as the claim takes it."""
    spans = [(e["start"], e["end"]) for e in item["evidence"]]
    inside = _containing(spans)
    concepts = [m.concept.id for m in note.mentions or () if inside(m.start, m.end)]
    area = debrided_area(note.text, spans) if item["code"] in area_codes() else None
    timing = _told_of_time(services, item["minutes"], minutes) if load_catalogue()[item["code"]].timed else ()
    said = told.says(item, is_shared=_shares(item, minutes)) if told else ()
    return Delivered(
        code=item["code"],
        minutes=item["minutes"],
        evidence=max(1, len(spans)),
        area=area[0] if area else None,
        concepts=tuple(dict.fromkeys(concepts)),
        clock=tuple(_clocks(services, minutes)),
        written_units=_written_units(services, minutes),
        place=min((start for start, _ in spans), default=None),
        cautions=(*timing, *said),
        minutes_from=told.origin(item) if told else "stated",
    )


def _services_of(item: SuggestionItem, services: Mapping[str, Sequence[str]], minutes: Allocation) -> Sequence[str]:
    """The services whose stated minutes a code has; none where a person gave other minutes."""
    if item["code"] in services:
        own = services[item["code"]]
        return own if minutes.together(own) == item["minutes"] else ()
    return [s for s in service_of_code().get(item["code"], ()) if minutes.minutes.get(s) == item["minutes"]]


def _clocks(services: Sequence[str], minutes: Allocation) -> Iterator[tuple[int, int]]:
    """The starts and ends stated for a code's services; one stated for two of them at once is told once."""
    for at, service in enumerate(services):
        had = [
            i for other in services[:at] if minutes.in_common(service, other) for i in minutes.clocks.get(other, ())
        ]
        yield from (interval for interval in minutes.clocks.get(service, ()) if interval not in had)


def _written_units(services: Sequence[str], minutes: Allocation) -> int | None:
    """The units the note writes for a code's services; ``None`` where it writes none for one of them, or one number for a time of two."""
    found = [minutes.units[service] for service in services if service in minutes.units]
    if len(found) < len(services) or any(minutes.in_common(a, b) for a, b in combinations(services, 2)):
        return found[0] if len(services) == 1 and found else None
    return sum(found) if found else None


def _shares(item: SuggestionItem, minutes: Allocation) -> bool:
    """Whether the note states minutes for a code and others at once."""
    own = service_of_code().get(item["code"], ())
    return any(not set(services).isdisjoint(own) for services in minutes.shared)


def _told_of_time(services: Sequence[str], own: int | None, minutes: Allocation) -> Iterator[str]:
    """What a timed code's line says of how the note states its time."""
    for service in services:
        if service in minutes.rests:
            yield _rest_told(minutes.rests[service], own)
        yield from minutes.inexact.get(service, ())


def _rest_told(rest: Rest, minutes: int | None) -> str:
    """What the claim says of rest beside a code's time (billing facts section 2.1: it counts for no timed code)."""
    if rest.inside:
        return f"The note puts {minutes_in_words(rest.minutes)} of rest inside its time; rest counts for no timed code and is not in its {minutes}."
    return (
        f"The note tells of {minutes_in_words(rest.minutes)} of rest beside its {minutes} and not whether that is inside; rest counts for no "
        "timed code."
    )


def _containing(spans: Iterable[tuple[int, int]]) -> Callable[[int, int], bool]:
    """`nlp.facts.within` for many questions of the same spans; each costs the logarithm of their number."""
    ordered = sorted(spans)
    starts = [start for start, _ in ordered]
    reach = list(accumulate((end for _, end in ordered), max))

    def inside(start: int, end: int) -> bool:
        at = bisect_right(starts, start) - 1
        return at >= 0 and end <= reach[at]

    return inside


def _supported(item: SuggestionItem, note: ParsedNote) -> Supported:
    """A suggested code as the documentation checks take it; evaluations graded."""
    spans = tuple((e["start"], e["end"]) for e in item["evidence"])
    service = evaluation_of(item["code"])
    return Supported(item["code"], spans, grade(note, service, spans) if service else None)


def evaluation_of(code: str) -> str | None:
    """The service whose graded evaluation a code is; ``None`` for another code."""
    return next((s for s in service_of_code().get(code, ()) if s in graded_by()), None)


def shared_times(
    items: Iterable[SuggestionItem],
    services: Mapping[str, Sequence[str]],
    minutes: Allocation,
    told: Mapping[str, int | None],
) -> list[SharedTime]:
    """The times stated once for several codes, less what a person told of some timed ones; the others' minutes lose it too.

    Parameters
    ----------
    items : with the note's minutes; those not told are changed in place.
    services : those each code stands for.
    minutes : the note's times.
    told : minutes a person gave in place of the note's, by code.
    """
    codes, out = load_catalogue(), []
    items = [item for item in items if item["minutes"] is not None]
    for sharing, stated in minutes.shared.items():
        here = [item for item in items if not set(sharing).isdisjoint(services.get(item["code"], ()))]
        less = 0
        for item in here:
            if item["code"] in told and codes[item["code"]].timed:
                own = (item["minutes"] or 0) - stated
                less += min(stated, max(0, (told[item["code"]] or 0) - own))
        less = min(stated, less)
        left = [item for item in here if item["code"] not in told]
        for item in (item for item in left if codes[item["code"]].timed):
            item["minutes"] = max(0, (item["minutes"] or 0) - less)
        out.append(SharedTime(tuple(item["code"] for item in left), stated - less))
    return out


def tiers(text: str, supported: Sequence[Supported]) -> list[TierItem]:
    """The graded components of the suggested evaluations."""
    return [
        TierItem(
            code=item.code,
            level=LEVELS[min(item.graded.tier, item.graded.shown)],
            billed=LEVELS[billed_tier(item) or 0],
            claimed=None if item.graded.claimed is None else LEVELS[item.graded.claimed],
            components=[_tier_part(text, part, part in item.graded.holding) for part in item.graded.components],
        )
        for item in supported
        if item.graded
    ]


def _tier_part(text: str, part: Component, holds: bool) -> TierPart:
    return TierPart(
        name=part.name,
        level=LEVELS[part.tier],
        stated=part.stated,
        outright=part.outright,
        holds=holds,
        found=list(part.found),
        rests_on=[RestsOn(start=a, end=b, text=text[a:b]) for a, b in part.spans],
        doubt=part.doubt or None,
    )
