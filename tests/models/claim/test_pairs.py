"""Pair edits on a claim, and what is told of a pair."""

from __future__ import annotations

import datetime as dt

import pytest

from corpus.edits import EditTable, load_edits
from corpus.payers import load_payers, payer_named
from models.claim.edits import edits_among, explain_pair

NOW = dt.date(2026, 11, 2)
MEDICARE = payer_named("medicare")


@pytest.mark.parametrize(
    ("codes", "pair", "indicator", "shows"),
    [
        (["97124", "97140"], ("97140", "97124"), "0", "no modifier changes that"),
        (["97161", "97750"], ("97161", "97750"), "0", "no modifier changes that"),
        (["20560", "20561"], ("20561", "20560"), "0", "bill the one the note supports best"),
        (["97110", "97150"], ("97150", "97110"), "1", "minutes of 97110 that 97150 does not share"),
        (["97110", "97113"], ("97113", "97110"), "1", "15-minute blocks of 97110 that 97113 does not share"),
        (["97012", "97018"], ("97012", "97018"), "1", "at another time of the day or on another part of the body"),
        (["97032", "G0283"], ("G0283", "97032"), "1", "minutes of 97032 that G0283 does not share"),
    ],
)
def test_edit(codes: list[str], pair: tuple[str, str], indicator: str, shows: str) -> None:
    [found] = edits_among(codes, MEDICARE, NOW)
    assert (found["column1"], found["column2"], found["indicator"]) == (*pair, indicator)
    assert found["says"].startswith(f"{pair[0]} is paid and {pair[1]} denied on one day")
    assert shows in found["says"]
    assert found["says"].count(". ") == 0
    assert found["binding"]
    asked = found["question"]
    assert (asked is None) == (indicator == "0")
    assert asked is None or ("a person decides on 59" in asked and "none is added here" in asked)
    assert edits_among(codes[::-1], MEDICARE, NOW) == [found]


@pytest.mark.parametrize(
    "codes",
    [
        ["97530", "97116"],
        ["97140", "97530"],
        ["97161", "97140"],
        ["97162", "97140"],
        ["97163", "97140"],
        ["97530", "97161"],
        ["97530", "97113"],
        ["97530", "97535"],
        ["97110", "97112", "97116", "97140", "97530"],
        ["97035", "97110"],
        ["97110"],
        [],
    ],
)
def test_pairs_often_quoted_are_not_raised(codes: list[str]) -> None:
    assert edits_among(codes, MEDICARE, NOW) == []
    assert edits_among(codes, MEDICARE) == []


@pytest.mark.parametrize(
    ("payer", "count", "binding"), [("medicare", 1, True), ("commercial", 1, False), ("cash", 0, False)]
)
def test_whose_edits(payer: str, count: int, binding: bool) -> None:
    found = edits_among(["97140", "97124"], payer_named(payer), NOW)
    assert [e["binding"] for e in found] == [binding] * count
    assert all(("may follow or not" in e["says"]) != binding for e in found)


def test_an_edit_beside_a_line_without_units_is_moot() -> None:
    [moot] = edits_among({"97140": True, "97124": False}, MEDICARE)
    [real] = edits_among({"97140": True, "97124": True}, MEDICARE)
    assert (moot["moot"], real["moot"]) == (True, False)
    assert moot["says"] == f"One of the two earns no unit here; should both be billed: {real['says']}"


def test_another_table() -> None:
    assert edits_among(["97140", "97124"], MEDICARE, table=EditTable(())) == []


def test_no_sentence_adds_a_modifier() -> None:
    """Every live pair of the table: 59 and X stand only in questions."""
    live = [row for row in load_edits().rows if row.in_force(NOW)]
    assert live
    for row in live:
        assert edits_among([row.column1, row.column2], MEDICARE, NOW)
        for payer in load_payers().values():
            for item in edits_among([row.column1, row.column2], payer, NOW):
                assert "59" not in item["says"].replace(row.column1, "").replace(row.column2, "")


