"""The CMS edit table: the shipped file, its strict loader, and its renewal from CMS's own layouts."""

from __future__ import annotations

import datetime as dt
import sys
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from corpus.edits import COLUMNS, EditTable, PtpEdit, load_edits, load_pair_histories, update_edits
from corpus.errors import CorpusError

NOW = dt.date(2026, 11, 2)


def test_shipped_table() -> None:
    rows = load_edits().rows
    assert len(rows) == 797
    live = [row for row in rows if row.in_force(None)]
    assert Counter(row.modifier_indicator for row in live) == {"1": 324, "0": 124}
    assert len({frozenset((row.column1, row.column2)) for row in live}) == len(live)
    assert load_edits().named == "CMS NCCI PTP practitioner, therapy codes, 2024Q3 and 2026Q4"


@pytest.mark.parametrize(
    ("a", "b", "date", "found"),
    [
        ("97124", "97140", None, ("97140", "97124", "0")),
        ("97140", "97124", NOW, ("97140", "97124", "0")),
        ("97161", "97750", NOW, ("97161", "97750", "0")),
        ("97110", "97150", NOW, ("97150", "97110", "1")),
        ("97110", "97150", dt.date(2020, 10, 1), ("97150", "97110", "1")),
        ("97110", "97150", dt.date(2020, 9, 30), None),
        ("97110", "97150", dt.date(2019, 12, 31), ("97150", "97110", "1")),
        ("97161", "97162", NOW, ("97162", "97161", "0")),
        ("97110", "97113", NOW, ("97113", "97110", "1")),
        ("97116", "97530", None, None),
        ("97116", "97530", NOW, None),
        ("97116", "97530", dt.date(2019, 12, 31), ("97530", "97116", "1")),
        ("97116", "97530", dt.date(2020, 1, 1), None),
        ("97116", "97530", dt.date(2020, 10, 1), None),
        ("97140", "97530", NOW, None),
        ("97140", "97161", NOW, None),
        ("97140", "97161", dt.date(2020, 1, 1), None),
        ("97530", "97161", NOW, None),
        ("97530", "97535", NOW, None),
        ("97530", "97113", NOW, None),
        ("97110", "97164", NOW, None),
        ("97110", "97112", NOW, None),
        ("97110", "97140", NOW, None),
        ("20560", "97140", NOW, None),
        ("97550", "97110", NOW, None),
    ],
)
def test_pairs(a: str, b: str, date: dt.date | None, found: tuple[str, str, str] | None) -> None:
    rows = [(e.column1, e.column2, e.modifier_indicator) for e in load_edits().among([a, b], date)]
    assert rows == ([found] if found else [])
    assert rows == [(e.column1, e.column2, e.modifier_indicator) for e in load_edits().among([b, a, b], date)]


def test_histories_speak_of_pairs_that_are_not_in_force() -> None:
    assert load_pair_histories()
    for pair in load_pair_histories():
        assert not load_edits().among(sorted(pair), None)


GOOD = "97140,97124,0,,,Mutually exclusive procedures,2024Q3,A,CMS\n"
HEADER = ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (HEADER.replace("grade,", "") + GOOD, 1, "the header must be"),
        (HEADER + GOOD.replace(",CMS", ""), 2, "a row must have 9 fields, got 8"),
        (HEADER + GOOD + GOOD, 3, "a row must stand once"),
        (HEADER + GOOD.replace("97124", "97140"), 2, "must join two codes"),
        (HEADER + GOOD.replace("97124", "9712٤"), 2, "column2"),
        (HEADER + GOOD.replace("97124", "9７1２4"), 2, "column2"),
        (HEADER + GOOD.replace("2024Q3", "２０２４Q3"), 2, "release"),
        (HEADER + GOOD.replace(",0,,", ",0,２０２０-01-02,"), 2, "effective"),
        (HEADER + GOOD.replace("97124", "9712"), 2, "column2"),
        (HEADER + GOOD.replace(",0,", ",2,"), 2, "modifier_indicator"),
        (HEADER + GOOD.replace(",0,,", ",0,20200101,"), 2, "yyyy-mm-dd"),
        (HEADER + GOOD.replace(",0,,", ",0,2020-02-30,"), 2, "effective"),
        (HEADER + GOOD.replace(",0,,,", ",0,2020-01-02,2020-01-01,"), 2, "deleted must not be before effective"),
        (HEADER + GOOD.replace(",0,", ",9,"), 2, "a withdrawn row must have its deleted day"),
        (HEADER + GOOD.replace("2024Q3", "2024"), 2, "release"),
        (HEADER + GOOD.replace(",A,", ",B,"), 2, "grade"),
        ("# a\n# b\n" + HEADER + GOOD.replace("97124", "x"), 4, "column2"),
        (HEADER, None, "at least one edit"),
        ("", 1, "the header must be"),
    ],
)
def test_bad_table(tmp_path: Path, text: str, line: int | None, said: str) -> None:
    path = tmp_path / "ncci.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"^ncci\.csv") as caught:
        load_edits(path)
    assert caught.value.line == line
    assert said in str(caught.value)


