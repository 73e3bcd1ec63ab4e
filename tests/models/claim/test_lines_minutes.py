"""The minutes of a claim's lines: missing ones, totals, overlaps, and times stated once for several codes."""

from __future__ import annotations

from typing import Any

import pytest
from claim_support import NOW, Given, claim_of, line_of, units_of
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.payers import payer_named
from models.claim.lines import Delivered, SharedTime, build_claim, propose_split

# --- Missing minutes ---


def test_no_minutes_and_no_total() -> None:
    claim = claim_of({"97110": None, "97140": 15, "97016": None})
    assert units_of(claim) == {"97110": None, "97140": 1, "97016": 1}
    assert (claim["timed_minutes"], claim["timed_units"], claim["total_units"]) == (None, None, None)
    assert claim["cautions"] == ["Cannot be told: the note states no minutes for 97110, and no total."]
    assert line_of(claim, "97140")["provisional"]
    assert not line_of(claim, "97016")["provisional"]
    assert line_of(claim, "97110")["proposed_units"] is None
    assert claim["working"]["sentences"][0] == "On the known minutes alone, without those of 97110:"


def test_midpoint_units_do_not_wait_for_other_codes() -> None:
    claim = claim_of({"97110": None, "97140": 15}, "cash")
    assert units_of(claim) == {"97110": None, "97140": 1}
    assert not line_of(claim, "97140")["provisional"]


def test_the_only_missing_minutes_follow_from_the_timed_total() -> None:
    claim = claim_of({"97110": None, "97140": 10}, timed_total=45)
    line = line_of(claim, "97110")
    assert (line["units"], line["minutes"], line["minutes_from"], line["proposed_minutes"]) == (
        2,
        35,
        "derived",
        None,
    )
    assert line["cautions"] == [
        "Its 35 minutes follow from the note's 45 timed minutes less the 10 of the other codes."
    ]
    assert (claim["timed_minutes"], claim["timed_units"]) == (45, 3)


def test_several_missing_minutes_are_only_proposed() -> None:
    items = [Delivered("97110", evidence=3), Delivered("97112", evidence=1), Delivered("97140", 10)]
    claim = build_claim(items, payer_named("medicare"), NOW, timed_total=50)
    assert claim["cautions"] == [
        "Cannot be told: 40 timed minutes between 97110 and 97112.",
        "Proposed by the amount of evidence: 97110 30, 97112 10 minutes; a person sets the minutes.",
    ]
    first, second, third = claim["lines"]
    assert (first["units"], first["minutes"], first["proposed_minutes"], first["proposed_units"]) == (
        None,
        None,
        30,
        2,
    )
    assert (second["units"], second["minutes"], second["proposed_minutes"], second["proposed_units"]) == (
        None,
        None,
        10,
        1,
    )
    assert third["provisional"]
    assert claim["timed_units"] == 3  # the CMS table needs no split
    assert claim["working"]["sentences"][-1] == (
        "All 50 timed minutes together allow 3 units (38 to 52 minutes), however they are split."
    )
    assert build_claim(items, payer_named("cash"), NOW, timed_total=50)["timed_units"] is None


@pytest.mark.parametrize(
    ("given", "session", "said", "proposed"),
    [
        (
            {"97110": None, "97140": None},
            45,
            "45 timed minutes between 97110 and 97140 if the whole session",
            [23, 22],
        ),
        ({"97110": None}, 45, "45 timed minutes for 97110 if the whole session", [45]),
        ({"97110": None, "97140": 15}, 45, "30 timed minutes for 97110 if the whole session", [30, None]),
        ({"97110": None, "97016": 15}, 45, "30 timed minutes for 97110 if the whole session", [30, None]),
        (
            {"97110": None, "97016": None},
            45,
            "at most 45 timed minutes for 97110, less the time of 97016",
            [None, None],
        ),
        ({"97110": None, "97140": 45}, 45, "the session's 45 minutes leave none for 97110", [None, None]),
    ],
)
def test_only_a_session_total(given: Given, session: int, said: str, proposed: list[int | None]) -> None:
    claim = claim_of(given, session_total=session)
    assert said in claim["cautions"][0]
    assert claim["cautions"][0].startswith("Cannot be told: ")
    assert [line["proposed_minutes"] for line in claim["lines"]] == proposed
    assert line_of(claim, "97110")["units"] is None


