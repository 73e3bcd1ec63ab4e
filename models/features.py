"""What a segment and a note look like to the ranker: named features, each tied to characters of the note.

Reading order: `NoteFeatures` (all of one note), `extract`, `note_words` (the note as a whole); then `models.delivery_signs` (what speaks
for or against delivery) and `models.relations` (how a segment stands to each service).
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.facts import load_facts
from corpus.services import service_of_code
from corpus.tables import DATA
from models.columns import EVALUATIONS
from models.delivery_signs import Signature, signature, signs_of
from models.leaning import Leaning, leanings
from models.relations import Places, leanings_of, places_of, relations
from models.shares import AS_WRITTEN, Usage, priors_of
from nlp.credentials import PATIENT, credential_runs
from nlp.note import ParsedNote, Segment
from nlp.phrases import phrase_key
from nlp.sections import heading_words

FRAGMENT = 3
"""A note of no more segments than this is a fragment: what does not stand in it says nothing."""
COVERED = "~"
"""Stands for a word inside a phrase that is no treatment ("group home", "stress test"): there it does not mean what it means elsewhere."""


def shaped(note: ParsedNote) -> list[str]:
    """The note's tokens with numbers as ``#``; words of longer findings and other medicine, the letters of assistants and students, and
    "PT" among other letters behind a name (elsewhere the patient, and patients are a group), as `COVERED`.
    """
    found: list[str] | None = note.text.memory.get("shaped")
    if found is None:
        letters, codes = _letters(), service_of_code()
        found = [
            (CODE if norm in codes else "#") if norm[0].isdigit() else letters.get(norm, norm)
            for norm in note.text.norms
        ]
        starts = note.text.starts
        for first, end in credential_runs(note.text):
            found[first:end] = [COVERED if word in PATIENT else word for word in found[first:end]]
        for mention in note.mentions or ():
            if mention.concept.kind in _ELSEWHERE and not mention.concept.priors:
                first, end = bisect_left(starts, mention.start), bisect_left(starts, mention.end)
                if end - first > 1:
                    found[first:end] = [COVERED] * (end - first)
        note.text.memory["shaped"] = found
    return found


CODE = "#cpt"
"""A billing code of the catalogue, as a token."""
_ELSEWHERE = frozenset({"finding", "medical"})


@cache
def _letters() -> dict[str, str]:
    """Letters of assistants and students as one token, covered: who treats says nothing of what was done."""
    staff = load_facts(DATA / "staff.toml")
    phrases = (phrase for fact in ("pta_credential", "cota_credential") for phrase in staff[fact].phrases)
    return {key[0]: COVERED for key in map(phrase_key, phrases) if len(key) == 1}


@dataclass(slots=True)
class NoteFeatures:
    """All features of one note.

    Attributes
    ----------
    words : per segment its words, numbers as ``#``.
    extras : per segment its concepts, their kinds, measures and covering headings.
    headings : per segment the words of the heading above it.
    sections : per segment the section's name.
    signatures : per segment what `signs` are made of.
    whole : feature names of the note.
    relations : (segments, services, len(RELATIONS)), each in [0, 1].
    places : the segments by sentence, line and block.
    """

    words: list[list[str]]
    extras: list[list[str]]
    headings: list[list[str]]
    sections: list[str]
    signatures: list[Signature]
    whole: list[str]
    relations: NDArray[np.floating[Any]]
    places: Places

    @property
    def pairs(self) -> list[list[str]]:
        """Per segment its neighbouring words as ``"first second"``."""
        return [list(map(" ".join, itertools.pairwise(own))) for own in self.words]

    @property
    def signs(self) -> list[list[str]]:
        """Per segment what speaks for or against delivery."""
        return list(map(signs_of, self.signatures))


_CLOSING = 8
"""Words at a note's end, where who wrote it signs."""