def test_missing_table(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="must be a readable UTF-8 file"):
        load_edits(tmp_path / "none.csv")


# --- Renewal ---

TOP = (
    "CPT only copyright 2026 American Medical Association. All rights reserved.\t\t\t\t\t\t\r\n"
    "Column1/Column2 Edits\t\t\t\t\t\t\r\n"
    "Column 1\tColumn 2\t*=in existence prior to 1996\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n"
    "\t\t\tDate\tDate\t0=not allowed\t\r\n"
    "\t\t\t\t*=no data\t1=allowed\t\r\n"
    "\t\t\t\t\t9=not applicable\t\r\n"
)
ROWS = [
    ("0001A", "0591T", "", "20201211", "*", "1", "Misuse of Column Two code with Column One code"),
    ("97140", "97124", "*", "19960101", "*", "0", "Mutually exclusive procedures"),
    ("97140", "97530", "", "20000701", "20191231", "1", "Mutually exclusive procedures"),
    ("97140", "97018", "", "20201001", "20260630", "1", "Misuse of Column Two code with Column One code"),
    ("97140", "97750", "", "20201001", "*", "0", "More extensive procedure"),
    ("97140", "97110", "", "20261001", "*", "1", "More extensive procedure"),
    ("97140", "99213", "", "20261001", "*", "1", "More extensive procedure"),
]


def _text(rows: Sequence[tuple[str, ...]], top: str = TOP) -> str:
    return top + "".join("\t".join(row) + "\r\n" for row in rows)


def _files(folder: Path, kind: str) -> Path:
    """The same release in each of the forms CMS publishes or a person keeps it in."""
    folder.mkdir()
    text = folder / "ccipra-v323r0-f4.txt"
    text.write_bytes(_text([*ROWS, ("",) * 7, ("",)]).replace("97124\t", " 97124 \t").encode("cp1252"))
    if kind == "zip":
        with zipfile.ZipFile(folder / "release.zip", "w") as archive:
            archive.write(text, "inner/ccipra-v323r0-f4.TXT")
            archive.writestr("inner/readme.pdf", "x")
        return folder / "release.zip"
    if kind == "xlsx":
        _workbook(folder / "ccipra-v323r0-f4.xlsx")
        return folder / "ccipra-v323r0-f4.xlsx"
    if kind == "folder":
        (folder / "ccipra-v323r0-f4.xlsx").write_bytes(b"the same rows once more, not read")
        text.write_text(_text(ROWS[:3]), encoding="utf-8")
        (folder / "ccipra-v323r0-f5.txt").write_text(_text(ROWS[3:]), encoding="utf-8")
        return folder
    return text


