"""The lines of a claim."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from claim_support import NOW, Given, claim_of, line_of, units_of
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.catalogue import load_catalogue
from corpus.payers import load_payers, payer_named
from models.claim.lines import Delivered, build_claim


def test_a_whole_claim() -> None:
    claim = claim_of(
        {"97112": 24, "97110": 23, "97014": 15, "97010": 10}, discipline="PT", session_total=75, timed_total=47
    )
    assert units_of(claim) == {"97112": 2, "97110": 1, "G0283": 1, "97010": 1}
    assert (claim["rule"], claim["timed_minutes"], claim["timed_units"], claim["total_units"]) == ("cms", 47, 3, 4)
    assert claim["total_minutes"] == 75
    assert claim["date"] == "2026-11-02"
    assert claim["demands"][0]["met"] is True
    assert [line["modifiers"] for line in claim["lines"]] == [["GP"], ["GP"], ["GP"], []]
    assert line_of(claim, "G0283")["twin_of"] == "97014"
    assert line_of(claim, "G0283")["notes"] == ["Medicare Part B takes G0283 for what 97014 names."]
    assert line_of(claim, "97010")["bundled"]
    assert "pays nothing separately" in line_of(claim, "97010")["notes"][0]
    assert claim["cautions"] == []
    assert claim["edits"] == []


@pytest.mark.parametrize(
    ("payer", "given", "code"),
    [
        ("medicare", "97014", "G0283"),
        ("uhc", "97014", "G0283"),
        ("commercial", "G0283", "97014"),
        ("cash", "97014", "97014"),
    ],
)
def test_twins(payer: str, given: str, code: str) -> None:
    [line] = claim_of({given: 15}, payer)["lines"]
    assert line["code"] == code
    assert line["twin_of"] == (given if given != code else None)


def test_twins_given_both_are_one_line() -> None:
    assert units_of(claim_of({"97014": 15, "G0283": 10})) == {"G0283": 1}


@pytest.mark.parametrize(
    ("code", "date", "why"),
    [
        ("97762", NOW, "97762 was deleted after 31 December 2017 and is never billed."),
        ("97001", None, "97001 was deleted after 31 December 2016 and is never billed."),
        ("98979", dt.date(2025, 12, 31), "98979 begins on 1 January 2026, after the date of service."),
        ("ABCDE", NOW, "ABCDE is not in the catalogue; see 'soapcode codes' for those known."),
    ],
)
def test_codes_that_cannot_stand(code: str, date: dt.date | None, why: str) -> None:
    """They are left out with a sentence, and the others stay."""
    claim = claim_of({code: 12, "97110": 15}, date=date)
    assert claim["left_out"] == [{"code": code, "why": why}]
    assert units_of(claim) == {"97110": 1}


@pytest.mark.parametrize("minutes", [-1, 1441, 10.5, True, "15"])
def test_minutes_that_cannot_be(minutes: Any) -> None:
    claim = claim_of({"97110": minutes, "97140": 15})
    assert units_of(claim) == {"97110": None, "97140": 1}
    assert any("Minutes must be whole and in 0..1440" in caution for caution in line_of(claim, "97110")["cautions"])


@pytest.mark.parametrize("area", [0.0, -1.0, float("nan"), float("inf")])
def test_areas_that_cannot_be(area: float) -> None:
    claim = build_claim([Delivered("97597", area=area), Delivered("97110", 15)], payer_named("medicare"))
    assert units_of(claim) == {"97597": 1, "97110": 1}
    assert any("The area must be above 0" in caution for caution in line_of(claim, "97597")["cautions"])


def test_a_code_given_twice_is_added_up() -> None:
    items = [Delivered("97110", 10, 2, concepts=("a",)), Delivered("97110", 13, 1, concepts=("b",))]
    assert [(x["units"], x["minutes"]) for x in build_claim(items, payer_named("medicare"))["lines"]] == [(2, 23)]
    [line] = build_claim([items[0], Delivered("97110")], payer_named("medicare"))["lines"]
    assert (line["units"], line["minutes"]) == (None, None)


# --- Families ---


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({"97129": 40}, [("97129", 1, 15, False), ("97130", 2, 25, True)]),
        ({"97129": 15, "97130": 25}, [("97129", 1, 15, False), ("97130", 2, 25, False)]),
        ({"97130": 25}, [("97129", 1, 15, True), ("97130", 1, 10, False)]),
        ({"97129": 22}, [("97129", 1, 22, False)]),
        ({"97129": 40, "97130": None}, [("97129", 1, 15, False), ("97130", 2, 25, False)]),
        ({"97550": 45}, [("97550", 1, 30, False), ("97551", 1, 15, True)]),
        ({"98980": 45}, [("98980", 1, 20, False), ("98981", 1, 25, True)]),
        ({"98979": 12}, [("98979", 1, 12, False)]),
        ({"98979": 25}, [("98979", 0, 25, False), ("98980", 1, None, True)]),
        ({"98979": 45}, [("98979", 0, 45, False), ("98980", 1, None, True), ("98981", 1, None, True)]),
    ],
)
def test_families(given: Given, lines: list[tuple[str, int, int | None, bool]]) -> None:
    claim = claim_of(given)
    assert [(x["code"], x["units"], x["minutes"], x["added"]) for x in claim["lines"]] == lines
    assert all(any(n.startswith("Added: ") for n in x["notes"]) == x["added"] for x in claim["lines"])


def test_a_proposal_for_a_family_is_split_too() -> None:
    claim = claim_of({"97129": None, "97130": None, "97110": None}, timed_total=60)
    lines = [(x["code"], x["units"], x["proposed_minutes"], x["proposed_units"]) for x in claim["lines"]]
    assert lines == [("97129", None, 15, 1), ("97130", None, 15, 1), ("97110", None, 30, 2)]


def test_a_family_without_minutes() -> None:
    claim = claim_of({"97129": None, "97130": None})
    assert units_of(claim) == {"97129": None, "97130": None}
    assert claim["cautions"] == ["Cannot be told: the note states no minutes for 97129, and no total."]
    assert units_of(claim_of({"97129": None, "97130": None}, timed_total=40)) == {"97129": 1, "97130": 2}


@pytest.mark.parametrize(
    ("items", "units"),
    [
        ([Delivered("97597", area=45.0)], {"97597": 1, "97598": 2}),
        ([Delivered("97597"), Delivered("97598", area=45.0)], {"97597": 1, "97598": 2}),
        ([Delivered("97597", 20)], {"97597": 1}),
        ([Delivered("97597"), Delivered("97598")], {"97597": 1, "97598": None}),
    ],
)
def test_wound_area(items: list[Delivered], units: dict[str, int | None]) -> None:
    claim = build_claim(items, payer_named("medicare"), NOW)
    assert units_of(claim) == units
    assert any("the area is not" in c for line in claim["lines"] for c in line["cautions"]) == (
        None in units.values()
    )


@pytest.mark.parametrize(
    ("code", "alone"), [("97598", False), ("97130", True), ("97546", True), ("98981", True), ("G0542", True)]
)
def test_an_add_on_never_stands_alone(code: str, alone: bool) -> None:
    """With minutes or an area the base comes with it; with neither it is said."""
    said = f"{code} never stands without {load_catalogue()[code].add_on_of}."
    assert (said in line_of(claim_of({code: None}), code)["cautions"]) == alone
    assert said not in line_of(claim_of({code: 200}), code)["cautions"]
    assert said not in line_of(claim_of({str(load_catalogue()[code].add_on_of): 30, code: None}), code)["cautions"]


# --- Maxima, caps, cautions ---


@pytest.mark.parametrize(
    ("given", "payer", "code", "over"),
    [
        ({"97035": 30}, "medicare", "97035", 0),
        ({"97035": 45}, "medicare", "97035", 1),
        ({"97110": 127}, "medicare", "97110", 2),
        ({"97110": 127}, "commercial", "97110", 2),
        ({"97110": 127}, "cash", "97110", 0),
        ({"97014": 10}, "commercial", "97014", 0),  # CMS's 0 says nothing of other payers
        ({"97010": 10}, "medicare", "97010", 0),
    ],
)
def test_daily_maxima(given: Given, payer: str, code: str, over: int) -> None:
    line = line_of(claim_of(given, payer), code)
    assert line["over_daily_max"] == over
    assert any("Nothing was cut" in caution for caution in line["cautions"]) == bool(over)


@pytest.mark.parametrize(
    ("minutes", "date", "said"),
    [(60, NOW, False), (75, NOW, True), (75, None, True), (75, dt.date(2021, 3, 31), False)],
)
def test_anthem_cap(minutes: int, date: dt.date | None, said: bool) -> None:
    claim = claim_of({"97110": minutes}, "anthem", date=date)
    assert any("Anthem pays at most 4 timed units a day in Indiana" in c for c in claim["cautions"]) == said


@pytest.mark.parametrize(
    ("payer", "given", "said"),
    [
        ("anthem", {"97110": 24, "97140": 23}, "by the CMS total-time rule: 97140 1 unit."),
        ("anthem", {"97110": 15, "97140": 15}, None),
        ("tricare", {"97110": 20, "97140": 20}, "by the CPT midpoint rule: 97110 1 unit."),
        (
            "anthem",
            {"97110": 8, "97140": 8, "97112": 8},
            "by the CMS total-time rule: 97112 no unit; 3 answers are right by it, this is the nearest.",
        ),
        (
            "commercial",
            {"97129": 40, "97535": 10},
            "by the CMS total-time rule: 97535 no unit; 2 answers are right by it, this is the nearest.",
        ),
        ("medicare", {"97110": 24, "97140": 23}, None),
        ("uhc", {"97110": 24, "97140": 23}, None),
        ("cash", {"97110": 24, "97140": 23}, None),
    ],
)
def test_the_other_rule_is_named_where_the_rule_is_not_settled(payer: str, given: Given, said: str | None) -> None:
    found = [c for c in claim_of(given, payer)["cautions"] if "not settled" in c]
    assert found == ([f"This payer's unit rule is not settled; {said}"] if said else [])


@pytest.mark.parametrize(
    ("payer", "items", "code", "words", "said"),
    [
        ("anthem", [Delivered("97530", 15), Delivered("97140", 15)], "97530", "mutually exclusive", True),
        ("anthem", [Delivered("97530", 15), Delivered("97110", 15)], "97530", "mutually exclusive", False),
        ("commercial", [Delivered("97530", 15), Delivered("97140", 15)], "97530", "refused 97530 beside 97140", True),
        ("medicare", [Delivered("97530", 15), Delivered("97140", 15)], "97530", "97140", False),
        ("medicare", [Delivered("20560")], "20560", "chronic low back pain", True),
        ("commercial", [Delivered("20561")], "20561", "do not cover dry needling", True),
        ("medicare", [Delivered("97112", 15, concepts=("kinesiology-tape",))], "97112", "kinesiology tape", True),
        ("medicare", [Delivered("97112", 15, concepts=("single-leg-stance",))], "97112", "kinesiology tape", False),
        ("commercial", [Delivered("97110", 15, concepts=("kinesiology-tape",))], "97110", "investigational", True),
        # tape whose minutes earn no unit: the caution stands, those that ask for a billed line do not
        (
            "medicare",
            [Delivered("97110", 20), Delivered("97112", 3, concepts=("kinesiology-tape",))],
            "97112",
            "kinesiology",
            True,
        ),
        (
            "medicare",
            [Delivered("97110", 20), Delivered("97112", 3, concepts=("kinesiology-tape",))],
            "97110",
            "kinesiology",
            False,
        ),
        ("anthem", [Delivered("97530", 15), Delivered("97140", 3)], "97530", "mutually exclusive", False),
        ("medicare", [Delivered("97012", concepts=("inversion-table",))], "97012", "inversion table", True),
        ("medicare", [Delivered("97110", 15, concepts=("inversion-table",))], "97110", "inversion table", False),
    ],
)
def test_payer_cautions(payer: str, items: list[Delivered], code: str, words: str, said: bool) -> None:
    line = line_of(build_claim(items, payer_named(payer), NOW), code)
    assert any(words in caution for caution in line["cautions"]) == said


@pytest.mark.parametrize(
    ("code", "payer", "words"),
    [
        ("97037", "medicare", "Medicare does not cover it."),
        ("S8948", "medicare", "Medicare does not take this code."),
        ("97026", "medicare", "within limits"),
        ("97139", "medicare", "contractor sets the price"),
        ("97110", "medicare", None),
        ("97037", "commercial", None),
    ],
)
def test_medicare_status(code: str, payer: str, words: str | None) -> None:
    notes = line_of(claim_of({code: 15}, payer), code)["notes"]
    assert bool(notes) == (words is not None)
    assert words is None or words in notes[0]


@pytest.mark.parametrize(
    ("payer", "given", "options", "met"),
    [
        ("medicare", {"97110": 15}, {"timed_total": 15, "session_total": 20}, True),
        ("medicare", {"97110": 15}, {"timed_total": 15}, False),
        ("uhc", {"97110": 15}, {"clock_times": True}, True),
        ("uhc", {"97110": 15}, {"clock_times": False}, False),
        ("uhc", {"97110": 15}, {}, None),
        ("anthem", {"97110": 15, "97140": 8}, {}, True),
        ("anthem", {"97110": 15, "97140": None}, {"timed_total": 30}, False),
        ("anthem", {"97129": 40}, {}, True),
    ],
)
def test_demands(payer: str, given: Given, options: dict[str, Any], met: bool | None) -> None:
    [demand] = claim_of(given, payer, **options)["demands"]
    assert demand["met"] is met
    assert demand["source"]


@pytest.mark.parametrize(("clock_times", "met"), [(True, None), (False, False), (None, None)])
def test_clock_times_of_every_code_are_known_only_to_lack(clock_times: bool | None, met: bool | None) -> None:
    uhc = payer_named("uhc")
    assert uhc.time is not None
    wants = uhc.model_copy(update={"time": uhc.time.model_copy(update={"demand": "per_code_start_stop"})})
    [demand] = build_claim([Delivered("97110", 15)], wants, clock_times=clock_times)["demands"]
    assert demand["met"] is met


# --- Edits, modifiers, people ---


def test_edits_stand_on_the_claims_own_codes() -> None:
    """The payer's twin, not the code given, meets the edit."""
    claim = claim_of({"97014": 15, "97032": 15})
    assert [(e["column1"], e["column2"], e["moot"]) for e in claim["edits"]] == [("G0283", "97032", False)]
    assert claim["edit_table"] is not None
    assert claim_of({"97014": 15, "97032": 15}, "cash")["edit_table"] is None


