"""Offsets for JavaScript: every span of an answer, wherever it stands, and back again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.offsets import code_points_of, spans_in, to_utf16, utf16_of


def test_spans_are_found_at_any_depth_and_turned_once() -> None:
    text = "\U0001f600 gait"
    span = {"start": 2, "end": 6}
    part = {
        "gaps": [{"rests_on": [span]}],
        "tiers": ({"components": [{"rests_on": [span, {"start": 0, "end": 1}]}]},),
    }
    assert len(list(spans_in(part))) == 2
    to_utf16(text, part)
    assert span == {"start": 3, "end": 7}


@given(st.text(max_size=30))
def test_there_and_back(text: str) -> None:
    units, points = utf16_of(text), code_points_of(text)
    assert units[-1] == len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert [points[unit] for unit in units] == list(range(len(text) + 1))
    assert points.count(-1) == sum(ord(char) > 0xFFFF for char in text)
