"""A note as the ranker saw it, and which of its segments carry a service.

Reading order: `Reading`, `cited` (the segments shown as a service's evidence), `decided` (the services of each segment, to which
minutes are given), `sharing`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from models.columns import EVALUATIONS, SERVICES
from models.compiled import Numbers
from models.decision import Outputs
from models.numeric import Array, expit, logit
from models.pooling import join
from models.ranker import Ranker
from models.standing import Mask
from nlp.note import TIMES_OR_BARE, ParsedNote, Segment

_CITED = 0.5
_SUPPORTS = 0.3
_FAINTLY = 0.9
EXAMINING = frozenset({"performed", "finding", "history", "diagnostic"})
"""Statuses of what is part of an examination: done, found, told of the past or asked."""


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


def cited(ranker: Ranker, reading: Reading, column: int) -> list[int]:
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
    whole_note = SERVICES[column] in EVALUATIONS
    carrying = (support >= _CITED) | (support >= 0.75 * best)
    if whole_note:
        carrying &= np.array([_examines(s) for s in segments]) | (support == best)
    probability, threshold = reading.probabilities[column], ranker.thresholds[column]
    if probability >= threshold:
        odds, slope = reading.logits[:, [column]], float(ranker.slope[column])
        whole = float(logit(probability)) - slope * float(join(odds)[0])
        order = np.argsort(-support)
        if whole_note:
            order = order[support[order] >= _FAINTLY * best]

        def enough(count: int) -> bool:
            """Whether the note falls below the threshold without the strongest ``count`` segments too."""
            left = ~carrying
            left[order[:count]] = False
            return not left.any() or bool(expit(slope * float(join(odds[left])[0]) + whole) < threshold)

        carrying[order[: bisect_left(range(len(order)), True, key=enough)]] = True
    found: list[int] = np.flatnonzero(carrying).tolist()
    found = [i for i in found if not _only_totals(segments[i])] or found
    reading.cited[column] = found
    return found


def _examines(segment: Segment) -> bool:
    """Whether a segment can be part of an examination: told as found, done, asked or past, or an evaluation by name."""
    return segment.status in EXAMINING or any(m.concept.kind == "evaluation" for m in segment.mentions)


def _only_totals(segment: Segment) -> bool:
    """Whether a segment states the whole session's minutes and nothing else: that carries no one service."""
    said = {m.kind for m in segment.measures}
    return bool(said) and said <= {"total", "timed", "clock"} and not segment.mentions and not segment.marks


def decided(reading: Reading, suggested: Mask) -> list[frozenset[str]]:
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


def support_of(reading: Reading, suggested: Mask) -> list[dict[str, float]]:
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
        times = sum(m.kind in TIMES_OR_BARE for s in segments[first:end] for m in s.measures)
        if end - first > 1 and times == 1:
            out[first:end] = [frozenset().union(*decided[first:end])] * (end - first)
        first = end
    return out