@pytest.mark.parametrize(
    ("given", "totals", "said"),
    [
        (
            {"97110": 30, "97140": 15},
            {"timed_total": 40},
            "The codes' minutes come to 45, the note's timed total is 40",
        ),
        ({"97110": 30}, {"session_total": 25}, "The codes' minutes come to 30, more than the session total of 25."),
        ({"97110": 30}, {"timed_total": 30, "session_total": 25}, "The note's timed total, 30 minutes, is more than"),
        ({"97110": None, "97140": 40}, {"timed_total": 40}, "40 timed minutes leave none for 97110"),
        ({"97110": 30}, {"timed_total": -5}, "The timed total must be whole and in 0..1440 minutes, got -5"),
        ({"97110": 30}, {"session_total": 5000}, "The session total must be whole"),
    ],
)
def test_totals_that_do_not_fit(given: Given, totals: dict[str, Any], said: str) -> None:
    assert any(said in caution for caution in claim_of(given, **totals)["cautions"])


@pytest.mark.parametrize(
    "totals", [{"timed_total": 45}, {"session_total": 45}, {"timed_total": 45, "session_total": 60}, {}]
)
def test_totals_that_fit_say_nothing(totals: dict[str, Any]) -> None:
    assert claim_of({"97110": 30, "97140": 15}, **totals)["cautions"] == []


@given(
    st.integers(0, 300), st.dictionaries(st.sampled_from(["97110", "97112", "97140"]), st.integers(-2, 9), min_size=1)
)
def test_a_split_is_whole_and_complete(minutes: int, weights: dict[str, int]) -> None:
    split = propose_split(minutes, weights)
    assert sum(split.values()) == minutes
    total = sum(max(1, w) for w in weights.values())
    assert all(abs(split[code] - minutes * max(1, w) / total) < 1 for code, w in weights.items())


OVERLAPS: list[tuple[str, tuple[tuple[int, int], ...], str | None]] = [
    ("97140", ((540, 570),), "97110 and 97140 overlap by 30 minutes"),
    ("97140", ((560, 600),), "97110 and 97140 overlap by 10 minutes"),
    ("97140", ((570, 600),), None),  # one behind the other
    ("97140", ((700, 725), (5, 20)), None),  # 11:40-12:05, then 12:05-12:20
    ("97140", ((700, 725), (0, 20)), "97140 overlap by 5 minutes, 40 by the clock"),
    ("97140", ((600, 620), (610, 630)), "97140 overlap by 10 minutes, 30 by the clock"),
    ("97010", ((540, 570),), None),  # heat beside exercise is no timed code
]


@pytest.mark.parametrize(("code", "clock", "told"), OVERLAPS)
def test_overlapping_times_of_timed_codes_are_told(
    code: str, clock: tuple[tuple[int, int], ...], told: str | None
) -> None:
    items = [Delivered("97110", 30, clock=((540, 570),)), Delivered(code, 30, clock=clock)]
    claim = build_claim(items, payer_named("medicare"))
    assert any("overlap" in caution for caution in claim["cautions"]) is (told is not None)
    assert told is None or any(told in sentence for sentence in claim["contradictions"])


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (((540, 570),), ((550, 580),), "97110 overlap by 20 minutes, 40 by the clock"),
        (((540, 570),), ((540, 570),), "97110 overlap by 30 minutes, 30 by the clock"),
        (((540, 550), (540, 550)), ((540, 550),), "97110 overlap by 20 minutes, 10 by the clock"),
        (((540, 570),), ((570, 600),), None),
    ],
)
def test_overlapping_times_of_a_code_given_twice_are_told(
    first: tuple[tuple[int, int], ...], second: tuple[tuple[int, int], ...], told: str | None
) -> None:
    items = [Delivered("97110", 30, clock=clock) for clock in (first, second)]
    said = build_claim(items, payer_named("medicare"))["contradictions"]
    assert len(said) == (told is not None)
    assert told is None or told in said[0]


