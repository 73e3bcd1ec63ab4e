"""The superbill and the files `soapcode claim` writes."""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from corpus.payers import payer_named
from models.claim.lines import Claim, Delivered, build_claim
from models.suggester import Suggester
from service.cli_claim import write_files
from service.files import write_whole
from service.superbill import superbill_html

NOTE = (
    "S: knee is easier\nO: Ther Ex: quad sets and SLR 3x10 for zanzibar strength 24 min\n"
    "Manual: patellar glides grade III 23 min\nHot pack 10 min\nA: tolerated well"
)


class _Cells(HTMLParser):
    """The table's body, and whatever could be loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.loads: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [v or "" for k, v in attrs if k in ("src", "href", "action")]
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
        self.inside = tag == "td"

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def _page(payer: str = "cash", **minutes: int | None) -> tuple[str, _Cells, Claim]:
    profile = payer_named(payer)
    items = [Delivered(code.removeprefix("c"), value) for code, value in minutes.items()]
    claim = build_claim(items, profile, dt.date(2026, 11, 2), "PT")
    html = superbill_html(claim, profile)
    cells = _Cells()
    cells.feed(html)
    return html, cells, claim


def test_lines_with_blanks_for_the_rest() -> None:
    html, cells, _ = _page(c97110=24, c97140=23, c97010=10)
    assert cells.rows[1:4] == [
        ["97110", "Therapeutic exercise", "", "24", "2", "", ""],
        ["97140", "Manual therapy", "", "23", "2", "", ""],
        ["97010", "Hot or cold pack", "", "10", "1", "", ""],
    ]
    assert cells.rows[4] == ["Total", "5", "", ""]
    assert "<span>Member ID</span><b></b>" in html
    assert "<span>Date of service</span><b>2026-11-02</b>" in html


def test_units_that_cannot_be_told_are_blank_and_said() -> None:
    html, cells, _ = _page(c97110=None, c97140=23)
    assert cells.rows[1] == ["97110", "Therapeutic exercise", "", "", "", "", ""]
    assert "The units of 97110 cannot be told from the minutes stated." in html
    assert cells.rows[-1] == ["Total", "", "", ""]


def test_a_line_without_a_unit_is_not_charged() -> None:
    html, cells, _ = _page(c97110=24, c97112=4)
    assert [row[0] for row in cells.rows[1:]] == ["97110", "Total"]
    assert "97112 Neuromuscular re-education, 4 minutes: documented, earns no unit." in html


def test_nothing_is_loaded_from_elsewhere() -> None:
    html, cells, _ = _page(c97110=24)
    assert cells.loads == []
    assert not re.search(r"https?:|url\(|@import|<script", html)


def test_a_claim_of_nothing() -> None:
    assert "No billable service was found." in _page()[0]


def test_files_hold_no_note_text(suggester: Suggester, tmp_path: Path) -> None:
    answer = suggester.suggest(NOTE, "cash")
    written = write_files(answer, tmp_path / "a.html", tmp_path / "a.json")
    assert written == [tmp_path / "a.html", tmp_path / "a.json"]
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "97110" in text
        assert "zanzibar" not in text
        assert "patellar" not in text
    assert json.loads((tmp_path / "a.json").read_text())["resourceType"] == "Bundle"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "a.json"]


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none/a\.html cannot be written: No such file"):
        write_whole(tmp_path / "none" / "a.html", "x")
