"""The façade: a note in, the answer of the contract out."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.catalogue import load_catalogue
from corpus.payers import Payer, payer_named
from corpus.services import load_services
from models import bundle as bundles
from models.certainty import limits_of, review_of
from models.columns import COLUMN
from models.compiled import Compiled
from models.contract import SCHEMA, Answer, ClaimItem, SuggestionItem, TierItem, bare_item
from models.explain import Account, account
from models.features import extract
from models.gaps import Supported
from models.minutes import Allocation, allocate
from models.ranker import Ranker
from models.standing import Given, Mask, standing
from models.suggester.claiming import Told, claim_of, evaluation_of, shared_times, tiers
from models.suggester.naming import named_work
from models.suggester.passed import passed_over
from models.suggester.quotes import interventions
from models.suggester.ranking import NO_SERVICE, Ranking
from models.suggester.reading import Reading, cited, decided, sharing, support_of
from models.suggester.uncoded import uncoded_cautions
from models.suggester.withheld import Withheld, why_withheld, without_never_beside
from models.tier import grade
from models.visit_days import day_stated
from nlp.interventions import Index
from nlp.pipeline import parse


@dataclass(frozen=True, slots=True)
class Explained:
    """What is behind a code.

    Attributes
    ----------
    accounts : the sum of each service that can become it.
    segments : of the note, (start, end) in code points; `models.explain.SegmentAccount.index` counts them.
    tier : the graded components of an evaluation, suggested or not; ``None`` for a code that is no evaluation's tier.
    """

    accounts: list[Account]
    segments: list[tuple[int, int]]
    tier: TierItem | None


class Suggester:
    """Reads notes and suggests codes.

    Parameters
    ----------
    ranker : the fitted models.
    version : the bundle's version, shown in every answer.
    index : of another vocabulary than the corpus's, to find interventions with.

    Examples
    --------
    >>> answer = Suggester.load().suggest("O: Ultrasound 1 MHz 1.2 W/cm2 to R shoulder 8 min")
    >>> [s["code"] for s in answer["suggestions"] if s["suggested"]]
    ['97035']
    """

    def __init__(self, ranker: Ranker, version: str, index: Index | None = None) -> None:
        self.ranker = ranker
        self.version = version
        self.index = index

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

    def warmed(self) -> Suggester:
        """Itself, with all built that the first note would wait for."""
        self.suggest("O: Bike 5 min")
        return self

    def read(self, text: str) -> Reading:
        """Parse and score a note."""
        note = parse(text, self.index)
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
        return self.explained(text, code).accounts

    def explained(self, text: str, code: str) -> Explained:
        """The accounts of a code with what they are told with, from one reading of the note.

        Raises
        ------
        ValueError
            When the code is not one the ranker decides on.
        """
        services = [s.id for s in load_services().values() if code in s.codes]
        if not services:
            raise ValueError(f"code must be one soapcode suggests (see 'soapcode codes'), got {code!r}")
        reading = self.read(text)
        features = extract(reading.note, self.ranker.leaning, self.ranker.usage)
        return Explained(
            [account(self.ranker, reading.numbers, features, s) for s in services],
            [(s.start, s.end) for s in reading.note.segments or ()],
            self._tier(text, reading, code),
        )

    def _tier(self, text: str, reading: Reading, code: str) -> TierItem | None:
        """The graded components of an evaluation, suggested or not; ``None`` for a code that is no evaluation's tier."""
        service = evaluation_of(code)
        if service is None:
            return None
        segments = reading.note.segments or []
        spans = tuple((segments[i].start, segments[i].end) for i in cited(self.ranker, reading, COLUMN[service]))
        return tiers(text, [Supported(code, spans, grade(reading.note, service, spans))])[0]

    def suggest(
        self,
        text: str,
        payer: str = "medicare",
        date: dt.date | None = None,
        threshold: float | None = None,
        *,
        discipline: str | None = None,
        assistant: str | None = None,
        reading: Reading | None = None,
    ) -> Answer:
        """Rank the codes a note supports.

        Parameters
        ----------
        text : the note as the clinician wrote it; offsets of the answer count its code points.
        payer : one of the payer profiles.
        date : date of service; the one the note states itself (`models.visit_days.day_stated`), where not given.
        threshold : suggest everything from this probability on, instead of the bundle's own thresholds, the
            services' yielding to one another, and the question whether the note records any.
        discipline, assistant : PT, OT or SLP, whose plan of care it is, and PTA or COTA when one treated; what the note
            itself says, where not given.
        reading : the note as `read` gave it, where it was read before.

        Raises
        ------
        ValueError
            When payer, discipline or assistant is unknown, the threshold is not in [0, 1], or ``date`` is no date.
        """
        profile = _checked(payer, date)
        if threshold is not None and not 0 <= threshold <= 1:
            raise ValueError(f"threshold must lie in [0, 1], got {threshold}")
        reading = reading or self.read(text)
        date, said = (date, []) if date is not None else day_stated(reading.note.text.flat)
        items, services, minutes = self._ranked(text, reading, profile, date, threshold)
        shared = shared_times([item for item in items if item["suggested"]], services, minutes, {})
        claim = claim_of(text, reading.note, items, services, minutes, shared, profile, date, discipline, assistant)
        claim["cautions"] += [*self._uncoded(reading, items), *(said if claim["lines"] else [])]
        named = named_work(reading.note)
        if not any(item["suggested"] for item in items):
            claim["cautions"] += [naming.says for naming in named]
        if threshold is None:
            held_back = any(NO_SERVICE in item["cautions"] for item in items)
            doubt = NO_SERVICE if held_back else self._passed_over(reading, items)
            records = float(self.ranker.any_service(reading.probabilities, reading.outputs.whole))
            claim["review"] = review_of(items, self._limits, self.ranker.sure_from, doubt, records)
        return Answer(
            schema=SCHEMA,
            note_sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            bundle=self.version,
            suggestions=items,
            claim=claim,
            interventions=interventions(text, reading.note, items, named, profile),
        )

    def revise(
        self, text: str, codes: Mapping[str, int | None], payer: str = "medicare", date: dt.date | None = None
    ) -> ClaimItem:
        """The claim of the codes a person has chosen, with their minutes, in place of those suggested.

        Parameters
        ----------
        text : the note; totals, evidence and gaps are still the note's.
        codes : minutes by code, ``None`` where they are not known; a code of the ranking keeps its evidence. Minutes other than
            the note's are told as given by a person, and what the note lacks stays lacking.
        payer, date : as for `suggest`.

        Raises
        ------
        ValueError
            When the payer or a code is unknown, or ``date`` is no date.
        """
        profile = _checked(payer, date)
        stray = next((code for code in codes if code not in load_catalogue()), None)
        if stray is not None:
            raise ValueError(f"code must be one of the catalogue (see 'soapcode codes'), got {stray!r}")
        reading = self.read(text)
        date, said = (date, []) if date is not None else day_stated(reading.note.text.flat)
        ranked, services, minutes = self._ranked(text, reading, profile, date, None)
        known = {item["code"]: item for item in ranked}
        for item in ranked:
            item["evidence"] = item["evidence"] or item["against"]
        items = [known.get(code) or bare_item(code, load_catalogue()[code].name) for code in codes]
        told = {item["code"]: codes[item["code"]] for item in items if codes[item["code"]] != item["minutes"]}
        answered = Told(told, {item["code"]: item["minutes"] for item in items})
        shared = shared_times(items, services, minutes, told)
        for item in items:
            item["suggested"], item["minutes"] = True, told.get(item["code"], item["minutes"])
        claim = claim_of(text, reading.note, items, services, minutes, shared, profile, date, None, None, answered)
        claim["cautions"] += [*self._uncoded(reading, items), *(said if claim["lines"] else [])]
        return claim

    def _uncoded(self, reading: Reading, items: Sequence[SuggestionItem]) -> list[str]:
        """The cautions of treatments without a code here that no suggested code's words carry."""
        told = {caution for item in items if item["suggested"] for caution in item["cautions"]}
        return [c for c in uncoded_cautions(reading, self.ranker.usage) if c not in told]

    def _ranked(
        self, text: str, reading: Reading, profile: Payer, date: dt.date | None, threshold: float | None
    ) -> tuple[list[SuggestionItem], dict[str, tuple[str, ...]], Allocation]:
        """The ranking, which of it is suggested, the services of its codes, and whose the stated minutes are."""
        reached = self.ranker.suggested(reading.probabilities, reading.outputs)
        withheld: dict[int, Withheld] = {}
        if threshold is None:
            suggested = self._standing(reading, reached)
            own = {int(c): cited(self.ranker, reading, int(c)) for c in np.flatnonzero(reached & ~suggested)}
            withheld = why_withheld(reading.note, reached, suggested, own)
        else:
            suggested = reading.probabilities >= threshold
        spoken = sharing(reading.note, decided(reading, suggested))
        minutes = allocate(reading.note, spoken, support_of(reading, suggested), billed=self.ranker.usage)
        ranking = Ranking(self.ranker, text, reading, suggested, minutes, withheld)
        return *ranking.items(profile, date), minutes

    def _passed_over(self, reading: Reading, items: Sequence[SuggestionItem]) -> str | None:
        """What to ask of a service that the note names with a time and nothing suggests or takes back."""
        likely = self.ranker.suggested(reading.probabilities, reading.outputs)
        codes = {item["code"] for item in items if item["suggested"]}
        known = [s.id for s in load_services().values() if likely[COLUMN[s.id]] or not codes.isdisjoint(s.codes)]
        return passed_over(reading.note, known)

    def _standing(self, reading: Reading, suggested: Mask) -> Mask:
        """The suggested services that stand (`models.standing`), less those that never do beside another of them."""
        given = Given(
            reading.note,
            suggested,
            reading.probabilities,
            lambda column: cited(self.ranker, reading, column),
            self.ranker.usage,
        )
        return without_never_beside(standing(given))

    def decided(self, reading: Reading, suggested: Mask) -> list[frozenset[str]]:
        """Per segment, the suggested services its words support."""
        return decided(reading, suggested)


def _checked(payer: str, date: dt.date | None) -> Payer:
    """The profile of a payer, once the date is known to be one."""
    if date is not None and (not isinstance(date, dt.date) or isinstance(date, dt.datetime)):
        raise ValueError(f"date must be a datetime.date or None, got a {type(date).__name__}")
    return payer_named(payer)