def test_times_of_a_code_given_twice_overlap_another_code_once() -> None:
    items = [Delivered("97110", 30, clock=((540, 570),)), Delivered("97110", 30, clock=((570, 600),))]
    said = build_claim([*items, Delivered("97140", 30, clock=((555, 585),))], payer_named("medicare"))
    assert [s.partition(";")[0] for s in said["contradictions"]] == [
        "The stated times of 97110 and 97140 overlap by 30 minutes"
    ]


@pytest.mark.parametrize(
    ("given", "session", "told"),
    [
        ({"97110": 30, "G0283": 15}, 35, True),
        ({"97110": 30, "G0283": 15}, 45, False),
        ({"97110": 30, "G0283": None}, 35, False),
    ],
)
def test_untimed_codes_beside_timed_ones_fit_into_the_session(given: Given, session: int, told: bool) -> None:
    said = claim_of(given, session_total=session)["contradictions"]
    assert any("ran beside other work" in sentence for sentence in said) is told


# --- Times stated once for several codes ---


@pytest.mark.parametrize(
    ("given", "times", "timed", "units", "lines"),
    [
        ({"97110": 20, "97112": 20}, [("97110 97112", 20)], 20, 1, {"97110": (None, 10), "97112": (None, 10)}),
        (
            {"97110": 20, "97112": 20, "97116": 15},
            [("97110 97112", 20)],
            35,
            2,
            {"97110": (None, 10), "97112": (None, 10), "97116": (15, None)},
        ),
        ({"97110": 30, "97112": 20}, [("97110 97112", 20)], 30, 2, {"97110": (None, 20), "97112": (None, 10)}),
        ({"97140": 12, "97010": 12}, [("97140 97010", 12)], 12, 1, {"97140": (12, None), "97010": (12, None)}),
        ({"97110": 20}, [("97110 97112", 20)], 20, 1, {"97110": (20, None)}),
        (
            {"97110": 30, "97112": 20, "97116": 10},
            [("97110 97112", 20), ("97110 97116", 10)],
            30,
            2,
            {"97110": (None, 15), "97112": (None, 10), "97116": (None, 5)},
        ),
        (
            {"97129": 15, "97130": 15, "97112": 30},
            [("97129 97130 97112", 30)],
            30,
            2,
            {"97129": (None, 15), "97130": (None, 0), "97112": (None, 15)},
        ),
    ],
)
def test_a_time_stated_once_for_several_timed_codes_counts_once(
    given: Given,
    times: list[tuple[str, int]],
    timed: int,
    units: int,
    lines: dict[str, tuple[int | None, int | None]],
) -> None:
    claim = claim_of(given, shared_times=[SharedTime(tuple(codes.split()), minutes) for codes, minutes in times])
    assert (claim["timed_minutes"], claim["timed_units"]) == (timed, units)
    assert {x["code"]: (x["minutes"], x["proposed_minutes"]) for x in claim["lines"]} == lines
    for line in claim["lines"]:
        assert (line["units"] is None) == (line["minutes"] is None)
        assert (line["proposed_units"] is None) == (line["proposed_minutes"] is None)


def test_the_rest_of_a_timed_total_is_that_of_the_code_beside_a_shared_time() -> None:
    shared = [SharedTime(("97110", "97112"), 20)]
    claim = claim_of({"97110": 20, "97112": 20, "97116": None}, timed_total=35, shared_times=shared)
    assert (line_of(claim, "97116")["minutes"], line_of(claim, "97116")["minutes_from"]) == (15, "derived")
    assert (claim["timed_minutes"], claim["timed_units"]) == (35, 2)
    open_ = claim_of({"97110": 20, "97112": 20, "97116": None}, shared_times=shared)
    assert (open_["timed_minutes"], open_["timed_units"]) == (None, None)


def test_a_shared_time_is_held_against_the_totals_once() -> None:
    shared = [SharedTime(("97110", "97112"), 20)]
    given: Given = {"97110": 20, "97112": 20, "97116": 15}
    assert claim_of(given, timed_total=35, session_total=40, shared_times=shared)["contradictions"] == []
    said = claim_of(given, timed_total=40, session_total=30, shared_times=shared)["contradictions"]
    assert any("come to 35, the note's timed total is 40" in s for s in said)
    assert any("come to 35, more than the session total of 30" in s for s in said)


