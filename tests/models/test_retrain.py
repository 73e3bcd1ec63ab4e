"""What a worse bundle is, and which notes are held back."""

from __future__ import annotations

import numpy as np
import pytest

from corpus.notes import LabelledNote
from models.clinic import ClinicNote
from models.columns import COLUMN, SERVICES
from models.evaluation import Guess, figures_of, tally
from models.retrain import HELD_LEAST, LEAST, LEVEL, Change, Figures, Run, change, gain, meant, part, too_few, worse

BILLED, EMPTY = 40, 10


def _run(wrong: int = 0, claimed: int = 0, *, first: int = 0, count: int = BILLED) -> Run:
    """A run in which ``wrong`` billed notes, from the ``first`` on, lack their code and ``claimed`` empty ones get one."""
    notes = [
        LabelledNote(id=str(i), voice="c", setting="", style="", text=str(i), codes=("97110",) if i < count else ())
        for i in range(count + EMPTY)
    ]
    said = [
        (i < count and not first <= i < first + wrong) or (i >= count and i - count < claimed)
        for i in range(count + EMPTY)
    ]
    run = tally(notes, [Guess(("97110",) * s, frozenset({"97110"} if s else ())) for s in said])
    return Run(figures_of(run), run)


def _figures(wrong: int = 0, claimed: int = 0, *, first: int = 0, held: int = 1) -> Figures:
    return Figures(_run(wrong, claimed, first=first), _run(held, count=8))


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (_figures(5), ""),
        (_figures(9), ""),
        (_figures(10), "notes of the test split must not get worse beyond chance, 5 got worse and 0 better"),
        (_figures(14, first=3), "12 got worse and 3 better"),
        (_figures(13, first=3), "11 got worse and 3 better"),
        (_figures(12, first=3), "10 got worse and 3 better (p = 0.046"),
        (_figures(11, first=3), ""),
        (_figures(0, 4), ""),
        (_figures(0, 5), "notes without any service of the test split must not get worse"),
        (_figures(5, held=2), "micro-F1 on the clinic's held-back notes must not fall, it fell from"),
        (_figures(0, held=2), "held-back"),
        (_figures(5, held=0), ""),
    ],
)
def test_what_counts_as_worse(after: Figures, said: str) -> None:
    before = _figures(5)
    refused = worse(before.test, before, after)
    assert bool(refused) == bool(said), refused
    assert said in " ".join(refused)


def test_small_losses_do_not_add_up_over_retrainings() -> None:
    base, used, new = _figures(0), _figures(4), _figures(8)
    assert worse(base.test, base, used) == []
    assert change(used.test.tally, new.test.tally).chance >= LEVEL
    assert worse(base.test, used, new) != []


_AS_EXERCISE = np.eye(len(SERVICES), dtype=np.float32)[COLUMN["ther_ex"]]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("KT tape to the patella.", {"97110", "97112"}),
        ("Bridges 3x10. KT tape to the patella next visit.", {"97110", "97112"}),
        ("Bridges 3x10.", set()),
        ("Ankle strapped with rigid tape.", set()),
    ],
)
def test_only_the_codes_of_a_habit_are_meant_to_change_and_only_where_it_is_named(text: str, codes: set[str]) -> None:
    note = LabelledNote(id="1", voice="c", setting="", style="", text=text, codes=())
    assert meant({"kinesiology-tape": _AS_EXERCISE}, [note]) == [codes]
    assert meant({}, [note]) == [set()]


def test_what_a_habit_is_meant_to_change_is_no_loss_but_another_code_of_the_note_is() -> None:
    base, before, after = _run(), _figures(), _figures(12)
    assert worse(base, before, after) != []
    assert worse(base, before, after, [frozenset({"97110"})] * (BILLED + EMPTY)) == []
    assert worse(base, before, after, [frozenset({"97112"})] * (BILLED + EMPTY)) != []
    some = [frozenset({"97110"} if i < 8 else ()) for i in range(BILLED + EMPTY)]
    assert change(base.tally, after.test.tally, aside=some) == Change(0, 4)
    assert worse(base, before, after, some) == []


@pytest.mark.parametrize(
    ("found", "chance"), [(Change(0, 0), 1.0), (Change(0, 5), 1 / 32), (Change(5, 0), 1.0), (Change(1, 2), 0.5)]
)
def test_the_sign_test(found: Change, chance: float) -> None:
    assert found.chance == pytest.approx(chance)


def test_the_gain_and_its_interval_are_of_the_same_notes() -> None:
    by, low, high = gain(_run(4), _run(2))
    assert low <= by <= high
    assert by == pytest.approx(2 * 38 / (2 * 38 + 2) - 2 * 36 / (2 * 36 + 4))
    assert gain(_run(4), _run(4)) == (0, 0, 0)


def test_runs_of_other_notes_are_not_compared() -> None:
    with pytest.raises(ValueError, match="of the same notes, got 50 and 18"):
        change(_run().tally, _run(count=8).tally)


def _notes(texts: list[str]) -> list[ClinicNote]:
    return [
        ClinicNote(LabelledNote(id=str(i), voice="c", setting="", style="", text=t, codes=("97110",)), {})
        for i, t in enumerate(texts)
    ]


_WORDS = [f"{a} {b}" for a in ("bridge", "squat", "bike", "row", "plank") for b in ("twice", "slow", "cued", "easy")]


def test_a_note_stays_on_its_side_when_the_file_grows() -> None:
    more = [*_WORDS, *(f"{w} more" for w in _WORDS)]
    few, many = part(_notes(more), 0), part(_notes([*more, *(f"{w} most" for w in _WORDS)]), 0)
    texts = {n.note.text for n in many.held}
    assert few.held
    assert {n.note.text for n in few.held} <= texts
    assert not {n.note.text for n in few.learned} & texts


@pytest.mark.parametrize("seed", range(12))
def test_what_was_learned_from_is_not_held_back_when_a_small_file_grows(seed: int) -> None:
    few, many = part(_notes(_WORDS), seed), part(_notes([*_WORDS, *(f"{w} more" for w in _WORDS)]), seed)
    assert not {n.note.text for n in few.learned} & {n.note.text for n in many.held}


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


@pytest.mark.parametrize("seed", range(12))
def test_of_a_small_file_enough_is_held_back_to_judge_by(seed: int) -> None:
    parts = part(_notes(_WORDS), seed)
    assert len(parts.held) >= HELD_LEAST
    assert len(parts.learned) >= LEAST // 2
    assert too_few(parts.held) == []


def test_few_notes_or_copies_of_few_judge_nothing() -> None:
    said = too_few(_notes(["bridge 3x10", "bridge 3x12", "bridge 4x10"]))
    assert said == [
        "at least 5 held-back notes that differ in more than their numbers must judge the new bundle, got 1 note, which proves "
        "nothing for or against it; bring more notes that differ"
    ]
    assert "got 4 notes" in too_few(_notes(_WORDS[: HELD_LEAST - 1]))[0]
    assert too_few(_notes(_WORDS[:HELD_LEAST])) == []
