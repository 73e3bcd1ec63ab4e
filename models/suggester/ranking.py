"""The services of a note as the answer's ranked items: which code each becomes, with evidence, minutes, alternates and cautions."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from corpus.answered import load_answered
from corpus.catalogue import load_catalogue
from corpus.payers import Payer
from corpus.services import load_services
from models.certainty import LEAST_SHOWN
from models.columns import SERVICES
from models.contract import EvidenceItem, SuggestionItem
from models.minutes import Allocation
from models.numeric import expit
from models.ranker import Ranker
from models.resolve import Line, Stated, resolve, tells_encounter
from models.standing import Mask
from models.suggester.quotes import evidence, evidence_against, speaks_for
from models.suggester.reading import Reading, cited
from models.suggester.withheld import Withheld, counts
from nlp.facts import debrided_area, is_taken_back
from nlp.note import ParsedNote

_RESOLVED = 0.04
"""Below this probability a service is shown by its first code, without looking which of its codes the facts make it."""
_BY_MINUTES = frozenset({"month_minutes", "base_and_add_on"})
"""Rules that go by minutes, which only suggested services are given: of others nothing can be said of them."""
_STATED_AT_ONCE = "Its minutes are stated for other services too."
NO_SERVICE = "The note as a whole reads like one in which nothing billable was delivered; a person should look."


@dataclass(frozen=True, slots=True)
class Ranking:
    """A read note with what was decided of it.

    Attributes
    ----------
    suggested : (services,), in the order of `models.columns.SERVICES`.
    minutes : whose the stated minutes are.
    withheld : column of a service that reached its threshold and is not suggested -> why.
    """

    ranker: Ranker
    text: str
    reading: Reading
    suggested: Mask
    minutes: Allocation
    withheld: Mapping[int, Withheld] = field(default_factory=dict)

    def items(self, payer: Payer, date: dt.date | None) -> tuple[list[SuggestionItem], dict[str, tuple[str, ...]]]:
        """The items of the answer, the suggested ones first; units come with the claim.

        Returns
        -------
        The items, and the services each code stands for. Two suggested services that become one code are one item: their words,
        alternates and cautions together, and their minutes where both are told.
        """
        reading = self.reading
        order = sorted(
            (c for c in range(len(SERVICES)) if reading.probabilities[c] >= LEAST_SHOWN),
            key=lambda c: (not self.suggested[c], -reading.probabilities[c], c),
        )
        seen: dict[str, SuggestionItem] = {}
        services: dict[str, tuple[str, ...]] = {}
        for column in order:
            service = load_services()[SERVICES[column]]
            segments = cited(self.ranker, reading, column)
            spans = (
                [(reading.note.segments[i].start, reading.note.segments[i].end) for i in segments]
                if reading.note.segments
                else []
            )
            stated = Stated(
                reading.note,
                spans,
                self.minutes.minutes.get(service.id),
                _written(reading.note, service.codes),
                payer,
                date,
            )
            weighed = reading.probabilities[column] >= _RESOLVED and service.rule not in _BY_MINUTES
            likely = self.suggested[column] or weighed
            for line in resolve(service, stated) if likely else [Line(service.codes[0])]:
                item = self._item(column, segments, line, payer)
                if line.code not in seen:
                    seen[line.code], services[line.code] = item, (service.id,)
                elif item["suggested"]:
                    services[line.code] += (service.id,)
                    self._join(seen[line.code], item, services[line.code])
        items = list(seen.values())
        for rank, item in enumerate(items, 1):
            item["rank"] = rank
        return items, services

    def _join(self, first: SuggestionItem, second: SuggestionItem, services: tuple[str, ...]) -> None:
        """Add to a suggested code what another suggested service that becomes it brings."""
        words: dict[tuple[int, int], EvidenceItem] = {}
        for part in (*first["evidence"], *second["evidence"]):
            place = part["start"], part["end"]
            words[place] = max(words.get(place, part), part, key=lambda e: e["contribution"])
        first["evidence"] = [words[place] for place in sorted(words)]
        against = {(e["start"], e["end"]): e for e in (*second["against"], *first["against"])}
        first["against"] = [against[place] for place in sorted(against.keys() - words.keys())]
        told = None not in (first["minutes"], second["minutes"])
        first["minutes"] = self.minutes.together(services) if told else None
        cautions = dict.fromkeys([*first["cautions"], *second["cautions"]])
        if all(
            set(sharing) <= set(services) for sharing in self.minutes.shared if not set(sharing).isdisjoint(services)
        ):
            cautions.pop(_STATED_AT_ONCE, None)
        first["cautions"] = list(cautions)
        first["alternates"] = list(dict.fromkeys([*first["alternates"], *second["alternates"]]))

    def _item(self, column: int, segments: Sequence[int], line: Line, payer: Payer) -> SuggestionItem:
        text, reading, usage = self.text, self.reading, self.ranker.usage
        suggested = bool(self.suggested[column])
        cautions = list(line.cautions)
        if (
            not suggested
            and reading.probabilities[column] >= self.ranker.thresholds[column]
            and not self.ranker.records_any(reading.probabilities, reading.outputs)
        ):
            cautions.append(NO_SERVICE)
        why = self.withheld.get(column)
        if why:
            cautions.append(why.says)
        if suggested and self.minutes.shares(SERVICES[column]):
            cautions.append(_STATED_AT_ONCE)
        for index in segments:
            for mention in (reading.note.segments or [])[index].mentions:
                caution = mention.concept.caution
                if caution and caution not in cautions and not self._is_answered(mention.concept.id, segments):
                    cautions.append(caution)
        alternates = list(line.alternates)
        if suggested:
            alternates.extend(self._second_choices(column, segments))
        alternates = [payer.code_for(code) for code in alternates]
        passed = {} if suggested else self._passed(column, segments, why)
        shown = [i for i in segments if i not in passed]
        if not suggested:
            shown = [i for i in shown if speaks_for(reading, i, column, usage)]
        return SuggestionItem(
            code=line.code,
            name=load_catalogue()[line.code].name,
            rank=0,
            probability=float(reading.probabilities[column]),
            suggested=suggested,
            evidence=[evidence(text, reading, i, column, usage) for i in shown],
            against=evidence_against(text, reading, column, segments if suggested else shown, usage, passed),
            minutes=line.minutes if suggested else None,
            units=None,
            alternates=[c for c in dict.fromkeys(alternates) if c != line.code],
            cautions=cautions,
        )

    def _passed(self, column: int, segments: Sequence[int], why: Withheld | None) -> dict[int, str]:
        """Of the segments that carry a service that is not suggested, those with a word of its own that do not count, and why."""
        note = self.reading.note
        own = [i for i in segments if speaks_for(self.reading, i, column, self.ranker.usage)]
        if why and why.because:
            return dict.fromkeys(own, why.because)
        return {i: "" for i in own if not counts(note, (note.segments or [])[i], SERVICES[column])}

    def _is_answered(self, concept: str, segments: Sequence[int]) -> bool:
        """Whether the note answers a concept's caution (``answered.toml``)."""
        rule = load_answered().get(concept)
        if rule is None:
            return False
        note = self.reading.note
        spans = [((note.segments or [])[i].start, (note.segments or [])[i].end) for i in segments]
        if rule.by == "area":
            return debrided_area(note.text, spans) is not None
        if rule.by == "encounter":
            return tells_encounter(note, spans)
        told, against = (
            any(re.search(pattern, note.text.flat, re.I) for pattern in patterns)
            for patterns in (rule.patterns, rule.unless)
        )
        return told and not against

    def _second_choices(self, column: int, segments: Sequence[int]) -> list[str]:
        """Codes that the same words would support next."""
        out: list[str] = []
        for index in segments:
            row = expit(self.reading.logits[index])
            for other in np.argsort(-row)[:3]:
                if other != column and row[other] >= 0.12:
                    out.append(load_services()[SERVICES[other]].codes[0])
            for mention in (self.reading.note.segments or [])[index].mentions:
                out.extend(c for c in mention.concept.alternates if c in load_catalogue())
        return [c for c in dict.fromkeys(out) if c not in load_services()[SERVICES[column]].codes]


def _written(note: ParsedNote, codes: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of a service that stand in the note as codes and are not taken back there."""
    found = [m.code for m in note.marks or () if m.code in codes and not is_taken_back(note.text, m.start, m.end)]
    return tuple(dict.fromkeys(c for c in found if c is not None))
