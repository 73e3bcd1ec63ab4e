"""The array helpers against their plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.groups import Groups, most_of_other_columns

ROWS = st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=3), min_size=1, max_size=7)


def _max(values: list[float]) -> float:
    return max(values, default=0.0)


@given(ROWS)
def test_others(rows: list[list[float]]) -> None:
    values = np.array(rows)
    want = [[_max([v for k, v in enumerate(row) if k != j]) for j in range(3)] for row in rows]
    assert most_of_other_columns(values).tolist() == want


@given(ROWS, st.data())
def test_others_of_a_group(rows: list[list[float]], data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.integers(0, 1), min_size=len(rows), max_size=len(rows)))
    groups: NDArray[np.int32] = np.cumsum(steps).astype(np.int32)
    others = [
        [[rows[k][j] for k in range(len(rows)) if k != i and groups[k] == groups[i]] for j in range(3)]
        for i in range(len(rows))
    ]
    found = Groups(groups)
    assert found.most_of_others(np.array(rows)).tolist() == [[_max(cell) for cell in row] for row in others]
    means = [[sum(cell) / len(cell) if cell else 0.0 for cell in row] for row in others]
    assert found.mean_of_others(np.array(rows)) == pytest.approx(np.array(means), abs=1e-6)
