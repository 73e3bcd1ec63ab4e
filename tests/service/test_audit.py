"""Reading visits and fees, the report, and the command."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests_support import command_line

from models.audit import Billed, totalled
from models.suggester import Suggester
from service.audit_report import audit_html, audit_json
from service.visits import BadRow, Visit, billed_lines, read_fees, read_visits

NOTE = (
    "S: knee is easier\nO: Ther Ex: quad sets and SLR 3x10 for zanzibar strength 24 min\n"
    "Manual: patellar glides grade III R knee 23 min\nA: tolerated well\nTotal 47 min"
)


def _file(folder: Path, *rows: str, head: str = "id,date,billed,note") -> Path:
    path = folder / "visits.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        ("97110:2 97140:1", [("97110", 2, ()), ("97140", 1, ())]),
        ("97110 x2; 97140 x 1", [("97110", 2, ()), ("97140", 1, ())]),
        ("97110x2,97140", [("97110", 2, ()), ("97140", 1, ())]),
        ("97110-GP-59:2", [("97110", 2, ("GP", "59"))]),
        ("97110 GP x2 | g0283:GP", [("97110", 2, ("GP",)), ("G0283", 1, ("GP",))]),
        ("97110 = 2", [("97110", 2, ())]),
        ("97110-GPx2", [("97110", 2, ("GP",))]),
        ("97124-59x1 97140x2", [("97124", 1, ("59",)), ("97140", 2, ())]),
        ("97124 59:1", [("97124", 1, ("59",))]),
        ("97110:GP:59:1", [("97110", 1, ("GP", "59"))]),
        ("97110:25", [("97110", 25, ())]),  # units, no modifier
        ("", []),
    ],
)
def test_billed_cells(cell: str, lines: list[tuple[str, int, tuple[str, ...]]]) -> None:
    assert billed_lines(cell) == tuple(Billed(*line) for line in lines)


@pytest.mark.parametrize(
    "cell",
    [
        "9711:2",
        "97110:0",
        "97110:2 foo",
        "97110 two",
        "97110:100",
        "971100",
        "97110 25",
        "97110-GPQ:1",
        "9７110:2",
        "97110:٢",
    ],
)
def test_cells_that_are_none(cell: str) -> None:
    with pytest.raises(ValueError, match="billed must be codes with units"):
        billed_lines(cell)


BAD = [
    ("a,2026-13-02,97110:2,x", "date must be a date"),
    ("a,,97110:2 secret,x", "character 9 begins none"),
    ("a,,97110:2,", "the row must have a note"),
    ("a,,97110:2", "the row must have 4 cells, got 3"),
    ("a,,97110:2,x,y", "the row must have 4 cells, got 5"),
    ('a,,97110:2,"x"y', "the row must be CSV"),
]


@pytest.mark.parametrize(("row", "why"), BAD)
def test_a_bad_row_is_kept_with_its_reason(tmp_path: Path, row: str, why: str) -> None:
    good = "b,2026-11-02,97110:2,a note"
    rows = read_visits(_file(tmp_path, good, row, good), "medicare")
    assert [type(r) for r in rows] == [Visit, BadRow, Visit]
    assert [r.row for r in rows] == [1, 2, 3]
    bad = rows[1]
    assert isinstance(bad, BadRow)
    assert why in bad.why
    assert "secret" not in bad.why


@pytest.mark.parametrize("after", ["d,,97110:2,x", 'd,,97110:2,"x"'])
def test_an_open_quote_swallows_no_row(tmp_path: Path, after: str) -> None:
    rows = read_visits(_file(tmp_path, "b,,97110:2,a note", 'c,,97110:2,"open', after, "e,,97110:1,y"), "medicare")
    assert [type(r) for r in rows] == [Visit, BadRow, Visit, Visit]
    assert [r.id for r in rows] == ["b", "", "d", "e"]


def test_an_open_quote_that_a_later_row_closes_swallows_none_and_shows_nothing(tmp_path: Path) -> None:
    lines = ('"a,,97110:2,open', 'b,,97110:2,squat to 5"', "c,,97110:2,x")
    rows = read_visits(_file(tmp_path, *lines), "medicare")
    assert [(type(r), r.row, r.id) for r in rows] == [(BadRow, 1, ""), (Visit, 2, "b"), (Visit, 3, "c")]
    bad = rows[0]
    assert isinstance(bad, BadRow)
    assert bad.why == "the row must have 4 cells with every quote closed, got 1 over several lines"


@pytest.mark.parametrize(
    ("head", "row", "name"),
    [
        ("note,id,billed", "bike, stairs,7,97110:2", ""),
        ("id,note,billed", "7,bike, stairs,97110:2", "7"),
        ("billed,id,note", "97110:2,7", ""),
    ],
)
def test_the_id_of_a_row_of_too_many_cells_is_no_word_of_its_note(
    tmp_path: Path, head: str, row: str, name: str
) -> None:
    (bad,) = read_visits(_file(tmp_path, row, head=head), "medicare")
    assert isinstance(bad, BadRow)
    assert bad.id == name


def test_a_note_of_several_lines_is_one_row(tmp_path: Path) -> None:
    rows = read_visits(_file(tmp_path, f"b,,97110:2,{_quoted(NOTE)}", "c,,97110:1,x"), "medicare")
    assert [(r.row, r.id) for r in rows] == [(1, "b"), (2, "c")]
    assert isinstance(rows[0], Visit)
    assert rows[0].note == NOTE


def test_bytes_that_are_no_utf8_spoil_their_row_only(tmp_path: Path) -> None:
    path = _file(tmp_path, "b,,97110:2,a note")
    path.write_bytes(path.read_bytes() + b"c,,97110:2,\xff\nd,,97110:1,x\n")
    assert [type(r) for r in read_visits(path, "medicare")] == [Visit, BadRow, Visit]


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("Visit;DOS;Codes;Note", "7;11/2/2026;97110:2;a note"),
        ("visit\tdate of service\tbilled codes\tnote text", "7\t2026-11-02\t97110:2\ta note"),
        ("billed,note,id,date", "97110:2,a note,7,2026-11-02"),
    ],
)
def test_other_layouts(tmp_path: Path, head: str, row: str) -> None:
    (visit,) = read_visits(_file(tmp_path, row, head=head), "cash")
    assert isinstance(visit, Visit)
    assert (visit.id, visit.note, visit.payer, str(visit.date)) == ("7", "a note", "cash", "2026-11-02")


def test_the_name_of_a_note_file_that_can_be_none_is_one_sentence(tmp_path: Path) -> None:
    (bad,) = read_visits(_file(tmp_path, "a\0b,97110:2", head="note_file,billed"), "medicare")
    assert isinstance(bad, BadRow)
    assert bad.why == "note_file must be the name of a file, got one that no file can have"


def test_empty_lines_before_the_heading_are_nothing(tmp_path: Path) -> None:
    (visit,) = read_visits(_file(tmp_path, "a,97110:2", head="\n \nnote,billed"), "medicare")
    assert isinstance(visit, Visit)
    assert visit.note == "a"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_notes_in_files(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "n1.txt").write_text(NOTE, encoding=encoding)
    rows = read_visits(_file(tmp_path, "n1.txt,97110:2", "n2.txt,97110:2", head="note_file,billed"), "medicare")
    assert isinstance(rows[0], Visit)
    assert rows[0].note == NOTE
    assert isinstance(rows[1], BadRow)


@pytest.mark.parametrize("head", ["id,note", "id,billed", ""])
def test_headings_that_lack_something(tmp_path: Path, head: str) -> None:
    with pytest.raises(ValueError, match="must have the columns billed and note"):
        read_visits(_file(tmp_path, "a,b", head=head), "medicare")


def test_fees(tmp_path: Path) -> None:
    path = tmp_path / "fees.csv"
    path.write_text("code,fee\n97110,$28.50\n\ng0283,11\n")
    assert read_fees(path) == {"97110": Decimal("28.50"), "G0283": Decimal(11)}
    for line in ("97110,x", "97110,-1", "9711,3", "97110", "97110,1\n97110,2", "97110,nan"):
        path.write_text(f"code,fee\n{line}\n")
        with pytest.raises(ValueError, match=r"fees\.csv:[23]: "):
            read_fees(path)
    path.write_text("\n\ncode,fee\n97110,x\n")
    with pytest.raises(ValueError, match=r"fees\.csv:4: "):
        read_fees(path)


def _run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "SOAPCODE_HOME": str(home), "COLUMNS": "140", "NO_COLOR": "1"}
    return command_line("audit", *words, env=env)


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    path = tmp_path / "visits.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "date", "billed", "note"])
        writer.writerow(["ok", "2026-11-02", "97110:2 97140:1", NOTE])
        writer.writerow(["more", "2026-11-02", "97110:3 97140:1", NOTE])
        writer.writerow(["less", "2026-11-02", "97110:2", NOTE])
        writer.writerow(["<b>", "2026-11-02", "97110", ""])
    return path


def test_the_command(suggester: Suggester, home: Path, visits: Path, tmp_path: Path) -> None:
    (tmp_path / "fees.csv").write_text("code,fee\n97110,30\n97140,20\n")
    report = tmp_path / "out.html"
    done = _run(home, str(visits), "--fees", str(tmp_path / "fees.csv"), "--report", str(report), "--json")
    assert done.returncode == 1, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert [[f["kind"] for f in v["findings"]] for v in found["visits"]] == [
        [],
        ["units_over"],
        ["supported_not_billed"],
    ]
    totals = found["totals"]
    assert (totals["visits"], totals["agree"], totals["over"], totals["under"]) == (3, 1, 1, 1)
    assert (totals["amount_over"], totals["amount_under"]) == ("30.00", "20.00")
    assert found["bad_rows"] == [{"row": 4, "id": "<b>", "why": "the row must have a note, it is empty"}]
    page = report.read_text(encoding="utf-8")
    shown = _run(home, str(visits)).stdout
    assert "$" not in shown
    for text in (done.stdout, page, shown):
        assert "zanzibar" not in text
        assert "patellar" not in text
        assert "97140" in text
    assert "<td>&lt;b&gt;</td>" in page
    assert "$30.00" in page
    assert not re.search(r"https?:|url\(|<script|src=", page)


def test_a_file_without_bad_rows_leaves_status_0(suggester: Suggester, home: Path, tmp_path: Path) -> None:
    done = _run(home, str(_file(tmp_path, f"a,2026-11-02,97110:2 97140,{_quoted(NOTE)}")))
    assert done.returncode == 0
    assert "bill and note agree" in done.stdout
    assert "a reviewer will ask: " in done.stdout


def test_lines_that_will_be_turned_down_are_told_apart(suggester: Suggester, home: Path, tmp_path: Path) -> None:
    (tmp_path / "fees.csv").write_text("code,fee\n97110,30\n97140,20\n97001,80\n")
    path = _file(tmp_path, f"a,2026-11-02,97110:2 97140 97001,{_quoted(NOTE)}")
    shown = _run(home, str(path), "--fees", str(tmp_path / "fees.csv")).stdout
    assert "turned down as billed: 97001" in shown
    assert re.search(r"with a line that will be turned down as billed\s+1\b", shown)
    assert re.search(r"on lines that will be turned down\s+\$80\.00", shown)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("missing.csv",), "missing.csv cannot be read"),
        (("missing.csv", "--payer", "acme"), "payer must be one of medicare"),
        (("missing.csv", "--fees", "none.csv"), "none.csv cannot be read"),
    ],
)
def test_mistakes_are_one_sentence(suggester: Suggester, home: Path, words: tuple[str, ...], said: str) -> None:
    done = _run(home, *words)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_an_audit_of_nothing() -> None:
    totals = totalled([])
    page = audit_html([], [], totals, "b")
    assert "No visit was judged." in page
    assert audit_json([], [], totals, "b")["totals"]["visits"] == 0
