"""Choosing the coreset, and what weights of notes do: a note of weight three counts as three copies of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from corpus.notes import load_notes
from models.certainty import sure_from
from models.columns import SERVICES
from models.coreset import chosen, drawn, hardest, weights_of
from models.design import Dataset
from models.fitting import fit
from models.fitting.base import Settings, outputs_of
from models.fitting.calibration import note_probabilities, thresholds_for
from models.training import example_of

IDS = [f"a-{i:03}" for i in range(400)]


def test_most_of_the_drawn_stay_when_notes_come() -> None:
    before = {i for i, taken in zip(IDS, drawn(IDS, 100), strict=True) if taken}
    more = [*IDS[:200], *(f"b-{i:03}" for i in range(40)), *IDS[200:]]
    after = {i for i, taken in zip(more, drawn(more, 100), strict=True) if taken}
    assert len(before) == len(after) == 100
    assert len(before & after) > 80


HARDEST = [
    ([0.1, 3.0, 2.0, 0.0], [0, 0, 0, 0], 2, [1, 2]),
    ([0.1, 3.0, 2.0, 0.0], [0, 1, 0, 0], 2, [2, 0]),
    ([1.0, 1.0, 1.0], [0, 0, 0], 2, [0, 1]),
    ([1.0, 2.0, 0.0], [1, 1, 0], 5, [2]),
    ([1.0, 2.0], [1, 1], 1, []),
]


@pytest.mark.parametrize(("loss", "taken", "count", "wanted"), HARDEST)
def test_the_hardest_of_the_others(loss: list[float], taken: list[int], count: int, wanted: list[int]) -> None:
    assert hardest(np.array(loss), np.array(taken, dtype=bool), count).tolist() == wanted


@given(
    st.lists(st.sampled_from(["random", "hard", "other"]), min_size=1, max_size=60).filter(lambda x: "random" in x)
)
def test_weights_add_up_to_all_notes(kinds: list[str]) -> None:
    kind = np.array(kinds)
    weights = weights_of(kind == "random", kind == "hard")
    assert weights.sum() == pytest.approx(len(kinds))
    assert (weights[kind == "hard"] == 1).all()
    assert not weights[kind == "other"].any()
    assert (weights[kind == "random"] >= 1).all()


@given(
    arrays(np.float64, (30, len(SERVICES)), elements=st.floats(0, 1)),
    arrays(np.int64, 30, elements=st.integers(1, 4)),
)
def test_the_bar_of_weighed_notes_is_that_of_copies(probabilities: np.ndarray, copies: np.ndarray) -> None:
    even = np.full(len(SERVICES), 0.4)
    many = probabilities.repeat(copies, axis=0)
    assert sure_from(probabilities, even, weights=copies.astype(float)) == sure_from(
        many, even, weights=np.ones(len(many))
    )


def test_thresholds_follow_the_weights() -> None:
    rng = np.random.default_rng(3)
    truth = (rng.random((600, len(SERVICES))) < 0.3).astype(float)
    probabilities = np.clip(0.35 * truth + rng.random(truth.shape) * 0.6, 0, 1)
    doubtful = rng.random(600) < 0.5
    truth[doubtful] = 0
    light, heavy = (thresholds_for(probabilities, truth, np.where(doubtful, w, 1.0)) for w in (0.01, 1.0))
    copies = thresholds_for(probabilities.repeat(2, axis=0), truth.repeat(2, axis=0))
    assert light.mean() < heavy.mean() - 0.02
    assert thresholds_for(probabilities, truth) == pytest.approx(heavy)
    assert copies == pytest.approx(heavy, abs=0.05)


@pytest.fixture(scope="module")
def data() -> Dataset:
    notes = [n for n in load_notes("train") if len(n.text) < 300][:240]
    return Dataset.of(map(example_of, notes))


def test_heavy_empty_notes_make_services_less_likely(data: Dataset) -> None:
    empty = np.array([not services for services in data.services])
    assert empty.any()
    means = []
    for weight in (1.0, 20.0):
        ranker = fit(replace(data, weights=np.where(empty, weight, 1.0)), Settings(jobs=1))
        means.append(note_probabilities(ranker, data, outputs_of(ranker, data))[empty].sum(axis=1).mean())
    assert means[1] < 0.8 * means[0]


def test_a_coreset_is_chosen_the_same_twice(data: Dataset) -> None:
    ids = [f"x-{i}" for i in range(len(data))]
    weights = chosen(ids, data, (60, 30, 20))
    assert np.count_nonzero(weights) == 110
    assert weights.sum() == pytest.approx(len(data))
    assert (weights == chosen(ids, data, (60, 30, 20))).all()


def test_weights_stay_with_their_examples(data: Dataset) -> None:
    weighed = replace(data, weights=np.arange(len(data), dtype=float))
    kept = np.arange(len(data)) % 3 == 1
    assert (weighed.take(kept).weights == np.flatnonzero(kept)).all()
    assert (
        Dataset.join([weighed.take(kept), weighed.take(~kept)]).weights[: kept.sum()] == np.flatnonzero(kept)
    ).all()