def note_words(note: ParsedNote, segments: int, *, words: bool = True) -> list[str]:
    """The note as a whole: its words, pairs, headings, opening, end, and how much of each kind it holds.

    Without ``words`` only what is not simply every word and pair of words of the note.
    """
    norms = shaped(note)
    out: set[str] = set()
    if words:
        out.update({f"w:{n}" for n in norms})
        out.update(f"b:{a} {b}" for a, b in itertools.pairwise(norms))
    for section in note.sections or ():
        out.add(f"sec:{section.name}")
        out.add("h:" + " ".join(heading_words(note.text.flat, section)))
    kinds: dict[tuple[str, str], int] = {}
    for segment in note.segments or ():
        for mention in segment.mentions:
            key = (mention.concept.kind, segment.status)
            kinds[key] = kinds.get(key, 0) + 1
    out.update(_occasions(note.segments or ()))
    for (kind, status), count in kinds.items():
        for level in (1, 2, 4, 8):
            if count >= level:
                out.add(f"n:{kind}|{status}>={level}")
    opening = norms[:12]
    out.update(f"o:{w}" for w in opening)
    out.update(f"ob:{a} {b}" for a, b in itertools.pairwise(opening))
    out.update(f"z:{w}" for w in norms[-_CLOSING:])
    out.add(f"size:{min(segments, 60) // 6}")
    return sorted(out)


def _occasions(segments: Sequence[Segment]) -> Iterator[str]:
    """How the note names an occasion of which there is one a day, as an evaluation: where, with which status, with a time of its own."""
    for index, segment in enumerate(segments):
        names = [m.concept.id for m in segment.mentions if m.concept.kind == "evaluation" and m.concept.priors]
        names += [m.service for m in segment.marks if m.service in EVALUATIONS]
        for name in dict.fromkeys(names):
            yield f"e:{name}|{segment.status}"
            if segment.status == "performed":
                timed = segment.has_time()
                place = "first" if index == 0 else "opening" if segment.line == segments[0].line else "later"
                size = min(segment.tokens[1] - segment.tokens[0], 12) // 3
                yield f"e:{name}|{place}"
                yield f"e:{name}|{'timed' if timed else 'untimed'}"
                yield f"e:{name}|size:{size}"
                yield f"e:{place}|{'timed' if timed else 'untimed'}"


def extract(note: ParsedNote, leaning: Leaning | None = None, usage: Usage = AS_WRITTEN) -> NoteFeatures:
    """Features of a parsed note.

    Parameters
    ----------
    note : the parsed note.
    leaning : leanings of words; those of the vocabulary by default.
    usage : how a clinic bills concepts (`models.ranker.Ranker.usage`).
    """
    segments = note.segments or []
    sections = note.sections or []
    flat = note.text.flat
    norms = shaped(note)
    size = max(1, len(segments))
    heads = [heading_words(flat, s) for s in sections]
    words: list[list[str]] = []
    extras: list[list[str]] = []
    headings: list[list[str]] = []
    names: list[str] = []
    signatures: list[Signature] = []
    for index, segment in enumerate(segments):
        first, end = segment.tokens
        own = norms[first:end]
        words.append(own)
        section = sections[segment.section].name if segment.section >= 0 else "none"
        names.append(section)
        headings.append(heads[segment.section] if segment.section >= 0 else [])
        more = []
        for mention in segment.mentions:
            more.append(f"c:{mention.concept.id}")
            more.append(f"k:{mention.concept.kind}")
        more.extend([f"m:{kind}" for kind in sorted({m.kind for m in segment.measures})])
        more.extend([f"g:{service}" for service in sorted(segment.strong)])
        extras.append(more)
        signatures.append(signature(segment, section, index / size, len(own), usage))
    pairs = [list(map(" ".join, itertools.pairwise(own))) for own in words]
    places = places_of(segments)
    return NoteFeatures(
        words,
        extras,
        headings,
        names,
        signatures,
        note_words(note, len(words)),
        relations(
            segments, places, leanings_of(words, pairs, headings, leaning or leanings()), priors_of(segments, usage)
        ),
        places,
    )
