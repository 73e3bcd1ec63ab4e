"""The array helpers against their plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.columns import COLUMN
from models.features import extract
from models.groups import Groups, most_of_other_columns
from models.relations import RELATIONS
from nlp.pipeline import parse

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
    flags = [bool(row[0] > 0) for row in rows]
    assert found.any_of(np.array(flags, dtype=bool)).tolist() == [
        any(f for f, other in zip(flags, groups, strict=True) if other == group) for group in groups
    ]


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("Initial evaluation 40 min, ther ex 15 min, MT 10 min.", [0, 0, 0]),
        ("Bike 8 min\nTE 15, MT 10", [1, 0, 0]),
        ("Bike 8 min\nwalked 100 ft", [0, 0]),
    ],
)
def test_a_closing_list_says_nothing_of_its_own_items(text: str, listed: list[int]) -> None:
    found = extract(parse(text)).relations[:, COLUMN["ther_ex"], RELATIONS.index("named in closing list")]
    assert found.tolist() == listed


def test_a_name_in_a_list_is_not_told_by_its_neighbours() -> None:
    found = extract(parse("Therapeutic exercise 10:05-10:20, manual therapy 10:20-10:35"))
    row = dict(zip(RELATIONS, found.relations[1, COLUMN["ther_ex"]].tolist(), strict=True))
    assert row["sentence points to it"] == row["line points to it"] == row["neighbours point to it"] == 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (
            "Eval 45 min",
            {"e:initial-evaluation|performed", "e:initial-evaluation|first", "e:initial-evaluation|timed"},
        ),
        ("Bike 8 min\nPT eval done", {"e:pt-initial-evaluation|later", "e:pt-initial-evaluation|untimed"}),
        ("P: PT eval Tuesday", {"e:pt-initial-evaluation|planned"}),
        ("Bike 8 min", set()),
    ],
)
def test_how_a_note_names_an_evaluation(text: str, named: set[str]) -> None:
    found = {name for name in extract(parse(text)).whole if name.startswith("e:")}
    assert named <= found
    assert bool(named) == bool(found)
    assert not any("planned" in name for name in found) or len(found) == 1


NAMED = [
    ("TE 15, MT 10", [("timed", 1), ("timed", 0)]),
    ("TE/MT = 15/10", [("timed", 1), ("timed", 0), ("", 0)]),
    ("bike 15 min", [("", 0)]),
    ("Ther Ex: bike 15 min", [("", 0), ("", 0)]),
    ("TE and MT today", [("untimed", 0), ("untimed", 0)]),
]


@pytest.mark.parametrize(("text", "found"), NAMED)
def test_a_name_with_a_time_is_told_from_a_mere_name(text: str, found: list[tuple[str, int]]) -> None:
    features = extract(parse(text))
    signs = [next((s[5:].split("|")[0] for s in own if s.startswith("name:")), "") for own in features.signs]
    timed = features.relations[:, COLUMN["ther_ex"], RELATIONS.index("its own words name it with a time")]
    assert list(zip(signs, timed.astype(int).tolist(), strict=True)) == found


def test_who_signs_at_the_end_is_told_from_who_is_named() -> None:
    signed = extract(
        parse("Seen by Ana Ruiz MD for her knee, bike 8 min, stairs, balance on foam. Lee Moss DPT")
    ).whole
    assert "z:dpt" in signed
    assert "z:md" not in signed