def test_an_edit_with_a_line_of_no_units_is_moot() -> None:
    claim = claim_of({"97140": 12, "97124": 8})
    assert units_of(claim) == {"97140": 1, "97124": 0}
    assert [e["moot"] for e in claim["edits"]] == [True]
    assert [e["moot"] for e in claim_of({"97140": None, "97124": None})["edits"]] == [False]


def test_an_assistant_of_another_plan() -> None:
    claim = claim_of({"97110": 15}, discipline="PT", assistant="COTA")
    assert "A COTA works under a plan of OT; the plan told is PT." in claim["cautions"]
    (line,) = claim["lines"]
    assert line["modifiers"] == ["GP"]
    assert [q for q in line["questions"] if "CO" in q] == [
        "Who gave 97110, and under whose plan? CO, a COTA's, stands beside GO only, and the plan here is PT."
    ]
    assert not [q for q in claim["questions"] if "CO" in q or "last unit" in q]
    (own,) = claim_of({"97110": 15}, assistant="COTA")["lines"]
    assert [q for q in own["questions"] if "carries CO beside GO" in q]
    assert own["modifiers"] == ["GO"]
    assert claim_of({"97110": 15}, assistant="COTA")["discipline"] == "OT"
    assert claim_of({"97110": 15}, assistant="COTA")["cautions"] == []


