"""The façade: a note in, the answer of the contract out."""

from __future__ import annotations

import datetime as dt
import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.catalogue import load_catalogue
from corpus.payers import Payer, payer_named
from corpus.services import load_services, service_of_code
from models import bundle as bundles
from models.blocks import Array
from models.certainty import LEAST_SHOWN, limits_of, review_of
from models.claim.lines import Delivered, SharedTime, build_claim
from models.claim.units import area_codes
from models.compiled import Compiled, Numbers
from models.contract import (
    SCHEMA,
    Answer,
    ClaimItem,
    EvidenceItem,
    InterventionItem,
    SuggestionItem,
    TierItem,
    TierPart,
)
from models.edit_table import table_in_use
from models.explain import Account, account
from models.features import COLUMN, KINDS, SERVICES, Usage, extract, share_of
from models.gaps import RestsOn, Supported, billed_tier, find_gaps, states_clock_times
from models.minutes import Allocation, allocate
from models.ranker import Outputs, Ranker, expit, join, logit
from models.resolve import Line, Stated, resolve
from models.standing import Given, standing
from models.tier import SCALES, Component, grade
from models.visit_days import days_told
from nlp.facts import LEVELS, debrided_area, is_taken_back
from nlp.note import ParsedNote, Segment
from nlp.pipeline import parse
from nlp.staff import assistant_of, discipline_of

Mask = NDArray[np.bool_]
_CITED = 0.5
_SUPPORTS = 0.3
_FAINTLY = 0.9
_RESOLVED = 0.04
"""Below this probability a service is shown by its first code, without looking which of its codes the facts make it."""
_STATED_AT_ONCE = "Its minutes are stated for other services too."
_NO_SERVICE = "The note as a whole reads like one in which nothing billable was delivered; a person should look."
_SAID = {
    "planned": "planned",
    "declined": "declined, held or not done",
    "home": "done at home or own equipment",
    "history": "an earlier visit or history",
    "negated": "negated or box not ticked",
    "other": "someone else, or only mentioned",
    "finding": "a finding",
    "diagnostic": "diagnostic or another specialty",
}


@dataclass(slots=True)
class Reading:
    """A note as the ranker saw it; what `Suggester.explain` and the renderers work from.

    ``cited`` keeps the segments that carry a service once they were asked for.
    """

    note: ParsedNote
    numbers: Numbers
    outputs: Outputs
    logits: Array
    probabilities: Array
    cited: dict[int, list[int]] = field(default_factory=dict)


