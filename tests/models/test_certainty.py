"""How sure an answer is, and whether a person should look at it."""

from __future__ import annotations

import numpy as np
import pytest

from models.certainty import how_sure, limits_of, review_of, sure_from
from models.columns import COLUMN, SERVICES
from models.contract import SuggestionItem
from models.suggester import Suggester

SURE = [
    (0.3, 0.3, 0.5),
    (1.0, 0.3, 1.0),
    (0.0, 0.3, 1.0),
    (0.65, 0.3, 0.75),
    (0.15, 0.3, 0.75),
    (0.7, 1.0, 0.65),
    (1.0, 1.0, 0.5),
]
LIMITS = limits_of(np.full(len(SERVICES), 0.3))


@pytest.mark.parametrize(("probability", "threshold", "wanted"), SURE)
def test_certainty_grows_with_the_distance_from_the_threshold(
    probability: float, threshold: float, wanted: float
) -> None:
    assert how_sure(probability, threshold) == pytest.approx(wanted)


def _item(code: str, probability: float) -> SuggestionItem:
    return SuggestionItem(
        code=code,
        name=f"name of {code}",
        rank=1,
        probability=probability,
        suggested=probability >= 0.3,
        evidence=[],
        against=[],
        minutes=None,
        units=None,
        alternates=[],
        cautions=[],
    )


REVIEWS = [
    ([("97110", 0.99)], 0.9, None),
    ([("97110", 0.99), ("97116", 0.35)], 0.9, "97116 (name of 97116) at 35%, suggested from 30% on"),
    ([("97110", 0.99), ("97116", 0.25)], 0.9, "97116 (name of 97116) at 25%, suggested from 30% on"),
    ([("97110", 0.99), ("97116", 0.02)], 0.9, None),
    ([], 0.9, None),
    ([("97110", 0.35)], 0.5, None),
]


@pytest.mark.parametrize(("told", "bar", "why"), REVIEWS)
def test_a_person_is_asked_for_below_the_bar_and_told_why(
    told: list[tuple[str, float]], bar: float, why: str | None
) -> None:
    review = review_of([_item(*one) for one in told], LIMITS, bar)
    assert review["needed"] == (why is not None)
    assert (review["why"] is None) if why is None else (why in (review["why"] or ""))
    assert review["sure_from"] == bar
    assert 0 < review["certainty"] <= 1


def test_the_bar_leaves_the_wanted_share_of_the_notes_above_it() -> None:
    probabilities = np.zeros((100, len(SERVICES)))
    probabilities[:, COLUMN["gait"]] = np.linspace(0.3, 1.0, 100)
    bar = sure_from(probabilities, np.full(len(SERVICES), 0.3), 0.6)
    limits = limits_of(np.full(len(SERVICES), 0.3))
    above = sum(
        not review_of([_item("97116", float(p[COLUMN["gait"]]))], limits, bar)["needed"] for p in probabilities
    )
    assert above == 60
    assert sure_from(probabilities[:0], np.full(len(SERVICES), 0.3)) == 0.0


def test_the_answer_says_whether_a_person_should_look(suggester: Suggester) -> None:
    text = "O: Gait training 15 min with cane, cues for heel strike. Quad sets 3x10, SLR 3x10, 10 min for strength."
    shipped = suggester.ranker.sure_from
    assert 0 < shipped < 1
    try:
        suggester.ranker.sure_from = 1.0
        asked = suggester.suggest(text)["claim"]["review"]
        suggester.ranker.sure_from = 0.0
        sure = suggester.suggest(text)["claim"]["review"]
    finally:
        suggester.ranker.sure_from = shipped
    assert asked is not None
    assert sure is not None
    assert (asked["needed"], sure["needed"]) == (True, False)
    assert "A person should look" in (asked["why"] or "")
    assert sure["why"] is None


def test_a_note_held_back_as_a_whole_is_looked_at(suggester: Suggester) -> None:
    text = "S: sore.\nO: Bike 10 min, SLR 3x10 for strength.\nA: tolerated well.\nP: cont."
    assert suggester.suggest(text)["claim"]["review"] is not None
    open_by = suggester.ranker.gate_bias
    try:
        suggester.ranker.gate_bias = -50.0
        review = suggester.suggest(text)["claim"]["review"]
    finally:
        suggester.ranker.gate_bias = open_by
    assert review is not None
    assert review["needed"]
    assert "nothing billable was delivered" in (review["why"] or "")


def test_codes_or_a_threshold_a_person_chose_are_not_reviewed(suggester: Suggester) -> None:
    assert suggester.suggest("Gait training 15 min.", threshold=0.5)["claim"]["review"] is None
    assert suggester.revise("Gait training 15 min.", {"97116": 15})["review"] is None