def test_questions_only_where_therapy_is_billed() -> None:
    assert claim_of({})["questions"] == []
    assert claim_of({"97010": 10})["questions"] == []
    assert any("KX" in question for question in claim_of({"97110": 15}, discipline="PT")["questions"])


def test_nothing_delivered() -> None:
    claim = claim_of({})
    assert claim["lines"] == []
    assert claim["timed_minutes"] == 0
    assert claim["demands"] == []
    assert claim["working"]["sentences"] == []


CODES = st.sampled_from([*load_catalogue(), "00000"])
TOTAL = st.one_of(st.none(), st.integers(-5, 2000))


ITEM = st.builds(
    Delivered,
    CODES,
    st.one_of(st.none(), st.integers(-3, 200), st.just(99999)),
    st.integers(-1, 5),
    st.one_of(st.none(), st.floats(allow_nan=True)),
    st.sampled_from([(), ("kinesiology-tape",)]),
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(ITEM, max_size=8),
    st.sampled_from(list(load_payers().values())),
    st.one_of(st.none(), st.dates(dt.date(2015, 1, 1), dt.date(2030, 1, 1))),
    st.sampled_from([None, "PT", "OT", "SLP"]),
    st.sampled_from([None, "PTA", "COTA"]),
    TOTAL,
    TOTAL,
)
def test_anything_gives_a_claim(
    items: list[Delivered],
    payer: Any,
    date: dt.date | None,
    discipline: str | None,
    assistant: str | None,
    timed: int | None,
    session: int | None,
) -> None:
    """No input raises; the answer is plain data; every code given stands on a line or is left out; nothing is cut."""
    claim = build_claim(items, payer, date, discipline, assistant, timed_total=timed, session_total=session)
    assert json.loads(json.dumps(claim)) == claim
    lines = {line["code"]: line for line in claim["lines"]}
    assert len(lines) == len(claim["lines"])
    left = {out["code"] for out in claim["left_out"]}
    twins = {line["twin_of"] for line in lines.values()}
    assert {item.code for item in items} <= {*lines, *left, *twins}
    known = [line["units"] for line in lines.values() if line["units"] is not None]
    assert all(units >= 0 for units in known)
    for line in lines.values():
        assert set(line["modifiers"]) <= {"GP", "GO", "GN"}
        assert line["units"] is None or line["proposed_units"] is None
    if claim["timed_minutes"] is not None and payer.unit_rule == "cms" and claim["working"]["row"]:
        pooled = claim["working"]["blocks"]
        assert sum(block["units"] for block in pooled) == claim["working"]["row"]["units"]
        assert sum((lines[c]["units"] or 0) for b in pooled for c in b["codes"] if c in lines) == sum(
            b["units"] for b in pooled
        )


