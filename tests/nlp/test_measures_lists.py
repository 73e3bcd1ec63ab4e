"""Times that a list makes clear: as many numbers as names, numbers behind slashes, "m" for minutes, columns."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.marks import find_marks
from nlp.measures import find_measures
from nlp.parallel import parallels_of
from nlp.text import read_text


def _found(text: str, *kinds: str) -> list[tuple[str, float]]:
    note = read_text(text)
    return [(m.kind, m.value) for m in find_measures(note, find_marks(note)) if m.kind in (kinds or ("minutes",))]


PARALLEL = [
    # as many numbers as names, in their order
    ("TA/NMR/GT = 17/11/9", [("TA", 17), ("NMR", 11), ("GT", 9)]),
    ("MT, TE, CP: 12, 21, 10", [("MT", 12), ("TE", 21), ("CP", 10)]),
    (
        "Gave ther ex, manual therapy and gait training: 14, 9, and 16 min",
        [("ther ex", 14), ("manual therapy", 9), ("gait training", 16)],
    ),
    ("97530/97116 - 22/13 min", [("97530", 22), ("97116", 13)]),
    ("te + mt -> 18 + 9", [("te", 18), ("mt", 9)]),
    ("Times: TE / MT / ES 16 min / 11 min / 15 min", [("TE", 16), ("MT", 11), ("ES", 15)]),
    ("(TA/TE 24/14)", [("TA", 24), ("TE", 14)]),
    ("TE, NMR and MT for 15, 10 and 8 minutes respectively", [("TE", 15), ("NMR", 10), ("MT", 8)]),
    # a service that was not done has nought
    ("TE/US/MT = 23/0/12", [("TE", 23), ("US", 0), ("MT", 12)]),
    # one number for several, more or fewer numbers than names
    ("TE/NMR 26", []),
    ("TE/NMR/MT: 15, 10", []),
    ("TE/NMR: 15, 10, 8", []),
    # no names of services
    ("BP/HR 118/76", []),
    ("strength 4/5, 3/5, ROM 110/45/20", []),
    ("vitals: BP, HR, RR: 120, 80, 18", []),
    # units, scores, dates, counts
    ("97110/97140 2/1", []),
    ("TE/NMR/MT = 2/2/1 units", []),
    ("TE/MT 12/10 units", []),
    ("TE/NMR 4/5", []),
    ("PT eval, TE 10/14", []),
    ("TE/MT 10/14", []),
    ("rows, TE, MT: 3, 12, 10 reps", []),
    ("TE, MT 12, 10 reps", []),
    ("TE, MT 12 10", []),
]


@pytest.mark.parametrize(("text", "pairs"), PARALLEL)
def test_as_many_numbers_as_names(text: str, pairs: list[tuple[str, int]]) -> None:
    found = [
        (text[start:end], minutes)
        for parallel in parallels_of(read_text(text))
        for (start, end), minutes in zip(parallel.names, parallel.minutes, strict=True)
    ]
    assert found == pairs
    if pairs:
        assert _found(text) == [("minutes", minutes) for _, minutes in pairs if minutes]


SLASHED = [
    ("jaw glides R /12\nheat 3.0 setting B /9\nlip seal 5x5 /7", [12, 9, 7]),
    ("Stairs / rail on left, one flight / 16\nTrunk / reach off the mat / 22", [16, 22]),
    ("frictions to tendon /8 min\nheel drops 3x12 /14.", [8, 14]),
    # blocks: one line alone, lines of two blocks
    ("jaw glides R /12", []),
    ("jaw glides R /12\n\nlip seal 5x5 /7", []),
    # scores, levels, dates, counts
    ("knee ext R 4/5\nknee flex R 3+/5", []),
    ("pain at rest 2/10\npain at work 6/10", []),
    ("pain now /10\npain worst /10", []),
    ("Berg /56\nTinetti total /28", []),
    ("visit 4 / 12\nauthorised 6 / 12", []),
    ("Berg balance ___ /56\nMini balance ___ /28", []),
    ("seen Tues 3/14\nseen Thurs 3/16", []),
    ("bolster under knee /\nwedge /\n", []),
]


@pytest.mark.parametrize(("text", "values"), SLASHED)
def test_numbers_behind_slashes_of_a_list(text: str, values: list[int]) -> None:
    assert [v for _, v in _found(text)] == values


LETTERED = [
    ("Paraffin R hand (14 m), putty pinch (11 m)", [("minutes", 14), ("minutes", 11)]),
    ("Putty and pegs (11 m)", [("minutes", 11)]),
    ("clam, bridge -> 13 m\nhip glides → 9 m", [("minutes", 13), ("minutes", 9)]),
    ("leg press, hip hikes 16 m\nscar massage 9 m", [("minutes", 16), ("minutes", 9)]),
    ("leg press, hip hikes 16 m; scar massage 9 m; 25 m in all", [("minutes", 16), ("minutes", 9), ("total", 25)]),
    ("hot soak 4 m / cool soak 1 m, four rounds -> 20 m in all", [("minutes", 20)]),
    # metres
    ("walked 25 m\nwalked again 30 m", []),
    ("ambulated 3 x 40 m, RW\nstairs 12", []),
    ("10 m walk test 11 sec", []),
    ("shuttle run 20 m\nsprints 30 m", []),
    ("gait with cane (40 m), hall with RW (60 m)", []),
    ("swam 25 m; jogged in water 15 m", []),
    ("walked 20 m, rest, walked 20 m, 40 m in all", []),
    # one item alone, and no end of an item
    ("leg press, hip hikes 16 m", []),
    ("target at 6 m from chair\nball at 8 m to the left", []),
]


@pytest.mark.parametrize(("text", "times"), LETTERED)
def test_a_bare_m_for_minutes(text: str, times: list[tuple[str, float]]) -> None:
    assert _found(text, "minutes", "total") == times


COLUMNS = [
    # minutes and seconds under a heading for time, in bars or set with spaces, at the end or between others
    ("| Task | Time |\n|---|---|\n| pedals | 7:00 |\n| clams | 14:00 |\n| heat | 0:00 |", [7, 14]),
    ("Task | Time | Help\nrower | 8:30 | none\nclams | 11:00 | none", [8, 11]),
    ("Task            Time\npedals          7:00\nclams           14:00", [7, 14]),
    ("Task            Time     Notes\npedals          7:00     easy\nclams           14:00    2 stops", [7, 14]),
    ("| Task | Min |\n| pedals | 7:00 |\n| clams | 7:15 |", [7, 7]),
    ("| Task | Time (mm:ss) |\n| pedals | 7:00 |\n| clams | 7:30 |\n| rower | 8:00 |", [7, 7, 8]),
    # times of day
    ("| Task | Time |\n| pedals | 10:05 |\n| clams | 10:20 |\n| rower | 10:40 |", []),
    ("Task            Time\npedals          12:45\nclams           1:00\nrower           1:15", []),
    ("| Task | Time |\n| pedals | 8:00 |\n| clams | 9:00 |\n| rower | 10:00 |", []),
    ("| Date | Time |\n| 3 May | 9:15 |", []),
    # figures at the end of rows whose text runs past the headings, or wraps
    (
        "Code   done   U   min\n97530  box lifts from the floor to waist height, cues for hips 2   27\n97110  clams  1  13",
        [27, 13],
    ),
    (
        "Code    done                          U   min\n97530   box lifts from the floor      2   27\n        to waist height\n97110   clams                         1   13",
        [27, 13],
    ),
    (
        "Code    done                          U   min\n97530   box lifts from the floor\n        to waist height               2   27\n97110   clams                         1   13",
        [27, 13],
    ),
    (
        "Code   done   min   U\n97530  box lifts from the floor to waist height   27   2\n97110  clams   13   1",
        [27, 13],
    ),
    # no figure of the column
    ("Code   done   min\n97530  box lifts 3x10, 12 lb, cues for hips   seated rest", []),
    ("Code   done   min\nPlan: lift 20 next week", []),
    ("Code   done   min\n\nchair   height   18", []),
    ("Task    Time    Notes\npedals  easy    12 watts", []),
]


@pytest.mark.parametrize(("text", "values"), COLUMNS)
def test_columns_of_times(text: str, values: list[int]) -> None:
    assert [v for _, v in _found(text)] == values


LONG = [
    "TE" + "/TE" * 9000,
    "1/" * 20000,
    "TE " + " " * 60000 + "1/2",
    "x / " * 20000,
    "rows a 9 m, " * 6000,
    "rows 9 m\n" * 6000,
    "rows 9 m; walked 9 m in all; " * 3000,
    "TE/MT 15/12\n" * 3000,
    "rows and band /9\nclams both /8\n\n" * 2000,
    "Task   Time\n" + "a   b" + "   9" * 9000,
    "Task   Time\n" + "rows   9:00\n" * 1000,
    "from 9 to 930 " * 3000,
    "9 of it tubes & " * 3000,
    "4x3 min + " * 3000,
    "12 of our 45 min " * 3000,
]


@pytest.mark.parametrize("text", LONG)
def test_long_runs_are_read_in_linear_time(text: str) -> None:
    note = read_text(text)
    begin = time.process_time()
    find_measures(note, find_marks(note))
    assert time.process_time() - begin < 5


@given(st.text(alphabet="0123456789 x'-:,.()/\nminTEMTNR=&+→|", max_size=80))
def test_any_text_is_survived(text: str) -> None:
    note = read_text(text)
    for measure in find_measures(note, find_marks(note)):
        assert 0 <= measure.start < measure.end <= len(text)
        assert measure.value >= 0
