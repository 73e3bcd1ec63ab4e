"""Rows of a table, drawn with bars or set with spaces, that has a column of times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp.text import NoteText

_HEAD = re.compile(r"\s{0,40}(?:tx )?(?:min(?:ute)?s?|time|dur(?:ation)?)\.?(?:\s{0,40}\(min\))?\s{0,40}", re.I)
_CELL = re.compile(r"\s{0,40}(\d{1,3})\s{0,40}(?:min\.?|m|')?\s{0,40}")
_NOUGHT = re.compile(r"\s*+(?:0|[-–—_]{1,9}|n/?a)\s*+", re.I)
_SPACES = re.compile(r"[ ]{2,}|[ ]*\t[ \t]*")
_PLANNED = re.compile(
    r"(?:sched(?:uled)?|plan(?:ned)?|ordered|allotted|intended)\.?(?: (?:min(?:ute)?s?|time))?", re.I
)
_DONE = re.compile(
    r"(?:actual|done|delivered|given|provided|completed|min(?:ute)?s?)\.?(?: (?:min(?:ute)?s?|time))?", re.I
)
_RULE = re.compile(r"[\s\-=_*.~+]*")
_AWRY = 4
"""Characters by which a figure may miss the heading it stands under."""
_LEFT_OUT = 2
"""So many cells left empty from the first one on say that a row was not filled in; a single time may stand for several rows."""


@dataclass(frozen=True, slots=True)
class TimedRow:
    """A row under a heading with a column of times.

    Attributes
    ----------
    table, line : running number of the table, and of the line in the note.
    start, end : the digits of its time, code points; equal where it has none.
    minutes : the time; 0 where the cell is nought or struck out, or the row was not filled in; ``None`` where it says nothing of that.
    planned : where a column beside it says what was planned, code points; equal where there is none.
    sums : whether the row is the table's total.
    head : the line of the heading of a table set with spaces; -1 of one drawn with bars.
    """

    table: int
    line: int
    start: int
    end: int
    minutes: int | None
    planned: tuple[int, int] = (0, 0)
    sums: bool = False
    head: int = -1


def timed_rows(note: NoteText) -> Iterator[TimedRow]:
    r"""Rows of tables with a column headed min, minutes, time or duration, in order; of tables set with spaces those with a column of
    what was planned and one of what was done, and those whose last column is the times'.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> [r.minutes for r in timed_rows(read_text("Code | Min\nTE | 15\nUS | --\nMT |"))]
    [15, 0, None]
    """
    column: int | None = None
    spaced: _Planned | _Last | None = None
    table = 0
    for number, line in enumerate(note.lines):
        row = note.flat[line.start : line.end]
        if "|" not in row:
            column = None
            heads_of = _planned_and_done(row, number) or _last_column(row, number)
            if heads_of is not None:
                spaced = heads_of
                table += 1
            elif spaced is not None and spaced.ends_with(row):
                spaced = None
            elif spaced is not None:
                found = spaced.row(row, (table, number, line.start))
                if found is not None:
                    yield found
            continue
        spaced = None
        cells = row.split("|")
        heads = [i for i, cell in enumerate(cells) if _HEAD.fullmatch(cell)]
        if heads:
            column = heads[-1]
            table += 1
        elif column is not None and column < len(cells):
            cell = cells[column]
            begin = line.start + sum(len(c) + 1 for c in cells[:column])
            match = _CELL.fullmatch(cell)
            if match and int(match[1]):
                yield TimedRow(table, number, begin + match.start(1), begin + match.end(1), int(match[1]))
            else:
                unfilled = _NOUGHT.fullmatch(cell) or (not cell.strip() and _not_filled_in(cells))
                yield TimedRow(table, number, begin, begin, 0 if unfilled else None)


@dataclass(frozen=True, slots=True)
class _Planned:
    """Columns of what was planned and of what was done, in a table set with spaces."""

    planned: int
    done: int
    head: int

    def ends_with(self, row: str) -> bool:
        """Whether a line is none of the table's: it holds no number in the column of what was done."""
        return _CELL.fullmatch(row, *_spaced_cell(row, self.done)) is None

    def row(self, row: str, at: tuple[int, int, int]) -> TimedRow | None:
        """A line as a row; ``at`` are the numbers of table and line, and where the line begins."""
        table, number, start = at
        match = _CELL.fullmatch(row, *_spaced_cell(row, self.done))
        if match is None:
            return None
        minutes = int(match[1])
        begin = start + match.start(1)
        end = start + match.end(1) if minutes else begin
        planned = _spaced_cell(row, self.planned)
        return TimedRow(
            table, number, begin, end, minutes, (start + planned[0], start + planned[1]), _is_sum(row), self.head
        )


