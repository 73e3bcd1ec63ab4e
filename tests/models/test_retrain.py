"""What a worse bundle is, and which notes are held back."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.notes import LabelledNote
from models.clinic import ClinicNote
from models.retrain import LEAST, Figures, part, worse


def _figures(f1: float = 0.9, exact: float = 0.7, empty: int = 40, held: float = 0.8) -> Figures:
    test: dict[str, Any] = {"micro_f1": f1, "exact": exact, "empty": 50, "empty_kept": empty, "notes": 200}
    return Figures(test, {"micro_f1": held})


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (_figures(), ""),
        (_figures(f1=0.89, exact=0.67, empty=38), ""),
        (
            _figures(f1=0.889),
            "micro-F1 on the test split must not fall by more than 0.01, it fell from 0.900 to 0.889",
        ),
        (_figures(exact=0.669), "exact sets on the test split must not fall by more than 0.03"),
        (_figures(empty=37), "notes without service must stay empty, on the test split 37 of 50 did, before 40"),
        (_figures(held=0.799), "micro-F1 on the clinic's held-back notes must not fall, it fell from 0.800 to 0.799"),
        (_figures(f1=0.99, held=0.79), "held-back"),
        (_figures(held=0.9), ""),
    ],
)
def test_what_counts_as_worse(after: Figures, said: str) -> None:
    refused = worse(_figures(), after)
    assert bool(refused) == bool(said)
    assert said in " ".join(refused)


def _notes(texts: list[str]) -> list[ClinicNote]:
    return [
        ClinicNote(LabelledNote(id=str(i), voice="c", setting="", style="", text=t, codes=("97110",)), {})
        for i, t in enumerate(texts)
    ]


_WORDS = [f"{a} {b}" for a in ("bridge", "squat", "bike", "row", "plank") for b in ("twice", "slow", "cued", "easy")]


def test_a_note_stays_on_its_side_when_the_file_grows() -> None:
    few, many = part(_notes(_WORDS), 0), part(_notes([*_WORDS, *(f"{w} more" for w in _WORDS)]), 0)
    texts = {n.note.text for n in many.held}
    assert few.held
    assert {n.note.text for n in few.held} <= texts
    assert not {n.note.text for n in few.learned} & texts


def test_copies_carried_forward_stay_together() -> None:
    parts = part(_notes([f"{w} 3x{i}" for w in _WORDS for i in range(3)]), 1)
    shapes = [{n.note.text.rpartition(" ")[0] for n in side} for side in (parts.learned, parts.held)]
    assert not shapes[0] & shapes[1]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (_WORDS[: LEAST - 1], f"at least {LEAST} notes to learn from, got {LEAST - 1}"),
        ([f"bridge 3x{i}" for i in range(30)], "must differ in more than their numbers"),
    ],
)
def test_too_little_to_learn_from(texts: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        part(_notes(texts), 0)
