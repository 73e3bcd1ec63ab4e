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
    """

    table: int
    line: int
    start: int
    end: int
    minutes: int | None
    planned: tuple[int, int] = (0, 0)
    sums: bool = False


def timed_rows(note: NoteText) -> Iterator[TimedRow]:
    r"""Rows of tables with a column headed min, minutes, time or duration, in order; of tables set with spaces those with a column of
    what was planned and one of what was done.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> [r.minutes for r in timed_rows(read_text("Code | Min\nTE | 15\nUS | --\nMT |"))]
    [15, 0, None]
    """
    column: int | None = None
    spaced: tuple[int, int] | None = None
    table = 0
    for number, line in enumerate(note.lines):
        row = note.flat[line.start : line.end]
        if "|" not in row:
            column = None
            heads_of = _planned_and_done(row)
            if heads_of is not None:
                spaced = heads_of
                table += 1
            elif spaced is not None:
                found = _spaced_row(row, spaced, (table, number, line.start))
                if found is None:
                    spaced = None
                else:
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


def _planned_and_done(row: str) -> tuple[int, int] | None:
    """Which columns of a heading set with spaces hold what was planned and what was done; ``None`` where it has not both."""
    if "  " not in row and "\t" not in row:
        return None
    cells = _SPACES.split(row.strip())
    planned = [i for i, cell in enumerate(cells) if _PLANNED.fullmatch(cell)]
    done = [i for i, cell in enumerate(cells) if _DONE.fullmatch(cell)]
    return (planned[0], done[0]) if len(planned) == len(done) == 1 and min(planned[0], done[0]) > 0 else None


def _spaced_row(row: str, columns: tuple[int, int], at: tuple[int, int, int]) -> TimedRow | None:
    """A row set with spaces; ``None`` where it holds no number in the column of what was done.

    Parameters
    ----------
    columns : of what was planned and done.
    at : number of the table, of the line, and where the line begins.
    """
    table, number, start = at
    planned, done = (_spaced_cell(row, column) for column in columns)
    match = _CELL.fullmatch(row, *done)
    if match is None:
        return None
    minutes = int(match[1])
    begin = start + match.start(1)
    end = start + match.end(1) if minutes else begin
    sums = row.lstrip().lower().startswith("tot")
    return TimedRow(table, number, begin, end, minutes, (start + planned[0], start + planned[1]), sums)


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
    """Lines that head columns of what was planned and what was done: their words say nothing of the rows below."""
    first: dict[int, int] = {}
    for row in rows_of(note):
        if row.planned[0] < row.planned[1]:
            first.setdefault(row.table, row.line - 1)
    return frozenset(first.values())


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
