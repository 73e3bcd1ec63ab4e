"""What a segment looks like to the ranker: named features, each tied to characters of the note.

Reading order: `NoteFeatures` (all of one note), `extract`; `signs_of` (what speaks for or against delivery),
`note_words` (the note as a whole), `relations` (how a segment stands to each service: headings, vocabulary,
purposes, neighbours).
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.cues import cue_families
from corpus.facts import load_facts
from corpus.services import evaluations, load_services, service_of_code
from corpus.tables import DATA
from corpus.vocabulary import Concept
from models.groups import Groups
from models.leaning import Leaning, leanings
from nlp.above import is_beyond
from nlp.credentials import PATIENT, credential_runs
from nlp.note import TIMES, TIMES_OR_UNITS, ParsedNote, Segment
from nlp.phrases import phrase_key
from nlp.sections import heading_words

SERVICES: tuple[str, ...] = tuple(load_services())
FRAGMENT = 3
"""A note of no more segments than this is a fragment: what does not stand in it says nothing."""
COLUMN: dict[str, int] = {service: i for i, service in enumerate(SERVICES)}
EVALUATIONS: tuple[str, ...] = evaluations()
NOTE_KINDS: tuple[str, ...] = ("any", *EVALUATIONS)

# What neighbouring segments say ("sentence", "line", "neighbours", "paragraph opens", "sentence leans") counts the less, the
# more a segment's own vocabulary says.
RELATIONS: tuple[str, ...] = (
    "heading names it",
    "earlier heading names it",
    "vocabulary points to it",
    "sentence points to it",
    "line points to it",
    "neighbours point to it",
    "purpose points to it",
    "purpose in sentence points to it",
    "named in closing list",
    "its own words name it",
    "its own words name it with a time",
    "note opens with it",
    "paragraph opens with it",
    "named in note",
    "vocabulary of the note points to it",
    "words lean to it",
    "words lean to it on average",
    "sentence leans to it",
    "note leans to it",
    "heading leans to it",
)


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


Signature = tuple[Any, ...]
Usage = Mapping[str, NDArray[np.float32]]
"""How a clinic bills concepts of the vocabulary, where it differs: concept id -> (services,) shares in [0, 1]."""
_AS_WRITTEN: Usage = {}


@dataclass(slots=True)
class Places:
    """The segments by sentence, line and blank-line block."""

    sentence: Groups
    line: Groups
    block: Groups


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


def share_of(concept: Concept, service: str, usage: Usage = _AS_WRITTEN) -> float:
    """Share of a concept's uses that are billed as a service, in [0, 1]: the clinic's own, else the vocabulary's."""
    own = usage.get(concept.id)
    return concept.priors.get(service, 0.0) if own is None else float(own[COLUMN[service]])


def is_billed(concept: Concept, usage: Usage = _AS_WRITTEN) -> bool:
    """Whether a concept is billed as anything at all."""
    return bool(concept.priors) or concept.id in usage


_NAMED = 0.9
"""What a service's own name in a list or behind one counts for, beside concepts' shares of billed uses."""


def signature(segment: Segment, section: str, position: float, size: int, usage: Usage = _AS_WRITTEN) -> Signature:
    """All that `signs_of` looks at; it holds no word of the note, so what it leads to may be kept."""
    best = _NAMED if any(mark.role != "head" for mark in segment.marks) else 0.0
    for mention in segment.mentions:
        own = usage.get(mention.concept.id)
        best = max(best, sum(mention.concept.priors.values()) if own is None else float(own.sum()))
    rule = segment.status_cue.rule if segment.status_cue else "default"
    return (
        rule.removeprefix("section:") if is_beyond(rule) else section,
        segment.status,
        rule,
        int(best * 4),
        int(position * 4),
        min(size, 12) // 3,
        "strong" if segment.strong else "weak" if segment.weak else "bare",
        tuple([(cue.label, cue.rule) for cue in segment.cues]),
        _kinds(segment),
        tuple(sorted({m.kind for m in segment.measures})) if segment.measures else (),
        segment.ticked,
        segment.bullet,
        None if segment.cell is None else min(segment.cell, 3),
        _naming(segment),
    )


def _naming(segment: Segment) -> str:
    """Whether a service's name or code stands in a list or behind one, and with a time."""
    if all(mark.role == "head" for mark in segment.marks):
        return ""
    return "timed" if _has_time(segment) else "untimed"


def _has_time(segment: Segment) -> bool:
    """Whether a segment has a time of its own, or the units of a code ("97140 x1")."""
    coded = any(mark.code for mark in segment.marks)
    return bool(segment.timed) or segment.has_time(TIMES_OR_UNITS if coded else TIMES)


