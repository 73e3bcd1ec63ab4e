"""What a segment looks like to the ranker: named features, each tied to characters of the note.

Reading order: `NoteFeatures` (all of one note), `extract`; `signs` (what speaks for or against delivery),
`note_words` (the note as a whole), `relations` (how a segment stands to each service: headings, vocabulary,
purposes, neighbours).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.services import load_services
from models.leaning import Leaning, leanings
from nlp.note import ParsedNote, Segment

SERVICES: tuple[str, ...] = tuple(load_services())
FRAGMENT = 3
"""A note of no more segments than this is a fragment: what does not stand in it says nothing."""
COLUMN: dict[str, int] = {service: i for i, service in enumerate(SERVICES)}

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


def _shape(norm: str) -> str:
    return "#" if norm[0].isdigit() else norm


@dataclass(slots=True)
class NoteFeatures:
    """All features of one note.

    Attributes
    ----------
    words, pairs : per segment its words, numbers as ``#``, and neighbouring words as ``"first second"``.
    extras : per segment its concepts, their kinds, measures and covering headings.
    headings : per segment the words of the heading above it.
    sections : per segment the section's name.
    signs : per segment what speaks for or against delivery.
    whole : feature names of the note.
    relations : (segments, services, len(RELATIONS)), each in [0, 1].
    sentence, line, block : running numbers per segment.
    """

    words: list[list[str]]
    pairs: list[list[str]]
    extras: list[list[str]]
    headings: list[list[str]]
    sections: list[str]
    signs: list[list[str]]
    whole: list[str]
    relations: NDArray[np.float32]
    sentence: NDArray[np.int32]
    line: NDArray[np.int32]
    block: NDArray[np.int32]


def signs(segment: Segment, section: str, position: float, size: int) -> list[str]:
    """Features that say whether a segment was delivered at this visit, other than its words."""
    status = segment.status
    rule = segment.status_cue.rule if segment.status_cue else "default"
    best = 0.0
    kinds = set()
    for mention in segment.mentions:
        kinds.add(mention.concept.kind)
        best = max(best, sum(mention.concept.priors.values()))
    prior = int(best * 4)
    place = int(position * 4)
    mark = "strong" if segment.strong else "weak" if segment.weak else "bare"
    out = [
        f"sec:{section}",
        f"st:{status}",
        f"prior:{prior}",
        mark,
        f"cue:{rule}",
        f"pos:{place}",
        f"len:{min(size, 12) // 3}",
        f"st:{status}|sec:{section}",
        f"cue:{rule}|sec:{section}",
        f"prior:{prior}|sec:{section}",
        f"prior:{prior}|st:{status}",
        f"pos:{place}|sec:{section}",
        f"{mark}|st:{status}",
    ]
    for cue in segment.cues:
        out.append(f"cues:{cue.label}")
        out.append(f"cuer:{cue.rule}")
    for kind in kinds:
        out.append(f"kind:{kind}")
        out.append(f"kind:{kind}|sec:{section}")
    for measure in {m.kind for m in segment.measures}:
        out.append(f"m:{measure}")
        out.append(f"m:{measure}|st:{status}")
        out.append(f"m:{measure}|sec:{section}")
    if segment.ticked is not None:
        out.append(f"tick:{segment.ticked}")
    if segment.bullet:
        out.append("bullet")
    if segment.cell is not None:
        out.append(f"cell:{min(segment.cell, 3)}")
    return out


def note_words(note: ParsedNote, segments: int) -> list[str]:
    """The note as a whole: its words, pairs, headings, opening, and how much of each kind it holds."""
    norms = [_shape(n) for n in note.text.norms]
    out = {f"w:{n}" for n in norms}
    out.update(f"b:{a} {b}" for a, b in itertools.pairwise(norms))
    for section in note.sections or ():
        out.add(f"sec:{section.name}")
        out.add("h:" + note.text.flat[section.heading[0] : section.heading[1]].lower())
    kinds: dict[str, int] = {}
    for segment in note.segments or ():
        for mention in segment.mentions:
            key = f"{mention.concept.kind}|{segment.status}"
            kinds[key] = kinds.get(key, 0) + 1
    for key, count in kinds.items():
        for level in (1, 2, 4, 8):
            if count >= level:
                out.add(f"n:{key}>={level}")
    opening = norms[:12]
    out.update(f"o:{w}" for w in opening)
    out.update(f"ob:{a} {b}" for a, b in itertools.pairwise(opening))
    out.add(f"size:{min(segments, 60) // 6}")
    return sorted(out)


def extract(note: ParsedNote, leaning: Leaning | None = None) -> NoteFeatures:
    """Features of a parsed note.

    Parameters
    ----------
    note : the parsed note.
    leaning : leanings of words; those of the vocabulary by default.
    """
    segments = note.segments or []
    sections = note.sections or []
    flat = note.text.flat
    shaped = [_shape(n) for n in note.text.norms]
    size = max(1, len(segments))
    heads = [flat[s.heading[0] : s.heading[1]].lower().split() for s in sections]
    words: list[list[str]] = []
    extras: list[list[str]] = []
    headings: list[list[str]] = []
    names: list[str] = []
    delivery: list[list[str]] = []
    for index, segment in enumerate(segments):
        first, end = segment.tokens
        own = shaped[first:end]
        words.append(own)
        section = sections[segment.section].name if segment.section >= 0 else "none"
        names.append(section)
        headings.append(heads[segment.section] if segment.section >= 0 else [])
        more = []
        for mention in segment.mentions:
            more.append(f"c:{mention.concept.id}")
            more.append(f"k:{mention.concept.kind}")
        more.extend([f"m:{kind}" for kind in {m.kind for m in segment.measures}])
        more.extend([f"g:{service}" for service in segment.strong])
        extras.append(more)
        delivery.append(signs(segment, section, index / size, len(own)))
    pairs = [list(map(" ".join, itertools.pairwise(own))) for own in words]
    return NoteFeatures(
        words,
        pairs,
        extras,
        headings,
        names,
        delivery,
        note_words(note, len(words)),
        relations(note, words, pairs, headings, leaning or leanings()),
        np.array([s.sentence for s in segments], dtype=np.int32),
        np.array([s.line for s in segments], dtype=np.int32),
        np.array([s.block for s in segments], dtype=np.int32),
    )


def others(values: NDArray[Any]) -> NDArray[Any]:
    """For each row and column, the largest value among the other columns."""
    if not values.size:
        return np.zeros_like(values)
    top = values.argmax(axis=1)
    rows = np.arange(len(values))
    best = values[rows, top]
    rest = values.copy()
    rest[rows, top] = -np.inf
    second = rest.max(axis=1)
    out = np.repeat(best[:, None], values.shape[1], axis=1)
    out[rows, top] = second
    return out


def mates(values: NDArray[Any], groups: NDArray[np.int32]) -> NDArray[Any]:
    """For each row and column, the largest value among the other rows of its group.

    Groups are runs of equal numbers; a row alone in its group gets zeros.
    """
    if len(groups) < 2:
        return np.zeros_like(values)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(groups)) + 1])
    sizes = np.diff(np.append(starts, len(groups)))
    member = np.repeat(np.arange(len(starts)), sizes)
    best = np.maximum.reduceat(values, starts)[member]
    is_best = values == best
    alone_at_top = is_best & (np.add.reduceat(is_best, starts, dtype=np.int64)[member] == 1)
    rest = np.maximum.reduceat(np.where(alone_at_top, -np.inf, values), starts)[member]
    out = np.where(alone_at_top, rest, best)
    out[(sizes == 1)[member]] = 0
    return np.asarray(out, dtype=values.dtype)


def mean_of_mates(values: NDArray[Any], groups: NDArray[np.int32]) -> NDArray[Any]:
    """For each row and column, the mean over the other rows of its group; zeros for a row alone."""
    if len(groups) < 2:
        return np.zeros_like(values)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(groups)) + 1])
    sizes = np.diff(np.append(starts, len(groups)))
    member = np.repeat(np.arange(len(starts)), sizes)
    total = np.add.reduceat(values, starts)[member] - values
    return np.asarray(total / np.maximum(sizes[member] - 1, 1)[:, None], dtype=values.dtype)


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


def relations(
    note: ParsedNote, words: list[list[str]], pairs: list[list[str]], headings: list[list[str]], leaning: Leaning
) -> NDArray[np.float32]:
    """How each segment stands to each service: (segments, services, len(RELATIONS))."""
    segments = note.segments or []
    count, width = len(segments), len(SERVICES)
    out = np.zeros((count, width, len(RELATIONS)), dtype=np.float32)
    if not count:
        return out
    priors, purposes, strong, weak = np.zeros((4, count, width), dtype=np.float32)
    named, listed = np.zeros((2, width), dtype=np.float32)
    performed = np.zeros((count, 1), dtype=np.float32)
    opening = np.zeros(width, dtype=np.float32)
    first_line = segments[0].line
    for index, segment in enumerate(segments):
        row = priors[index]
        for mention in segment.mentions:
            for service, share in mention.concept.priors.items():
                column = COLUMN[service]
                row[column] = max(row[column], share)
        for cue in segment.purposes:
            purposes[index, COLUMN[cue.label]] = 1
        for service in segment.strong:
            strong[index, COLUMN[service]] = 1
        for service in segment.weak:
            weak[index, COLUMN[service]] = 1
        for mark in segment.marks:
            column = COLUMN[mark.service]
            named[column] = 1
            if mark.role == "list" or mark.code:
                listed[column] = 1
            if index < 4 and segment.line == first_line:
                opening[column] = 1
        performed[index] = segment.status == "performed"
        if index < 4 and segment.line == first_line:
            np.maximum(opening, row, out=opening)
    sentence = np.array([s.sentence for s in segments], dtype=np.int32)
    line = np.array([s.line for s in segments], dtype=np.int32)
    opens = np.searchsorted(line, line)
    top, mean, number = _leaning_rows(words, pairs, leaning)
    head_rows: dict[tuple[str, ...], NDArray[np.float32]] = {}
    head = np.zeros_like(priors)
    for index, heading in enumerate(headings):
        if heading:
            key = tuple(heading)
            if key not in head_rows:
                head_rows[key] = _leaning_rows(
                    [heading], [list(map(" ".join, itertools.pairwise(heading)))], leaning
                )[1][0]
            head[index] = head_rows[key]
    columns = (
        strong,
        weak,
        priors,
        mates(priors, sentence),
        mates(priors, line),
        _neighbours(priors),
        purposes,
        mates(purposes, sentence),
        listed,
        opening,
        priors[opens] * (opens != np.arange(count))[:, None],
        named,
        (priors * performed).max(axis=0),
        top,
        mean,
        mean_of_mates(mean, sentence),
        (mean * number[:, None]).sum(axis=0) / max(1.0, float(number.sum())),
        head,
    )
    for column, values in enumerate(columns):
        out[:, :, column] = values
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
