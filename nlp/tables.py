"""Rows of a table, drawn with bars or set with spaces, that has a column of times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from nlp.text import NoteText

_HEAD = re.compile(
    r"\s{0,40}(?:tx )?(?:min(?:ute)?s?|time|dur(?:ation)?)\.?(?:\s{0,40}\((?:min(?:ute)?s?|m{1,2}:ss)\))?\s{0,40}",
    re.I,
)
_ONLY_TIME = re.compile(r"\s{0,40}(?:tx )?time\s{0,40}", re.I)
"""A heading that may be that of times of day."""
_UNITS = re.compile(r"u|units?", re.I)
_CELL = re.compile(r"\s{0,40}(?P<num>\d{1,3})(?P<seconds>:[0-5]\d)?\s{0,40}(?:min\.?|m|')?\s{0,40}")
_NOUGHT = re.compile(r"\s*+(?:0(?::00)?|[-–—_]{1,9}|n/?a)\s*+", re.I)
_DIAL, _HOUR, _TWO_HOURS, _HOURS_A_DAY = 720, 60, 120, 24
_SPACES = re.compile(r"[ ]{2,}|[ ]*\t[ \t]*")
_PLANNED = re.compile(
    r"(?:sched(?:uled)?|plan(?:ned)?|ordered|allotted|intended)\.?(?: (?:min(?:ute)?s?|time))?", re.I
)
_DONE = re.compile(
    r"(?:actual|done|delivered|given|provided|completed|min(?:ute)?s?)\.?(?: (?:min(?:ute)?s?|time))?", re.I
)
_RULE = re.compile(r"[\s\-=_*.~+]*")
_INDENTED = 4
"""Blanks more than a heading has, by which a line goes on a cell above it."""
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
    minutes : the time; 0 where the cell is zero or struck out, or the row was not filled in; ``None`` where it says nothing of that.
    planned : where a column beside it says what was planned, code points; equal where there is none.
    sums : whether the row is the table's total.
    head : the line of the heading of a table set with spaces; -1 of one drawn with bars.
    of_day : minutes since midnight of a time with a colon that may be one of day; -1 of any other.
    """

    table: int
    line: int
    start: int
    end: int
    minutes: int | None
    planned: tuple[int, int] = (0, 0)
    sums: bool = False
    head: int = -1
    of_day: int = -1


def timed_rows(note: NoteText) -> Iterator[TimedRow]:
    r"""Rows of tables with a column headed min, minutes, time or duration, in order; of tables set with spaces those with a column of
    what was planned and one of what was done, and those with one such column, not the first.

    A time with a colon is minutes and seconds, unless the column is that of times of day.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> [r.minutes for r in timed_rows(read_text("Code | Min\nTE | 15\nUS | --\nMT |"))]
    [15, 0, None]
    >>> [r.minutes for r in timed_rows(read_text("Code | Time\nTE | 15:00\nUS | 0:00\nMT | 8:00"))]
    [15, 0, 8]
    >>> [r.minutes for r in timed_rows(read_text("Code | Time\nTE | 9:15\nUS | 9:30\nMT | 9:38"))]
    [None, None, None]
    """
    for _, rows in groupby(_read_rows(note), key=lambda row: row.table):
        table = list(rows)
        of_day = [row.of_day for row in table if row.of_day >= 0 and not row.sums]
        if _are_of_day(of_day) or (len(of_day) == 1 and not any(row.minutes == 0 for row in table)):
            table = [replace(row, end=row.start, minutes=None) if row.of_day >= 0 else row for row in table]
        yield from table


def _are_of_day(times: Sequence[int]) -> bool:
    """Whether times go on through a day: each less than two hours after the one before, not all on the hour unless by the hour."""
    steps = [(after - before) % _DIAL for before, after in pairwise(times)]
    if not steps or not all(0 < step <= _TWO_HOURS for step in steps):
        return False
    return any(time % _HOUR for time in times) or (len(steps) > 1 and set(steps) == {_HOUR})


def _read_rows(note: NoteText) -> Iterator[TimedRow]:
    """The rows as they stand, times of day not yet told from others."""
    column: int | None = None
    doubtful = False
    spaced: _Planned | _Column | None = None
    table = 0
    for number, line in enumerate(note.lines):
        row = note.flat[line.start : line.end]
        if "|" not in row:
            column = None
            heads_of = _planned_and_done(row, number) or _time_column(row, number)
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
            doubtful = _ONLY_TIME.fullmatch(cells[column]) is not None
            table += 1
        elif column is not None and column < len(cells):
            begin = line.start + sum(len(c) + 1 for c in cells[:column])
            yield _drawn_row(cells, column, (table, number, begin), doubtful=doubtful)


def _drawn_row(cells: list[str], column: int, at: tuple[int, int, int], *, doubtful: bool) -> TimedRow:
    """A row drawn with bars; ``at`` are the numbers of table and line, and where the cell of its time begins."""
    table, number, begin = at
    match = _CELL.fullmatch(cells[column])
    if match and int(match["num"]):
        return TimedRow(
            table,
            number,
            begin + match.start("num"),
            begin + match.end("seconds" if match["seconds"] else "num"),
            int(match["num"]),
            sums=_is_sum(next((cell for cell in cells if cell.strip()), "")),
            of_day=_of_day(match) if doubtful else -1,
        )
    unfilled = _NOUGHT.fullmatch(cells[column]) or (not cells[column].strip() and _not_filled_in(cells))
    return TimedRow(table, number, begin, begin, 0 if unfilled else None)


