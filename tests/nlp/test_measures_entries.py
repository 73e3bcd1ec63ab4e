"""Compact lists: names and numbers in rows, that take turns, in grids and chains; and what looks like one."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.entries import entries_of
from nlp.marks import find_marks, nought_lines
from nlp.measures import find_measures
from nlp.names import called_in, services_called
from nlp.parallel import parallels_of
from nlp.text import read_text

Pairs = list[tuple[str, int]]


def _found(text: str, *kinds: str) -> list[tuple[str, float]]:
    note = read_text(text)
    return [(m.kind, m.value) for m in find_measures(note, find_marks(note)) if m.kind in (kinds or ("minutes",))]


ROWS: list[tuple[str, Pairs]] = [
    # any one sign between the names, any between the numbers
    ("TA > NMR > GT :: 22 > 13 > 7", [("TA", 22), ("NMR", 13), ("GT", 7)]),
    ("Bed 9. 97535-97530-97110, 24-18-11. Tolerated", [("97535", 24), ("97530", 18), ("97110", 11)]),
    ("97018//97140//97530 -> 11//14//17", [("97018", 11), ("97140", 14), ("97530", 17)]),
    ("TE:MT:US 21:13:8", [("TE", 21), ("MT", 13), ("US", 8)]),
    ("NMR · TA · GT => 17 · 12 · 9", [("NMR", 17), ("TA", 12), ("GT", 9)]),
    ("TE|NMR|CP: 19|11|10", [("TE", 19), ("NMR", 11), ("CP", 10)]),
    ("ther ex; manual; gait = 16; 12; 9 min", [("ther ex", 16), ("manual", 12), ("gait", 9)]),
    ("TE then MT then ice: 23, 14, 10", [("TE", 23), ("MT", 14), ("ice", 10)]),
    ("TE-NMR 24-13", [("TE", 24), ("NMR", 13)]),
    ("(TA / TE / US) = (14 / 21 / 8)", [("TA", 14), ("TE", 21), ("US", 8)]),
    ("MT & TE & MHP => 13 & 24 & 10 mn", [("MT", 13), ("TE", 24), ("MHP", 10)]),
    # numbers before the names
    ("14/9/21 US/MT/TE", [("US", 14), ("MT", 9), ("TE", 21)]),
    ("22-13: TE-GT", [("TE", 22), ("GT", 13)]),
    ("Did 18 + 11 + 10 (TE + MT + CP)", [("TE", 18), ("MT", 11), ("CP", 10)]),
    # treatments, and a name that nobody knows
    ("fluido/paraffin/TE 11/13/18", [("fluido", 11), ("paraffin", 13), ("TE", 18)]),
    ("STM, ionto, TE // 9, 18, 16", [("STM", 9), ("ionto", 18), ("TE", 16)]),
    ("MT/cup/exs 14/6/17", [("MT", 14), ("cup", 6), ("exs", 17)]),
    # signs that mean much else, of two items; clock, range, change
    ("TE/MT 12-15", []),
    ("TE:MT 10:15", []),
    ("TE > MT 9, 14", []),
    ("MT 15-20 min, TE 20-25 min", []),
    # date, units, scores, telephone, room, vital signs, movements
    ("4/16/25 TE/MT/NMR", []),
    ("3/14 TE/MT", []),
    ("TE:NMR:GT 2u:1u:1u", []),
    ("TE-NMR-GT 2-1-1", []),
    ("Gait/transfers/bed mobility: 5/6/4", []),
    ("TE/MT desk 555-0187", []),
    ("Rm 12-14-16 TE", []),
    ("BP-HR-RR 128-84-16", []),
    ("flex/abd/ER 118/96/40", []),
    ("quad/HS/DF 4/5/3", []),
    ("squats/lunges/bridges 15/12/20", []),
    ("TE/MT/NMR 10/12/15 reps", []),
]


@pytest.mark.parametrize(("text", "pairs"), ROWS)
def test_names_and_numbers_in_rows(text: str, pairs: Pairs) -> None:
    found = [
        (text[start:end], minutes)
        for row in parallels_of(read_text(text))
        for (start, end), minutes in zip(row.names, row.minutes, strict=True)
    ]
    assert found == pairs
    if pairs:
        assert _found(text) == [("minutes", minutes) for _, minutes in pairs]


TURNS: list[tuple[str, Pairs]] = [
    # a name and its number, whatever stands behind it
    ("MT 14 like Tuesday, TE 23 like Tuesday", [("MT", 14), ("TE", 23)]),
    ("TE 18 (steps, band), MT 13 (glides), US 8 (3 MHz)", [("TE", 18), ("MT", 13), ("US", 8)]),
    ("w/c mgmt..35  ADL..20  97129..15", [("w/c mgmt", 35), ("ADL", 20), ("97129", 15)]),
    ("97535x21 / 97530x14 / 97110x9", [("97535", 21), ("97530", 14), ("97110", 9)]),
    ("97110 x22 / 97140 x13", [("97110", 22), ("97140", 13)]),
    ("97530GO:24|97535GO:16", [("97530GO", 24), ("97535GO", 16)]),
    ("mobs (9) exs (16)", [("mobs", 9), ("exs", 16)]),
    ("TE [21] MT [12]", [("TE", 21), ("MT", 12)]),
    ("GT = 16 | TA = 22 | US --", [("GT", 16), ("TA", 22)]),
    ("exs 16, IFC same, MHP under it same", [("exs", 16), ("IFC", 16), ("MHP", 16)]),
    ("110=22 140=13", [("110", 22), ("140", 13)]),
    ("wall slides TE 21' PROM + GH glides 9' CP HEP", [("TE", 21), ("GH glides", 9)]),
    # a number and its name
    ("24 TE, 13 MT, last 10 on IFC", [("TE", 24), ("MT", 13), ("IFC", 10)]),
    ("9MT 21TE 0NMR 10CP", [("MT", 9), ("TE", 21), ("NMR", 0), ("CP", 10)]),
    ("25 w/c mgmt; 15 AT assess", [("w/c mgmt", 25), ("AT assess", 15)]),
    (
        "Twenty of ther ex, twelve of manual, eight of ultrasound",
        [("ther ex", 20), ("manual", 12), ("ultrasound", 8)],
    ),
    ("twenty-five of gait and fifteen of manual therapy", [("gait", 25), ("manual therapy", 15)]),
    ("[21] TE [12] MT", [("TE", 21), ("MT", 12)]),
    ("25 pool + 12 land gait = 37", [("pool", 25), ("gait", 12)]),
    ("all 32': 12 US, rest MT", [("US", 12), ("MT", 20)]),
    ("40 min: 16 TE, 9 NMR, rest on GT", [("TE", 16), ("NMR", 9), ("GT", 15)]),
    # dictated: words may follow a name, and one number is enough beside other times
    (
        "fifteen of gate training with the cane then fifteen therapeutic exercise band abduction and twelve neuro on foam",
        [("gate training", 15), ("therapeutic exercise", 15), ("neuro", 12)],
    ),
    (
        "eight of ultrasound three mega hurts ten manual cross friction and fourteen of there ex eccentrics",
        [("ultrasound", 8), ("manual", 10), ("there ex", 14)],
    ),
    ("testing took forty minutes and then ten therapeutic exercise pendulum", [("therapeutic exercise", 10)]),
    (
        "objective 20 their ex rocking six quad sets three heel slides ten minutes there act sit to stand",
        [("their ex", 20), ("there act", 10)],
    ),
    # dictated, and no times: scores, repetitions, things that are counted
    ("pain six manual therapy ten minutes exercise fifteen minutes", []),
    ("three sets of ten exercise band pulls then manual for fifteen minutes", []),
    ("ten exercises and manual therapy fifteen minutes with twelve manual muscle tests", []),
    ("prone press ups times ten neuro then fifteen minutes of heat", [("heat", 15)]),
    # distances, repetitions, sets, holds, loads
    ("gait 50 ft, stairs 12", []),
    ("SLR 20, clams 20, bridges 15", []),
    ("squats 15, lunges 10", []),
    ("TE 3x10, NMR 2x30 sec", []),
    ("balance 20 sec, gait 10 ft, TE 15", []),
    ("TE 15 reps, MT 3 lb", []),
    ("gait x15, stairs x10", []),
    # units, scores, levels, dates, ranges, temperatures
    ("97110 x 2, 97140 x 1", []),
    ("POMA: balance 13 gait 10 = 23", []),
    ("transfers 4, gait 5, ADL 3", []),
    ("wk 6 TE, wk 8 NMR", []),
    ("level 8 TE, grade 9 MT", []),
    ("TE 20-25 / MT 10-15 / US 8", []),
    ("paraffin 126F, fluido 118F", []),
    ("pain 6 at US, 10 in all", []),
    # one service, and sentences that each have their own
    ("TE 20, ther ex 10", []),
    ("bike, rows 20 min. MT 10 min. CP after", []),
]


@pytest.mark.parametrize(("text", "pairs"), TURNS)
def test_names_and_numbers_that_take_turns(text: str, pairs: Pairs) -> None:
    assert [(text[e.called.start : e.called.end], e.minutes) for e in entries_of(read_text(text))] == pairs
    told = [value for _, value in _found(text)]
    others = WHOLES.get(text, ()) + tuple(int(_SAID[m[1]]) for m in _UNIT.finditer(text))
    assert [value for value in told if value not in others] == [
        m for _, m in pairs if m and m not in others
    ] or not pairs


_SAID = {"ten": 10, "fifteen": 15, "forty": 40}
_UNIT = re.compile(r"\b(ten|fifteen|forty) minutes")
"""Times with their unit beside a list."""


WHOLES = {"all 32': 12 US, rest MT": (32,), "40 min: 16 TE, 9 NMR, rest on GT": (40,)}
"""What the numbers of a list come to, which is a time too."""


LISTED = [
    ("TA > NR > GT :: 22 > 13 > 7", ["ther_act", "gait"]),
    ("MT 14 like Tuesday, TE 23 like Tuesday", ["manual", "ther_ex"]),
    ("9MT 21TE 0NMR 10CP", ["manual", "ther_ex", "neuro_reed", "hot_cold"]),
    ("97535x21 / 97530x14", ["self_care", "ther_act"]),
    ("Twenty of ther ex, twelve of manual", ["ther_ex", "manual"]),
    ("97535   97530   tot\n20      15      35", ["self_care", "ther_act"]),
    ("gait 50 ft, stairs 12", []),
]


@pytest.mark.parametrize(("text", "services"), LISTED)
def test_names_with_a_number_are_listed(text: str, services: list[str]) -> None:
    assert [m.service for m in find_marks(read_text(text)) if m.role == "list"] == services


def test_a_code_keeps_its_number_without_modifiers() -> None:
    marks = find_marks(read_text("97110-GP: 20, 97140GP: 12, 97530-59: 9"))
    assert [mark.code for mark in marks] == ["97110", "97140", "97530"]
    assert services_called("97140GP") == ("manual",)
    assert [c.services for c in called_in(read_text("971100, 97110abc"))] == []


GRIDS = [
    (
        "97535   97530   97110   tot\n21      16      13      50",
        [("minutes", 21), ("minutes", 16), ("minutes", 13), ("total", 50)],
    ),
    ("TE | MT | US\n---|---|---\n22 | 12 | 8", [("minutes", 22), ("minutes", 12), ("minutes", 8)]),
    ("Code | 97110 | 97140 |\nMin | 21 | 13 |", [("minutes", 21), ("minutes", 13)]),
    ("      TE    GT\nMin   23    14", [("minutes", 23), ("minutes", 14)]),
    ("TE\tUS\n18'\t--", [("minutes", 18)]),
    ("\tlast\ttoday\tnext\nTE\t17\t22\t25\nMT\t14\t-\t-\nGT\t-\t11\t14", [("minutes", 22), ("minutes", 11)]),
    ("Tx | prev | today\nTE | 15 | 24\nNMR | 10 | 13", [("minutes", 24), ("minutes", 13)]),
    # units, movements, levels; other words in the cells; no numbers
    ("97110  97140\n2      1", []),
    ("R    L\n15   20", []),
    ("TE   MT   pain\n20   12   6/10", []),
    ("TE   MT\nbands   glides", []),
    ("goal   today   next\nflexion   95   110", []),
    ("last   next\nTE   15   20", []),
]


@pytest.mark.parametrize(("text", "times"), GRIDS)
def test_grids_of_names_and_numbers(text: str, times: list[tuple[str, float]]) -> None:
    assert _found(text, "minutes", "total") == times


def test_a_dash_under_today_says_that_it_was_not_done() -> None:
    note = read_text("\tlast\ttoday\nTE\t17\t22\nMT\t14\t-")
    assert nought_lines(note) == {2}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("97110 Ther Ex: 25 min\n97112 Neuromuscular re-ed: 0 min\n97140 (manual therapy): 0 units", {1, 2}),
        ("Manual therapy: No\nGait training: Yes, 10 min\nUltrasound: ____ min\nMT: N/T", {0, 2, 3}),
        (
            "Manual therapy: no pain with glides 10 min\nGait: none of it painful, 100 ft\nNMR: not tired after 8 min",
            set(),
        ),
    ],
)
def test_lines_that_say_that_a_service_was_not_done(text: str, lines: set[int]) -> None:
    assert nought_lines(read_text(text)) == lines


CHAINS = [
    ("9:03 rower, bands -> 9:19 BOSU -> 9:31 STM calf -> 9:44 out", [16, 12, 13]),
    ("Start 1:05 pulleys; 1:20 glides; 1:32 ice; 1:42 done", [15, 12, 10]),
    ("12:50 bike, 1:05 foam, 1:20 gone", [15, 15]),
    # no words between, two times, times that go back, ratios
    ("9:03 . 9:19 . 9:31 .", []),
    ("9:03 rower -> 9:19 out", []),
    ("9:03 rower -> 8:19 BOSU -> 7:31 out", []),
    ("3:01 contrast -> 4:1 again -> 3:1 out", []),
]


@pytest.mark.parametrize(("text", "values"), CHAINS)
def test_starts_told_one_after_another(text: str, values: list[int]) -> None:
    assert [v for _, v in _found(text, "clock")] == values


ARROWS = [
    ("SWD 14 → bridges, LTR 11 → L/S mobs 9", [14, 11, 9]),
    ("US 8 -> quad sets, SAQ 16' -> STM 9", [8, 16, 9]),
    ("pain 7 → 4; flex 95 → 110", []),
    ("squats 15 → lunges 10 → heel raises 12", []),
    ("TUG 18 → 14", []),
]


@pytest.mark.parametrize(("text", "values"), ARROWS)
def test_items_that_arrows_lead_through(text: str, values: list[int]) -> None:
    assert [v for _, v in _found(text)] == values


LONG = [
    "TE>" * 9000,
    "1>" * 20000,
    "1 > " * 20000,
    "1-2-" * 9000,
    "TE 20 " * 6000,
    "20 TE " * 6000,
    "TE " + " " * 60000 + "20",
    "TE" + "." * 60000 + "20",
    "TE " + "(" * 20000,
    "97110GP" * 6000,
    "97110" + "-59" * 20000,
    "124=25 " * 6000,
    "TE   MT\n20   12\n" * 3000,
    "TE" + "   MT" * 9000 + "\n" + "20   " * 9000,
    "last\ttoday\n" * 6000,
    "9:03 rower -> " * 6000,
    "9:03 " + "a " * 30000,
    "a 9 -> " * 9000,
    " -> " * 20000,
    "rest of " * 9000 + "TE",
]


@pytest.mark.parametrize("text", LONG)
def test_long_runs_are_read_in_linear_time(text: str) -> None:
    note = read_text(text)
    begin = time.process_time()
    find_measures(note, find_marks(note))
    assert time.process_time() - begin < 5


@given(st.text(alphabet="0123456789 x'-:,.()[]/\n\t|>TEMTNRUS=&+→restaly", max_size=80))
def test_any_text_is_survived(text: str) -> None:
    note = read_text(text)
    marks = find_marks(note)
    for measure in find_measures(note, marks):
        assert 0 <= measure.start < measure.end <= len(text)
        assert measure.value >= 0
