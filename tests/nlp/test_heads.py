"""Heads of lists: words that give a whole row its status where they open it, and none where they do not."""

from __future__ import annotations

import pytest

from nlp.cues import find_heads
from nlp.heads import headed_lists, is_treatment
from nlp.pipeline import parse
from nlp.status import judged

CASES = [
    ("LV 2/24: TE 20 / MT 10 / NMR 10", {"history"}),
    ("Last: NMR 15, gait 20, TE 10", {"history"}),
    ("next: NMR 20 / gait 25", {"planned"}),
    ("Orders (Dr. Pellham 3/2): gait 15, TE 15", {"planned"}),
    (
        "Usual programme, which she does by herself twice a day, is on the fridge: ankle pumps, LAQ, heel raises",
        {"home"},
    ),
    ("Home: TE 20, ice 15", {"home"}),
    ("OT charted at 0900: self care 25 min, dressing with reacher", {"other"}),
    ("Active orders (hospitalist, 11/20):\ngait training 15 min, therapeutic exercise 15 min", {"planned"}),
    ("(last visit) TE 14 / MT 20 / GT 12", {"history"}),
    ("(prior day, read only) 97116 14 / 97530 20 / 97112 12", {"history"}),
    ("Today: TE 20, MT 10", {"performed"}),
    ("Home programme, every line with her: TE 20, bridges 2x10", {"performed"}),
    ("LV went well: she slept. TE 20, MT 10", {"performed"}),
    ("Orders reviewed, TE 20, MT 10", {"performed"}),
    ("The home she lives in has two steps. Gait training 15 min, stairs 10 min", {"performed"}),
    ("Gait 20 min. Next, STM 10 min to quads", {"performed"}),
    ("Bike 10 min, same as last. STM 8 min", {"performed"}),
]


@pytest.mark.parametrize(("text", "statuses"), CASES)
def test_a_head_speaks_for_its_row(text: str, statuses: set[str]) -> None:
    found = judged(parse(text))
    named = [s for s in found if s.marks or any(map(is_treatment, s.mentions))]
    assert named
    assert {s.status for s in named} == statuses


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("last: NMR 15 / gait 20 -> today: NMR 18 / gait 22", "history", "performed"),
        ("TV 2/27: TE 25, NMR 15; next: TE 30, NMR 20", "performed", "planned"),
        ("home: TE 20, ice 15; LV: TE 20, MT 10", "home", "history"),
        ("LV: TE 20, MT 10\nTE 25, MT 12", "history", "performed"),
        ("40 min today (last wk: TE 30, MT 15): NMR 20, gait 20", "history", "performed"),
        ("LV: TE 15, gait 15. Gait 20, TE 10", "history", "performed"),
    ],
)
def test_a_row_ends_where_another_begins(text: str, first: str, second: str) -> None:
    named = [s for s in judged(parse(text)) if s.marks or any(map(is_treatment, s.mentions))]
    assert [s.status for s in named] == [first, first, second, second]


def test_rows_are_given_the_status_of_their_head() -> None:
    note = parse("LV: MT 10\nhome: TE 20\nAuth: gait 15, TE 15\nToday: TE 20")
    segments = judged(note)
    found = [
        (cue.label, note.text.text[segments[at].start : segments[at].end])
        for at, cue in headed_lists(note.text, segments, find_heads(note.text))
    ]
    assert found == [("history", "MT 10"), ("home", "TE 20"), ("planned", "gait 15"), ("planned", "TE 15")]