def _of_day(match: re.Match[str]) -> int:
    """Minutes since midnight of a time with a colon, were it one of day; -1 where it can be none."""
    hours = int(match["num"])
    return hours * _HOUR + int(match["seconds"][1:]) if match["seconds"] and hours < _HOURS_A_DAY else -1


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
        minutes = int(match["num"])
        begin = start + match.start("num")
        end = start + match.end("num") if minutes else begin
        planned = _spaced_cell(row, self.planned)
        return TimedRow(
            table, number, begin, end, minutes, (start + planned[0], start + planned[1]), _is_sum(row), self.head
        )


@dataclass(frozen=True, slots=True)
class _Column:
    """The column of times in a table set with spaces.

    Attributes
    ----------
    start, end : where its heading stands in its line.
    cells, behind : cells of the heading, and how many of them stand behind its own.
    figures : whether those behind it hold figures only (units); beside others a time is one with a colon, or a figure under "min"
        before words in a row that has every cell.
    indent : where the heading's line begins.
    head : the number of its line.
    doubtful : whether times with a colon may be times of day.
    """

    start: int
    end: int
    cells: int
    behind: int
    figures: bool
    indent: int
    head: int
    doubtful: bool

    def ends_with(self, row: str) -> bool:
        """Whether a line is none of the table's: a blank one, or text that is in no columns and does not go on a cell above."""
        if not row.strip():
            return True
        wrapped = len(row) - len(row.lstrip()) >= self.indent + _INDENTED
        return not wrapped and not _RULE.fullmatch(row) and len(_SPACES.split(row.strip())) < 2

    def row(self, row: str, at: tuple[int, int, int]) -> TimedRow | None:
        """A line as a row; ``None`` where nothing stands under the heading."""
        table, number, start = at
        cell = self._cell(row)
        if cell is None:
            return None
        match = _CELL.fullmatch(row, *cell)
        if match and int(match["num"]):
            return TimedRow(
                table,
                number,
                start + match.start("num"),
                start + match.end("seconds" if match["seconds"] else "num"),
                int(match["num"]),
                sums=_is_sum(row),
                head=self.head,
                of_day=_of_day(match) if self.doubtful else -1,
            )
        if match or _NOUGHT.fullmatch(row, *cell):
            return TimedRow(table, number, start + cell[0], start + cell[0], 0, head=self.head)
        return None

    def _cell(self, row: str) -> tuple[int, int] | None:
        """Where the time of a row stands; ``None`` where it has none. Text may run past the headings of figures, or wrap."""
        cells = _spaced_cells(row)
        count = len(cells)
        if count < 2:
            return None
        if self.behind and not self.figures:
            under = (
                cells[-1 - self.behind : -self.behind] if count == self.cells else filter(self._is_under, cells[1:])
            )
            told = next((cell for cell in under if ":" in row[slice(*cell)]), None)
            return told or self._figure(row, cells)
        at = count - 1 - self.behind
        figures = all(row[slice(*cell)].isdecimal() for cell in cells[at + 1 :])
        if at < 1 or (self.figures and not figures):
            return None
        ran_past = cells[at][0] >= self.end and cells[at - 1][1] > self.start - _AWRY
        return cells[at] if count == self.cells or self._is_under(cells[at]) or ran_past else None

    def _figure(self, row: str, cells: list[tuple[int, int]]) -> tuple[int, int] | None:
        """The figure of a full row that stands under "min" before words, not under a "time" that may be one of day."""
        at = self.cells - 1 - self.behind
        if self.doubtful or len(cells) != self.cells or not self._is_under(cells[at]):
            return None
        words = not row[slice(*cells[at + 1])].strip().isdecimal()
        return cells[at] if words and row[slice(*cells[at])].isdecimal() else None

    def _is_under(self, cell: tuple[int, int]) -> bool:
        return cell[0] < self.end + _AWRY and cell[1] > self.start - _AWRY


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


def _time_column(row: str, number: int) -> _Column | None:
    """The times' column of a heading set with spaces, where it is not the first; no cell of a heading holds a figure."""
    if ("  " not in row and "\t" not in row) or any(map(str.isdigit, row)):
        return None
    cells = _SPACES.split(row.strip())
    at = next((k for k in range(len(cells) - 1, 0, -1) if _HEAD.fullmatch(cells[k])), 0)
    if not at:
        return None
    behind = cells[at + 1 :]
    figures = all(_UNITS.fullmatch(cell) for cell in behind)
    indent = len(row) - len(row.lstrip())
    doubtful = _ONLY_TIME.fullmatch(cells[at]) is not None
    return _Column(*_spaced_cell(row, at), len(cells), len(behind), figures, indent, number, doubtful)


def _spaced_cell(row: str, column: int) -> tuple[int, int]:
    """Where a cell of a row set with spaces begins and ends; nothing where the row is too short."""
    cells = _spaced_cells(row)
    return cells[column] if column < len(cells) else (0, 0)


def _spaced_cells(row: str) -> list[tuple[int, int]]:
    """Where each cell of a row set with spaces begins and ends."""
    indent, last = len(row) - len(row.lstrip()), len(row.rstrip())
    edges = [indent, *(edge for match in _SPACES.finditer(row, indent, last) for edge in match.span()), last]
    return list(zip(edges[::2], edges[1::2], strict=True))


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
