"""What a segment looks like to the ranker: named features, each tied to characters of the note.

Reading order: `NoteFeatures` (all of one note), `segment_words` (lexical features of a segment),
`delivery_words` (what speaks for or against delivery), `note_words` (the note as a whole), `relations`
(how a segment stands to each service: headings, priors, purposes, neighbours).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.services import load_services
from nlp.note import ParsedNote, Segment

SERVICES: tuple[str, ...] = tuple(load_services())
COLUMN: dict[str, int] = {service: i for i, service in enumerate(SERVICES)}

RELATIONS: tuple[str, ...] = (
    "heading names it",
    "heading names another",
    "earlier heading names it",
    "earlier heading names another",
    "vocabulary points to it",
    "vocabulary points elsewhere",
    "sentence points to it",
    "sentence points elsewhere",
    "line points to it",
    "neighbours point to it",
    "purpose points to it",
    "purpose points elsewhere",
    "purpose in sentence points to it",
    "named in closing list",
    "closing list names others only",
    "note opens with it",
    "paragraph opens with it",
    "named in note",
)


def _shape(norm: str) -> str:
    if norm[0].isdigit():
        return "#"
    return norm


def words_of(note: ParsedNote, segment: Segment) -> list[str]:
    """Normal forms of a segment's tokens, numbers as ``#``."""
    first, end = segment.tokens
    return [_shape(n) for n in note.text.norms[first:end]]


def segment_words(segment: Segment, words: list[str], around: list[str], heading: str) -> list[str]:
    """Lexical features of a segment: words, pairs, word pieces, concepts; context words apart."""
    out = [f"w:{w}" for w in words]
    out.extend([f"b:{a} {b}" for a, b in itertools.pairwise(words)])
    for word in words:
        if len(word) > 4:
            out.append(f"p:{word[:4]}")
            out.append(f"p:{word[:6]}")
            out.append(f"s:{word[-5:]}")
    for mention in segment.mentions:
        out.append(f"c:{mention.concept.id}")
        out.append(f"k:{mention.concept.kind}")
    out.extend([f"x:{w}" for w in around])
    if heading:
        out.append(f"h:{heading}")
        out.extend([f"hw:{w}" for w in heading.split()])
    for kind in {m.kind for m in segment.measures}:
        out.append(f"m:{kind}")
    out.extend([f"g:{s}" for s in segment.strong])
    return out


def delivery_words(
    note: ParsedNote,
    segment: Segment,
    words: list[str],
    before: list[str],
    after: list[str],
    heading: str,
    position: float,
) -> list[str]:
    """Features that say whether a segment was delivered at this visit."""
    section = note.sections[segment.section].name if note.sections and segment.section >= 0 else "none"
    status = segment.status
    rule = segment.status_cue.rule if segment.status_cue else "default"
    kinds = {m.concept.kind for m in segment.mentions}
    best = max((sum(m.concept.priors.values()) for m in segment.mentions), default=0.0)
    measures = {m.kind for m in segment.measures}
    out = [
        f"sec:{section}",
        f"st:{status}",
        f"st:{status}|sec:{section}",
        f"cue:{rule}",
        f"cue:{rule}|sec:{section}",
        f"prior:{int(best * 4)}",
        f"prior:{int(best * 4)}|sec:{section}",
        f"prior:{int(best * 4)}|st:{status}",
        f"pos:{int(position * 4)}",
        f"pos:{int(position * 4)}|sec:{section}",
        f"len:{min(len(words), 12) // 3}",
    ]
    out.extend(f"cues:{c.label}" for c in segment.cues)
    out.extend(f"cuer:{c.rule}" for c in segment.cues)
    out.extend(f"kind:{k}" for k in kinds)
    out.extend(f"kind:{k}|sec:{section}" for k in kinds)
    out.extend(f"m:{m}" for m in measures)
    out.extend(f"m:{m}|st:{status}" for m in measures)
    out.extend(f"m:{m}|sec:{section}" for m in measures)
    if segment.ticked is not None:
        out.append(f"tick:{segment.ticked}")
    if segment.bullet:
        out.append("bullet")
    out.append("strong" if segment.strong else "weak" if segment.weak else "bare")
    out.append(("strong" if segment.strong else "weak" if segment.weak else "bare") + f"|st:{status}")
    out.extend(f"w:{w}" for w in words)
    out.extend(f"b:{a} {b}" for a, b in itertools.pairwise(words))
    if words:
        out.append(f"first:{words[0]}")
        out.append(f"first2:{' '.join(words[:2])}")
        out.append(f"last:{words[-1]}")
    out.extend(f"pre:{w}" for w in before)
    out.extend(f"post:{w}" for w in after)
    out.extend(f"w:{w}|sec:{section}" for w in words)
    out.extend(f"suf:{w[-2:]}" for w in words if len(w) > 4)
    if heading:
        out.append(f"h:{heading}")
        out.extend(f"hw:{w}" for w in heading.split())
    out.extend(f"c:{m.concept.id}" for m in segment.mentions)
    return out


_LENT = ("st:", "sec:", "prior:", "m:", "strong", "weak", "bare", "bullet", "tick", "cues:", "kind:")
_EVALUATION_SIGNS = (
    "w:evaluation",
    "w:eval",
    "w:goal",
    "sec:goals",
    "sec:history",
    "sec:medication",
    "sec:medical",
    "sec:exam",
)


