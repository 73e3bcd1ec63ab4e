"""From labelled notes to examples, and from examples to a ranker with thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.notes import LabelledNote
from corpus.services import load_services, service_of_code
from models.columns import COLUMN, SERVICES
from models.design import Example
from models.features import NoteFeatures, extract
from models.numeric import expit
from models.ranker import Ranker
from models.relations import RELATIONS
from models.shares import Usage
from nlp.note import ParsedNote, Segment
from nlp.phrases import PhraseIndex
from nlp.pipeline import parse
from nlp.text import read_text


def services_of(note: LabelledNote) -> dict[str, tuple[str, ...]]:
    """The services a note's codes stand for: service -> its codes in the note.

    A code that several services share (97763) goes to the one that the words tagged with it name; where none is tagged or they name
    none more than another, to the one that another code of the note stands for, then to the one that the note's own words name, then
    to the first.

    Examples
    --------
    >>> services_of(LabelledNote("a", "v", "clinic", "prose", "AFO recheck, strap moved", ("97763",), (), (), {}))
    {'orthotic': ('97763',)}
    """
    out: dict[str, tuple[str, ...]] = {}
    for code in note.codes:
        service = _meant_by(code, note)
        out[service] = (*out.get(service, ()), code)
    return out


def _meant_by(code: str, note: LabelledNote) -> str:
    """The service that a code of a note stands for."""
    candidates = service_of_code()[code]
    if len(candidates) == 1:
        return candidates[0]
    tagged = " ; ".join(note.text[e.start : e.end] for e in note.evidence if e.code == code)
    coded = {ids[0] for other in note.codes if len(ids := service_of_code()[other]) == 1}
    beside = [service for service in candidates if service in coded]
    return (
        _most_named(tagged, candidates)
        or (beside[0] if len(beside) == 1 else None)
        or _most_named(note.text, candidates)
        or candidates[0]
    )


def _most_named(words: str, services: Sequence[str]) -> str | None:
    """The service of which words hold more different names and hints than of any other; ``None`` where none leads."""
    text = read_text(words)
    named = {tuple(text.norms[first:end]): found for first, end, found in _hints().find(text.norms, text.pairs)}
    counts = sorted(((sum(s in found for found in named.values()), s) for s in services), reverse=True)
    return counts[0][1] if counts[0][0] > counts[1][0] else None


@cache
def _hints() -> PhraseIndex[str]:
    """Names and hints of the services that share a code, each with its service."""
    shared = {s for ids in service_of_code().values() if len(ids) > 1 for s in ids}
    services = [service for service in load_services().values() if service.id in shared]
    return PhraseIndex((name, s.id) for s in services for name in (*s.names, *s.hints))


def targets_of(parsed: ParsedNote, note: LabelledNote) -> NDArray[np.float32]:
    """Which segments support which services: (segments, services) 0/1.

    A segment supports a service when at least half of its letters and digits, or the whole of a
    tagged span, lie in words tagged with one of the service's codes; or when it was done and names such a service itself,
    other than as the heading of what follows, for writers tag what was done and seldom the line "TE 20, MT 10" beside it.
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
    billed = frozenset(code_service.values())
    for row, segment in zip(out, segments, strict=True):
        if segment.status == "performed":
            for mark in segment.marks:
                if mark.role != "head" and mark.service in billed:
                    row[COLUMN[mark.service]] = 1
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


def example_of(
    note: LabelledNote, parsed: ParsedNote | None = None, usage: Usage | None = None, weight: float = 1.0
) -> Example:
    """A labelled note ready for learning; without tagged words its segments are guessed from its codes.

    Parameters
    ----------
    parsed : the note parsed before.
    usage : how a clinic bills concepts (`models.ranker.Ranker.usage`).
    weight : number of notes it stands for.
    """
    parsed = parsed or parse(note.text)
    features = extract(parsed, usage=usage or {})
    services = frozenset(services_of(note))
    targets = targets_of(parsed, note) if note.evidence else guessed_targets(features, services)
    return Example(features, targets, services, note.voice, weight)
