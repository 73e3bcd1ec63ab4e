"""CMS procedure-to-procedure edits: the table, its strict loader, and its renewal from the quarterly CMS files.

Reading order: `PtpEdit` (a row), `EditTable` (looking up), `load_edits`, then `update_edits` with `_rows_of`
(the layouts CMS publishes) and `_difference`.

Source of the rules: CMS NCCI Policy Manual ch. 1 and the PTP file layout: column 1 is paid, column 2 denied;
indicator 0 never together, 1 payable with a modifier when truly separate, 9 withdrawn back to its first day.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import io
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path
from typing import IO, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from corpus.catalogue import load_catalogue
from corpus.errors import CorpusError
from corpus.tables import DATA, Record, read_tables

CODE = r"^[0-9A-Z]\d{3}[0-9A-Z]$"
COLUMNS = (
    "column1",
    "column2",
    "modifier_indicator",
    "effective",
    "deleted",
    "rationale",
    "release",
    "grade",
    "source",
)


def _blank_or_iso(value: object) -> object:
    if value == "":
        return None
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("a day must be yyyy-mm-dd")
    return value


_Day = Annotated[dt.date | None, BeforeValidator(_blank_or_iso)]


class PtpEdit(Record):
    """One row of the table: a pair of codes and the days its edit was in force.

    Attributes
    ----------
    column1, column2 : the code that is paid, and the one denied beside it.
    modifier_indicator : ``0`` never together, ``1`` with a modifier when truly separate, ``9`` withdrawn.
    effective : first day in force; ``None`` when the table does not tell.
    deleted : last day in force; ``None`` while it stands.
    rationale : CMS's heading for the reason.
    release : the CMS quarter the row was read from, such as ``2026Q4``.
    grade : ``A`` as in the CMS file, ``A-`` with an inferred first day.
    source : the CMS table.
    """

    column1: str = Field(pattern=CODE)
    column2: str = Field(pattern=CODE)
    modifier_indicator: Literal["0", "1", "9"]
    effective: _Day = None
    deleted: _Day = None
    rationale: str = ""
    release: str = Field(pattern=r"^\d{4}Q[1-4]$")
    grade: Literal["A", "A-"] = "A"
    source: str = Field(min_length=3)

    @property
    def stands(self) -> bool:
        """Whether the newest release gives it no last day; its first may still be to come."""
        return self.modifier_indicator != "9" and self.deleted is None

    def in_force(self, date: dt.date | None) -> bool:
        """Whether the edit applies to a date of service; without a date, to today."""
        if self.modifier_indicator == "9":
            return False
        date = date or dt.date.today()
        return (self.effective is None or self.effective <= date) and (self.deleted is None or date <= self.deleted)

    def contradicts(self, other: PtpEdit) -> bool:
        """Whether two rows of one pair cannot both be true: another direction or indicator while both are in force, or one first
        day and two last days. A day that ends the one and begins the other is no contradiction.
        """
        same_way = (self.column1, self.column2) == (other.column1, other.column2)
        same_law = same_way and self.modifier_indicator == other.modifier_indicator
        first, last = self._days
        first_too, last_too = other._days
        if "9" in (self.modifier_indicator, other.modifier_indicator):
            return same_way and not same_law and self._days == other._days
        if first == first_too:
            return not same_law or last != last_too
        return not same_law and first < last_too and first_too < last

    @property
    def _days(self) -> tuple[dt.date, dt.date]:
        return self.effective or dt.date.min, self.deleted or dt.date.max


@dataclass(frozen=True)
class EditTable:
    """All rows, found by pair.

    Parameters
    ----------
    rows : in file order.
    """

    rows: tuple[PtpEdit, ...]

    @cached_property
    def _by_pair(self) -> dict[frozenset[str], list[PtpEdit]]:
        found: dict[frozenset[str], list[PtpEdit]] = {}
        for row in self.rows:
            found.setdefault(frozenset((row.column1, row.column2)), []).append(row)
        return found

    @cached_property
    def _codes(self) -> frozenset[str]:
        return frozenset(_codes_of(self.rows)) | load_catalogue().keys()

    def covers(self, code: str) -> bool:
        """Whether a code is among those whose edits the table holds; of any other it tells nothing.

        Examples
        --------
        >>> [load_edits().covers(code) for code in ("97140", "98941", "97010", "99213")]
        [True, True, True, False]
        """
        return code in self._codes

    @cached_property
    def releases(self) -> tuple[str, ...]:
        """The CMS quarters the rows are from, oldest first."""
        return tuple(sorted({row.release for row in self.rows}))

    @property
    def named(self) -> str:
        """What the table is, for a person."""
        return f"CMS NCCI PTP practitioner, therapy codes, {' and '.join(self.releases)}"

    def between(self, a: str, b: str) -> list[PtpEdit]:
        """Every row of a pair, in either direction, oldest first."""
        rows = self._by_pair.get(frozenset((a, b)), [])
        return sorted(rows, key=lambda r: (r.effective or r.deleted or dt.date.min, r.deleted or dt.date.max))

    def among(self, codes: Iterable[str], date: dt.date | None) -> list[PtpEdit]:
        """Rows in force between the codes of one day, in the order of the codes.

        Examples
        --------
        >>> found = load_edits().among(["97124", "97140", "97530", "97116"], None)
        >>> [(e.column1, e.column2, e.modifier_indicator) for e in found]
        [('97140', '97124', '0')]
        """
        pairs = combinations(dict.fromkeys(codes), 2)
        return [row for a, b in pairs for row in self.between(a, b) if row.in_force(date)]


class PairHistory(Record):
    """What is told of a pair outside the CMS table: why sources still quote an edit that is gone, or never was.

    Attributes
    ----------
    pairs : the pairs meant; the order of the codes does not matter.
    says : sentences for a person.
    source : where that is from.
    """

    pairs: tuple[tuple[str, str], ...] = Field(min_length=1)
    says: str = Field(min_length=10)
    source: str = Field(min_length=3)


@cache
def load_edits(path: Path = DATA / "ncci.csv") -> EditTable:
    """The edit table of a file: the one shipped, or the one `update_edits` wrote.

    Raises
    ------
    CorpusError
        Naming file and line: a header or a value of the wrong kind, a code beside itself, a last day
        before the first, a withdrawn row without its day, or a row that stands twice.

    Examples
    --------
    >>> load_edits().releases
    ('2024Q3', '2026Q4')
    """
    rows: list[PtpEdit] = []
    seen: set[tuple[object, ...]] = set()
    for values, line in _csv_rows(path):
        row = _validated(path, line, dict(zip(COLUMNS, values, strict=True)))
        key = (row.column1, row.column2, row.effective, row.deleted)
        if key in seen:
            raise CorpusError(
                path, line, f"a row must stand once, got {row.column1},{row.column2} with the same days"
            )
        seen.add(key)
        rows.append(row)
    if not rows:
        raise CorpusError(path, None, "must hold at least one edit")
    return EditTable(tuple(rows))


@cache
def load_pair_histories(path: Path = DATA / "ncci_history.toml") -> dict[frozenset[str], tuple[PairHistory, ...]]:
    """What is told of pairs outside the CMS table, by pair.

    Examples
    --------
    >>> frozenset(("97116", "97530")) in load_pair_histories()
    True
    """
    found: dict[frozenset[str], tuple[PairHistory, ...]] = {}
    for history, line in read_tables(path, "history", PairHistory):
        for pair in history.pairs:
            if not all(re.match(CODE, code) for code in pair) or pair[0] == pair[1]:
                raise CorpusError(path, line, f"pairs must hold two different codes, got {list(pair)}")
            found[frozenset(pair)] = (*found.get(frozenset(pair), ()), history)
    return found


def _csv_rows(path: Path) -> Iterator[tuple[list[str], int]]:
    """Fields and 1-based line of each row behind the comments and the header."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(path, None, f"must be a readable UTF-8 file: {error}") from error
    comments = re.match(r"(?:#[^\n]*\n)*", text)
    skipped = comments[0].count("\n") if comments else 0
    reader = csv.reader(io.StringIO("".join(text.splitlines(keepends=True)[skipped:])))
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        raise CorpusError(path, skipped + 1, f"the header must be {','.join(COLUMNS)}, got {','.join(header)!r}")
    for values in reader:
        line = skipped + reader.line_num
        if len(values) != len(COLUMNS):
            raise CorpusError(path, line, f"a row must have {len(COLUMNS)} fields, got {len(values)}")
        yield values, line