def _workbook(path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in TOP.splitlines():
        book.active.append(line.split("\t"))
    for row in ROWS:
        book.active.append([int(c) if c.isdigit() else c or None for c in row])
    book.active.append([""] * 7)
    book.save(path)


@pytest.mark.parametrize("kind", ["txt", "folder", "zip", "xlsx"])
def test_update(tmp_path: Path, kind: str) -> None:
    into = tmp_path / "own" / "ncci.csv"
    found = update_edits(_files(tmp_path / "cms", kind), into)
    assert (found.release, found.read, found.taken) == ("2026Q4", 7, 5)
    assert [(e.column1, e.column2) for e in found.added] == [("97140", "97110")]
    assert ("97140", "97018") in {(e.column1, e.column2) for e in found.ended}
    assert [(a.modifier_indicator, b.modifier_indicator) for a, b in found.changed] == [("1", "0")]
    assert found.dated == 1
    assert found.kept == sum(row.column1 != "97140" for row in load_edits().rows)
    own = load_edits(into)
    assert [(e.column1, e.column2) for e in own.among(["97110", "97140"], NOW)] == [("97140", "97110")]
    assert own.among(["97110", "97140"], dt.date(2026, 9, 30)) == []
    assert own.among(["97140", "97124"], None)[0].effective == dt.date(1996, 1, 1)
    assert own.among(["97140", "97018"], NOW) == []
    assert [e.column1 for e in own.among(["97150", "97110"], NOW)] == ["97150"]
    assert not [e for e in own.rows if "99213" in (e.column1, e.column2)]
    assert own.releases == ("2024Q3", "2026Q4")
    assert sorted(p.name for p in into.parent.iterdir()) == ["ncci.csv"]
    said = found.sentences()
    assert "New: 97140 paid, 97110 denied, indicator 1." in said
    assert "Changed: 97140/97750 indicator 1 is now 97140/97750 indicator 0." in said


def test_update_of_an_own_table_to_itself_changes_nothing(tmp_path: Path) -> None:
    source = _files(tmp_path / "cms", "txt")
    into = tmp_path / "ncci.csv"
    update_edits(source, into)
    before = into.read_bytes()
    again = update_edits(source, into, using=load_edits(into))
    assert (again.added, again.ended, again.changed, again.dated) == ((), (), (), 0)
    assert into.read_bytes() == before


def test_a_second_update_is_read_at_once(tmp_path: Path) -> None:
    into = tmp_path / "ncci.csv"
    update_edits(_files(tmp_path / "cms", "txt"), into)
    assert load_edits(into).among(["97110", "97140"], None)
    (tmp_path / "next.txt").write_text(_text(ROWS[:5]), encoding="utf-8")
    found = update_edits(tmp_path / "next.txt", into, using=load_edits(into))
    assert [(e.column1, e.column2) for e in found.ended] == [("97140", "97110")]
    assert load_edits(into).among(["97110", "97140"], None) == []


def test_an_edit_without_a_row_is_over_since_the_day_before_the_release(tmp_path: Path) -> None:
    into = tmp_path / "ncci.csv"
    update_edits(_files(tmp_path / "cms", "txt"), into)
    rows = [row for row in ROWS if row[1] != "97750"]
    (tmp_path / "ccipra-v330r0-f4.txt").write_text(_text(rows), encoding="utf-8")
    found = update_edits(tmp_path / "ccipra-v330r0-f4.txt", into, using=load_edits(into))
    assert [(e.column1, e.column2) for e in found.missing] == [("97140", "97750")]
    assert (found.release, found.last) == ("2027Q1", dt.date(2026, 12, 31))
    own = load_edits(into)
    assert [e.column2 for e in own.among(["97140", "97750"], dt.date(2026, 12, 31))] == ["97750"]
    assert own.among(["97140", "97750"], dt.date(2027, 1, 1)) == []
    assert any("have no row in the files; they are taken as over since 2026-12-31." in s for s in found.sentences())
    # a row that comes back is CMS's again
    (tmp_path / "ccipra-v331r0-f4.txt").write_text(_text(ROWS), encoding="utf-8")
    again = update_edits(tmp_path / "ccipra-v331r0-f4.txt", into, using=load_edits(into))
    assert again.missing == ()
    assert load_edits(into).among(["97140", "97750"], dt.date(2027, 1, 1))


def test_what_was_over_before_stays_for_its_days(tmp_path: Path) -> None:
    into = tmp_path / "ncci.csv"
    (tmp_path / "a.txt").write_text(_text(ROWS), encoding="utf-8")
    update_edits(tmp_path / "a.txt", into)
    (tmp_path / "ccipra-v330r0-f4.txt").write_text(_text(ROWS[1:2]), encoding="utf-8")
    update_edits(tmp_path / "ccipra-v330r0-f4.txt", into, using=load_edits(into))
    assert load_edits(into).among(["97140", "97018"], dt.date(2026, 6, 30))
    assert load_edits(into).among(["97140", "97018"], dt.date(2026, 7, 1)) == []


def _standing(column1: str, column2s: Sequence[str], last: str = "*") -> list[tuple[str, ...]]:
    return [(column1, code, "", "20201001", last, "1", "Standards") for code in column2s]


SEVEN = ("97110", "97112", "97116", "97124", "97530", "97535", "97542")


@pytest.mark.parametrize(
    ("rows", "cut_off"),
    [
        (_standing("97140", SEVEN) + _standing("97150", SEVEN), False),
        (_standing("97140", SEVEN) + _standing("97150", SEVEN[:1]), True),  # cut off within a code
        (_standing("97140", SEVEN[:2]) + _standing("97150", SEVEN[:2]), True),
        (_standing("97140", SEVEN), False),  # one of CMS's parts alone
        (_standing("97140", SEVEN) + _standing("97150", SEVEN[:3]), False),  # few
        (_standing("97140", SEVEN) + _standing("97150", SEVEN, "20260930"), False),  # over, with their last day
    ],
)
def test_a_release_that_lacks_much_of_what_stood_looks_cut_off(
    rows: list[tuple[str, ...]], cut_off: bool, tmp_path: Path
) -> None:
    into, path = tmp_path / "ncci.csv", tmp_path / "ccipra-v330r0-f1.txt"
    path.write_text(_text(_standing("97140", SEVEN) + _standing("97150", SEVEN)), encoding="utf-8")
    update_edits(path, into, using=EditTable(()))
    path.write_text(_text(rows), encoding="utf-8")
    assert update_edits(path, into, using=load_edits(into)).looks_cut_off is cut_off


def test_the_table_is_put_in_place_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "ncci.csv").write_text("old", encoding="utf-8")

    def fails(self: Path, target: Path) -> Path:
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(CorpusError, match=r"^ncci\.csv: must be writable: no space"):
        update_edits(_files(tmp_path / "cms", "txt"), own / "ncci.csv")
    assert [p.name for p in own.iterdir()] == ["ncci.csv"]
    assert (own / "ncci.csv").read_text(encoding="utf-8") == "old"


