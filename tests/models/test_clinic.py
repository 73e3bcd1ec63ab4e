"""A clinic's file: every row is a note or a line with a reason, and no reason holds words of the row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.limits import LONGEST_NOTE
from corpus.notes import load_notes
from models.audit import Billed
from models.clinic import ClinicError, RowError, checked_text, parse_codes, read_clinic
from service.visits import BadRow, Visit, billed_lines, read_visits

NAME = "Zebulon"
ROWS = [
    ({"note": "bike 8 min", "codes": "97110"}, ["97110"], ""),
    ({"text": "bike 9 min", "codes": ["97110", "97140"]}, ["97110", "97140"], ""),
    ({"note": "gait 8 min", "codes": "97116-GP:1 97140 59", "units": "1,2"}, ["97116", "97140"], ""),
    ({"note": "rested", "codes": "none"}, [], ""),
    ({"note": "spans bike", "codes": "97110", "spans": [{"start": 6, "end": 10, "label": "97110"}]}, ["97110"], ""),
    ({"note": "spans row", "codes": "97110", "spans": [[6, 99, "97110"]]}, None, "a span must lie in the note's"),
    (
        {"note": f"{NAME} a", "codes": "97110", "spans": [{"text": "absent", "label": "97110"}]},
        None,
        "evidence must be",
    ),
    ({"note": f"{NAME} b"}, None, "codes must not be missing"),
    ({"codes": "97110"}, None, "note must not be missing"),
    ({"note": f"{NAME} c", "codes": f"{NAME} did exercise"}, None, "a word of 7 characters"),
    ({"note": f"{NAME} d", "codes": "99999"}, None, "99999 must be in the catalogue"),
    ({"note": f"{NAME} e", "codes": "97110", "units": 0}, None, "units must be whole numbers"),
    ({"note": f"{NAME} f", "codes": "97110 97140", "units": [1]}, None, "one number a code"),
    ({"note": 7, "codes": "97110"}, None, "note must be a text"),
    ({"note": "bike 8 min", "codes": "97140"}, None, "the same note stands with other codes on line 1"),
    ({"note": "stim 15 min", "codes": ["g0283"], "units": {"g0283": 1}}, ["G0283"], ""),
    ({"note": "lifts 8 min", "codes": "97530", "payer": ["medicare"], "date": {}}, ["97530"], ""),
]


@pytest.mark.parametrize(("letters", "taken"), [("a", True), ("aa", False), ("ä", False)])
def test_a_note_may_be_as_long_as_the_service_reads(letters: str, taken: bool) -> None:
    note = letters * LONGEST_NOTE
    if taken:
        assert checked_text(note) == note
        return
    with pytest.raises(RowError, match=r"at most 256 KiB, got \d+ bytes$"):
        checked_text(note)


def test_every_row_is_a_note_or_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    lines = [json.dumps(row) for row, _, _ in ROWS]
    path.write_text("\n".join([*lines, "{broken", '["no object"]']) + "\n", encoding="utf-8")
    found = read_clinic(path)
    assert found.rows == len(ROWS) + 2
    assert [list(n.note.codes) for n in found.notes] == [codes for _, codes, _ in ROWS if codes is not None]
    bad = {b.line: b.reason for b in found.bad}
    expected = {i: said for i, (_, codes, said) in enumerate(ROWS, 1) if codes is None}
    assert set(bad) == {*expected, len(ROWS) + 1, len(ROWS) + 2}
    for line, said in expected.items():
        assert said in bad[line]
    assert not any(NAME.lower() in reason.lower() for reason in bad.values())


def test_minutes_of_a_code_given_twice_add_up_like_its_units(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    codes = [{"code": "97110", "units": 1, "minutes": 10}, {"code": "97110", "units": 1, "minutes": 13}]
    path.write_text(json.dumps({"note": "bike 10 min, rows 13 min", "codes": codes}), encoding="utf-8")
    (note,) = read_clinic(path).notes
    assert (note.units, note.note.minutes) == ({"97110": 2}, {"97110": 23})


CSV = 'Note,Codes,Units\n"bike 8 min, then row","97110, 97140","1, 2"\n\nshort row\n"a ""quoted"" note",97116,\nbad,nonsense,\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(delimiter: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    text = CSV if delimiter == "," else CSV.replace(",", delimiter).replace(f"{delimiter} ", ", ")
    path.write_text(text, encoding=encoding)
    found = read_clinic(path)
    assert [n.note.codes for n in found.notes] == [("97110", "97140"), ("97116",)]
    assert found.notes[0].units == {"97110": 1, "97140": 2}
    assert [b.line for b in found.bad] == [4, 6]


def test_the_projects_own_test_notes_are_refused(tmp_path: Path) -> None:
    note = next(n for n in load_notes("test") if n.codes)
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"note": note.text, "codes": list(note.codes)}), encoding="utf-8")
    assert [b.reason for b in read_clinic(path).bad] == [
        "note must not be one of this project's own validation or test notes"
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [("c.txt", ""), ("c.csv", "a,b\n1,2\n"), ("c.csv", ""), ("c.csv", 'note,"codes\n' + "bike,97110\n" * 15_000)],
)
def test_a_file_of_which_nothing_can_be_read(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ClinicError, match=r"must be a \.jsonl or \.csv file|the first line must name the columns"):
        read_clinic(path)


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("97110", {"97110": None}),
        ("97110x2 97140", {"97110": 2, "97140": None}),
        ("97110 x 2; g0283", {"97110": 2, "G0283": None}),
        ("97110:1 97110:2", {"97110": 3}),
        ("97110-GP-59:2", {"97110": 2}),
        (" NONE ", {}),
    ],
)
def test_codes(cell: str, codes: dict[str, int | None]) -> None:
    assert parse_codes(cell) == codes


CELLS = [
    ("97110:2 97140:1", {"97110": 2, "97140": 1}),
    ("97110 x 2; 97140=1", {"97110": 2, "97140": 1}),
    ("97110+97140", {"97110": None, "97140": None}),
    ("97110-GP:2 | 97140 59", {"97110": 2, "97140": None}),
    ("97110:GP:59:1, G0283:1-GP", {"97110": 1, "G0283": 1}),
    ("97124 59:1", {"97124": 1}),
    ("97110×2 XS", {"97110": 2}),
    ("97110, GP, 59", {"97110": None}),
    ("None", {}),
]


@pytest.mark.parametrize(("cell", "codes"), CELLS)
def test_training_and_audit_read_one_cell_alike(cell: str, codes: dict[str, int | None]) -> None:
    assert parse_codes(cell) == codes
    assert {line.code: line.units for line in billed_lines(cell)} == {code: n or 1 for code, n in codes.items()}


@pytest.mark.parametrize(
    "cell", ["97110 2", "97110 25", "971100", "97110 two", "97110-GPQ", "GP 97110", "97110:٢", "9７110"]
)
def test_training_and_audit_refuse_one_cell_alike(cell: str) -> None:
    with pytest.raises(RowError):
        parse_codes(cell)
    with pytest.raises(ValueError, match="billed must be codes"):
        billed_lines(cell)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-02", "2026-11-02"),
        ("20261102", "2026-11-02"),
        ("11/2/2026", "2026-11-02"),
        ("11/2/26", "2026-11-02"),
        ("2026-11-02T08:00", "2026-11-02"),
        ("2026-11-02 08:00:00", "2026-11-02"),
        ("11/2/2026 8:00 AM", "2026-11-02"),
        ("2026-13-02", None),
        ("2 Nov 2026", None),
        ("2026-11-02 to 05", None),
    ],
)
def test_training_and_audit_read_one_date_alike(tmp_path: Path, written: str, day: str | None) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(f"Visit,DOS,Billed,Note\n7,{written},97110:2,bike 8 min\n", encoding="utf-8")
    found = read_clinic(path)
    (note,) = found.notes
    assert (note.note.id, note.note.text, note.note.date, note.units) == ("clinic:7", "bike 8 min", day, {"97110": 2})
    assert found.passed_over["date"] == (day is None)
    (visit,) = read_visits(path, "medicare")
    if day is None:
        assert isinstance(visit, BadRow)
        assert visit.why == "date must be a date like 2026-11-02 or 11/2/2026"
    else:
        assert isinstance(visit, Visit)
        assert (visit.id, visit.note, str(visit.date), visit.billed) == (
            "7",
            "bike 8 min",
            day,
            (Billed("97110", 2),),
        )


def test_a_field_under_its_own_name_comes_before_an_exports(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    row = {"billed": "yes", "visit": "9", "id": "7", "note": "bike 8 min", "codes": "97110"}
    path.write_text(json.dumps(row), encoding="utf-8")
    found = read_clinic(path)
    assert [(n.note.id, n.note.codes) for n in found.notes] == [("clinic:7", ("97110",))]
    assert found.passed_over == {"other fields": 2}


def test_a_long_note_in_a_csv_is_one_row(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    text = "rested. " * 20_000
    path.write_text(f'note,codes\n"{text}",none\n', encoding="utf-8")
    assert [n.note.text for n in read_clinic(path).notes] == [text]


@given(st.text(max_size=40))
def test_any_cell_is_codes_or_a_reason(cell: str) -> None:
    try:
        codes = parse_codes(cell)
    except RowError:
        return
    assert codes or cell.strip().upper() == "NONE"