@pytest.mark.parametrize(
    ("minutes", "written", "told"),
    [
        ({"97110": 30}, {"97110": 3}, True),
        ({"97110": 30}, {"97110": 2}, False),
        ({"97110": 20, "97112": 20}, {"97110": 1, "97112": 2}, False),  # the other right answer of a tie
        ({"97110": None}, {"97110": 3}, False),
        ({"97110": 5}, {"97110": 1}, True),
    ],
)
def test_units_the_note_writes_are_held_against_its_minutes(
    minutes: Given, written: dict[str, int], told: bool
) -> None:
    items = [Delivered(code, m, written_units=written.get(code)) for code, m in minutes.items()]
    claim = build_claim(items, payer_named("medicare"))
    assert any("The note writes" in c for line in claim["lines"] for c in line["cautions"]) is told


@pytest.mark.parametrize(
    ("given", "units", "why"),
    [
        # the ranking's order is not the note's
        (
            [("97112", 8, 60), ("97110", 8, 0), ("97140", 8, 120)],
            {"97110": 1, "97112": 1, "97140": 0},
            "named first in the note",
        ),
        (
            [("97112", 8, 0), ("97110", 8, 60), ("97140", 8, 30)],
            {"97112": 1, "97140": 1, "97110": 0},
            "named first in the note",
        ),
        (
            [("97112", 8, 60), ("97110", 8, None), ("97140", 8, 120)],
            {"97112": 1, "97110": 1, "97140": 0},
            "listed first",
        ),
        ([("97112", 8, 60), ("97110", 8, 60), ("97140", 8, 0)], {"97112": 1, "97110": 1, "97140": 0}, "listed first"),
        ([("97112", 5, 0), ("97110", 20, 60)], {"97112": 0, "97110": 2}, "more minutes in all"),
        (
            [("97112", 10, 0), ("97140", 10, 30), ("97110", 25, 60)],
            {"97110": 2, "97112": 1, "97140": 0},
            "more minutes in all, then named first in the note",
        ),
    ],
)
def test_the_reason_told_for_a_tie_is_the_one_that_decided(
    given: list[tuple[str, int, int | None]], units: dict[str, int], why: str
) -> None:
    claim = build_claim([Delivered(code, m, place=place) for code, m, place in given], payer_named("medicare"))
    assert units_of(claim) == units
    assert [line["code"] for line in claim["lines"]] == [code for code, _, _ in given]
    (tie,) = [s for s in claim["working"]["sentences"] if " tie at " in s]
    assert tie.endswith(f"({why}).")