def test_what_is_written_is_read_back_first(tmp_path: Path) -> None:
    twice = load_edits().rows[:1] * 2
    with pytest.raises(CorpusError, match="a row must stand once"):
        update_edits(_files(tmp_path / "cms", "txt"), tmp_path / "ncci.csv", using=EditTable(twice))
    assert not (tmp_path / "ncci.csv").exists()


@pytest.mark.parametrize(
    "name", ["ccioph-v323r0-f1.txt", "CCIOPH-V323R0-F1.TXT", "ptp hospital 2026q4.txt", "outpatient_ptp.txt"]
)
@pytest.mark.parametrize("zipped", [False, True])
def test_the_edits_of_hospitals_are_refused_by_name(tmp_path: Path, name: str, zipped: bool) -> None:
    source = tmp_path / name
    source.write_text(_text(ROWS), encoding="utf-8")
    if zipped:
        with zipfile.ZipFile(tmp_path / "release.zip", "w") as archive:
            archive.write(source, f"inner/{name}")
        source = tmp_path / "release.zip"
    with pytest.raises(CorpusError, match="must be CMS's PTP file for practitioners"):
        update_edits(source, tmp_path / "ncci.csv")
    assert not (tmp_path / "ncci.csv").exists()


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("ccipra-v323r0-f1.txt", "2026Q4"),
        ("ccipra-v330r0-f1.txt", "2027Q1"),  # a part of a later release without a new row
        ("ccipra-v331r1-f2.txt", "2027Q2"),
        ("ptp.txt", "2026Q4"),
        ("rev300r0.txt", "2026Q4"),  # no version of CMS's
        ("ophelia.txt", "2026Q4"),
        ("ccipra-v322r0-f1.txt", None),
        ("ccipra-v300r0-f1.txt", None),
    ],
)
def test_the_release_is_the_one_of_the_name(tmp_path: Path, name: str, release: str | None) -> None:
    source = tmp_path / name
    source.write_text(_text(ROWS), encoding="utf-8")
    if release is None:
        with pytest.raises(
            CorpusError, match=r":12: a file named as release 202\dQ\d must not have a first day in 2026Q4"
        ):
            update_edits(source, tmp_path / "ncci.csv")
        return
    found = update_edits(source, tmp_path / "ncci.csv")
    assert found.release == release
    assert load_edits(tmp_path / "ncci.csv").releases[-1] == release