def speaks_itself(found: Signature) -> bool:
    """Whether a segment says on its own that it was done: mostly billed words, and no cue against them."""
    return bool(found[1] == "performed" and found[3] >= _MOSTLY)


_MOSTLY = 2
"""In quarters, as in `signature`."""


def _kinds(segment: Segment) -> tuple[str, ...]:
    """Kinds of the segment's concepts; of a name that only opens what follows ("Ther Ex:") that it is one, for it says
    nothing of its own, unlike the same name in a list of what is planned.
    """
    if any(m.role == "head" and m.start <= segment.start and segment.end <= m.end for m in segment.marks):
        return (OPENS,)
    return tuple(sorted({m.concept.kind for m in segment.mentions})) if segment.mentions else ()


OPENS = "opens"


def signs_of(found: Signature) -> list[str]:
    """Features that say whether a segment was delivered at this visit, other than its words."""
    section, status, rule, prior, place, size, mark, cues, kinds, measures, ticked, bullet, cell, naming = found
    out = [
        f"sec:{section}",
        f"st:{status}",
        f"prior:{prior}",
        mark,
        f"cue:{rule}",
        f"pos:{place}",
        f"len:{size}",
        f"st:{status}|sec:{section}",
        f"cue:{rule}|sec:{section}",
        f"prior:{prior}|sec:{section}",
        f"prior:{prior}|st:{status}",
        f"pos:{place}|sec:{section}",
        f"{mark}|st:{status}",
    ]
    family = cue_families().get(rule.partition(":")[2])
    if family:
        out.append(f"fam:{family}")
        out.append(f"fam:{family}|prior:{prior}")
    for label, cue_rule in cues:
        out.append(f"cues:{label}")
        out.append(f"cuer:{cue_rule}")
    for kind in kinds:
        out.append(f"kind:{kind}")
        out.append(f"kind:{kind}|sec:{section}")
    for measure in measures:
        out.append(f"m:{measure}")
        out.append(f"m:{measure}|st:{status}")
        out.append(f"m:{measure}|sec:{section}")
    if ticked is not None:
        out.append(f"tick:{ticked}")
    if bullet:
        out.append("bullet")
    if cell is not None:
        out.append(f"cell:{cell}")
    if naming:
        out.append(f"name:{naming}|st:{status}")
    return out


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


def extract(note: ParsedNote, leaning: Leaning | None = None, usage: Usage = _AS_WRITTEN) -> NoteFeatures:
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
            segments, places, _leanings_of(words, pairs, headings, leaning or leanings()), priors_of(segments, usage)
        ),
        places,
    )


