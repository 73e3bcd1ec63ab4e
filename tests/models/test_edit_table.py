"""The installation's own edit table: shown, renewed in one step, seen by the next note."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from corpus.edits import load_edits
from corpus.errors import CorpusError
from corpus.tables import DATA
from models.edit_table import CutOffReleaseError, OlderReleaseError, own_path, renew_edits, table_in_use
from models.suggester import Suggester
from service.cli_edits import edits_app

TOP = (
    "Column1/Column2 Edits\nCPT only\nColumn 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tRationale\n"
)
ROWS = [
    ("97140", "97124", "", "20201001", "*", "0", "Misuse of column two code"),
    ("97140", "97110", "", "20261001", "*", "1", "Standards"),
]


def _text(rows: Sequence[tuple[str, ...]]) -> str:
    return TOP + "".join("\t".join(row) + "\n" for row in rows)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    path = tmp_path / "ccipra.txt"
    path.write_text(_text(ROWS), encoding="utf-8")
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("SOAPCODE_HOME", str(folder))
    return folder


def test_the_shipped_table_where_there_is_no_other(place: Path) -> None:
    used = table_in_use()
    assert used.path is None
    assert used.table is load_edits()


def test_renewal_switches_and_leaves_the_package_alone(place: Path, release: Path) -> None:
    shipped = (DATA / "ncci.csv").read_bytes()
    found = renew_edits(release)
    assert ("97140", "97110") in [(e.column1, e.column2) for e in found.added]
    used = table_in_use()
    assert used.path == found.written == own_path(place)
    assert used.table.among(["97110", "97140"], None)
    assert (DATA / "ncci.csv").read_bytes() == shipped
    assert [p.name for p in used.path.parent.iterdir()] == ["ncci.csv"]


def test_a_second_renewal_is_seen_at_once(place: Path, release: Path) -> None:
    renew_edits(release)
    assert table_in_use().table.among(["97110", "97140"], None)
    first, second = ROWS
    ended = [first, (*second[:4], "20261015", *second[5:])]
    release.write_text(_text(ended), encoding="utf-8")
    assert [(e.column1, e.column2) for e in renew_edits(release).ended] == [("97140", "97110")]
    assert table_in_use().table.among(["97110", "97140"], None) == []


def test_a_dry_run_changes_nothing(place: Path, release: Path) -> None:
    assert renew_edits(release, dry=True).added
    assert table_in_use().path is None


def test_an_older_release_is_refused_unless_wanted(place: Path, release: Path) -> None:
    release.write_text(_text([ROWS[0]]), encoding="utf-8")
    with pytest.raises(OlderReleaseError, match="is of release 2020Q4, the table in use of 2026Q4; nothing was"):
        renew_edits(release)
    assert table_in_use().path is None
    renew_edits(release, older=True)
    assert table_in_use().path == own_path(place)


def test_a_cut_off_release_is_refused_unless_wanted(place: Path, release: Path) -> None:
    release.write_text(_text([*ROWS, ("97150", "97110", "", "20270101", "*", "1", "Standards")]), encoding="utf-8")
    with pytest.raises(
        CutOffReleaseError, match=r"has no row of \d+ of the \d+ edits that stand .* nothing was changed"
    ):
        renew_edits(release)
    assert table_in_use().path is None
    assert renew_edits(release, dry=True).looks_cut_off
    assert table_in_use().path is None
    renew_edits(release, lacking=True)
    assert table_in_use().table.among(["97150", "97112"], dt.date(2026, 11, 2))
    assert table_in_use().table.among(["97150", "97112"], dt.date(2027, 1, 1)) == []


def test_the_command_line_refuses_a_cut_off_release(place: Path, release: Path) -> None:
    release.write_text(_text([*ROWS, ("97150", "97110", "", "20270101", "*", "1", "Standards")]), encoding="utf-8")
    assert CliRunner().invoke(edits_app, ["update", str(release)]).exit_code != 0
    assert table_in_use().path is None
    assert ["97150", "97112", "1"] in _json("update", str(release), "--lacking")["missing"]
    assert table_in_use().path == own_path(place)


def test_what_is_over_stays_the_history_of_a_pair_that_was_read(place: Path, release: Path) -> None:
    release.write_text(_text([("97530", "97116", "", "20270101", "*", "1", "Standards")]), encoding="utf-8")
    before = list(load_edits().between("97530", "97116"))
    renew_edits(release, lacking=True)
    after = table_in_use().table.between("97530", "97116")
    assert after[:-1] == before
    assert (after[-1].effective, after[-1].stands) == (dt.date(2027, 1, 1), True)
    assert table_in_use().table.among(["97530", "97116"], dt.date(2018, 5, 14))


def test_the_history_is_the_newer_release_s_where_both_tell_it(place: Path, release: Path) -> None:
    release.write_text(_text([("97530", "97116", "", "19990701", "20200101", "1", "Standards")]), encoding="utf-8")
    renew_edits(release, lacking=True, older=True)
    told = [(r.effective, r.deleted) for r in table_in_use().table.between("97530", "97116")]
    assert (dt.date(1999, 7, 1), dt.date(2020, 1, 1)) in told
    assert (dt.date(1999, 7, 1), dt.date(2019, 12, 31)) not in told


def test_reset_goes_back_to_the_shipped_table(place: Path, release: Path) -> None:
    renew_edits(release)
    assert table_in_use().path is not None
    said = CliRunner().invoke(edits_app, ["reset"]).output
    assert "own table is deleted; in use: CMS NCCI PTP practitioner" in said
    assert table_in_use().path is None
    assert table_in_use().table is load_edits()
    assert "no table but the shipped one" in CliRunner().invoke(edits_app, ["reset"]).output


def test_reset_takes_a_broken_table_away_too(place: Path, release: Path) -> None:
    renew_edits(release)
    own_path().write_text("nonsense", encoding="utf-8")
    with pytest.raises(CorpusError):
        table_in_use()
    assert CliRunner().invoke(edits_app, ["reset"]).exit_code == 0
    assert table_in_use().table is load_edits()


def test_a_bad_row_leaves_the_table_in_use(place: Path, release: Path) -> None:
    renew_edits(release)
    before = own_path().read_bytes()
    release.write_text(_text([ROWS[0], (*ROWS[1][:5], "7", "x")]), encoding="utf-8")
    with pytest.raises(CorpusError, match=r"^ccipra\.txt:5: modifier_indicator"):
        renew_edits(release)
    assert own_path().read_bytes() == before
    assert [p.name for p in own_path().parent.iterdir()] == ["ncci.csv"]


def test_a_newer_shipped_table_is_said(place: Path, release: Path) -> None:
    release.write_text(_text([ROWS[0]]), encoding="utf-8")
    renew_edits(release, older=True)
    text = own_path().read_text(encoding="utf-8").replace("2026Q4", "2024Q3")
    own_path().write_text(text, encoding="utf-8")
    assert table_in_use().overtaken == ("2026Q4",)
    assert "newer than this one" in CliRunner().invoke(edits_app, ["show"]).output


def test_a_workbook_as_cms_lays_it_out(place: Path, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in _text(ROWS).splitlines():
        book.active.append(line.split("\t"))
    book.save(tmp_path / "ccipra.xlsx")
    renew_edits(tmp_path / "ccipra.xlsx")
    assert table_in_use().table.among(["97110", "97140"], None)


def _json(*words: str) -> Any:
    done = CliRunner().invoke(edits_app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_command_line(place: Path, release: Path) -> None:
    assert _json("show")["path"] is None
    assert _json("update", str(release), "--dry-run")["written"] is None
    found = _json("update", str(release))
    assert ["97140", "97110", "1"] in found["added"]
    told = _json("show")
    assert told["path"] == found["written"] == str(own_path(place))
    assert told["rows"] == sum(told["releases"].values())
    assert told["in_force"] <= told["rows"]
    said = CliRunner().invoke(edits_app, ["update", str(release)]).output
    assert "No edit in force was added, ended or changed." in said
    assert "In use from now on" in said


def test_a_claim_rests_on_the_table_in_use(
    suggester: Suggester, tmp_path: Path, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = "Ther ex: SLR 3x10 15 min\nManual: patellar glides grade III 15 min"
    assert suggester.suggest(note)["claim"]["edits"] == []
    monkeypatch.setenv("SOAPCODE_HOME", str(tmp_path / "home"))
    renew_edits(release)
    (edit,) = suggester.suggest(note)["claim"]["edits"]
    assert (edit["column1"], edit["column2"]) == ("97140", "97110")
