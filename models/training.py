"""From labelled notes to examples, and from examples to a ranker with thresholds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.notes import Evidence, LabelledNote
from corpus.services import load_services, service_of_code
from models.features import COLUMN, RELATIONS, SERVICES, NoteFeatures, Usage, extract
from models.fitting import Example, Settings, fit, thresholds_for, truth_of
from models.ranker import Ranker, expit
from nlp.note import ParsedNote, Segment
from nlp.pipeline import parse


def services_of(note: LabelledNote) -> dict[str, tuple[str, ...]]:
    """The services a note's codes stand for: service -> its codes in the note.

    A code that several services share (97763) goes to the one whose other codes or words fit: the
    first named unless the note's evidence mentions another's.
    """
    out: dict[str, tuple[str, ...]] = {}
    for code in note.codes:
        candidates = service_of_code()[code]
        service = candidates[0]
        if len(candidates) > 1:
            quotes = " ".join(note.text[e.start : e.end] for e in note.evidence if e.code == code).lower()
            scores = [sum(w in quotes for w in _HINTS.get(s, ())) for s in candidates]
            service = candidates[int(np.argmax(scores))]
        out[service] = (*out.get(service, ()), code)
    return out


_HINTS = {
    "prosthetic": ("prosth", "socket", "liner", "ply", "sock", "residual", "limb", "pylon", "suspension", "don"),
    "orthotic": (
        "splint",
        "orthosis",
        "orthotic",
        "brace",
        "afo",
        "strap",
        "orthoses",
        "thermoplast",
        "kafo",
        "wrist",
    ),
}


def targets_of(parsed: ParsedNote, note: LabelledNote) -> NDArray[np.float32]:
    """Which segments support which services: (segments, services) 0/1.

    A segment supports a service when at least half of its letters and digits, or the whole of a
    tagged span, lie in words tagged with one of the service's codes.
    """
    segments = parsed.segments or []
    out = np.zeros((len(segments), len(SERVICES)), dtype=np.float32)
    code_service = {code: service for service, codes in services_of(note).items() for code in codes}
    stretches: dict[tuple[int, int], set[str]] = {}
    for item in note.evidence:
        stretches.setdefault((item.start, item.end), set()).add(code_service[item.code])
    for (start, end), services in stretches.items():
        covered = [i for i, segment in enumerate(segments) if _covers(note.text, start, end, segment)]
        for service, chosen in _shared_out(segments, covered, services).items():
            out[chosen, COLUMN[service]] = 1
    return out


def _covers(text: str, start: int, end: int, segment: Segment) -> bool:
    """Whether a tagged span speaks of a segment: it lies in it whole, or takes half of its letters and digits."""
    first, last = max(start, segment.start), min(end, segment.end)
    if first >= last:
        return False
    inside = sum(map(str.isalnum, text[first:last]))
    whole = start >= segment.start and end <= segment.end
    return whole or inside * 2 >= (sum(map(str.isalnum, text[segment.start : segment.end])) or 1)


def _shared_out(segments: Sequence[Segment], covered: list[int], services: set[str]) -> dict[str, list[int]]:
    """The segments of a span each of its services takes: where one is split between two treatments, its own part only."""
    joined = any(segments[i].joined or segments[i].coordinated for i in covered)
    if len(services) < 2 or not joined:
        return dict.fromkeys(services, covered)
    own = {
        service: [i for i in covered if any(m.concept.priors.get(service, 0) >= 0.3 for m in segments[i].mentions)]
        for service in services
    }
    return {service: chosen or covered for service, chosen in own.items()}


def guessed_targets(features: NoteFeatures, services: frozenset[str]) -> NDArray[np.float32]:
    """A first guess which segments support which of a note's services, from vocabulary and headings alone."""
    relation = {name: features.relations[:, :, i] for i, name in enumerate(RELATIONS)}
    scores = np.maximum.reduce(
        [
            relation["vocabulary points to it"],
            0.9 * relation["heading names it"],
            0.5 * relation["purpose points to it"],
            0.3 * relation["sentence points to it"],
            np.full_like(relation["heading names it"], 0.01),
        ]
    )
    performed = np.array(["st:performed" in names for names in features.signs], dtype=np.float32)
    return best_targets(scores * (0.2 + 0.8 * performed)[:, None], services)


def best_targets(
    scores: NDArray[np.floating[Any]], services: frozenset[str], least: float = 0.4
) -> NDArray[np.float32]:
    """For each service of the note the segments scored at ``least``, or the best one if none is.

    This is the multiple-instance assumption: a labelled service stands in at least one segment, and a
    service that is not labelled stands in none.
    """
    out = np.zeros(scores.shape, dtype=np.float32)
    if not len(scores):
        return out
    for service in services:
        column = COLUMN[service]
        chosen = scores[:, column] >= least
        if not chosen.any():
            chosen = scores[:, column] == scores[:, column].max()
        out[chosen, column] = 1
    return out