class Suggester:
    """Reads notes and suggests codes.

    Parameters
    ----------
    ranker : the fitted models.
    version : the bundle's version, shown in every answer.

    Examples
    --------
    >>> answer = Suggester.load().suggest("O: Ultrasound 1 MHz 1.2 W/cm2 to R shoulder 8 min")
    >>> [s["code"] for s in answer["suggestions"] if s["suggested"]]
    ['97035']
    """

    def __init__(self, ranker: Ranker, version: str) -> None:
        self.ranker = ranker
        self.version = version
        self._services = load_services()
        self._codes = load_catalogue()

    @property
    def ranker(self) -> Ranker:
        """The fitted models."""
        return self._ranker

    @ranker.setter
    def ranker(self, ranker: Ranker) -> None:
        self._ranker = ranker
        self._compiled = Compiled(ranker)
        self._limits = limits_of(ranker.thresholds)

    @classmethod
    def load(cls, version: str | None = None, folder: Path | None = None) -> Suggester:
        """The suggester of a bundle, the current one by default.

        Raises
        ------
        models.bundle.BundleError
            When there is none, or it must not be used.
        """
        loaded = bundles.load(version, folder)
        return cls(loaded.ranker, loaded.version)

    def read(self, text: str) -> Reading:
        """Parse and score a note."""
        note = parse(text)
        numbers = self._compiled.read(note)
        logits = self.ranker.decide(numbers, numbers.outputs)
        return Reading(note, numbers, numbers.outputs, logits, self.ranker.probabilities(logits, numbers.outputs))

    def explain(self, text: str, code: str) -> list[Account]:
        """The whole sum behind a code, one account per service that can become it.

        Raises
        ------
        ValueError
            When the code is not one the ranker decides on.
        """
        services = [s.id for s in self._services.values() if code in s.codes]
        if not services:
            raise ValueError(f"code must be one soapcode suggests (see 'soapcode codes'), got {code!r}")
        reading = self.read(text)
        features = extract(reading.note, self.ranker.leaning, self.ranker.usage)
        return [account(self.ranker, reading.numbers, features, s) for s in services]

    def tier(self, text: str, code: str) -> TierItem | None:
        """The graded components of an evaluation, suggested or not; ``None`` for a code that is no evaluation's tier."""
        service = next((s for s in service_of_code().get(code, ()) if s in SCALES), None)
        if service is None:
            return None
        reading = self.read(text)
        segments = reading.note.segments or []
        spans = tuple((segments[i].start, segments[i].end) for i in self._cited(reading, COLUMN[service]))
        return _tiers(text, [Supported(code, spans, grade(reading.note, service, spans))])[0]

    def suggest(
        self,
        text: str,
        payer: str = "medicare",
        date: dt.date | None = None,
        threshold: float | None = None,
        *,
        discipline: str | None = None,
        assistant: str | None = None,
    ) -> Answer:
        """Rank the codes a note supports.

        Parameters
        ----------
        text : the note as the clinician wrote it; offsets of the answer count its code points.
        payer : one of the payer profiles.
        date : date of service, where a code depends on it.
        threshold : suggest everything from this probability on, instead of the bundle's own thresholds, the
            services' yielding to one another, and the question whether the note records any.
        discipline, assistant : PT, OT or SLP, whose plan of care it is, and PTA or COTA when one treated; what the note
            itself says, where not given.

        Raises
        ------
        ValueError
            When payer, discipline or assistant is unknown, or the threshold is not in [0, 1].
        """
        profile = payer_named(payer)
        if threshold is not None and not 0 <= threshold <= 1:
            raise ValueError(f"threshold must lie in [0, 1], got {threshold}")
        reading = self.read(text)
        items, minutes = self._ranked(text, reading, profile, date, threshold)
        shared_times = _shared_times([item for item in items if item["suggested"]], minutes, {})
        claim = self._claim(text, reading, items, minutes, shared_times, profile, date, discipline, assistant)
        if threshold is None:
            held_back = any(_NO_SERVICE in item["cautions"] for item in items)
            doubt = _NO_SERVICE if held_back else None
            records = float(self.ranker.any_service(reading.probabilities, reading.outputs.whole))
            claim["review"] = review_of(items, self._limits, self.ranker.sure_from, doubt, records)
        return Answer(
            schema=SCHEMA,
            note_sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            bundle=self.version,
            suggestions=items,
            claim=claim,
            interventions=_interventions(text, reading.note),
        )

    def revise(
        self, text: str, codes: Mapping[str, int | None], payer: str = "medicare", date: dt.date | None = None
    ) -> ClaimItem:
        """The claim of the codes a person has chosen, with their minutes, in place of those suggested.

        Parameters
        ----------
        text : the note; totals, evidence and gaps are still the note's.
        codes : minutes by code, ``None`` where they are not known; a code of the ranking keeps its evidence.
        payer, date : as for `suggest`.

        Raises
        ------
        ValueError
            When the payer or a code is unknown.
        """
        profile = payer_named(payer)
        stray = next((code for code in codes if code not in self._codes), None)
        if stray is not None:
            raise ValueError(f"code must be one of the catalogue (see 'soapcode codes'), got {stray!r}")
        reading = self.read(text)
        ranked, minutes = self._ranked(text, reading, profile, date, None)
        known = {item["code"]: item for item in ranked}
        items = [known.get(code) or self._bare(code) for code in codes]
        told = {item["code"]: codes[item["code"]] for item in items if codes[item["code"]] != item["minutes"]}
        shared_times = _shared_times(items, minutes, told)
        for item in items:
            item["suggested"], item["minutes"] = True, told.get(item["code"], item["minutes"])
        return self._claim(text, reading, items, minutes, shared_times, profile, date, None, None)

    def _bare(self, code: str) -> SuggestionItem:
        """A code that nothing in the note supports."""
        return SuggestionItem(
            code=code,
            name=self._codes[code].name,
            rank=0,
            probability=0.0,
            suggested=True,
            evidence=[],
            against=[],
            minutes=None,
            units=None,
            alternates=[],
            cautions=[],
        )

    def _ranked(
        self, text: str, reading: Reading, profile: Payer, date: dt.date | None, threshold: float | None
    ) -> tuple[list[SuggestionItem], Allocation]:
        """The ranking, which of it is suggested, and whose the stated minutes are."""
        if threshold is None:
            suggested = self._standing(reading, self.ranker.suggested(reading.probabilities, reading.outputs))
        else:
            suggested = reading.probabilities >= threshold
        decided = self.decided(reading, suggested)
        minutes = allocate(reading.note, sharing(reading.note, decided), _support(reading, suggested))
        items = self._items(text, reading, suggested, minutes, profile, date)
        return items, minutes

    def _claim(
        self,
        text: str,
        reading: Reading,
        items: Sequence[SuggestionItem],
        minutes: Allocation,
        shared_times: Iterable[SharedTime],
        profile: Payer,
        date: dt.date | None,
        discipline: str | None,
        assistant: str | None,
    ) -> ClaimItem:
        """The claim of the suggested items, with tiers and gaps; tells the items their units."""
        helper = assistant or assistant_of(reading.note.text)
        chosen = [item for item in items if item["suggested"]]
        claim = build_claim(
            [_delivered(item, reading.note, minutes) for item in chosen],
            profile,
            date,
            discipline or discipline_of(reading.note.text),
            helper,
            timed_total=minutes.timed,
            session_total=minutes.total,
            clock_times=states_clock_times(reading.note),
            table=table_in_use().table,
            contradictions=[*days_told(reading.note.text.flat), *minutes.contradictions],
            shared_times=shared_times,
        )
        supported = [_supported(item, reading.note) for item in chosen]
        gaps = find_gaps(
            reading.note,
            supported,
            claim,
            profile,
            date=date,
            assistant=helper,
            timed_total=minutes.timed,
        )
        units = {line["code"]: line["units"] for line in claim["lines"]}
        for item in chosen:
            item["units"] = units.get(item["code"])
        return ClaimItem(**claim, tiers=_tiers(text, supported), gaps=gaps, review=None)

    def _standing(self, reading: Reading, suggested: Mask) -> Mask:
        """The suggested services that stand (`models.standing`)."""
        given = Given(
            reading.note,
            suggested,
            reading.probabilities,
            lambda column: self._cited(reading, column),
            self.ranker.usage,
        )
        return standing(given)

    def decided(self, reading: Reading, suggested: Mask) -> list[frozenset[str]]:
        """Per segment, the suggested services its words support."""
        if not len(reading.logits):
            return []
        columns = np.flatnonzero(suggested)
        support = expit(reading.logits[:, columns])
        if not support.size:
            return [frozenset()] * len(reading.logits)
        top = support.max(axis=1, keepdims=True)
        carried = support >= 0.75 * support.max(axis=0)
        chosen = (support >= _SUPPORTS) & (support >= 0.5 * top) | carried & (support >= 0.1) & (support >= 0.9 * top)
        return [frozenset(SERVICES[columns[c]] for c in np.flatnonzero(row)) for row in chosen]

    def _items(
        self,
        text: str,
        reading: Reading,
        suggested: Mask,
        minutes: Allocation,
        payer: Payer,
        date: dt.date | None,
    ) -> list[SuggestionItem]:
        order = sorted(
            (c for c in range(len(SERVICES)) if reading.probabilities[c] >= LEAST_SHOWN),
            key=lambda c: (not suggested[c], -reading.probabilities[c], c),
        )
        items: list[SuggestionItem] = []
        seen: dict[str, SuggestionItem] = {}
        for column in order:
            service = self._services[SERVICES[column]]
            segments = self._cited(reading, column)
            spans = (
                [(reading.note.segments[i].start, reading.note.segments[i].end) for i in segments]
                if reading.note.segments
                else []
            )
            stated = Stated(
                reading.note,
                spans,
                minutes.minutes.get(service.id),
                _written(reading.note, service.codes),
                payer,
                date,
            )
            likely = suggested[column] or reading.probabilities[column] >= _RESOLVED
            for line in resolve(service, stated) if likely else [Line(service.codes[0])]:
                if line.code in seen:
                    continue
                item = self._item(text, reading, column, segments, line, bool(suggested[column]), minutes)
                seen[line.code] = item
                items.append(item)
        for rank, item in enumerate(items, 1):
            item["rank"] = rank
        return items

    def _closed(self, reading: Reading) -> bool:
        return not self.ranker.records_any(reading.probabilities, reading.outputs)

    def _cited(self, reading: Reading, column: int) -> list[int]:
        """Segments that carry a service: all that alone would make it likely, at least the strongest, and as many more as
        it takes that the others would not carry it to its threshold.

        An evaluation, to which nearly every word of its note lends support, is carried by what was found, asked and called one,
        not by what is planned or not done; and what carries it least need not fall, since without the rest the note is no
        evaluation.
        """
        if not len(reading.logits):
            return []
        if column in reading.cited:
            return reading.cited[column]
        segments = reading.note.segments or []
        support = expit(reading.logits[:, column])
        best = float(support.max())
        whole_note = SERVICES[column] in KINDS
        cited = (support >= _CITED) | (support >= 0.75 * best)
        if whole_note:
            cited &= np.array([_examines(s) for s in segments]) | (support == best)
        probability, threshold = reading.probabilities[column], self.ranker.thresholds[column]
        if probability >= threshold:
            odds, slope = reading.logits[:, [column]], float(self.ranker.slope[column])
            whole = float(logit(probability)) - slope * float(join(odds)[0])
            order = np.argsort(-support)
            if whole_note:
                order = order[support[order] >= _FAINTLY * best]

            def enough(count: int) -> bool:
                """Whether the note falls below the threshold without the strongest ``count`` segments too."""
                left = ~cited
                left[order[:count]] = False
                return not left.any() or bool(expit(slope * float(join(odds[left])[0]) + whole) < threshold)

            cited[order[: bisect_left(range(len(order)), True, key=enough)]] = True
        found: list[int] = np.flatnonzero(cited).tolist()
        found = [i for i in found if not _only_totals(segments[i])] or found
        reading.cited[column] = found
        return found

    def _item(
        self,
        text: str,
        reading: Reading,
        column: int,
        segments: Sequence[int],
        line: Line,
        suggested: bool,
        minutes: Allocation,
    ) -> SuggestionItem:
        service = SERVICES[column]
        entry = self._codes[line.code]
        cautions = list(line.cautions)
        if (
            not suggested
            and reading.probabilities[column] >= self.ranker.thresholds[column]
            and self._closed(reading)
        ):
            cautions.append(_NO_SERVICE)
        if suggested and minutes.shares(service):
            cautions.append(_STATED_AT_ONCE)
        for index in segments:
            for mention in (reading.note.segments or [])[index].mentions:
                if mention.concept.caution and mention.concept.caution not in cautions:
                    cautions.append(mention.concept.caution)
        alternates = list(line.alternates)
        if suggested:
            alternates.extend(self._second_choices(reading, column, segments))
        return SuggestionItem(
            code=line.code,
            name=entry.name,
            rank=0,
            probability=float(reading.probabilities[column]),
            suggested=suggested,
            evidence=[_evidence(text, reading, i, column, self.ranker.usage) for i in segments],
            against=self._against(text, reading, column, segments),
            minutes=line.minutes if suggested else None,
            units=None,
            alternates=list(dict.fromkeys(alternates)),
            cautions=cautions,
        )

    def _second_choices(self, reading: Reading, column: int, segments: Sequence[int]) -> list[str]:
        """Codes that the same words would support next."""
        out: list[str] = []
        for index in segments:
            row = expit(reading.logits[index])
            for other in np.argsort(-row)[:3]:
                if other != column and row[other] >= 0.12:
                    out.append(self._services[SERVICES[other]].codes[0])
            for mention in (reading.note.segments or [])[index].mentions:
                out.extend(c for c in mention.concept.alternates if c in self._codes)
        return [c for c in dict.fromkeys(out) if c not in self._services[SERVICES[column]].codes]

    def _against(self, text: str, reading: Reading, column: int, cited: Sequence[int]) -> list[EvidenceItem]:
        """Words that would speak for the service had they been delivered, and why they do not count."""
        out: list[EvidenceItem] = []
        service = SERVICES[column]
        own = set(cited)
        for index, segment in enumerate(reading.note.segments or ()):
            if index in own or segment.status == "performed":
                continue
            prior = max((share_of(m.concept, service, self.ranker.usage) for m in segment.mentions), default=0.0)
            if prior < 0.3:
                continue
            out.append(
                EvidenceItem(
                    start=segment.start,
                    end=segment.end,
                    text=text[segment.start : segment.end],
                    concept=segment.mentions[0].concept.name,
                    contribution=float(reading.logits[index, column]),
                    because=_because_not(text, segment),
                )
            )
        return out