def _validated(path: Path, line: int, values: dict[str, Any]) -> PtpEdit:
    try:
        row = PtpEdit.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise CorpusError(path, line, f"{first['loc'][0]}: {first['msg']}, got {first['input']!r}") from error
    if row.column1 == row.column2:
        raise CorpusError(path, line, f"an edit must join two codes, got {row.column1} twice")
    if row.effective and row.deleted and row.deleted < row.effective:
        raise CorpusError(path, line, f"deleted must not be before effective, got {row.deleted} and {row.effective}")
    if row.modifier_indicator == "9" and row.deleted is None:
        raise CorpusError(path, line, f"a withdrawn row must have its deleted day, got {row.column1},{row.column2}")
    return row


# --- Renewal from the quarterly CMS files ---


@dataclass(frozen=True)
class EditDifference:
    """What a CMS release changed against the table in use.

    Attributes
    ----------
    release : the quarter that the files' names give, or that of the newest first day in them where they name none.
    read, taken : rows in the files, and those of them between codes this project knows.
    added : edits that stand now and did not; the first day may be to come.
    ended : edits that stood and do no longer; a row of the old table.
    changed : edits that still stand with another indicator or direction: old and new row.
    dated : edits that stand whose first day was unknown or inferred and is now read.
    kept : rows taken over because no file read holds their column 1 code, and no row read contradicts them.
    written : the installation's table.
    """

    release: str
    read: int
    taken: int
    added: tuple[PtpEdit, ...]
    ended: tuple[PtpEdit, ...]
    changed: tuple[tuple[PtpEdit, PtpEdit], ...]
    dated: int
    kept: int
    written: Path

    def sentences(self) -> list[str]:
        """The difference for a person, one sentence a change."""
        out = [f"{self.read} rows of release {self.release} read, {self.taken} between therapy codes taken."]
        out += [
            f"New: {e.column1} paid, {e.column2} denied, indicator {e.modifier_indicator}{_to_come(e)}."
            for e in self.added
        ]
        out += [f"Ended: {e.column1} paid, {e.column2} denied." for e in self.ended]
        out += [
            f"Changed: {a.column1}/{a.column2} indicator {a.modifier_indicator} is now "
            f"{b.column1}/{b.column2} indicator {b.modifier_indicator}{_to_come(b)}."
            for a, b in self.changed
        ]
        if self.dated:
            out.append(f"{self.dated} edits in force now have their first day.")
        if self.kept:
            out.append(f"{self.kept} rows kept as they were: no file read holds their column 1 code.")
        return out


