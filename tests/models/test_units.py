"""Unit rules against worked examples and an independent brute force."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.units import cms_units, midpoint_units, total_units

CASES = [
    ({"97112": 24, "97110": 23}, [{"97112": 2, "97110": 1}]),
    ({"97112": 20, "97110": 20}, [{"97112": 2, "97110": 1}, {"97112": 1, "97110": 2}]),
    ({"97110": 33, "97140": 7}, [{"97110": 2, "97140": 1}]),
    ({"97110": 18, "97140": 13, "97116": 10, "97035": 8}, [{"97110": 1, "97140": 1, "97116": 1, "97035": 0}]),
    ({"97110": 7}, [{"97110": 0}]),
    ({"97110": 6, "97140": 5}, [{"97110": 1, "97140": 0}]),
    ({"97110": 29, "97140": 1}, [{"97110": 2, "97140": 0}]),
]


@pytest.mark.parametrize(("minutes", "right"), CASES)
def test_worked_examples(minutes: dict[str, int], right: list[dict[str, int]]) -> None:
    found = cms_units(minutes)
    assert sorted(map(str, found)) == sorted(map(str, right))


def _brute_force(minutes: dict[str, int]) -> list[dict[str, int]]:
    """All assignments that obey the rule, by trying every one."""
    allowed = next(u for u in range(99) if sum(minutes.values()) < 15 * u + 8)
    codes = list(minutes)
    best: list[dict[str, int]] = []
    best_key: tuple[float, ...] | None = None
    for extra in product((0, 1), repeat=len(codes)):
        units = {c: minutes[c] // 15 + e for c, e in zip(codes, extra, strict=True)}
        if sum(units.values()) != allowed or any(
            e and minutes[c] % 15 == 0 for c, e in zip(codes, extra, strict=True)
        ):
            continue
        key = tuple(sorted((-(minutes[c] % 15) for c, e in zip(codes, extra, strict=True) if e)))
        if best_key is None or key < best_key:
            best, best_key = [units], key
        elif key == best_key:
            best.append(units)
    return best


@settings(max_examples=400, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["97110", "97112", "97116", "97140", "97530"]), st.integers(1, 75), min_size=1)
)
def test_cms_agrees_with_brute_force(minutes: dict[str, int]) -> None:
    found = cms_units(minutes)
    assert all(sum(a.values()) == total_units(sum(minutes.values())) for a in found)
    assert sorted(map(str, found)) == sorted(str({c: a[c] for c in minutes}) for a in _brute_force(minutes))


@given(st.integers(0, 400))
def test_midpoint_is_more_than_half(minutes: int) -> None:
    units = midpoint_units(minutes)
    assert all(minutes > 15 * (u - 1) + 7.5 for u in range(1, units + 1))
    assert not minutes > 15 * units + 7.5