def _support(reading: Reading, suggested: Mask) -> list[dict[str, float]]:
    """Per segment how strongly its words support each suggested service."""
    columns = np.flatnonzero(suggested)
    names = [SERVICES[c] for c in columns]
    return [dict(zip(names, row, strict=True)) for row in expit(reading.logits[:, columns]).tolist()]


def sharing(note: ParsedNote, decided: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Segments of one stretch with one time speak of the same services: "heat with IFC 15 min" is 15 minutes of both."""
    segments = note.segments or []
    out = list(decided)
    if not any(segment.joined for segment in segments):
        return out
    first = 0
    for end in range(1, len(segments) + 1):
        if end < len(segments) and segments[end].joined:
            continue
        times = sum(m.kind in ("minutes", "bare", "clock") for s in segments[first:end] for m in s.measures)
        if end - first > 1 and times == 1:
            out[first:end] = [frozenset().union(*decided[first:end])] * (end - first)
        first = end
    return out


def _examines(segment: Segment) -> bool:
    """Whether a segment can be part of an examination: told as found, done, asked or past, or an evaluation by name."""
    return segment.status in _EXAMINING or any(m.concept.kind == "evaluation" for m in segment.mentions)


_EXAMINING = frozenset({"performed", "finding", "history", "diagnostic"})


def _only_totals(segment: Segment) -> bool:
    """Whether a segment states the whole session's minutes and nothing else: that carries no one service."""
    said = {m.kind for m in segment.measures}
    return bool(said) and said <= {"total", "timed", "clock"} and not segment.mentions and not segment.marks


def _because_not(text: str, segment: Segment) -> str:
    said = _SAID.get(segment.status, segment.status)
    cue = segment.status_cue
    if cue is None or cue.rule.startswith("box"):
        return said
    return f"{said}: “{text[cue.start : cue.end].strip()}”"


def _evidence(text: str, reading: Reading, index: int, column: int, usage: Usage) -> EvidenceItem:
    segment = (reading.note.segments or [])[index]
    service = SERVICES[column]
    concept = max(
        (m.concept for m in segment.mentions),
        key=lambda c: share_of(c, service, usage),
        default=None,
    )
    reasons = ["performed"]
    if service in segment.strong:
        reasons.append(f"under the name of {load_services()[service].name}")
    purposes = [text[p.start : p.end] for p in segment.purposes if p.label == service]
    if purposes:
        reasons.append(f"purpose “{purposes[0]}”")
    times = [m for m in segment.measures if m.kind == "minutes"]
    if times:
        reasons.append(f"{times[-1].value:g} min")
    if not segment.mentions and service not in segment.strong:
        reasons.append("by its words and neighbours")
    return EvidenceItem(
        start=segment.start,
        end=segment.end,
        text=text[segment.start : segment.end],
        concept=concept.name if concept else load_services()[service].name,
        contribution=float(reading.logits[index, column]),
        because="; ".join(reasons),
    )


def _written(note: ParsedNote, codes: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of a service that stand in the note as codes and are not taken back there."""
    found = [m.code for m in note.marks or () if m.code in codes and not is_taken_back(note.text, m.start, m.end)]
    return tuple(dict.fromkeys(c for c in found if c is not None))


def _services_of(item: SuggestionItem, minutes: Allocation) -> list[str]:
    """The services whose stated minutes a code has; none where a person gave other minutes."""
    return [s for s in service_of_code().get(item["code"], ()) if minutes.minutes.get(s) == item["minutes"]]


def _shared_times(
    items: Iterable[SuggestionItem], minutes: Allocation, told: Mapping[str, int | None]
) -> list[SharedTime]:
    """The times stated once for several codes, less what a person told of some timed ones; the others' minutes lose it too.

    Parameters
    ----------
    items : with the note's minutes; those not told are changed in place.
    minutes : the note's times.
    told : minutes a person gave in place of the note's, by code.
    """
    codes, out = load_catalogue(), []
    items = [item for item in items if item["minutes"] is not None]
    for services, stated in minutes.shared.items():
        here = [item for item in items if not set(services).isdisjoint(service_of_code().get(item["code"], ()))]
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


def _delivered(item: SuggestionItem, note: ParsedNote, minutes: Allocation) -> Delivered:
    """A suggested code as the claim takes it."""
    spans = [(e["start"], e["end"]) for e in item["evidence"]]
    inside = _containing(spans)
    concepts = [m.concept.id for m in note.mentions or () if inside(m.start, m.end)]
    area = debrided_area(note.text, spans) if item["code"] in area_codes() else None
    found = tuple(dict.fromkeys(concepts))
    services = _services_of(item, minutes)
    return Delivered(
        item["code"],
        item["minutes"],
        max(1, len(spans)),
        area[0] if area else None,
        found,
        tuple(interval for s in services for interval in minutes.clocks.get(s, ())),
        next((minutes.units[s] for s in services if s in minutes.units), None),
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
    service = next((s for s in service_of_code().get(item["code"], ()) if s in SCALES), None)
    return Supported(item["code"], spans, grade(note, service, spans) if service else None)


def _tiers(text: str, supported: Sequence[Supported]) -> list[TierItem]:
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


def _interventions(text: str, note: ParsedNote) -> list[InterventionItem]:
    segments = note.segments or []
    starts = [s.start for s in segments]
    out: list[InterventionItem] = []
    for mention in note.mentions or ():
        at = bisect_right(starts, mention.start) - 1
        if at < 0 or mention.start >= segments[at].end:
            continue
        segment = segments[at]
        section = (note.sections or [])[segment.section] if segment.section >= 0 else None
        times = [m for m in segment.measures if m.kind == "minutes"]
        status = segment.status
        if mention.concept.kind in ("finding", "medical"):
            status = "finding" if mention.concept.kind == "finding" else "diagnostic"
        out.append(
            InterventionItem(
                start=mention.start,
                end=mention.end,
                text=text[mention.start : mention.end],
                concept=mention.concept.name,
                status=status,
                section=section.letter if section else "",
                minutes=int(times[-1].value) if len(times) == 1 else None,
                purpose=text[segment.purposes[0].start : segment.purposes[0].end] if segment.purposes else None,
            )
        )
    return out


__all__ = ["COLUMN", "Reading", "Suggester"]
