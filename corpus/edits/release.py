"""The rows of a release as they come in, each checked against those before it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from corpus.edits.days import day_of, is_first_day, named_quarter, quarter_of
from corpus.edits.read import validated
from corpus.edits.table import CODE, PtpEdit
from corpus.errors import CorpusError

_LIKE_A_CODE = re.compile(r"(?!.*[A-Za-z]{3})(?=.*\d)\S{3,8}")


class Release:
    """Rows of the files of one release as they come in.

    Parameters
    ----------
    wanted : codes of which rows are kept, where both are among them.

    Attributes
    ----------
    rows : those kept, each once.
    columns : column 1 codes of all rows read.
    read : how many were read.
    newest : the newest first day among them, yyyymmdd; empty before there is one.
    named : the newest quarter that a file's name gives; empty where none does.
    """

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

    def reads(self, old: PtpEdit) -> bool:
        """Whether any row of an old one's pair was read, in either direction."""
        return frozenset((old.column1, old.column2)) in self._of_pair

    def overrules(self, old: PtpEdit) -> bool:
        """Whether a row that was read tells the same as an old one, or cannot be true beside it."""
        read = self._of_pair.get(frozenset((old.column1, old.column2)), ())
        return any(row.contradicts(old) or _law(row) == _law(old) for row, _, _ in read)

    def take(self, name: Path, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Add the rows of one file; header lines stand before the first row of data.

        Raises
        ------
        CorpusError
            Naming file and line, at the first row that breaks a rule, or when there is no row of data.
        """
        begun = False
        named = named_quarter(name)
        self.named = max(self.named, named)
        for line, raw in rows:
            cells = [cell.strip() for cell in raw]
            begun = begun or _is_data(cells)
            if not begun or not any(cells):
                continue
            _check_codes(name, line, cells)
            self.read += 1
            self.columns.add(cells[0])
            if is_first_day(cells[3]):
                self.newest = max(self.newest, cells[3])
                if named and quarter_of(cells[3]) > named:
                    raise CorpusError(
                        name,
                        line,
                        f"a file named as release {named} must not have a first day in {quarter_of(cells[3])}",
                    )
            if cells[0] in self.wanted and cells[1] in self.wanted:
                self._keep(name, line, cells)
        if not begun:
            raise CorpusError(
                name, None, "must hold rows of column 1, column 2, mark, first day, last day, indicator"
            )

    def _keep(self, name: Path, line: int, cells: Sequence[str]) -> None:
        """Add a row of wanted codes, unless it was read before."""
        effective = day_of(name, line, "effective date", cells[3])
        if not is_first_day(cells[3]):
            raise CorpusError(name, line, f"effective date must not be more than a year ahead, got {effective}")
        values = {
            "column1": cells[0],
            "column2": cells[1],
            "modifier_indicator": cells[5],
            "effective": effective,
            "deleted": None if cells[4] == "*" else day_of(name, line, "deletion date", cells[4]),
            "rationale": cells[6] if len(cells) > 6 else "",
            "release": quarter_of(cells[3]),
            "source": f"CMS NCCI PTP practitioner, {name.name}",
        }
        row = validated(name, line, values)
        others = self._of_pair.setdefault(frozenset((row.column1, row.column2)), [])
        for other, file, at in others:
            if _law(row) == _law(other):
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


def _law(row: PtpEdit) -> tuple[str, str, str, dt.date | None, dt.date | None]:
    """What a row says, without where it is from."""
    return row.column1, row.column2, row.modifier_indicator, row.effective, row.deleted


def _check_codes(name: Path, line: int, cells: Sequence[str]) -> None:
    """Refuse a row that has too few columns, or no code in one of the first two."""
    if len(cells) < 6 or not cells[0]:
        raise CorpusError(name, line, f"a CMS row must have a code and 6 or 7 columns, got {len(cells)} columns")
    for number, code in enumerate(cells[:2], 1):
        if not re.fullmatch(CODE, code):
            raise CorpusError(name, line, f"column {number} must be a code of five digits and capitals, got {code!r}")


def _is_data(cells: Sequence[str]) -> bool:
    """Whether a row is meant as data and no heading: it begins with something like a code, or has a first day, right or wrong."""
    codes = any(_LIKE_A_CODE.fullmatch(cell) for cell in cells[:2])
    return codes or bool(re.fullmatch(r"[\d/.-]{6,10}", cells[3] if len(cells) > 3 else ""))