def test_update_of_chosen_codes(tmp_path: Path) -> None:
    found = update_edits(
        _files(tmp_path / "cms", "txt"), tmp_path / "ncci.csv", EditTable(()), codes=["97140", "99213"]
    )
    assert [(e.column1, e.column2) for e in found.added] == [("97140", "99213")]
    assert (found.kept, found.taken) == (0, 1)


BAD = ROWS[-2]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((*BAD[:3], "2026-10-01", *BAD[4:]), r"^cms\.txt:8: effective date must be a day as yyyymmdd"),
        ((*BAD[:3], "20261301", *BAD[4:]), r"^cms\.txt:8: effective date must be a day as yyyymmdd, got '20261301'"),
        (
            (*BAD[:3], "２０２６１００１", *BAD[4:]),
            r"^cms\.txt:8: effective date must be a day as yyyymmdd, got '２０",
        ),
        ((*BAD[:3], "٢٠٢٠١٠٠١", *BAD[4:]), r"^cms\.txt:8: effective date must be a day as yyyymmdd, got '٢"),
        ((*BAD[:4], "２０２６１２３１", *BAD[5:]), r"^cms\.txt:8: deletion date must be a day as yyyymmdd, got '２"),
        (
            ("97140", "9７１１0", *BAD[2:]),
            r"^cms\.txt:8: column 2 must be a code of five digits and capitals, got '9７",
        ),
        ((*BAD[:4], "", *BAD[5:]), r"^cms\.txt:8: deletion date must be a day as yyyymmdd, got ''"),
        ((*BAD[:4], "20200101", *BAD[5:]), r"^cms\.txt:8: deleted must not be before effective"),
        ((*BAD[:5], "2", BAD[6]), r"^cms\.txt:8: modifier_indicator"),
        ((*BAD[:5], "9", BAD[6]), r"^cms\.txt:8: a withdrawn row must have its deleted day"),
        (BAD[:4], r"^cms\.txt:8: a CMS row must have a code and 6 or 7 columns, got 4"),
        (("", *BAD[1:]), r"^cms\.txt:8: a CMS row must have a code and 6 or 7 columns, got 7"),
        (
            ("97140", "9712", *BAD[2:]),
            r"^cms\.txt:8: column 2 must be a code of five digits and capitals, got '9712'",
        ),
        (("9714O!", *BAD[1:]), r"^cms\.txt:8: column 1 must be a code of five digits and capitals, got '9714O!'"),
        (("97140", "", *BAD[2:]), r"^cms\.txt:8: column 2 must be a code"),
        (("97140", "g0283", *BAD[2:]), r"^cms\.txt:8: column 2 must be a code"),
        (("A0001", "9921", *BAD[2:]), r"^cms\.txt:8: column 2 must be a code"),
        ((*BAD[:3], "99991231", *BAD[4:]), r"^cms\.txt:8: effective date must not be more than a year ahead"),
        (
            ("97140", "97124", "", "19960101", "*", "1", ""),
            r"^cms\.txt:8: 97140,97124 indicator 1 must not contradict 97140,97124 indicator 0 of cms\.txt:7",
        ),
        (
            ("97124", "97140", "", "20200101", "*", "0", ""),
            r"^cms\.txt:8: 97124,97140 indicator 0 must not contradict 97140,97124 indicator 0 of cms\.txt:7",
        ),
        (
            ("97140", "97124", "", "20200101", "*", "1", ""),
            r"^cms\.txt:8: 97140,97124 indicator 1 must not contradict",
        ),
        (("97140", "97124", "", "19960101", "20200101", "0", ""), r"^cms\.txt:8: .* must not contradict"),
        (("97140", "97140", *BAD[2:]), r"^cms\.txt:8: an edit must join two codes"),
    ],
)
def test_one_bad_row_refuses_the_release(tmp_path: Path, row: tuple[str, ...], said: str) -> None:
    """The table in use stays as it is, byte for byte, and no half file stands beside it."""
    source = tmp_path / "cms.txt"
    source.write_text(_text([ROWS[1], row, *ROWS[2:]]), encoding="utf-8")
    own = tmp_path / "own"
    own.mkdir()
    into = own / "ncci.csv"
    into.write_text("old", encoding="utf-8")
    with pytest.raises(CorpusError, match=said):
        update_edits(source, into)
    assert into.read_text(encoding="utf-8") == "old"
    assert list(own.iterdir()) == [into]


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ((*BAD[:3], "2026-10-01", *BAD[4:]), "effective date must be a day as yyyymmdd, got '2026-10-01'"),
        ((*BAD[:3], "", *BAD[4:]), "effective date must be a day"),
        (("9714O!", *BAD[1:]), "column 1 must be a code"),
        (("9714O!", "9712", "", "2026-10-01", *BAD[4:]), "column 1 must be a code"),
        (("97140", "9712", *BAD[2:]), "column 2 must be a code"),
        (BAD[:3], "a CMS row must have a code and 6 or 7 columns, got 3"),
    ],
)
def test_a_broken_first_row_is_no_heading(tmp_path: Path, first: tuple[str, ...], said: str) -> None:
    source = tmp_path / "cms.txt"
    source.write_text(_text([first, first, *ROWS]), encoding="utf-8")
    with pytest.raises(CorpusError, match=r"^cms\.txt:7: " + said):
        update_edits(source, tmp_path / "ncci.csv")


