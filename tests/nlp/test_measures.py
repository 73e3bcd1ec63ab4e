"""Measures: what is treatment time, what is not, and the other quantities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.marks import find_marks
from nlp.measures import find_measures
from nlp.text import read_text


def _found(text: str, *kinds: str) -> list[tuple[str, float]]:
    note = read_text(text)
    return [(m.kind, m.value) for m in find_measures(note, find_marks(note)) if m.kind in kinds]


TIMES = [
    ("Bike x 8 min", [("minutes", 8)]),
    ("Bike 8'", [("minutes", 8)]),
    ("bike 10m, squats", [("minutes", 10)]),
    ("for fifteen minutes of balance work", [("minutes", 15)]),
    ("twenty-five minutes", [("minutes", 25)]),
    ("half an hour of gait work", [("minutes", 30)]),
    ("97110: 15, 97140: 12", [("minutes", 15), ("minutes", 12)]),
    ("TA 16 GT 14 Tot 30 min", [("minutes", 16), ("minutes", 14), ("total", 30)]),
    ("TE (23) and MT (12)", [("minutes", 23), ("minutes", 12)]),
    ("NuStep [10]; SLR [5]", [("minutes", 10), ("minutes", 5)]),
    ("Code | What | Min\n97112 | foam | 23", [("minutes", 23)]),
    ("Total treatment time: 45 min, timed minutes 38", [("total", 45), ("timed", 38)]),
    ("60 min session", [("total", 60)]),
    # not treatment minutes
    ("6-minute walk test 340 m", [("other_time", 6)]),
    ("6 minute walk: 340 m", [("other_time", 6)]),
    ("sits for 25 minutes before pain", [("other_time", 25)]),
    ("rested 5 min", [("other_time", 5)]),
    ("pain after 10 min of walking", [("other_time", 10)]),
    ("arrived 10 min late", [("other_time", 10)]),
    ("wear 30 min on/30 off", [("other_time", 30)]),
    ("Amb 60' x2 with RW", []),
    ("97110 x 2 units", []),
    ("97110 x 2", []),
    ("hold 30 sec", []),
    ("10m walk test", []),
    ("SLR 3x10", []),
    ("pain 3/10", []),
]


@pytest.mark.parametrize(("text", "times"), TIMES)
def test_times(text: str, times: list[tuple[str, float]]) -> None:
    assert _found(text, "minutes", "total", "timed", "other_time") == times


OTHERS = [
    ("97110 x 2 units", "units", [2]),
    ("97140 (2)", "units", [2]),
    ("9:05 - 9:50 am", "clock", [45]),
    ("Time in 1310 Time out 1358", "clock", [48]),
    ("11:50-12:20", "clock", [30]),
    ("hold 30 sec x3", "hold", [30]),
    ("leg press 80# 3x10", "load", [80]),
    ("10 kg kettlebell", "load", [22.05]),
    ("Amb 150 ft x2", "distance", [150]),
    ("Amb 60' x2 with RW", "distance", [60]),
    ("CGA with RW, min A for stairs", "assist", [2, 3]),
    ("group of 4 residents", "group", [4]),
    ("with 2 other patients", "group", [2]),
    ("wound 4 x 5 cm debrided", "area", [20]),
    ("24 sq cm", "area", [24]),
    ("group home", "group", []),
    ("BP 120/80", "clock", []),
]


@pytest.mark.parametrize(("text", "kind", "values"), OTHERS)
def test_other_quantities(text: str, kind: str, values: list[float]) -> None:
    assert [v for _, v in _found(text, kind)] == pytest.approx(values)


@given(st.text(alphabet="0123456789 x'-:min.()[]|hrTEA\n", max_size=80))
def test_any_text_is_survived(text: str) -> None:
    note = read_text(text)
    for measure in find_measures(note, find_marks(note)):
        assert 0 <= measure.start < measure.end <= len(text)
        assert measure.value >= 0
