"""What a segment looks like to the ranker: named features, each tied to characters of the note.

Reading order: `NoteFeatures` (all of one note), `segment_words` (lexical features of a segment),
`delivery_words` (what speaks for or against delivery), `note_words` (the note as a whole), `relations`
(how a segment stands to each service: headings, priors, purposes, neighbours).
"""

from __future__ import annotations

from dataclasses import dataclass

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


def segment_words(note: ParsedNote, segment: Segment, words: list[str], around: list[str], heading: str) -> list[str]:
    """Lexical features of a segment: words, pairs, word pieces, concepts; context words apart."""
    out = [f"w:{w}" for w in words]
    out.extend([f"b:{a} {b}" for a, b in zip(words, words[1:], strict=False)])
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
    note: ParsedNote, segment: Segment, words: list[str], before: list[str], after: list[str], heading: str, position: float
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
    out.extend(f"b:{a} {b}" for a, b in zip(words, words[1:], strict=False))
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


def note_words(note: ParsedNote) -> list[str]:
    """The note as a whole: its words, pairs, headings and the layers' counts."""
    norms = [_shape(n) for n in note.text.norms]
    out = {f"w:{n}" for n in norms}
    out.update(f"b:{a} {b}" for a, b in zip(norms, norms[1:], strict=False))
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
    out.update(f"ob:{a} {b}" for a, b in zip(opening, opening[1:], strict=False))
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
        lexical.append(segment_words(note, segment, words[index], around, heading))
        delivery.append(delivery_words(note, segment, words[index], before, after, heading, index / size))
    return NoteFeatures(
        lexical,
        delivery,
        note_words(note),
        relations(note),
        np.array([s.sentence for s in segments], dtype=np.int32),
        np.array([s.line for s in segments], dtype=np.int32),
    )


def _priors(segment: Segment) -> NDArray[np.float32]:
    row = np.zeros(len(SERVICES), dtype=np.float32)
    for mention in segment.mentions:
        for service, share in mention.concept.priors.items():
            column = COLUMN[service]
            row[column] = max(row[column], share)
    return row


def _else(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """For each column the largest value among the others."""
    if row.size < 2:
        return np.zeros_like(row)
    order = np.argsort(row)
    out = np.full_like(row, row[order[-1]])
    out[order[-1]] = row[order[-2]]
    return out


def _indicator(services: tuple[str, ...]) -> NDArray[np.float32]:
    row = np.zeros(len(SERVICES), dtype=np.float32)
    for service in services:
        row[COLUMN[service]] = 1
    return row


def relations(note: ParsedNote) -> NDArray[np.float32]:
    """How each segment stands to each service: (segments, services, len(RELATIONS))."""
    segments = note.segments or []
    count = len(segments)
    out = np.zeros((count, len(SERVICES), len(RELATIONS)), dtype=np.float32)
    if not count:
        return out
    priors = np.stack([_priors(s) for s in segments])
    purposes = np.stack([_indicator(tuple(p.label for p in s.purposes)) for s in segments])
    named = np.zeros(len(SERVICES), dtype=np.float32)
    listed = np.zeros(len(SERVICES), dtype=np.float32)
    for segment in segments:
        for mark in segment.marks:
            named[COLUMN[mark.service]] = 1
            if mark.role == "list" or mark.code:
                listed[COLUMN[mark.service]] = 1
    sentences: dict[int, list[int]] = {}
    lines: dict[int, list[int]] = {}
    blocks: dict[int, int] = {}
    for index, segment in enumerate(segments):
        sentences.setdefault(segment.sentence, []).append(index)
        lines.setdefault(segment.line, []).append(index)
        blocks.setdefault(segment.line, index)
    first = segments[0]
    opening = np.zeros(len(SERVICES), dtype=np.float32)
    for index in lines[first.line][:4]:
        opening = np.maximum(opening, np.maximum(priors[index], _program(segments[index])))
    for index, segment in enumerate(segments):
        strong, weak = _indicator(segment.strong), _indicator(segment.weak)
        own = priors[index]
        mates = [i for i in sentences[segment.sentence] if i != index]
        same_line = [i for i in lines[segment.line] if i != index]
        sentence = priors[mates].max(axis=0) if mates else np.zeros_like(own)
        line = priors[same_line].max(axis=0) if same_line else np.zeros_like(own)
        near = [i for i in (index - 2, index - 1, index + 1, index + 2) if 0 <= i < count]
        neighbours = priors[near].mean(axis=0) if near else np.zeros_like(own)
        intent = purposes[mates].max(axis=0) if mates else np.zeros_like(own)
        opens = blocks[segment.line]
        columns = (
            strong,
            _else(strong) * (1 - strong),
            weak,
            _else(weak) * (1 - weak),
            own,
            _else(own),
            sentence,
            _else(sentence),
            line,
            neighbours,
            purposes[index],
            _else(purposes[index]) * (1 - purposes[index]),
            intent,
            listed,
            np.full_like(own, listed.max()) * (1 - listed),
            opening,
            priors[opens] if opens != index else np.zeros_like(own),
            named,
        )
        for column, values in enumerate(columns):
            out[index, :, column] = values
    return out


def _program(segment: Segment) -> NDArray[np.float32]:
    row = np.zeros(len(SERVICES), dtype=np.float32)
    for mark in segment.marks:
        row[COLUMN[mark.service]] = 1
    return row
