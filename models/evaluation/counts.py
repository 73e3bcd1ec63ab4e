"""Per note what was right, wrong and missed: codes, cited words, minutes, traps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from corpus.notes import LabelledNote
from corpus.services import load_services
from models.evaluation.guess import Guess, concept_of, truth_of

Floats = NDArray[np.float64]
BINS = 10
"""Of equal width, by probability."""
_WORD = re.compile(r"\w+")
COUNTS = (
    "exact",
    "lenient_exact",
    "lenient_hit",
    "lenient_wrong",
    "lenient_missed",
    "top",
    "labels",
    "empty",
    "empty_kept",
    "traps",
    "traps_kept",
    "words_hit",
    "words_wrong",
    "words_missed",
    "quoted",
    "minutes",
    "minutes_right",
    "minutes_unstated",
    "minutes_invented",
)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a run, one row per note.

    Attributes
    ----------
    codes : every code labelled or suggested, in order.
    hit, wrong, missed : (notes, codes), each 0 or 1.
    counts : (notes, len(COUNTS)); ``minutes_unstated`` are rightly suggested codes the note states no minutes for.
    listed, believed, true : (notes, BINS): codes of the ranking by probability, their probabilities added up,
        and how many of them are labelled.
    cites, times, weighs : whether the suggester gave any words, minutes or probabilities at all.
    """

    codes: tuple[str, ...]
    hit: Floats
    wrong: Floats
    missed: Floats
    counts: Floats
    listed: Floats
    believed: Floats
    true: Floats
    cites: bool
    times: bool
    weighs: bool

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def decisions(self) -> tuple[Floats, Floats, Floats]:
        """``hit``, ``wrong`` and ``missed``."""
        return self.hit, self.wrong, self.missed

    @property
    def bins(self) -> tuple[Floats, Floats, Floats]:
        """``listed``, ``believed`` and ``true``."""
        return self.listed, self.believed, self.true


def tally(notes: Sequence[LabelledNote], guesses: Sequence[Guess]) -> Tally:
    """Count per note what was right, wrong and missed.

    Raises
    ------
    ValueError
        When there is not one guess per note.
    """
    codes = sorted({c for n, g in zip(notes, guesses, strict=True) for c in truth_of(n) | g.suggested})
    column = {code: i for i, code in enumerate(codes)}
    per_code = np.zeros((3, len(notes), len(codes)))
    counts = np.zeros((len(notes), len(COUNTS)))
    bins = np.zeros((3, len(notes), BINS))
    for row, (note, guess) in enumerate(zip(notes, guesses, strict=True)):
        truth = truth_of(note)
        said = guess.suggested
        for kind, some in enumerate((truth & said, said - truth, truth - said)):
            per_code[kind, row, [column[c] for c in some]] = 1
        found = _sets(note, guess) | _words(note, guess) | _minutes(note, guess) | _traps(note, guess)
        counts[row] = [found[name] for name in COUNTS]
        for code, probability in guess.probability.items():
            at = min(BINS - 1, int(probability * BINS))
            bins[:, row, at] += (1, probability, code in truth)
    return Tally(
        tuple(codes),
        hit=per_code[0],
        wrong=per_code[1],
        missed=per_code[2],
        counts=counts,
        listed=bins[0],
        believed=bins[1],
        true=bins[2],
        cites=any(spans for g in guesses for spans in g.spans.values()),
        times=any(m is not None for g in guesses for m in g.minutes.values()),
        weighs=any(g.probability for g in guesses),
    )


def _sets(note: LabelledNote, guess: Guess) -> dict[str, int]:
    """The suggested codes beside the labelled, strictly and leniently, and the first of the ranking."""
    tiers = _tiers()
    truth, said = truth_of(note), guess.suggested
    loose_truth = {tiers.get(c, c) for c in truth}
    loose = {tiers.get(c, c) for c in said}
    wrong = loose - loose_truth - {tiers.get(c, c) for c in map(concept_of, note.alternates)}
    top = guess.ranked[: max(3, len(truth))]
    return {
        "exact": truth == said,
        "lenient_exact": loose_truth <= loose and not wrong,
        "lenient_hit": len(loose_truth & loose),
        "lenient_wrong": len(wrong),
        "lenient_missed": len(loose_truth - loose),
        "top": sum(c in top for c in truth),
        "labels": len(truth),
        "empty": not truth,
        "empty_kept": not truth and not said,
    }


def _tokens(text: str, spans: Sequence[tuple[int, int]]) -> set[int]:
    """Where the words begin that spans touch."""
    return {m.start() for m in _WORD.finditer(text) if any(a < m.end() and m.start() < b for a, b in spans)}


def _words(note: LabelledNote, guess: Guess) -> dict[str, int]:
    """Words cited for rightly suggested codes, beside those labelled; codes without labelled words are not judged."""
    hit = wrong = missed = 0
    quoted = {e.code for e in note.evidence}
    found = [code for code in note.codes if code in quoted and concept_of(code) in guess.suggested]
    for code in found:
        right = _tokens(note.text, [(e.start, e.end) for e in note.evidence if e.code == code])
        said = _tokens(note.text, guess.spans.get(concept_of(code), []))
        hit += len(right & said)
        wrong += len(said - right)
        missed += len(right - said)
    return {"words_hit": hit, "words_wrong": wrong, "words_missed": missed, "quoted": len(found)}


def _minutes(note: LabelledNote, guess: Guess) -> dict[str, int]:
    """Minutes given to rightly suggested codes, beside those the note states."""
    found = [c for c in note.codes if concept_of(c) in guess.suggested]
    said = {c: guess.minutes.get(concept_of(c)) for c in found}
    return {
        "minutes": sum(c in note.minutes for c in found),
        "minutes_right": sum(c in note.minutes and said[c] == note.minutes[c] for c in found),
        "minutes_unstated": sum(c not in note.minutes for c in found),
        "minutes_invented": sum(c not in note.minutes and said[c] is not None for c in found),
    }


def _traps(note: LabelledNote, guess: Guess) -> dict[str, int]:
    """Words labelled as no service that no wrong, unforgiven suggestion cites."""
    forgiven = {concept_of(c) for c in note.alternates}
    spans = [s for c in guess.suggested - truth_of(note) - forgiven for s in guess.spans.get(c, [])]
    kept = sum(not any(a < trap.end and trap.start < b for a, b in spans) for trap in note.traps)
    return {"traps": len(note.traps), "traps_kept": kept}


@cache
def _tiers() -> dict[str, str]:
    """The evaluation of each code that is one of its tiers."""
    return {c: s.id for s in load_services().values() if s.rule == "tier" for c in s.codes}
