"""The claim as CSV for a billing system: first the columns it always had, then what a biller also needs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from pathlib import Path

from corpus.gaps import Severity
from corpus.payers import payer_named
from models.claim.lines import Delivered, build_claim
from models.contract import ClaimItem
from models.fhir import claim_bundle
from models.gaps import Gap
from service.claim import claim_csv

FIRST = ["code", "units", "minutes", "modifiers", "bundled", "questions", "cautions"]


def _rows(*items: Delivered, payer: str = "medicare", date: dt.date | None = dt.date(2026, 11, 2)) -> list[list[str]]:
    claim = ClaimItem(**build_claim(items, payer_named(payer), date), tiers=[], gaps=[], review=None)
    return list(csv.reader(io.StringIO(claim_csv(claim))))


def _gap(name: str, severity: Severity, *codes: str) -> Gap:
    return Gap(
        id=name,
        severity=severity,
        codes=list(codes),
        says="The words “zanzibar” stand alone.",
        rests_on=[],
        absent="words",
        rule="A rule.",
        source="a source",
        dated="2026",
        grade="A",
    )


def test_each_line_has_the_errors_and_warnings_of_its_code_by_name() -> None:
    gaps = [
        _gap("signature-missing", "warning", "97110", "97140"),
        _gap("total-minutes-missing", "error", "97110"),
        _gap("side-missing", "info", "97140"),
    ]
    claim = build_claim([Delivered("97110", 23), Delivered("97140", 15), Delivered("97010")], payer_named("medicare"))
    text = claim_csv(ClaimItem(**claim, tiers=[], gaps=gaps, review=None))
    told = _column(list(csv.reader(io.StringIO(text))), "gaps")
    assert told == {
        "97110": "warning: signature missing; error: total minutes missing",
        "97140": "warning: signature missing",
        "97010": "",
    }
    assert "zanzibar" not in text


def _column(rows: list[list[str]], name: str) -> dict[str, str]:
    at = rows[0].index(name)
    return {row[0]: row[at] for row in rows[1:]}


def test_columns_are_only_added_behind() -> None:
    rows = _rows(Delivered("97110", 23), Delivered("97010"))
    assert rows[0][: len(FIRST)] == FIRST
    added = [
        "date",
        "payer",
        "edits",
        "claim_questions",
        "claim_cautions",
        "left_out",
        "alternatives",
        "gaps",
        "billable",
    ]
    assert rows[0][len(FIRST) :] == added
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [row[:5] for row in rows[1:]] == [["97110", "2", "23", "", "no"], ["97010", "1", "", "", "yes"]]


def test_the_readme_names_the_columns_in_order() -> None:
    page = (Path(__file__).parents[2] / "service" / "README.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"writes a row for each line: (.*?)Units that cannot be told", page, re.S)
    columns = _rows(Delivered("97110", 23))[0]
    named = [word for word in re.findall(r"`(\w+)`", told) if word in columns]
    assert named == columns


def test_every_line_has_its_day_and_payer_and_the_first_what_is_asked_of_the_claim() -> None:
    rows = _rows(Delivered("97110", 23), Delivered("97140", 15))
    assert set(_column(rows, "date").values()) == {"2026-11-02"}
    assert set(_column(rows, "payer").values()) == {"medicare"}
    asked = _column(rows, "claim_questions")["97110"]
    assert "Under whose plan of care" in asked
    assert "KX" in asked
    assert set(_column(_rows(Delivered("97110", 23), date=None), "date").values()) == {""}


def test_what_is_of_the_whole_claim_is_said_once() -> None:
    rows = _rows(Delivered("97110", 20), Delivered("97112", 20), Delivered("12345"))
    for name in ("claim_questions", "left_out", "alternatives"):
        told = list(_column(rows, name).values())
        assert told[0]
        assert not any(told[1:])


def test_lines_that_cannot_be_billed_are_marked_as_fhir_does() -> None:
    items = [Delivered("97110", 23), Delivered("97140", 3), Delivered("97010"), Delivered("97112")]
    claim = build_claim(items[:3], payer_named("medicare"), dt.date(2026, 11, 2))
    rows = _rows(*items[:3])
    assert _column(rows, "units") == {"97110": "2", "97140": "0", "97010": "1"}
    assert _column(rows, "billable") == {"97110": "yes", "97140": "no", "97010": "no"}
    assert _column(_rows(*items), "billable")["97112"] == "unknown"
    bundle = claim_bundle(claim, payer_named("medicare"), "n1", dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
    charged = {
        entry["resource"]["code"]["coding"][0]["code"]: entry["resource"]["status"] for entry in bundle["entry"][1:]
    }
    assert charged == {"97110": "billable", "97140": "not-billable", "97010": "not-billable"}


def test_the_other_right_answers_stand_on_the_first_line() -> None:
    rows = _rows(Delivered("97110", 20), Delivered("97112", 20))
    assert _column(rows, "alternatives") == {"97110": "97110:1 97112:2", "97112": ""}
    assert set(_column(_rows(Delivered("97110", 23)), "alternatives").values()) == {""}


def test_an_edit_stands_on_both_its_lines_and_no_other() -> None:
    told = _column(_rows(Delivered("97150"), Delivered("97110", 23), Delivered("97010")), "edits")
    assert told["97150"] == told["97110"]
    assert told["97110"].startswith("97150/97110 indicator 1: 97150 is paid and 97110 denied")
    assert "Was 97110 truly separate from 97150?" in told["97110"]
    assert told["97010"] == ""
    never = _column(_rows(Delivered("97140", 15), Delivered("97124", 15)), "edits")
    assert never["97124"].startswith("97140/97124 indicator 0")


def test_a_payer_without_edits_and_a_claim_without_more_leave_blanks() -> None:
    rows = _rows(Delivered("97140", 15), Delivered("97124", 15), payer="cash")
    for name in ("edits", "left_out", "claim_questions", "claim_cautions"):
        assert set(_column(rows, name).values()) == {""}, name


def test_codes_left_out_and_cautions_of_the_claim_are_told() -> None:
    rows = _rows(Delivered("97110", 23), Delivered("12345"))
    assert "12345 is not in the catalogue" in _column(rows, "left_out")["97110"]
    rows = _rows(Delivered("97110", 23), Delivered("97140", 30), Delivered("97112", 30), payer="anthem")
    assert "at most 4 timed units" in _column(rows, "claim_cautions")["97110"]