@pytest.mark.parametrize(
    ("a", "b", "date", "in_force", "first", "holds"),
    [
        ("97530", "97116", None, False, "No CMS edit between 97530 and 97116 is in force.", "31 December 2019"),
        (
            "97530",
            "97116",
            NOW,
            False,
            "No CMS edit between 97530 and 97116 is in force on 2 November 2026.",
            "withdrew it",
        ),
        (
            "97530",
            "97116",
            dt.date(2018, 3, 1),
            True,
            "97530 is paid and 97116 denied on 1 March 2018",
            "1 July 1999",
        ),
        ("97530", "97140", None, False, "No CMS edit between 97530 and 97140 is in force.", "a payer's rule"),
        ("97161", "97140", None, False, "No CMS edit between 97161 and 97140 is in force.", "January 2020"),
        (
            "97110",
            "97530",
            None,
            False,
            "No CMS edit between 97110 and 97530 is in force.",
            "no CMS edit joins these",
        ),
        ("97124", "97140", None, True, "97140 is paid and 97124 denied, and no modifier changes that", "2024Q3"),
        ("97150", "97110", None, True, "97150 is paid and 97110 denied", "since 1 October 2020 (inferred)"),
        ("97035", "97110", None, False, "No CMS edit between 97035 and 97110 stands in the table in use", "2026Q4"),
        (
            "97530",
            "97164",
            None,
            False,
            "No CMS edit between 97530 and 97164 is in force.",
            "a day not in the table to 31",
        ),
    ],
)
def test_explain(a: str, b: str, date: dt.date | None, in_force: bool, first: str, holds: str) -> None:
    told = explain_pair(a, b, date)
    assert told["in_force"] == in_force
    assert told["sentences"][0].startswith(first)
    assert any(holds in sentence for sentence in told["sentences"])
    turned = explain_pair(b, a, date)
    assert turned["rows"] == told["rows"]
    assert turned["in_force"] == in_force


def test_rows_of_a_history_are_oldest_first() -> None:
    days = [row["effective"] for row in explain_pair("97530", "97116")["rows"]]
    assert days == ["1996-01-01", "1999-07-01", "2020-10-01"]


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ("9711", "97140", "two codes of five digits and capitals, got '9711'"),
        ("97140", "971400", "got '971400'"),
        ("97110", "97110", "two different codes, got 97110 twice"),
        ("97140", "97110\n", "got "),
    ],
)
def test_what_is_no_pair(a: str, b: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        explain_pair(a, b)


@pytest.mark.parametrize(
    ("a", "b", "first"),
    [
        ("99213", "97140", "Whether a CMS edit joins 99213 and 97140 cannot be told"),
        ("97140", "20610", "Whether a CMS edit joins 97140 and 20610 cannot be told"),
        ("97010", "97140", "No CMS edit between 97010 and 97140 stands"),  # a therapy code without any edit
        ("98941", "97110", "No CMS edit between 98941 and 97110 stands"),  # not in the catalogue, but in the table
    ],
)
def test_a_code_outside_the_table_is_not_said_to_be_free(a: str, b: str, first: str) -> None:
    told = explain_pair(a, b)
    assert told["sentences"][0].startswith(first)
    assert not told["in_force"]


@pytest.mark.parametrize(
    ("effective", "told"), [(dt.date(2026, 10, 1), False), (dt.date(2027, 1, 1), False), (None, True)]
)
def test_the_history_of_an_edit_that_came_back_is_over(effective: dt.date | None, told: bool) -> None:
    rows = load_edits().rows
    if effective:
        back = next(row for row in rows if (row.column1, row.column2) == ("97530", "97116"))
        rows += (back.model_copy(update={"effective": effective, "deleted": None, "modifier_indicator": "1"}),)
    said = explain_pair("97530", "97116", NOW, EditTable(rows))["sentences"]
    assert any(sentence.startswith("The edit ended with 2019") for sentence in said) == told
