"""Flowsheets with a column for each day: what another day's cell says, and rows left out today."""

from __future__ import annotations

import pytest

from nlp.dated import dated_rows
from nlp.pipeline import parse
from nlp.text import read_text

CASES = [
    # today says so, or is the latest date, wherever it stands
    ("Exercise | 5/1 | 5/3 | 5/6 (today)\nBike | 5' | 6' | 8'\nUS | 8' | 8' | held", ["5'", "6'", "8'", "8'"], {2}),
    ("Item\tlast visit\ttoday\nBike\t8'\t10'\nMassage\t10'\t-", ["8'", "10'"], {2}),
    ("Item | today | prior\nADL | 20 min | 15 min\nshower | refused | done Mon", ["15 min", "done Mon"], {2}),
    ("       11/3   11/5\nBike   5'     8'\nSLR    x10    -- sore", ["5'", "x10"], {2}),
    ("          12/1   11/26\nUS        8'     10'\nice       ref    10'", ["10'", "10'"], {2}),
    ("          12/29  1/4\nUS        8'     10'", ["8'"], set()),
    # a long name pushes its row to the right; visits by number
    (
        "            3/4     3/6     3/11 TODAY\nBike        5'      6'      8'\nUS patellar tendon  8'   8'   --\nice   10'  10'  10'",
        ["5'", "6'", "8'", "8'", "10'", "10'"],
        {2},
    ),
    ("Visit #     8    9    10\nNuStep      5'   6'   7'\nmassage     y    y    -", ["5'", "6'", "y", "y"], {2}),
    ("Session | 3 | 4\nUS | 8 | held", ["8"], {1}),
    ("Set  1  2  3\nBike 5 6 7", [], set()),
    ("Visit  8  12\nUS     8'  held", [], set()),
    # the table ends with an empty line or a row of another form
    ("Item | 5/1 | 5/3\nBike | 5' | 6'\n\nTE | 5'", ["5'"], set()),
    ("Item | 5/1 | 5/3\nBike | 5' | 6'\nMassage 8 min", ["5'"], set()),
    # grades, scores, one day, measures over other words
    ("MMT | 4/5 | 5/5\nQuads | 4/5 | 5/5", [], set()),
    ("Pain   6/10   4/10\nBike   8'     10'", [], set()),
    ("Item | 5/3\nBike | 8'", [], set()),
    ("Muscle | 4/3 | 5/3\nQuads | 8 | 9", [], set()),
    ("today   17.9   22.7\narm     16.8   20.9", [], set()),
]


@pytest.mark.parametrize(("text", "elsewhere", "undone"), CASES)
def test_days_in_columns(text: str, elsewhere: list[str], undone: set[int]) -> None:
    found = dated_rows(read_text(text))
    assert [text[a:b] for a, b in found.elsewhere] == elsewhere
    assert found.undone == undone


def test_another_days_minutes_are_no_treatment_time_of_this_visit() -> None:
    note = parse("Exercise | 5/1 | 5/3\nBike | 5 min | 8 min\nUltrasound | 8 min | held")
    told = [(m.kind, m.value) for s in note.segments or () for m in s.measures]
    assert told == [("other_time", 5), ("minutes", 8), ("other_time", 8)]
    status = {note.text.text[s.start : s.end]: s.status for s in note.segments or ()}
    assert (status["Bike"], status["5 min"], status["Ultrasound"]) == ("performed", "history", "negated")