def lend_to_neighbours(
    delivery: list[list[str]], whole: list[str], sentence: NDArray[np.int32], line: NDArray[np.int32]
) -> None:
    """Tell each segment what its neighbours are, and whether the note looks like an evaluation."""
    plain = [[f for f in names if f.startswith(_LENT) and "|" not in f] for names in delivery]
    faint = [[f for f in names if f.startswith(("st:", "prior:"))] for names in plain]
    signs = sorted(set(whole).intersection(_EVALUATION_SIGNS))
    count = len(delivery)
    for index, names in enumerate(delivery):
        for step, side in ((-1, "P"), (1, "N")):
            other = index + step
            if 0 <= other < count:
                near = "s" if sentence[other] == sentence[index] else "l" if line[other] == line[index] else "x"
                names.extend([f"{side}{near}:{f}" for f in plain[other]])
            if 0 <= other + step < count:
                names.extend([f"{side}{side}:{f}" for f in faint[other + step]])
        for sign in signs:
            names.append(f"E:{sign}")
            names.extend([f"E:{sign}|{f}" for f in plain[index] if f.startswith(("sec:", "st:", "m:minutes"))])


def note_words(note: ParsedNote) -> list[str]:
    """The note as a whole: its words, pairs, headings and the layers' counts."""
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
    return sorted(out)


@dataclass(slots=True)
class NoteFeatures:
    """All features of one note.

    Attributes
    ----------
    words, delivery : feature names per segment.
    whole : feature names of the note.
    relations : (segments, services, len(RELATIONS)), each in [0, 1].
    sentence, line : running numbers per segment.
    """

    words: list[list[str]]
    delivery: list[list[str]]
    whole: list[str]
    relations: NDArray[np.float32]
    sentence: NDArray[np.int32]
    line: NDArray[np.int32]


def _heading(note: ParsedNote, segment: Segment) -> str:
    if segment.section < 0 or not note.sections:
        return ""
    start, end = note.sections[segment.section].heading
    return " ".join(note.text.flat[start:end].lower().split())


def extract(note: ParsedNote) -> NoteFeatures:
    """Features of a parsed note."""
    segments = note.segments or []
    words = [words_of(note, s) for s in segments]
    lexical: list[list[str]] = []
    delivery: list[list[str]] = []
    size = max(1, len(segments))
    for index, segment in enumerate(segments):
        around: list[str] = []
        before: list[str] = []
        after: list[str] = []
        if index and segments[index - 1].sentence == segment.sentence:
            before = words[index - 1][-6:]
        if index + 1 < len(segments) and segments[index + 1].sentence == segment.sentence:
            after = words[index + 1][:6]
        low = high = index
        while low and segments[low - 1].sentence == segment.sentence:
            low -= 1
        while high + 1 < len(segments) and segments[high + 1].sentence == segment.sentence:
            high += 1
        for other in range(low, high + 1):
            if other != index:
                around.extend(words[other])
        heading = _heading(note, segment)
        lexical.append(segment_words(segment, words[index], around, heading))
        delivery.append(delivery_words(note, segment, words[index], before, after, heading, index / size))
    whole = note_words(note)
    sentence = np.array([s.sentence for s in segments], dtype=np.int32)
    line = np.array([s.line for s in segments], dtype=np.int32)
    lend_to_neighbours(delivery, whole, sentence, line)
    return NoteFeatures(lexical, delivery, whole, relations(note), sentence, line)


def _priors(segment: Segment, row: NDArray[np.float32]) -> None:
    for mention in segment.mentions:
        for service, share in mention.concept.priors.items():
            column = COLUMN[service]
            row[column] = max(row[column], share)


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


def relations(note: ParsedNote) -> NDArray[np.float32]:
    """How each segment stands to each service: (segments, services, len(RELATIONS))."""
    segments = note.segments or []
    count, width = len(segments), len(SERVICES)
    out = np.zeros((count, width, len(RELATIONS)), dtype=np.float32)
    if not count:
        return out
    priors = np.zeros((count, width), dtype=np.float32)
    purposes = np.zeros_like(priors)
    strong = np.zeros_like(priors)
    weak = np.zeros_like(priors)
    marked = np.zeros_like(priors)
    named = np.zeros(width, dtype=np.float32)
    listed = np.zeros(width, dtype=np.float32)
    for index, segment in enumerate(segments):
        if segment.mentions:
            _priors(segment, priors[index])
        for cue in segment.purposes:
            purposes[index, COLUMN[cue.label]] = 1
        for service in segment.strong:
            strong[index, COLUMN[service]] = 1
        for service in segment.weak:
            weak[index, COLUMN[service]] = 1
        for mark in segment.marks:
            column = COLUMN[mark.service]
            marked[index, column] = named[column] = 1
            if mark.role == "list" or mark.code:
                listed[column] = 1
    sentence = np.array([s.sentence for s in segments], dtype=np.int32)
    line = np.array([s.line for s in segments], dtype=np.int32)
    opens = np.searchsorted(line, line)
    opening_rows = np.flatnonzero(line == line[0])[:4]
    opening = np.maximum(priors[opening_rows].max(axis=0), marked[opening_rows].max(axis=0))
    paragraph = priors[opens] * (opens != np.arange(count))[:, None]
    in_sentence = mates(priors, sentence)
    columns = (
        strong,
        others(strong) * (1 - strong),
        weak,
        others(weak) * (1 - weak),
        priors,
        others(priors),
        in_sentence,
        others(in_sentence),
        mates(priors, line),
        _neighbours(priors),
        purposes,
        others(purposes) * (1 - purposes),
        mates(purposes, sentence),
        listed,
        listed.max() * (1 - listed),
        opening,
        paragraph,
        named,
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