@pytest.mark.parametrize(
    "rows",
    [
        [("97140", "97124", "", "19960101", "20191231", "1", ""), ("97140", "97124", "", "20200101", "*", "0", "")],
        [("97140", "97124", "", "19960101", "20200101", "1", ""), ("97124", "97140", "", "20200101", "*", "0", "")],
        [("97140", "97124", "", "20200101", "20200101", "9", ""), ("97140", "97124", "", "20200101", "*", "1", "")],
        [("97140", "97124", "", "20200101", "*", "1", "")] * 2,
        [("97140", "97124", " ", " 20200101 ", "* ", "1 ", ""), ("A0001", "A0002", "", "99991231", "*", "7", "")],
        [("97140", "97124", "", "20200101", "*", "1"), ("A0001", "A0002", "", "soon", "*", "1")],
    ],
)
def test_rows_that_follow_or_repeat_each_other_are_taken(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    source = tmp_path / "cms.txt"
    source.write_text(_text(rows), encoding="utf-8")
    found = update_edits(source, tmp_path / "ncci.csv")
    assert found.release == "2020Q1"
    assert found.read == 2


def test_an_edit_to_come_is_new_and_not_yet_in_force(tmp_path: Path) -> None:
    soon = dt.date.today() + dt.timedelta(40)
    past = dt.date.today() - dt.timedelta(40)
    source = tmp_path / "cms.txt"
    rows = [
        ("97140", "97110", "", soon.strftime("%Y%m%d"), "*", "1", ""),
        ("97140", "97112", "", "20200101", soon.strftime("%Y%m%d"), "1", ""),
        ("97140", "97116", "", past.strftime("%Y%m%d"), "*", "1", ""),
    ]
    source.write_text(_text(rows), encoding="utf-8")
    found = update_edits(source, tmp_path / "ncci.csv")
    assert f"New: 97140 paid, 97110 denied, indicator 1, from {soon}." in found.sentences()
    assert "New: 97140 paid, 97116 denied, indicator 1." in found.sentences()
    own = load_edits(tmp_path / "ncci.csv")
    assert own.among(["97140", "97110"], None) == []
    assert len(own.among(["97140", "97110"], soon)) == 1
    assert len(own.among(["97140", "97112"], None)) == 1
    assert len(own.among(["97140", "97116"], None)) == 1


def test_an_edit_whose_last_day_is_to_come_has_not_ended(tmp_path: Path) -> None:
    today = dt.date.today()
    source, into = tmp_path / "cms.txt", tmp_path / "ncci.csv"
    source.write_text(_text([("97140", "97018", "", "20201001", "*", "1", "")]), encoding="utf-8")
    update_edits(source, into)
    for last in (today, today + dt.timedelta(40)):
        row = ("97140", "97018", "", "20201001", last.strftime("%Y%m%d"), "1", "")
        source.write_text(_text([row]), encoding="utf-8")
        found = update_edits(source, tmp_path / "next.csv", using=load_edits(into))
        assert (found.ended, [e.deleted for e in found.ending]) == ((), [last])
        assert f"Until {last}: 97140 paid, 97018 denied, indicator 1." in found.sentences()
        again = update_edits(source, tmp_path / "again.csv", using=load_edits(tmp_path / "next.csv"))
        assert (again.ended, again.ending) == ((), ())
    gone = (today - dt.timedelta(1)).strftime("%Y%m%d")
    source.write_text(_text([("97140", "97018", "", "20201001", gone, "1", "")]), encoding="utf-8")
    found = update_edits(source, tmp_path / "next.csv", using=load_edits(into))
    assert ([e.column2 for e in found.ended], found.ending) == (["97018"], ())


def test_an_edit_replaced_from_a_day_to_come_is_changed_and_not_ended(tmp_path: Path) -> None:
    last = dt.date.today() + dt.timedelta(39)
    first = last + dt.timedelta(1)
    source, into = tmp_path / "cms.txt", tmp_path / "ncci.csv"
    source.write_text(_text([("97140", "97018", "", "20201001", "*", "1", "")]), encoding="utf-8")
    update_edits(source, into)
    old = ("97140", "97018", "", "20201001", last.strftime("%Y%m%d"), "1", "")
    new = ("97140", "97018", "", first.strftime("%Y%m%d"), "*", "0", "")
    source.write_text(_text([old, new]), encoding="utf-8")
    found = update_edits(source, tmp_path / "next.csv", using=load_edits(into))
    assert (found.ended, found.ending) == ((), ())
    assert f"Changed: 97140/97018 indicator 1 is now 97140/97018 indicator 0, from {first}." in found.sentences()


def test_a_turned_edit_replaces_the_old_direction(tmp_path: Path) -> None:
    """The old table has 97150 over 97110; a part that holds 97110 as column 1 only turns it round."""
    source = tmp_path / "cms.txt"
    source.write_text(_text([("97110", "97150", "", "20261001", "*", "1", "")]), encoding="utf-8")
    found = update_edits(source, tmp_path / "ncci.csv")
    assert [(a.column1, b.column1) for a, b in found.changed] == [("97150", "97110")]
    live = load_edits(tmp_path / "ncci.csv").among(["97110", "97150"], None)
    assert [e.column1 for e in live] == ["97110"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"", "must hold rows of column 1"),
        ("a.txt", TOP.encode(), "must hold rows of column 1"),
        ("a.txt", _text([ROWS[0]]).encode(), "between therapy codes, got 1 rows and none"),
        ("a.zip", b"no zip", "must be a readable CMS PTP file"),
        ("none.txt", None, "must be a readable CMS PTP file"),
    ],
)
def test_files_that_are_no_release(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    source = tmp_path / name
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(CorpusError, match=said):
        update_edits(source, tmp_path / "ncci.csv")
    assert not (tmp_path / "ncci.csv").exists()


def test_a_zip_inside_a_zip_is_one_sentence(tmp_path: Path) -> None:
    inner = _files(tmp_path / "cms", "zip")
    for name in ("parts.zip", "PARTS.ZIP"):
        with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
            archive.write(inner, name)
        with pytest.raises(CorpusError) as caught:
            update_edits(tmp_path / "outer.zip", tmp_path / "ncci.csv")
        assert str(caught.value) == (
            f"{name}: must be CMS's .txt or .xlsx, got a zip inside outer.zip; unpack it and give that zip"
        )


@pytest.mark.parametrize("kind", ["a zip", "UTF-16", "a cell"])
def test_a_text_of_other_bytes_is_one_sentence_without_them(tmp_path: Path, kind: str) -> None:
    contents = {
        "a zip": _files(tmp_path / "cms", "zip").read_bytes(),
        "UTF-16": _text(ROWS).encode("utf-16"),
        "a cell": _text([("97140", "97110\0", *ROWS[-2][2:])]).encode(),
    }
    source = tmp_path / "ccipra.txt"
    source.write_bytes(contents[kind])
    with pytest.raises(
        CorpusError, match=r"^ccipra\.txt:\d: must be text in UTF-8 or Windows-1252, got other bytes; give [\w', .]+$"
    ):
        update_edits(source, tmp_path / "ncci.csv")


def test_a_damaged_zip_is_one_sentence(tmp_path: Path) -> None:
    source = _files(tmp_path / "cms", "zip")
    whole = bytearray(source.read_bytes())
    at = whole.find(b"97140")
    whole[at] = ord("8")
    source.write_bytes(bytes(whole))
    with pytest.raises(CorpusError, match="must be a readable CMS PTP file"):
        update_edits(source, tmp_path / "ncci.csv")


@pytest.mark.parametrize("change", ["locked", "strange packing"])
def test_a_zip_that_cannot_be_opened_is_one_sentence(tmp_path: Path, change: str) -> None:
    source = _files(tmp_path / "cms", "zip")
    whole = bytearray(source.read_bytes())
    for head, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.find(head) + at + (2 if change == "strange packing" else 0)] = (
            99 if change == "strange packing" else 1
        )
    source.write_bytes(bytes(whole))
    with pytest.raises(CorpusError, match=r"^release\.zip: must be a readable CMS PTP file: [^\n]+$"):
        update_edits(source, tmp_path / "ncci.csv")