def _to_come(edit: PtpEdit) -> str:
    """From when an edit counts, where that is after today."""
    return f", from {edit.effective.isoformat()}" if edit.effective and edit.effective > dt.date.today() else ""


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
    that was read contradicts them (an edit whose direction was turned).

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
    wanted = frozenset(codes if codes is not None else {*load_catalogue(), *_codes_of(table.rows)})
    release = _Release(wanted)
    try:
        for name, rows in _files_of(path):
            release.take(name, rows)
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise CorpusError(path, None, f"must be a readable CMS PTP file: {error}") from error
    if not release.rows:
        raise CorpusError(
            path, None, f"must hold CMS PTP rows between therapy codes, got {release.read} rows and none"
        )
    quarter = max(_quarter(release.newest), release.named)
    fresh = [row.model_copy(update={"release": quarter}) for row in release.rows]
    kept = [row for row in table.rows if row.column1 not in release.columns and not release.contradicts(row)]
    new = EditTable(tuple(sorted([*fresh, *kept], key=_order)))
    try:
        _write(new, into)
    except OSError as error:
        raise CorpusError(into, None, f"must be writable: {error}") from error
    return _difference(table, new, quarter, release.read, len(fresh), len(kept), into)


class _Release:
    """Rows of the files of one release as they come in."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self.wanted = wanted
        self.rows: list[PtpEdit] = []
        self.columns: set[str] = set()
        self.read = 0
        self.newest = ""
        self.named = ""
        self._of_pair: dict[frozenset[str], list[tuple[PtpEdit, Path, int]]] = {}

    def contradicts(self, old: PtpEdit) -> bool:
        """Whether a row that was read stands and says otherwise than one of the old table that stands."""
        read = self._of_pair.get(frozenset((old.column1, old.column2)), ())
        return old.stands and any(row.stands and row.contradicts(old) for row, _, _ in read)

    def take(self, name: Path, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Add the rows of one file; header lines stand before the first row of data."""
        begun = False
        named = _named_quarter(name)
        self.named = max(self.named, named)
        for line, raw in rows:
            cells = [cell.strip() for cell in raw]
            begun = begun or _is_data(cells)
            if not begun or not any(cells):
                continue
            column1 = cells[0]
            if len(cells) < 6 or not column1:
                raise CorpusError(
                    name, line, f"a CMS row must have a code and 6 or 7 columns, got {len(cells)} columns"
                )
            for number, code in enumerate(cells[:2], 1):
                if not re.fullmatch(CODE, code):
                    raise CorpusError(
                        name, line, f"column {number} must be a code of five digits and capitals, got {code!r}"
                    )
            self.read += 1
            self.columns.add(column1)
            if _is_first_day(cells[3]):
                self.newest = max(self.newest, cells[3])
                if named and _quarter(cells[3]) > named:
                    raise CorpusError(
                        name,
                        line,
                        f"a file named as release {named} must not have a first day in {_quarter(cells[3])}",
                    )
            if column1 in self.wanted and cells[1] in self.wanted:
                self._keep(name, line, cells)
        if not begun:
            raise CorpusError(
                name, None, "must hold rows of column 1, column 2, mark, first day, last day, indicator"
            )

    def _keep(self, name: Path, line: int, cells: Sequence[str]) -> None:
        effective = _day(name, line, "effective date", cells[3])
        if not _is_first_day(cells[3]):
            raise CorpusError(name, line, f"effective date must not be more than a year ahead, got {effective}")
        values = {
            "column1": cells[0],
            "column2": cells[1],
            "modifier_indicator": cells[5],
            "effective": effective,
            "deleted": None if cells[4] == "*" else _day(name, line, "deletion date", cells[4]),
            "rationale": cells[6] if len(cells) > 6 else "",
            "release": _quarter(cells[3]),
            "source": f"CMS NCCI PTP practitioner, {name.name}",
        }
        row = _validated(name, line, values)
        law = (row.column1, row.column2, row.modifier_indicator, row.effective, row.deleted)
        others = self._of_pair.setdefault(frozenset((row.column1, row.column2)), [])
        for other, file, at in others:
            if law == (other.column1, other.column2, other.modifier_indicator, other.effective, other.deleted):
                return
            if row.contradicts(other):
                raise CorpusError(
                    name,
                    line,
                    f"{row.column1},{row.column2} indicator {row.modifier_indicator} must not contradict "
                    f"{other.column1},{other.column2} indicator {other.modifier_indicator} of {file.name}:{at}",
                )
        others.append((row, name, line))
        self.rows.append(row)