@dataclass(frozen=True, slots=True)
class _Last:
    """The last column of a table set with spaces holds its times: where its heading stands, and of how many it is the last."""

    start: int
    end: int
    cells: int
    head: int

    def ends_with(self, row: str) -> bool:
        """Whether a line is none of the table's: a blank one, or text that is in no columns."""
        return not row.strip() or (not _RULE.fullmatch(row) and len(_SPACES.split(row.strip())) < 2)

    def row(self, row: str, at: tuple[int, int, int]) -> TimedRow | None:
        """A line as a row; ``None`` where nothing stands under the heading."""
        table, number, start = at
        cells = _SPACES.split(row.strip())
        last = _spaced_cell(row, len(cells) - 1)
        under = last[0] < self.end + _AWRY and last[1] > self.start - _AWRY
        if len(cells) < 2 or not (under or len(cells) == self.cells):
            return None
        match = _CELL.fullmatch(row, *last)
        if match and int(match[1]):
            return TimedRow(
                table,
                number,
                start + match.start(1),
                start + match.end(1),
                int(match[1]),
                sums=_is_sum(row),
                head=self.head,
            )
        if match or _NOUGHT.fullmatch(row, *last):
            return TimedRow(table, number, start + last[0], start + last[0], 0, head=self.head)
        return None


def _is_sum(row: str) -> bool:
    return row.lstrip().lower().startswith("tot")


def _planned_and_done(row: str, number: int) -> _Planned | None:
    """Which columns of a heading set with spaces hold what was planned and what was done; ``None`` where it has not both."""
    if "  " not in row and "\t" not in row:
        return None
    cells = _SPACES.split(row.strip())
    planned = [i for i, cell in enumerate(cells) if _PLANNED.fullmatch(cell)]
    done = [i for i, cell in enumerate(cells) if _DONE.fullmatch(cell)]
    one_each = len(planned) == len(done) == 1 and min(planned[0], done[0]) > 0
    return _Planned(planned[0], done[0], number) if one_each else None


def _last_column(row: str, number: int) -> _Last | None:
    """The times' column of a heading set with spaces, where it is the last; no cell of a heading holds a figure."""
    if ("  " not in row and "\t" not in row) or any(map(str.isdigit, row)):
        return None
    cells = _SPACES.split(row.strip())
    if len(cells) < 2 or not _HEAD.fullmatch(cells[-1]):
        return None
    return _Last(*_spaced_cell(row, len(cells) - 1), len(cells), number)


def _spaced_cell(row: str, column: int) -> tuple[int, int]:
    """Where a cell of a row set with spaces begins and ends; nothing where the row is too short."""
    indent, last = len(row) - len(row.lstrip()), len(row.rstrip())
    edges = [indent, *(edge for match in _SPACES.finditer(row, indent, last) for edge in match.span()), last]
    return (edges[2 * column], edges[2 * column + 1]) if 2 * column + 1 < len(edges) else (0, 0)


def _not_filled_in(cells: list[str]) -> bool:
    """Whether nothing stands behind the first empty cell of a row, and several are empty; bars at the margins are no cells."""
    inner = [cell.strip() for cell in (cells[1:] if not cells[0].strip() else cells)]
    first = inner.index("") if "" in inner else len(inner)
    return len(inner) - first >= _LEFT_OUT and not any(inner[first:])


def rows_of(note: NoteText) -> tuple[TimedRow, ...]:
    """The rows of a note's tables (`timed_rows`), found once."""
    return note.once("timed rows", _all_rows)


def heading_lines(note: NoteText) -> frozenset[int]:
    """Lines that head columns of tables set with spaces: their words say nothing of the rows below."""
    return frozenset(row.head for row in rows_of(note) if row.head >= 0)


def _all_rows(note: NoteText) -> tuple[TimedRow, ...]:
    return tuple(timed_rows(note))


def blank_rows(note: NoteText) -> frozenset[int]:
    r"""Lines of rows that were left blank in a table others of which have times: a form lists what was not done too.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> sorted(blank_rows(read_text("Code | Min\nTE | 15\nUS | --\n\nCode | Min\nTE |\nMT |")))
    [2]
    """
    rows = rows_of(note)
    filled = {row.table for row in rows if row.minutes}
    return frozenset(row.line for row in rows if row.minutes == 0 and row.table in filled)
