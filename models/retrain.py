"""Retraining with a clinic's notes: what is held back, and what counts as worse. No file is written here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corpus.notes import LabelledNote
from models.clinic import ClinicNote, shape
from models.evaluation import concept_of, guess_of, score
from models.suggester import Suggester

LEAST = 20
"""Notes a clinic must bring: with fewer nothing can be held back that would show a loss."""
_HELD = 0.2
_MOST_F1_LOST = 0.01
_MOST_EXACT_LOST = 0.03
_MOST_EMPTY_LOST = 0.04
_FEW = 2


@dataclass(frozen=True, slots=True)
class Parts:
    """A clinic's notes to learn from, and those held back to measure with."""

    learned: list[ClinicNote]
    held: list[ClinicNote]


def part(notes: Sequence[ClinicNote], seed: int) -> Parts:
    """Hold back a fifth, chosen by the hash of the note, so that a note stays on its side when the file grows.

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
    limit = max(_HELD, min(int(k[:8], 16) / 2**32 for k in keys) + 2**-32)
    held = [int(k[:8], 16) / 2**32 < limit for k in keys]
    if all(held):
        raise ValueError("some notes must be left to learn from; another --seed holds back others")
    return Parts(
        [n for n, h in zip(notes, held, strict=True) if not h], [n for n, h in zip(notes, held, strict=True) if h]
    )


def measure(suggester: Suggester, notes: Sequence[LabelledNote]) -> dict[str, Any]:
    """`models.evaluation.score` of a suggester."""
    return score(notes, [guess_of(suggester.suggest(n.text, n.payer or "medicare")) for n in notes])


def measure_held(suggester: Suggester, notes: Sequence[ClinicNote]) -> dict[str, Any]:
    """The same on a clinic's notes, and of how many billed codes with units the units were the same."""
    answers = [suggester.suggest(n.note.text, n.note.payer or "medicare") for n in notes]
    figures = score([n.note for n in notes], [guess_of(a) for a in answers])
    units = right = 0
    for note, answer in zip(notes, answers, strict=True):
        said = {concept_of(i["code"]): i["units"] for i in answer["suggestions"] if i["suggested"]}
        for code, number in note.units.items():
            if concept_of(code) in said:
                units += 1
                right += said[concept_of(code)] == number
    return {**figures, "units": units, "units_right": right}


@dataclass(frozen=True, slots=True)
class Figures:
    """A bundle's figures on the project's test split and on a clinic's held-back notes."""

    test: dict[str, Any]
    held: dict[str, Any]


def worse(before: Figures, after: Figures) -> list[str]:
    """Why the new bundle must not be used, a sentence each; empty when it may.

    It is worse when it loses on the clinic's own held-back notes (micro-F1 below the old), or elsewhere more than a habit
    explains: on the test split more than 0.01 micro-F1, more than 0.03 of exact sets (over seeds that moved by up to 0.02 without cause), or more than 0.04 of the notes without
    service; two notes either way are noise.
    """
    out = []
    if after.held["micro_f1"] < before.held["micro_f1"] - 1e-9:
        out.append(
            f"micro-F1 on the clinic's held-back notes must not fall, it fell from {before.held['micro_f1']:.3f} "
            f"to {after.held['micro_f1']:.3f}"
        )
    slack = max(_MOST_EXACT_LOST, _FEW / max(1, before.test["notes"]))
    for name, key, most in (("micro-F1", "micro_f1", _MOST_F1_LOST), ("exact sets", "exact", slack)):
        if after.test[key] < before.test[key] - most - 1e-9:
            out.append(
                f"{name} on the test split must not fall by more than {most:.2f}, it fell from {before.test[key]:.3f} "
                f"to {after.test[key]:.3f}"
            )
    lost = before.test["empty_kept"] - after.test["empty_kept"]
    if lost > max(_FEW, _MOST_EMPTY_LOST * before.test["empty"]):
        out.append(
            f"notes without service must stay empty, on the test split {after.test['empty_kept']} of "
            f"{after.test['empty']} did, before {before.test['empty_kept']}"
        )
    return out