def test_an_add_on_stands_where_its_base_is_named() -> None:
    items = [Delivered("97110", 10, place=50), Delivered("97129", 10, place=0), Delivered("97130", place=0)]
    sentences = build_claim(items, payer_named("medicare"))["working"]["sentences"]
    assert any(s.endswith("taken here: 97129 (named first in the note).") for s in sentences), sentences


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (3, "writes 3 units for the visit; by this payer's rule it gives 2 in all, 1 of them of timed codes"),
        (2, None),  # with the untimed one
        (1, None),  # the timed ones
        (None, None),
    ],
)
def test_units_the_note_writes_for_the_visit_are_held_against_the_claim(
    written: int | None, told: str | None
) -> None:
    items = [Delivered("97110", 20), Delivered("97014", 15)]
    said = build_claim(items, payer_named("medicare"), written_units=written)["cautions"]
    found = [c for c in said if "for the visit" in c]
    assert (len(found) == 1 and told in found[0]) if told else found == []


def test_units_for_the_visit_are_not_compared_where_they_cannot_be_told() -> None:
    claim = build_claim([Delivered("97110", None)], payer_named("medicare"), written_units=3)
    assert not any("for the visit" in c for c in claim["cautions"])


def test_a_bundled_line_may_be_counted_or_not() -> None:
    items = [Delivered("97110", 20), Delivered("97010", 10)]
    for written in (1, 2):
        claim = build_claim(items, payer_named("medicare"), written_units=written)
        assert not any("for the visit" in c for c in claim["cautions"])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([(15, 1), (15, 1)], []),
        ([(15, 1), (15, 2)], ["The note writes 3 units of 97110, its 30 minutes give 2 by this payer's rule."]),
        ([(15, 1), (15, None)], []),  # what is written of a part cannot be held against the whole
        ([(15, 3), (None, 1)], []),
    ],
)
def test_units_written_for_a_code_given_twice_add_up_like_its_minutes(
    given: list[tuple[int | None, int | None]], told: list[str]
) -> None:
    items = [Delivered("97110", minutes, written_units=units) for minutes, units in given]
    [line] = build_claim(items, payer_named("medicare"))["lines"]
    assert [c for c in line["cautions"] if "The note writes" in c] == told


def test_what_contradicts_is_among_the_cautions() -> None:
    claim = build_claim([Delivered("97110", 30)], payer_named("medicare"), contradictions=["Two days."])
    assert claim["contradictions"] == ["Two days."]
    assert claim["cautions"] == ["Two days."]
