"""How a segment stands to each service: headings, vocabulary, purposes, names, what its words lean to, neighbours."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.columns import COLUMN, SERVICES
from models.delivery_signs import has_time
from models.groups import Groups
from models.leaning import Leaning
from nlp.note import Segment

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


@dataclass(slots=True)
class Places:
    """The segments by sentence, line and blank-line block."""

    sentence: Groups
    line: Groups
    block: Groups


def places_of(segments: Sequence[Segment]) -> Places:
    """Where the segments stand."""
    found = np.array([(s.sentence, s.line, s.block) for s in segments], dtype=np.int32).reshape(-1, 3)
    return Places(Groups(found[:, 0]), Groups(found[:, 1]), Groups(found[:, 2]))


@dataclass(slots=True)
class Leanings:
    """How the words of each segment lean: largest and mean per service, how many lean at all, and the heading's mean."""

    top: NDArray[np.float32]
    mean: NDArray[np.float32]
    number: NDArray[np.float32]
    heading: NDArray[np.float32]


def leanings_of(
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
    segments: Sequence[Segment], places: Places, leans: Leanings, priors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How each segment stands to each service: (segments, services, len(RELATIONS)).

    Parameters
    ----------
    segments, places : the segments and where they stand.
    leans : how their words lean.
    priors : (segments, services), the largest priors of their mentions (`models.shares.priors_of`).
    """
    count, width = len(segments), len(SERVICES)
    if not count:
        return np.zeros((0, width, len(RELATIONS)), dtype=np.float32)
    said = _named(segments, places, priors)
    purposes, own = said["purpose points to it"], said["its own words name it"]
    performed = np.array([s.status == "performed" for s in segments], dtype=np.float32)[:, None]
    opens = places.line.starts[places.line.member]
    mean, number = leans.mean, leans.number
    silent = (1 - priors.max(axis=1, keepdims=True)) * (1 - own.max(axis=1, keepdims=True))
    by_sentence = places.sentence.most_of_others(priors)
    same = len(places.line.starts) == len(places.sentence.starts)
    by_line = by_sentence if same else places.line.most_of_others(priors)
    said |= {
        "vocabulary points to it": priors,
        "sentence points to it": by_sentence * silent,
        "line points to it": by_line * silent,
        "neighbours point to it": _neighbours(priors) * silent,
        "purpose in sentence points to it": places.sentence.most_of_others(purposes) if purposes.any() else purposes,
        "paragraph opens with it": priors[opens] * (opens != np.arange(count))[:, None] * silent,
        "vocabulary of the note points to it": (priors * performed).max(axis=0),
        "words lean to it": leans.top,
        "words lean to it on average": mean,
        "sentence leans to it": places.sentence.mean_of_others(mean) * silent,
        "note leans to it": number @ mean / max(1.0, float(number.sum())),
        "heading leans to it": leans.heading,
    }
    out = np.empty((len(RELATIONS), count, width), dtype=np.float32)
    for row, name in enumerate(RELATIONS):
        out[row] = said[name]
    return out.transpose(1, 2, 0)


def _named(
    segments: Sequence[Segment], places: Places, priors: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """The relations that headings, purposes and names make, by their names: each (segments, services), or (services,) of the whole note."""
    count, width = priors.shape
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
            timed[index, column] = mark.role != "head" and has_time(segment)
            if mark.role == "list" or mark.code:
                listed[column] = max(listed[column], speaks)
                item[index] = True
            if index < 4 and segment.line == first_line:
                opening[column] = 1
        if index < 4 and segment.line == first_line:
            np.maximum(opening, priors[index], out=opening)
    return {
        "heading names it": strong,
        "earlier heading names it": weak,
        "purpose points to it": purposes,
        "named in closing list": listed * ~places.sentence.any_of(item)[:, None],
        "its own words name it": own,
        "its own words name it with a time": timed,
        "note opens with it": opening,
        "named in note": named,
    }


def _speaks_for_note(segment: Segment) -> bool:
    """Whether a service named in a segment may say what the note is about: no words of its own or its row say it is of another day,
    place or person ("LV: NMR 15, MT 10").
    """
    cue = segment.status_cue
    return segment.status == "performed" or cue is None or cue.rule.startswith("section:")


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
