"""The renewal of an edit table from a quarterly CMS release."""

from __future__ import annotations

import csv
import datetime as dt
import io
import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from corpus.catalogue import load_catalogue
from corpus.edits.days import day_before, quarter_of
from corpus.edits.difference import EditDifference, difference_of
from corpus.edits.files import files_of
from corpus.edits.read import load_edits, read_edits
from corpus.edits.release import Release
from corpus.edits.table import COLUMNS, EditTable, PtpEdit, codes_of
from corpus.errors import CorpusError
from corpus.files import whole_file


def update_edits(
    path: Path, into: Path, using: EditTable | None = None, codes: Collection[str] | None = None
) -> EditDifference:
    """Read a CMS quarterly practitioner PTP release and write the installation's own table.

    Parameters
    ----------
    path : one file as CMS lays it out (tab-separated ``.txt`` or ``.xlsx``), a ``.zip`` of such files, or a
        folder of them; of a ``.txt`` and an ``.xlsx`` of one name the ``.txt`` is read.
    into : the table to write; replaced in one step, or left as it is when anything is wrong.
    using : the table in use, the shipped one by default.
    codes : codes to take, those of the catalogue and of the table in use by default.

    Returns
    -------
    The difference. Rows whose column 1 code no file holds are kept, so one of CMS's parts can be read alone, unless a row
    that was read contradicts them (an edit whose direction was turned). CMS's files keep the rows of edits that are over, with their
    last day; one that stood and has no row at all in the files is taken as over since the day before the release, so that earlier
    dates of service keep it, and is among `EditDifference.missing`. Of a pair that was read, what is over by the table in use and not told
    otherwise stays as well: it is the pair's history.

    Raises
    ------
    CorpusError
        Naming file and line, when a file cannot be read, is not laid out as CMS lays it out, or holds a row whose
        codes are malformed or, between wanted codes, one that breaks a rule: a day that is none, a first day more than
        a year ahead, two rows of a pair that contradict each other. A file whose name is that of CMS's edits for hospitals, or of a
        release older than one of its rows, is refused as well. An edit table with holes would be worse than the
        old one, so one bad row refuses the whole release. Rows of other codes are passed over.
    """
    table = using or load_edits()
    wanted = frozenset(codes if codes is not None else {*load_catalogue(), *codes_of(table.rows)})
    release = Release(wanted)
    try:
        for name, rows in files_of(path):
            release.take(name, rows)
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise CorpusError(path, None, f"must be a readable CMS PTP file: {error}") from error
    if not release.rows:
        raise CorpusError(
            path, None, f"must hold CMS PTP rows between therapy codes, got {release.read} rows and none"
        )
    quarter = max(quarter_of(release.newest), release.named)
    fresh = [row.model_copy(update={"release": quarter}) for row in release.rows]
    kept = [row for row in table.rows if row.column1 not in release.columns and not release.contradicts(row)]
    unread = [row for row in table.rows if row.column1 in release.columns and not release.reads(row)]
    last = day_before(max((quarter, *table.releases)))
    over = [ended for row in unread if (ended := _ended(row, last))]
    past = [row for row in table.rows if _is_past(row, release) and not release.overrules(row)]
    new = EditTable(tuple(sorted([*fresh, *kept, *over, *past], key=_order)))
    try:
        _write(new, into)
    except OSError as error:
        raise CorpusError(into, None, f"must be writable: {error}") from error
    found = difference_of(table, new, quarter, release.read, len(fresh), len(kept), into)
    expected = Counter(row.column1 for row in table.rows if row.stands and row.column1 in release.columns)
    return replace(found, missing=tuple(row for row in unread if row.stands), expected=expected, last=last)


def _is_past(row: PtpEdit, release: Release) -> bool:
    """Whether a row is over, and its pair, but perhaps not itself, was read."""
    return not row.stands and row.column1 in release.columns and release.reads(row)


def _ended(row: PtpEdit, last: dt.date) -> PtpEdit | None:
    """A row that no file holds as it is kept: over since a day, if it stood; ``None`` where it had not begun by then."""
    if not row.stands:
        return row
    if row.effective is not None and row.effective > last:
        return None
    return row.model_copy(update={"deleted": last, "grade": "A-"})


def _write(table: EditTable, into: Path) -> None:
    """Write the table and read it back before it takes its place."""
    into.parent.mkdir(parents=True, exist_ok=True)
    out = io.StringIO()
    out.write("# CMS NCCI procedure-to-procedure edits of this installation, written by update_edits.\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in table.rows:
        values = row.model_dump(mode="json")
        writer.writerow(["" if values[column] is None else values[column] for column in COLUMNS])
    with whole_file(into, read_edits) as stream:
        stream.write(out.getvalue())
    load_edits.cache_clear()


def _order(row: PtpEdit) -> tuple[str, str, dt.date, dt.date]:
    """The order of rows in a table that is written."""
    return row.column1, row.column2, row.effective or dt.date.min, row.deleted or dt.date.max
