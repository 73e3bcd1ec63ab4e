"""Retraining with a clinic's notes: what is held back, and what counts as worse. No file is written here.

Reading order: `part` (what is held back), `measure`, `change` (old and new on the same notes), `too_few` and `worse`
(the gate).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.notes import LabelledNote
from corpus.services import load_services
from corpus.vocabulary import load_vocabulary
from models.clinic import ClinicNote, shape
from models.columns import SERVICES
from models.evaluation import Tally, advantage, concept_of, figures_of, guess_of, sign_test, tally
from models.shares import Usage
from models.suggester import Suggester
from nlp.pipeline import parse

LEAST = 20
"""Notes a clinic must bring: with fewer nothing can be held back that would show a loss."""
HELD_LEAST = 5
"""Held-back notes, copies counted once, below which they say nothing of whether the new bundle is better or worse."""
_HELD = 0.2
LEVEL = 0.05
"""Of bundles that are just as good, the share refused by each test of `worse`; the usual level of a significance test."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A clinic's notes to learn from, and those held back to measure with."""

    learned: list[ClinicNote]
    held: list[ClinicNote]


def part(notes: Sequence[ClinicNote], seed: int) -> Parts:
    """Hold back a fifth, chosen by the hash of the note, so that a note stays on its side when the file grows.

    Of a small file, of which chance would hold back fewer, it is `HELD_LEAST` notes, but never more than a quarter of those that
    differ, and at least one; some of them are learned from when more notes have come. None that was learned from is held back then.
    Copies carried forward (equal but for numbers, see `models.clinic.shape`) stay together: otherwise the clinic would be measured
    on what it learned.

    Raises
    ------
    ValueError
        When there are fewer than `LEAST` notes, or all of them are copies of one.
    """
    if len(notes) < LEAST:
        raise ValueError(f"there must be at least {LEAST} notes to learn from, got {len(notes)}; collect more first")
    keys = [hashlib.sha256(f"{seed}:{shape(n.note.text)}".encode()).hexdigest() for n in notes]
    if len(set(keys)) < 2:
        raise ValueError("the notes must differ in more than their numbers, got copies of one note")
    places = sorted({int(k[:8], 16) / 2**32 for k in keys})
    least = max(1, min(HELD_LEAST, len(places) // 4))
    limit = max(_HELD, places[least - 1] + 2**-32)
    held = [int(k[:8], 16) / 2**32 < limit for k in keys]
    if all(held):
        raise ValueError("some notes must be left to learn from; another --seed holds back others")
    return Parts(
        [n for n, h in zip(notes, held, strict=True) if not h], [n for n, h in zip(notes, held, strict=True) if h]
    )


def too_few(held: Sequence[ClinicNote]) -> list[str]:
    """Why notes held back cannot judge a new bundle, a sentence; empty when they can. Copies carried forward count once."""
    count = len({shape(note.note.text) for note in held})
    if count >= HELD_LEAST:
        return []
    notes = "1 note" if count == 1 else f"{count} notes"
    return [
        f"at least {HELD_LEAST} held-back notes that differ in more than their numbers must judge the new bundle, got {notes}, "
        "which proves nothing for or against it; bring more notes that differ"
    ]


@dataclass(frozen=True, slots=True)
class Run:
    """A bundle on labelled notes: the figures of `models.evaluation.score`, and what became of each note."""

    figures: dict[str, Any]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Figures:
    """A bundle on the project's test split and on a clinic's held-back notes."""

    test: Run
    held: Run


def measure(suggester: Suggester, notes: Sequence[LabelledNote]) -> Run:
    """Suggest for notes and compare with their codes."""
    found = tally(notes, [guess_of(suggester.suggest(n.text, n.payer or "medicare")) for n in notes])
    return Run(figures_of(found), found)


def measure_held(suggester: Suggester, notes: Sequence[ClinicNote]) -> Run:
    """The same on a clinic's notes; the figures also say of how many billed codes with units the units were the same."""
    answers = [suggester.suggest(n.note.text, n.note.payer or "medicare") for n in notes]
    found = tally([n.note for n in notes], [guess_of(a) for a in answers])
    units = right = 0
    for note, answer in zip(notes, answers, strict=True):
        said = {concept_of(i["code"]): i["units"] for i in answer["suggestions"] if i["suggested"]}
        for code, number in note.units.items():
            if concept_of(code) in said:
                units += 1
                right += said[concept_of(code)] == number
    return Run({**figures_of(found), "units": units, "units_right": right}, found)


@dataclass(frozen=True, slots=True)
class Change:
    """Two bundles on the same notes.

    Attributes
    ----------
    better, worse : notes with fewer, and with more, wrong and missed codes than before.
    """

    better: int
    worse: int

    @property
    def chance(self) -> float:
        """How likely at least so many of the changed notes get worse when each is as likely to get better, in [0, 1]."""
        return sign_test(self.worse, self.better)


def meant(usage: Usage, notes: Sequence[LabelledNote]) -> list[frozenset[str]]:
    """What a clinic's habits are meant to change of each note: codes of the services that the vocabulary, and that the clinic
    bills a concept as, where the note has the concept.

    The project's notes are labelled by the project's guide, so for these codes the clinic's habit is an error there by
    definition and says nothing of whether the bundle got worse.
    """
    services, vocabulary = load_services(), load_vocabulary()
    codes = {
        concept: frozenset(
            concept_of(code)
            for service in {*vocabulary[concept].priors, SERVICES[int(shares.argmax())]}
            for code in services[service].codes
        )
        for concept, shares in usage.items()
    }
    if not codes:
        return [frozenset()] * len(notes)
    held = [{m.concept.id for m in parse(note.text).mentions or ()} for note in notes]
    return [frozenset[str]().union(*(codes[c] for c in sorted(found & codes.keys()))) for found in held]


def change(
    before: Tally, after: Tally, *, empty: bool = False, aside: Sequence[frozenset[str]] | None = None
) -> Change:
    """What became of each note; with ``empty`` only of those without any service.

    Parameters
    ----------
    aside : for each note codes that are not counted (`meant`).

    Raises
    ------
    ValueError
        When the two are not of equally many notes.
    """
    if len(before) != len(after):
        raise ValueError(f"both must be of the same notes, got {len(before)} and {len(after)}")
    aside = aside or [frozenset()] * len(before)
    wrong = []
    for run in (before, after):
        counted = np.array([[code not in codes for code in run.codes] for codes in aside]).reshape(run.wrong.shape)
        wrong.append(((run.wrong + run.missed) * counted).sum(axis=1))
    kept = (before.hit.sum(axis=1) + before.missed.sum(axis=1) == 0) | np.full(len(before), not empty)
    difference = (wrong[1] - wrong[0])[kept]
    return Change(int((difference < 0).sum()), int((difference > 0).sum()))


def worse(base: Run, before: Figures, after: Figures, aside: Sequence[frozenset[str]] | None = None) -> list[str]:
    """Why the new bundle must not be used, a sentence each; empty when it may.

    Elsewhere than in the clinic a new bundle is worse when chance does not explain what it lost: of the notes of the test split
    that changed, so many more got worse than better that a bundle as good as the corpus's would do so in fewer than
    `LEVEL` of cases (paired sign test over notes, as notes are independent and their codes are not). The same is asked of the
    notes without any service alone, where a suggestion is a false claim. Both compare with the bundle of the corpus (``base``),
    not with the one in use: otherwise many small losses, each within chance, would add up over retrainings. On the clinic's own
    held-back notes, for whose sake it is trained, any fall of micro-F1 against the bundle in use counts: a few notes prove
    nothing, but who is not better there has no reason to switch. What the clinic's habits are meant to change (``aside``, see
    `meant`) is not counted on the test split; whether it was learned, the clinic's own notes say.
    """
    out = []
    old, new = (figures.held.figures["micro_f1"] for figures in (before, after))
    if new < old - 1e-9:
        out.append(f"micro-F1 on the clinic's held-back notes must not fall, it fell from {old:.3f} to {new:.3f}")
    for empty, which in ((False, "notes"), (True, "notes without any service")):
        found = change(base.tally, after.test.tally, empty=empty, aside=aside)
        if found.chance < LEVEL:
            out.append(
                f"{which} of the test split must not get worse beyond chance, {found.worse} got worse and {found.better} "
                f"better (p = {found.chance:.3f}, at least {LEVEL} is asked)"
            )
    return out


def gain(before: Run, after: Run) -> tuple[float, float, float]:
    """Change of micro-F1 on the same notes, and its 95 % interval by a paired bootstrap over notes."""
    return advantage(after.tally, before.tally, "micro_f1")