def assign(ranker: Ranker, example: Example) -> Example:
    """A note-level example with targets as a fitted ranker sees them."""
    support = expit(ranker.segment_logits(example.features))
    return replace(example, targets=best_targets(support, example.services))


def example_of(note: LabelledNote, parsed: ParsedNote | None = None, usage: Usage | None = None) -> Example:
    """A labelled note ready for learning; without tagged words its segments are guessed from its codes.

    Parameters
    ----------
    parsed : the note parsed before.
    usage : how a clinic bills concepts (`models.ranker.Ranker.usage`).
    """
    return _example(note, parsed or parse(note.text), usage)


def _example(note: LabelledNote, parsed: ParsedNote, usage: Usage | None = None) -> Example:
    features = extract(parsed, usage=usage or {})
    services = frozenset(services_of(note))
    targets = targets_of(parsed, note) if note.evidence else guessed_targets(features, services)
    return Example(features, targets, services, note.voice)


def fragments(note: LabelledNote, most: int = 2, parsed: ParsedNote | None = None) -> list[LabelledNote]:
    """Lines of a note, or sentences where it has few lines, as notes of their own.

    They teach the ranker that a single clear line is enough. Each keeps its section's heading, and only
    stretches whose meaning does not hang on what was cut away are taken: none that stands under the
    name of a service given elsewhere. Which are taken follows from the note's id, so training repeats.
    """
    parsed = parsed or parse(note.text)
    segments = parsed.segments or []
    sections = parsed.sections or []
    by_line = len({s.line for s in segments}) >= 3
    units: dict[int, list[Segment]] = {}
    for segment in segments:
        units.setdefault(segment.line if by_line else segment.sentence, []).append(segment)
    usable = []
    for unit in units.values():
        start, end = unit[0].start, unit[-1].end
        marked = any(s.marks for s in unit)
        if end - start > 240 or (not marked and any(s.strong or s.weak for s in unit)):
            continue
        tagged = [(t.start, t.end) for t in note.evidence] + [(t.start, t.end) for t in note.traps]
        inside = [(a, b) for a, b in tagged if start < b and a < end]
        if inside and all(start <= a and b <= end for a, b in inside):
            usable.append((start, end, unit[0].section))
    usable.sort(key=lambda u: hashlib.sha256(f"{note.id}:{u[0]}".encode()).digest())
    out = []
    for start, end, section in sorted(usable[:most]):
        head = note.text[sections[section].start : sections[section].body] if section >= 0 else ""
        head = "" if section >= 0 and start < sections[section].body else head
        shift = len(head) - start
        evidence = tuple(
            Evidence(e.code, e.start + shift, e.end + shift)
            for e in note.evidence
            if start <= e.start and e.end <= end
        )
        out.append(
            replace(
                note,
                id=f"{note.id}@{start}",
                text=head + note.text[start:end],
                codes=tuple(dict.fromkeys(e.code for e in evidence)),
                evidence=evidence,
                traps=(),
                minutes={},
            )
        )
    return out


def examples_of(note: LabelledNote, fragment_weight: float = 0.4) -> list[Example]:
    """A labelled note and its fragments ready for learning."""
    parsed = parse(note.text)
    whole = _example(note, parsed)
    if not (note.evidence or note.traps):
        return [whole]
    parts = fragments(note, parsed=parsed)
    return [whole, *(replace(example_of(f), weight=fragment_weight, fragment=True) for f in parts)]


def choose_thresholds(ranker: Ranker, examples: Sequence[Example]) -> None:
    """Set the thresholds that give the best F1 on other notes than `fit` chose them on."""
    probabilities = np.stack([ranker.predict(e.features) for e in examples])
    ranker.thresholds = thresholds_for(probabilities, truth_of([e.services for e in examples]))


def train(
    train_notes: Sequence[LabelledNote],
    validation_notes: Sequence[LabelledNote],
    settings: Settings | None = None,
) -> Ranker:
    """Fit on the first, choose thresholds on the second where there are any."""
    ranker = fit([e for n in train_notes for e in examples_of(n)], settings)
    if validation_notes:
        choose_thresholds(ranker, [example_of(n) for n in validation_notes])
    return ranker


def known_codes() -> frozenset[str]:
    """Codes the ranker can arrive at."""
    return frozenset(code for service in load_services().values() for code in service.codes)