def test_a_shared_start_and_end_is_no_overlap() -> None:
    items = [Delivered(code, 20, clock=((540, 560),)) for code in ("97110", "97112")]
    medicare = payer_named("medicare")
    assert build_claim(items, medicare)["contradictions"]
    shared = [SharedTime(("97110", "97112"), 20)]
    assert build_claim(items, medicare, shared_times=shared)["contradictions"] == []


@given(
    st.dictionaries(st.sampled_from(["97110", "97112", "97116", "97140", "97530"]), st.integers(0, 40), min_size=2),
    st.integers(1, 60),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_proposals_of_a_shared_time_come_to_what_is_stated(
    own: dict[str, int], time: int, data: st.DataObject
) -> None:
    codes = data.draw(st.lists(st.sampled_from(sorted(own)), min_size=2, unique=True))
    minutes: Given = {code: n + (time if code in codes else 0) for code, n in own.items()}
    claim = claim_of(minutes, shared_times=[SharedTime(tuple(codes), time)])
    total = sum(own.values()) + time
    assert claim["timed_minutes"] == total
    assert claim["timed_units"] == (total + 7) // 15
    assert sum(x["minutes"] or x["proposed_minutes"] or 0 for x in claim["lines"]) == total
    assert (
        sum(
            (x["units"] if x["proposed_units"] is None else x["proposed_units"]) or 0
            for x in claim["lines"]
            if x["code"] in codes
        )
        <= (total + 7) // 15
    )


@pytest.mark.parametrize(
    ("times", "session", "told"),
    [
        ([("G0283 97010", 15)], 35, False),
        ([], 35, True),
        ([("G0283 97010", 15)], 34, True),
        ([("97110 G0283 97010", 15)], 20, False),
    ],
)
def test_minutes_of_untimed_codes_that_are_others_too_are_held_against_the_session_once(
    times: list[tuple[str, int]], session: int, told: bool
) -> None:
    shared = [SharedTime(tuple(codes.split()), minutes) for codes, minutes in times]
    claim = claim_of({"97110": 20, "G0283": 15, "97010": 15}, session_total=session, shared_times=shared)
    assert any("unless" in said for said in claim["contradictions"]) is told


@pytest.mark.parametrize(("payer", "given"), [("medicare", "97014"), ("commercial", "G0283"), ("medicare", "G0283")])
def test_a_shared_time_is_that_of_the_payers_twin(payer: str, given: str) -> None:
    shared = [SharedTime((given, "97010"), 15)]
    claim = claim_of({"97110": 20, given: 15, "97010": 15}, payer, session_total=35, shared_times=shared)
    assert claim["contradictions"] == []


def test_all_units_can_be_told_though_a_split_cannot() -> None:
    shared = [SharedTime(("97110", "97112"), 20)]
    claim = claim_of({"97110": 20, "97112": 20, "G0283": 15, "97010": 15}, shared_times=shared)
    assert (claim["timed_units"], claim["total_units"]) == (1, 2)
    assert claim_of({"97110": None, "97112": 20})["total_units"] is None


@pytest.mark.parametrize(
    ("items", "asked"),
    [
        ([Delivered("97161")], False),  # an untimed code has no last unit
        ([Delivered("97161"), Delivered("97010")], False),
        ([Delivered("97161"), Delivered("97110", 15)], True),
        ([Delivered("97110", 5)], False),  # no unit
    ],
)
def test_the_last_unit_is_asked_about_where_units_go_by_time(items: list[Delivered], asked: bool) -> None:
    questions = build_claim(items, payer_named("medicare"), NOW, "PT", "PTA")["questions"]
    assert any("last unit" in question for question in questions) is asked


def test_a_minute_is_one() -> None:
    claim = claim_of({"97110": 1, "97140": 2})
    notes = {line["code"]: line["notes"] for line in claim["lines"]}
    assert "1 minute earns no unit here; it stays in the note." in notes["97110"]
    assert "2 minutes earn no unit here; they stay in the note." in notes["97140"]
    separate = claim_of({"97110": 1}, payer="cash")["working"]["sentences"]
    assert not [said for said in separate if "1 minutes" in said]