_LIKE_A_CODE = re.compile(r"(?!.*[A-Za-z]{3})(?=.*\d)\S{3,8}")


def _is_data(cells: Sequence[str]) -> bool:
    """Whether a row is meant as data and no heading: it begins with something like a code, or has a first day, right or wrong."""
    codes = any(_LIKE_A_CODE.fullmatch(cell) for cell in cells[:2])
    return codes or bool(re.fullmatch(r"[\d/.-]{6,10}", cells[3] if len(cells) > 3 else ""))


def _is_first_day(cell: str) -> bool:
    """Whether a cell is a day that a quarterly release can give as an edit's first."""
    try:
        return re.fullmatch(r"\d{8}", cell) is not None and dt.date.fromisoformat(cell) <= _latest()
    except ValueError:
        return False


def _latest() -> dt.date:
    return dt.date.today() + dt.timedelta(366)


def _day(name: Path, line: int, what: str, cell: str) -> dt.date:
    try:
        if not re.fullmatch(r"\d{8}", cell):
            raise ValueError
        return dt.date(int(cell[:4]), int(cell[4:6]), int(cell[6:]))
    except ValueError:
        raise CorpusError(name, line, f"{what} must be a day as yyyymmdd, got {cell!r}") from None


def _quarter(day: str) -> str:
    return f"{day[:4]}Q{(int(day[4:6]) + 2) // 3}"


_VERSION = re.compile(r"(?<![a-z0-9])v(?P<year>[2-9]\d)(?P<quarter>[0-3])r\d", re.I)
_FIRST_VERSION = 1994


def _named_quarter(name: Path) -> str:
    """The quarter of CMS's version number in a file's name, ``v323r0`` for 2026Q4; empty where there is none.

    Version 30.0 is that of January 2024, 32.3 that of October 2026 (`corpus/data/ncci.csv`).
    """
    found = _VERSION.search(name.name)
    return f"{_FIRST_VERSION + int(found['year'])}Q{int(found['quarter']) + 1}" if found else ""


_HOSPITAL = re.compile(r"ccioph|(?<![a-z])(?:hospital|outpatient|oph)(?![a-z])", re.I)


def _practitioners(name: Path) -> Path:
    """The name of a file, refused where it is that of CMS's edits for hospitals: other pairs, other indicators."""
    if _HOSPITAL.search(name.name):
        raise CorpusError(
            name, None, "must be CMS's PTP file for practitioners (ccipra), got one for hospitals by its name"
        )
    return name


