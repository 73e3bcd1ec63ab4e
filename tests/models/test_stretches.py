"""Several notes decided on at once, against each by itself; joined datasets against their parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.notes import load_notes
from models.columns import SERVICES
from models.decision import decision_inputs
from models.design import Dataset, packed, unpacked
from models.fitting.base import outputs_of
from models.fitting.decision import stacked
from models.pooling import join, joined_of
from models.suggester import Suggester
from models.training import example_of

_NOTES = load_notes("validation")
NOTES = [*_NOTES[:10], *sorted(_NOTES, key=lambda note: len(note.text))[:3]]
"""The last ones are fragments: notes of a line or two."""


@pytest.fixture(scope="module")
def data() -> Dataset:
    return Dataset.of(map(example_of, NOTES))


def test_notes_below_one_another_are_decided_on_as_each_alone(suggester: Suggester, data: Dataset) -> None:
    ranker = suggester.ranker
    outputs = outputs_of(ranker, data)
    alone = [decision_inputs(seen, output) for seen, output in zip(data.each(), outputs, strict=True)]
    seen_of_all: list[int] = []
    for examples, seen, notes in data.stretches():
        together = decision_inputs(seen, stacked(outputs[examples]), notes)
        wanted = np.concatenate(alone[examples])
        assert together == pytest.approx(wanted, abs=1e-6)
        logits = np.concatenate(
            [ranker.decide(s, o) for s, o in zip(list(data.each())[examples], outputs[examples], strict=True)]
        )
        assert ranker.decide(seen, stacked(outputs[examples]), notes) == pytest.approx(logits, abs=1e-6)
        seen_of_all.extend(range(*examples.indices(len(data))))
    assert seen_of_all == list(range(len(data)))
    assert any(len(o.delivery) <= 3 for o in outputs), "fragments must be among the examples"


def test_a_clinics_usage_goes_with_its_notes(suggester: Suggester, data: Dataset) -> None:
    outputs = outputs_of(suggester.ranker, data)
    habit = np.full(outputs[0].content.shape, 0.25)
    mixed = [replace(outputs[0], habit=habit), *outputs[1:3]]
    joined = stacked(mixed)
    assert joined.habit is not None
    assert joined.habit[: len(habit)] == pytest.approx(habit)
    assert not joined.habit[len(habit) :].any()
    assert stacked(outputs[:3]).habit is None


@given(st.lists(st.floats(0, 1, width=32), max_size=20))
def test_relations_are_kept_to_the_nearest_255th(values: list[float]) -> None:
    relations = np.array(values, dtype=np.float32)
    assert np.abs(unpacked(packed(relations)) - relations).max(initial=0) <= 0.5 / 255 + 1e-6


def test_joined_parts_are_the_whole(data: Dataset) -> None:
    parts = [Dataset.of(map(example_of, some)) for some in (NOTES[:5], NOTES[5:6], NOTES[6:])]
    joined = Dataset.join(iter(parts))
    assert joined.documents == data.documents
    assert joined.services == data.services
    for name in ("relations", "places", "targets", "sizes"):
        assert np.array_equal(getattr(joined, name), getattr(data, name))
    for name, counted in data.content.items():
        other = joined.content[name]
        order = [other.names[word] for word in counted.names]
        assert (other.table[:, order] != counted.table).nnz == 0
    kept = np.arange(len(data.owner)) % 3 == 0
    depth = data.relations.shape[2]
    assert np.array_equal(data.sparse_relations(kept).toarray(), unpacked(data.relations[kept]).reshape(-1, depth))


def test_notes_at_once_are_calibrated_as_each_alone(suggester: Suggester, data: Dataset) -> None:
    ranker = suggester.ranker
    outputs = outputs_of(ranker, data)
    logits = [ranker.decide(seen, output) for seen, output in zip(data.each(), outputs, strict=True)]
    nothing = np.zeros((0, len(SERVICES)))
    joined = joined_of(np.concatenate([nothing, *logits]), np.array([0, *map(len, logits)]))
    assert joined == pytest.approx(np.stack([join(nothing), *map(join, logits)]))
    whole = np.stack([o.whole for o in outputs])
    probabilities = ranker.calibrated(joined[1:], whole, data.sizes)
    alone = np.stack([ranker.probabilities(z, o) for z, o in zip(logits, outputs, strict=True)])
    assert probabilities == pytest.approx(alone)
    any_service = [float(ranker.any_service(p, o.whole)) for p, o in zip(alone, outputs, strict=True)]
    assert ranker.any_service(probabilities, whole) == pytest.approx(any_service)
