"""The scores are right on hand-worked cases, and the ranker beats both baselines on notes it never saw."""

from __future__ import annotations

import pytest

from corpus.notes import Evidence, LabelledNote, TrapSpan, load_notes
from models.baselines import prior_baseline, tfidf_baseline
from models.evaluation import Guess, guess_of, score
from models.suggester import Suggester


def _note(**changes: object) -> LabelledNote:
    base: dict[str, object] = {
        "id": "1", "voice": "v", "setting": "s", "style": "s", "text": "bike 8 min, next steps", "codes": ("97110",),
        "evidence": (Evidence("97110", 0, 10),), "traps": (TrapSpan("planned", 12, 22),), "minutes": {"97110": 8},
    }  # fmt: skip
    return LabelledNote(**{**base, **changes})  # type: ignore[arg-type]


def test_hand_worked_scores() -> None:
    notes = [
        _note(),
        _note(codes=(), evidence=(), minutes={}),
        _note(codes=("97014",), evidence=(), minutes={}, alternates=("97116",)),
    ]
    guesses = [
        Guess(("97110", "97116"), frozenset({"97110"}), {"97110": [(0, 4)]}, {"97110": 8}),
        Guess(("97116",), frozenset({"97116"}), {"97116": [(12, 22)]}),
        Guess(("97014", "97116"), frozenset({"97014", "97116"}), {"97116": [(12, 22)]}),
    ]
    found = score(notes, guesses)
    assert found["precision"] == pytest.approx(2 / 4)
    assert found["recall"] == 1
    assert found["exact"] == pytest.approx(1 / 3)
    assert found["lenient_f1"] == pytest.approx(2 * (2 / 3) / (2 / 3 + 1))
    assert (found["empty"], found["empty_kept"]) == (1, 0)
    assert (found["traps"], found["traps_kept"]) == (3, 2)
    assert (found["minutes"], found["minutes_right"], found["minutes_invented"]) == (1, 1, 0)
    assert found["evidence_f1"] == pytest.approx(0.5)


def test_payer_twins_count_as_one() -> None:
    assert (
        score([_note(codes=("G0283",), evidence=(), minutes={})], [Guess(("97014",), frozenset({"97014"}))])["exact"]
        == 1
    )


def test_beats_both_baselines_on_unseen_notes(suggester: Suggester) -> None:
    notes = load_notes("test")
    ours = score(notes, [guess_of(suggester.suggest(n.text, n.payer or "medicare")) for n in notes])
    for baseline in (prior_baseline(), tfidf_baseline(load_notes("train"))):
        theirs = score(notes, [baseline(n) for n in notes])
        for figure, margin in (("micro_f1", 0.05), ("exact", 0.05), ("top3", 0.0)):
            assert ours[figure] > theirs[figure] + margin
