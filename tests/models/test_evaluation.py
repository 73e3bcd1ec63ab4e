"""The scores are right on hand-worked cases, and the ranker beats both baselines on notes it never saw."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.notes import Evidence, LabelledNote, TrapSpan, load_notes
from models.contract import Answer, ClaimItem, EvidenceItem, SuggestionItem
from models.evaluation import (
    Guess,
    advantage,
    calibration,
    coverage,
    f1,
    guess_of,
    intervals,
    resamples,
    score,
    tally,
    worst_mistakes,
)
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


@pytest.mark.parametrize("codes", [("97014", "G0283"), ("G0283", "97014")])
def test_of_payer_twins_in_one_answer_the_higher_ranked_speaks(codes: tuple[str, str]) -> None:
    first = {**_item(codes[0], 0.8, evidence=(_word(0, 4),)), "minutes": 15}
    second = {**_item(codes[1], 0.3, False, evidence=(_word(12, 22),)), "minutes": 10}
    found = guess_of(_answer(cast(SuggestionItem, first), _item("97110", 0.5), cast(SuggestionItem, second)))
    assert found.ranked == ("97014", "97110")
    assert found.suggested == {"97014", "97110"}
    assert (found.spans["97014"], found.minutes["97014"], found.probability["97014"]) == ([(0, 4)], 15, 0.8)


CODES = ("97110", "97112", "97116", "97140", "97161", "97162")
sets = st.frozensets(st.sampled_from(CODES))


@settings(deadline=None)
@given(st.lists(st.tuples(sets, sets), min_size=1, max_size=12))
def test_figures_are_those_of_plain_set_arithmetic(pairs: list[tuple[frozenset[str], frozenset[str]]]) -> None:
    notes = [_note(id=str(i), codes=tuple(sorted(t)), evidence=(), minutes={}) for i, (t, _) in enumerate(pairs)]
    found = score(notes, [Guess(tuple(sorted(g)), g) for _, g in pairs])
    tp, fp, fn = (sum(map(len, kind)) for kind in zip(*((t & g, g - t, t - g) for t, g in pairs), strict=True))
    assert (found["precision"], found["recall"], found["micro_f1"]) == pytest.approx(f1(tp, fp, fn))
    assert found["exact"] == pytest.approx(sum(t == g for t, g in pairs) / len(pairs))
    assert found["lenient_exact"] >= found["exact"]


def test_macro_counts_codes_with_three_labels_and_a_code_never_suggested_as_nothing() -> None:
    notes = [_note(codes=("97110",))] * 3 + [_note(codes=("97112",))] * 3 + [_note(codes=("97116",))] * 2
    found = score(notes, [Guess(("97110",), frozenset({"97110"}))] * 8)
    assert found["macro_recall"] == pytest.approx(1 / 2)
    assert found["macro_precision"] == pytest.approx(3 / 8 / 2)
    assert found["macro_f1"] == pytest.approx(f1(3, 5, 0)[2] / 2)


LENIENT = [
    (("97161",), (), {"97162"}, 1, "tier of the same evaluation"),
    (("97161",), (), {"97165"}, 0, "evaluation of another discipline"),
    (("97110",), ("97112",), {"97110", "97112"}, 1, "alternate beside the code"),
    (("97110",), ("97112",), {"97112"}, 0, "alternate instead of the code"),
    (("97110",), (), {"97110", "97112"}, 0, "no alternate"),
    ((), ("97112",), {"97112"}, 1, "alternate of a note without service"),
]


@pytest.mark.parametrize(("codes", "alternates", "said", "right", "why"), LENIENT)
def test_lenient(codes: tuple[str, ...], alternates: tuple[str, ...], said: set[str], right: int, why: str) -> None:
    note = _note(codes=codes, alternates=alternates, evidence=(), minutes={})
    assert score([note], [Guess(tuple(said), frozenset(said))])["lenient_exact"] == right, why


def test_invented_minutes_are_counted_where_the_note_states_none() -> None:
    notes = [_note(minutes={}), _note(minutes={}), _note()]
    said: list[int | None] = [8, None, 9]
    found = score(notes, [Guess(("97110",), frozenset({"97110"}), {}, {"97110": m}) for m in said])
    assert (found["minutes"], found["minutes_right"]) == (1, 0)
    assert (found["minutes_unstated"], found["minutes_invented"]) == (2, 1)


def _mixed(right: int, wrong: int) -> tuple[list[LabelledNote], list[Guess]]:
    guesses = [Guess(("97110",), frozenset({"97110"}))] * right + [Guess(("97112",), frozenset({"97112"}))] * wrong
    return [_note(id=str(i)) for i in range(right + wrong)], guesses


def test_intervals_hold_the_figure_narrow_with_notes_and_repeat() -> None:
    few, many = tally(*_mixed(15, 5)), tally(*_mixed(150, 50))
    low, high = intervals(few)[0]["exact"]
    assert low < 0.75 < high
    assert high - low == pytest.approx(2 * 1.96 * (0.75 * 0.25 / 20) ** 0.5, rel=0.15)
    near = intervals(many)[0]["exact"]
    assert near[1] - near[0] < (high - low) / 2
    assert intervals(few) == intervals(few)
    assert intervals(few, seed=1) != intervals(few)


def test_an_interval_of_equal_notes_is_a_point_and_rare_codes_have_one() -> None:
    overall, per_code = intervals(tally(*_mixed(9, 0)))
    assert overall["micro_f1"] == (1.0, 1.0)
    assert per_code == {"97110": (1.0, 1.0)}
    assert set(intervals(tally(*_mixed(40, 1)))[1]) == {"97110", "97112"}


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 3))
def test_every_resample_draws_as_many_notes(notes: int, seed: int) -> None:
    drawn = resamples(notes, 20, seed)
    assert drawn.shape == (20, notes)
    assert (drawn.sum(axis=1) == notes).all()


def test_advantage_is_paired() -> None:
    better, worse = tally(*_mixed(30, 10)), tally(*_mixed(20, 20))
    gain, low, high = advantage(better, worse, "exact")
    assert gain == pytest.approx(0.25)
    assert 0 < low < gain < high
    assert advantage(better, better, "micro_f1") == (0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="same notes, got 40 and 9 notes"):
        advantage(better, tally(*_mixed(9, 0)), "exact")


def test_calibration_bins_and_error() -> None:
    notes = [_note(codes=("97110",)), _note(codes=())]
    guesses = [
        Guess((), frozenset(), probability={"97110": 1.0, "97112": 0.1}),
        Guess((), frozenset(), probability={"97110": 0.95, "97112": 0.099}),
    ]
    bins = calibration(tally(notes, guesses))
    assert [b["codes"] for b in bins] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (bins[9]["said"], bins[9]["right"]) == pytest.approx((0.975, 0.5))
    assert "said" not in bins[5]
    assert score(notes, guesses)["ece"] == pytest.approx((0.475 * 2 + 0.1 + 0.099) / 4)


def test_coverage_takes_the_surest_first() -> None:
    run = tally(*_mixed(5, 5))
    good = coverage(run, [1.0] * 5 + [0.0] * 5, steps=10)
    assert [p["notes"] for p in good] == list(range(1, 11))
    assert [p["exact"] for p in good][:6] == pytest.approx([1, 1, 1, 1, 1, 5 / 6])
    assert coverage(run, list(range(10)), steps=2)[0]["precision"] == 0
    assert good[-1]["exact"] == 0.5
    with pytest.raises(ValueError, match="one certainty per note, got 2 for 10"):
        coverage(run, [1.0, 0.5])


def test_no_note_at_all_is_no_error() -> None:
    run = tally([], [])
    assert score([], [])["exact"] == 0
    assert intervals(run)[0]["micro_f1"] == (1.0, 1.0)
    assert coverage(run, []) == []
    with pytest.raises(ValueError, match="zip"):
        tally([_note()], [])


AS_ONE = {
    *("micro_f1", "precision", "recall", "lenient_f1", "lenient_precision", "lenient_recall"),
    *("evidence_f1", "evidence_precision", "evidence_recall", "empty_share", "traps_share", "minutes_share"),
}
AS_NOTHING = {
    *(
        "exact",
        "lenient_exact",
        "top3",
        "macro_f1",
        "macro_precision",
        "macro_recall",
        "minutes_invented_share",
        "ece",
    ),
}


def test_shares_of_nothing_are_as_the_docstring_says() -> None:
    found = score([], [])
    shares = {name: value for name, value in found.items() if isinstance(value, float)}
    assert shares == dict.fromkeys(AS_ONE, 1.0) | dict.fromkeys(AS_NOTHING, 0.0)
    said = score.__doc__ or ""
    assert all(
        f"``{name}``" in said or f"``{name.partition('_')[0]}_*``" in said for name in found if name != "micro_f1"
    )
    assert f1(0, 0, 0) == (1.0, 1.0, 1.0)
    assert f1(0, 1, 0) == (0.0, 1.0, 0.0)
    assert score([_note()], [Guess(("97112",), frozenset({"97112"}))])["micro_f1"] == 0


def _word(start: int, end: int, contribution: float = 1.0, because: str = "performed") -> EvidenceItem:
    return EvidenceItem(
        start=start, end=end, text="w", concept="c", contribution=contribution, because=because
    )  # fmt: skip


def _item(
    code: str,
    probability: float,
    suggested: bool = True,
    evidence: tuple[EvidenceItem, ...] = (),
    against: tuple[EvidenceItem, ...] = (),
) -> SuggestionItem:
    return SuggestionItem(
        code=code, name=code, rank=1, probability=probability, suggested=suggested, evidence=list(evidence),
        against=list(against), minutes=None, units=None, alternates=[], cautions=[],
    )  # fmt: skip


def _answer(*items: SuggestionItem) -> Answer:
    return Answer(
        schema="soapcode/1", note_sha256="", bundle="b", suggestions=list(items), interventions=[],
        claim=cast(ClaimItem, {}),
    )  # fmt: skip


def test_worst_mistakes_are_ordered_by_confidence() -> None:
    notes = [_note(id=i, codes=c, evidence=()) for i, c in (("a", ()), ("b", ("97110",)), ("c", ("97110",)))]
    answers = [
        _answer(_item("97112", 0.7)),
        _answer(_item("97110", 0.2, suggested=False)),
        _answer(_item("97110", 0.9), _item("97116", 0.95)),
    ]
    found = worst_mistakes(notes, answers)
    assert [(m.note, m.code, m.kind, round(m.confidence, 6)) for m in found] == [
        ("c", "97116", "wrong", 0.95), ("b", "97110", "missed", 0.8), ("a", "97112", "wrong", 0.7),
    ]  # fmt: skip
    assert worst_mistakes(notes, answers, most=1) == found[:1]


def test_a_mistake_brings_its_words_strongest_first() -> None:
    note = _note(codes=("97110",))
    item = _item("97112", 0.9, evidence=(_word(0, 4, 1.0), _word(12, 22, 3.0)))
    wrong, missed = worst_mistakes(
        [note], [_answer(item, _item("97110", 0.3, False, (), (_word(0, 4, -1, "planned"),)))]
    )
    assert [e["contribution"] for e in wrong.cited] == [3.0, 1.0]
    assert wrong.remarks == (
        "the coder marked words among these as no service of this visit (planned)",
        "the coder gave words among these to 97110",
    )
    assert missed.labelled == ((0, 10),)
    assert missed.remarks == (
        "the coder's words were given to 97112",
        "the coder's words were held to be no service of this visit (planned)",
    )


SIBLINGS = [
    (("97161",), _item("97162", 0.8), ("97162", "other code", "97161", 0.8)),
    (("97161",), _item("97165", 0.8), ("97161", "missed", None, 1.0)),
    (("97129", "97130"), _item("97129", 0.8), ("97130", "missed", None, 0.8)),
    (("G0283",), _item("97014", 0.8), None),
]


@pytest.mark.parametrize(("codes", "item", "wanted"), SIBLINGS)
def test_another_code_of_the_right_service_is_one_mistake(
    codes: tuple[str, ...], item: SuggestionItem, wanted: tuple[str, str, str | None, float] | None
) -> None:
    found = worst_mistakes([_note(codes=codes, evidence=())], [_answer(item)])
    first = (found[0].code, found[0].kind, found[0].instead, found[0].confidence) if found else None
    assert first == wanted


def test_a_code_that_was_not_ranked_is_looked_up() -> None:
    note = _note(codes=("97110",), alternates=("97112",))
    found = worst_mistakes([note], [_answer(_item("97112", 0.9))], lookup=lambda text, code: (0.004, [_word(0, 4)]))
    assert [(m.kind, m.confidence, len(m.cited)) for m in found] == [("missed", 0.996, 1), ("wrong", 0.9, 0)]
    assert found[0].remarks == ("it is not in the ranking at all",)
    assert found[1].remarks == ("the coder lists it as acceptable",)
    assert worst_mistakes([note], [_answer()])[0].confidence == 1.0


def test_bootstrap_figures_of_unit_weights_are_the_score(suggester: Suggester) -> None:
    notes = load_notes("test")[:40]
    guesses = [guess_of(suggester.suggest(n.text, n.payer or "medicare")) for n in notes]
    overall, _ = intervals(tally(notes, guesses), count=200)
    figures = score(notes, guesses)
    assert all(low - 1e-12 <= figures[name] <= high + 1e-12 for name, (low, high) in overall.items() if name != "ece")
    assert np.isfinite([v for pair in overall.values() for v in pair]).all()