def _codes_of(rows: Iterable[PtpEdit]) -> set[str]:
    return {code for row in rows for code in (row.column1, row.column2)}


def _order(row: PtpEdit) -> tuple[str, str, dt.date, dt.date]:
    return row.column1, row.column2, row.effective or dt.date.min, row.deleted or dt.date.max


def _files_of(path: Path) -> Iterator[tuple[Path, Iterator[tuple[int, list[str]]]]]:
    """Each file of a release with its rows."""
    if path.is_dir():
        for file in _one_of_each(sorted(p for p in path.iterdir() if p.is_file())):
            yield from _files_of(file)
        return
    _practitioners(path)
    if path.suffix.lower() != ".zip":
        with path.open("rb") as stream:
            yield path, _rows_of(path, stream)
        return
    with zipfile.ZipFile(path) as archive:
        for member in _one_of_each(Path(name) for name in sorted(archive.namelist())):
            with archive.open(member.as_posix()) as part:
                yield _practitioners(Path(member.name)), _rows_of(Path(member.name), part)


def _one_of_each(paths: Iterable[Path]) -> list[Path]:
    """Files CMS publishes, the text where both forms are there."""
    found: dict[Path, Path] = {}
    for path in paths:
        kind = path.suffix.lower()
        if kind in (".txt", ".xlsx", ".zip"):
            stem = path.with_suffix("")
            if stem not in found or kind == ".txt":
                found[stem] = path
    return list(found.values())


def _rows_of(name: Path, stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """1-based line and cells of every row of a text or a workbook."""
    if name.suffix.lower() == ".xlsx":
        yield from _workbook_rows(name, stream)
        return
    with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace") as text:
        for number, line in enumerate(text, 1):
            yield number, line.split("\t")


def _workbook_rows(name: Path, stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    try:
        openpyxl = importlib.import_module("openpyxl")
    except ImportError as error:
        problem = "needs the package openpyxl, which is not installed: install it, or give CMS's .txt of this release"
        raise CorpusError(name, None, problem) from error
    try:
        book = openpyxl.load_workbook(io.BytesIO(stream.read()), read_only=True, data_only=True)
        for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            yield number, [_cell(cell, column) for column, cell in enumerate(cells)]
    except (zipfile.BadZipFile, KeyError, IndexError) as error:
        raise CorpusError(name, None, f"must be a workbook as CMS lays it out: {error}") from error


def _cell(value: object, column: int) -> str:
    """A cell as CMS's text would have it: codes keep five places, days are yyyymmdd."""
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return value.strftime("%Y%m%d")
    if isinstance(value, int | float) and column < 6 and value == int(value):
        return f"{int(value):05d}" if column < 2 else str(int(value))
    return str(value).strip()


def _write(table: EditTable, into: Path) -> None:
    """Write beside the goal, read it back, and put it in its place in one step."""
    into.parent.mkdir(parents=True, exist_ok=True)
    out = io.StringIO()
    out.write("# CMS NCCI procedure-to-procedure edits of this installation, written by update_edits.\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in table.rows:
        values = row.model_dump(mode="json")
        writer.writerow(["" if values[column] is None else values[column] for column in COLUMNS])
    handle, name = tempfile.mkstemp(dir=into.parent, prefix=into.name, suffix=".new")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(out.getvalue())
            stream.flush()
            os.fsync(stream.fileno())
        load_edits.__wrapped__(fresh)
        fresh.replace(into)
    finally:
        fresh.unlink(missing_ok=True)
    load_edits.cache_clear()


def _difference(
    old: EditTable, new: EditTable, release: str, read: int, taken: int, kept: int, written: Path
) -> EditDifference:
    """Compare what stands, pair by pair."""
    before = {frozenset((e.column1, e.column2)): e for e in old.rows if e.stands}
    after = {frozenset((e.column1, e.column2)): e for e in new.rows if e.stands}
    both = [(before[pair], after[pair]) for pair in after if pair in before]
    return EditDifference(
        release=release,
        read=read,
        taken=taken,
        added=tuple(e for pair, e in after.items() if pair not in before),
        ended=tuple(e for pair, e in before.items() if pair not in after),
        changed=tuple((a, b) for a, b in both if _law(a) != _law(b)),
        dated=sum((a.effective, a.grade) != (b.effective, b.grade) and _law(a) == _law(b) for a, b in both),
        kept=kept,
        written=written,
    )


def _law(edit: PtpEdit) -> tuple[str, str, str]:
    return edit.column1, edit.column2, edit.modifier_indicator