def _leaning_rows(
    words: list[list[str]], pairs: list[list[str]], leaning: Leaning
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Per segment the largest and the mean leaning of its words and pairs, and how many have one."""
    width = leaning.values.shape[1]
    count = len(words)
    top = np.zeros((count, width), dtype=np.float32)
    mean = np.zeros_like(top)
    found = [leaning.of(own, near) for own, near in zip(words, pairs, strict=True)]
    number = np.array([len(f) for f in found], dtype=np.float32)
    filled = np.flatnonzero(number)
    if len(filled):
        values = leaning.values[list(itertools.chain.from_iterable(found))]
        starts = np.concatenate([[0], np.cumsum(number[filled])[:-1]]).astype(np.intp)
        top[filled] = np.maximum.reduceat(values, starts)
        mean[filled] = np.add.reduceat(values, starts) / number[filled, None]
    return top, mean, number


@dataclass(slots=True)
class Leanings:
    """How the words of each segment lean: largest and mean per service, how many lean at all, and the heading's mean."""

    top: NDArray[np.float32]
    mean: NDArray[np.float32]
    number: NDArray[np.float32]
    heading: NDArray[np.float32]


def _leanings_of(
    words: list[list[str]], pairs: list[list[str]], headings: list[list[str]], leaning: Leaning
) -> Leanings:
    rows: dict[tuple[str, ...], NDArray[np.float32]] = {}
    heading = np.zeros((len(words), len(SERVICES)), dtype=np.float32)
    for index, own in enumerate(headings):
        if own:
            key = tuple(own)
            if key not in rows:
                rows[key] = heading_leaning(own, leaning)
            heading[index] = rows[key]
    return Leanings(*_leaning_rows(words, pairs, leaning), heading)


def heading_leaning(words: list[str], leaning: Leaning) -> NDArray[np.float32]:
    """Mean leaning of a heading's words: (services,)."""
    found = _leaning_rows([words], [list(map(" ".join, itertools.pairwise(words)))], leaning)[1]
    return np.asarray(found[0])


def places_of(segments: Sequence[Segment]) -> Places:
    """Where the segments stand."""
    found = np.array([(s.sentence, s.line, s.block) for s in segments], dtype=np.int32).reshape(-1, 3)
    return Places(Groups(found[:, 0]), Groups(found[:, 1]), Groups(found[:, 2]))


def _speaks_for_note(segment: Segment) -> bool:
    """Whether a service named in a segment may say what the note is about: no words of its own or its row say it is of another day,
    place or person ("LV: NMR 15, MT 10").
    """
    cue = segment.status_cue
    return segment.status == "performed" or cue is None or cue.rule.startswith("section:")


def relations(
    segments: Sequence[Segment], places: Places, leans: Leanings, priors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How each segment stands to each service: (segments, services, len(RELATIONS)).

    Parameters
    ----------
    segments, places : the segments and where they stand.
    leans : how their words lean.
    priors : (segments, services), the largest priors of their mentions (`priors_of`).
    """
    count, width = len(segments), len(SERVICES)
    if not count:
        return np.zeros((0, width, len(RELATIONS)), dtype=np.float32)
    purposes, strong, weak, own, timed = np.zeros((5, count, width), dtype=np.float32)
    named, listed = np.zeros((2, width), dtype=np.float32)
    opening = np.zeros(width, dtype=np.float32)
    first_line = segments[0].line
    item = np.zeros(count, dtype=bool)
    for index, segment in enumerate(segments):
        for cue in segment.purposes:
            purposes[index, COLUMN[cue.label]] = 1
        for service in segment.strong:
            strong[index, COLUMN[service]] = 1
        for service in segment.weak:
            weak[index, COLUMN[service]] = 1
        speaks = _speaks_for_note(segment)
        for mark in segment.marks:
            column = COLUMN[mark.service]
            own[index, column] = 1
            named[column] = max(named[column], speaks)
            timed[index, column] = mark.role != "head" and _has_time(segment)
            if mark.role == "list" or mark.code:
                listed[column] = max(listed[column], speaks)
                item[index] = True
            if index < 4 and segment.line == first_line:
                opening[column] = 1
        if index < 4 and segment.line == first_line:
            np.maximum(opening, priors[index], out=opening)
    performed = np.array([s.status == "performed" for s in segments], dtype=np.float32)[:, None]
    opens = places.line.starts[places.line.member]
    mean, number = leans.mean, leans.number
    silent = (1 - priors.max(axis=1, keepdims=True)) * (1 - own.max(axis=1, keepdims=True))
    by_sentence = places.sentence.most_of_others(priors)
    same = len(places.line.starts) == len(places.sentence.starts)
    by_line = by_sentence if same else places.line.most_of_others(priors)
    out = np.empty((len(RELATIONS), count, width), dtype=np.float32)
    for row, values in enumerate(
        (
            strong,
            weak,
            priors,
            by_sentence * silent,
            by_line * silent,
            _neighbours(priors) * silent,
            purposes,
            places.sentence.most_of_others(purposes) if purposes.any() else purposes,
            listed * ~places.sentence.any_of(item)[:, None],
            own,
            timed,
            opening,
            priors[opens] * (opens != np.arange(count))[:, None] * silent,
            named,
            (priors * performed).max(axis=0),
            leans.top,
            mean,
            places.sentence.mean_of_others(mean) * silent,
            number @ mean / max(1.0, float(number.sum())),
            leans.heading,
        )
    ):
        out[row] = values
    return out.transpose(1, 2, 0)


def shares_of(concept: Concept, usage: Usage = _AS_WRITTEN) -> NDArray[np.float32]:
    """`share_of` for every service: (services,)."""
    own = usage.get(concept.id)
    if own is not None:
        return own
    out = np.zeros(len(SERVICES), dtype=np.float32)
    for service, share in concept.priors.items():
        out[COLUMN[service]] = share
    return out


def priors_of(segments: Sequence[Segment], usage: Usage = _AS_WRITTEN) -> NDArray[np.float32]:
    """The largest prior of each service among a segment's mentions: (segments, services)."""
    out = np.zeros((len(segments), len(SERVICES)), dtype=np.float32)
    for row, segment in zip(out, segments, strict=True):
        for mention in segment.mentions:
            np.maximum(row, shares_of(mention.concept, usage), out=row)
    return out


def _neighbours(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over the up to two rows before and after each row."""
    count = len(values)
    total = np.zeros_like(values)
    number = np.zeros((count, 1), dtype=np.float32)
    for step in (1, 2):
        if count > step:
            total[step:] += values[:-step]
            total[:-step] += values[step:]
            number[step:] += 1
            number[:-step] += 1
    return np.asarray(total / np.maximum(number, 1), dtype=np.float32)