@pytest.mark.parametrize("name", ["./ccipra-v323r0-f4.txt", "a//ccipra-v323r0-f4.txt", "/ccipra-v323r0-f4.txt"])
def test_a_zip_is_read_whatever_way_its_names_are_written(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "release.zip", "w") as archive:
        archive.writestr(name, _text(ROWS))
    assert update_edits(tmp_path / "release.zip", tmp_path / "ncci.csv").read == 7


@pytest.mark.parametrize("name", ["._ccipra-v323r0-f4.txt", "~$ccipra-v323r0-f4.xlsx", ".hidden.zip"])
@pytest.mark.parametrize("zipped", [False, True])
def test_what_a_system_puts_beside_the_files_is_left_out(tmp_path: Path, name: str, zipped: bool) -> None:
    source = tmp_path / "cms"
    _files(source, "txt")
    (source / name).write_bytes(b"\0\5\x16\7")
    if zipped:
        with zipfile.ZipFile(tmp_path / "release.zip", "w") as archive:
            for file in source.iterdir():
                archive.write(file, f"__MACOSX/{file.name}" if file.name == name else file.name)
        source = tmp_path / "release.zip"
    assert update_edits(source, tmp_path / "ncci.csv").read == 7


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b""),
        ("xl/worksheets/sheet1.xml", b"<v>97140</v>", b"<v>abc</v>"),
        ("xl/worksheets/sheet1.xml", b"<v>97140</v>", b"<v>1e999</v>"),
        ("xl/workbook.xml", b"</workbook>", b""),
        ("[Content_Types].xml", b"<Types", b"<"),
    ],
)
def test_a_broken_workbook_is_one_sentence(tmp_path: Path, part: str, old: bytes, new: bytes) -> None:
    _workbook(tmp_path / "whole.xlsx")
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(tmp_path / "cms.xlsx", "w") as broken:
        for name in whole.namelist():
            content = whole.read(name)
            broken.writestr(name, content.replace(old, new) if name == part else content)
    with pytest.raises(CorpusError, match=r"^cms\.xlsx: must be a workbook as CMS lays it out: [^\n]+$"):
        update_edits(tmp_path / "cms.xlsx", tmp_path / "ncci.csv")


def test_a_workbook_without_openpyxl_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    source = tmp_path / "cms.xlsx"
    source.write_bytes(b"PK")
    with pytest.raises(CorpusError, match=r"^cms\.xlsx: needs the package openpyxl, which is not installed"):
        update_edits(source, tmp_path / "ncci.csv")


def test_a_workbook_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    source = tmp_path / "cms.xlsx"
    source.write_bytes(b"PK")
    with pytest.raises(CorpusError, match="must be a workbook as CMS lays it out"):
        update_edits(source, tmp_path / "ncci.csv")


def test_an_edit_in_force_needs_no_first_day() -> None:
    row = PtpEdit(column1="97140", column2="97124", modifier_indicator="0", release="2024Q3", source="CMS")
    assert row.in_force(dt.date(1999, 1, 1))
    assert row.in_force(None)
