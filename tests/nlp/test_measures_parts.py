"""Times said in parts: so many times over and more, a part of someone's time, a part that went on no treatment, a start on the hour."""

from __future__ import annotations

import pytest

from nlp.marks import find_marks
from nlp.measures import find_measures, interval_of
from nlp.text import read_text

_KINDS = ("minutes", "bare", "total", "pause", "other_time", "clock")


def _found(text: str) -> list[tuple[str, float]]:
    note = read_text(text)
    return [(m.kind, m.value) for m in find_measures(note, find_marks(note)) if m.kind in _KINDS]


PARTS = [
    # so many times over, where a plus joins it to another
    ("Stepper 4x3 min + 5 min", [("minutes", 12), ("minutes", 5)]),
    ("Stepper 5 min + 4x3 min", [("minutes", 5), ("minutes", 12)]),
    ("Stepper 4x3 min", [("minutes", 3)]),
    ("Clams 2x12 + stepper 5 min", [("minutes", 5)]),
    # two ways of a machine are no feet
    ("arm bike 3' fwd 3' bwd", [("minutes", 3), ("minutes", 3)]),
    ("walked 60' fww, CGA", []),
    # a part of someone's time, which is the session's
    ("Cold sleeve for the last 12 of our 45 minutes", [("minutes", 12), ("total", 45)]),
    ("Foam for 20 of his 40 min", [("minutes", 20), ("total", 40)]),
    ("Foam for 20 of the 40 min", [("minutes", 20)]),
    ("2 of her 12 visits used, foam 20 min", [("minutes", 20)]),
    # a part that went on no treatment
    ("35 min, 6 of it tubes and charting", [("minutes", 35), ("pause", 6)]),
    ("35 min, 6 min of that on vitals", [("minutes", 35), ("pause", 6)]),
    ("35 min, 16 of it stairs with the nurse", [("minutes", 35), ("bare", 16)]),
    ("35 min, 16 min of it transfers", [("minutes", 35), ("minutes", 16)]),
    # the treatment's time opens a line as a sentence of its own
    ("45-min tx. Treadmill (20 min), stairs (25 min)", [("total", 45), ("minutes", 20), ("minutes", 25)]),
    ("Paraffin 15 min treatment. Putty", [("minutes", 15)]),
    ("5 min tx. Putty", [("minutes", 5)]),
    # from an hour
    ("group from 9 to 945 today", [("clock", 45)]),
    ("class from 1 to 1:30", [("clock", 30)]),
    ("from 11 until 1145 am", [("clock", 45)]),
    ("walked from 10 to 150 ft", []),
    ("flexion went from 9 to 115 degrees", []),
    ("ROM improved from 5 to 120", []),
    ("knee flexion improved from 12 to 115 today", []),
    ("abd from 1 to 120", []),
    ("bend from 12 to 115 deg", []),
    ("weights from 2 to 5 lb", []),
]


@pytest.mark.parametrize(("text", "times"), PARTS)
def test_parts(text: str, times: list[tuple[str, float]]) -> None:
    assert _found(text) == times


def test_an_interval_from_an_hour() -> None:
    assert interval_of("10 to 1030") == (600, 630)
