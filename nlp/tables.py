"""Rows of a table drawn with bars that has a column of times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp.text import NoteText

_HEAD = re.compile(r"\s{0,40}(?:tx )?(?:min(?:ute)?s?|time|dur(?:ation)?)\.?(?:\s{0,40}\(min\))?\s{0,40}", re.I)
_CELL = re.compile(r"\s{0,40}(\d{1,3})\s{0,40}(?:min\.?|m|')?\s{0,40}")
_NOUGHT = re.compile(r"\s*+(?:0|[-–—_]{1,9}|n/?a)\s*+", re.I)
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
    """

    table: int
    line: int
    start: int
    end: int
    minutes: int | None


def timed_rows(note: NoteText) -> Iterator[TimedRow]:
    r"""Rows of tables with a column headed min, minutes, time or duration, in order.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> [r.minutes for r in timed_rows(read_text("Code | Min\nTE | 15\nUS | --\nMT |"))]
    [15, 0, None]
    """
    column: int | None = None
    table = 0
    for number, line in enumerate(note.lines):
        row = note.flat[line.start : line.end]
        if "|" not in row:
            column = None
            continue
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


def _not_filled_in(cells: list[str]) -> bool:
    """Whether nothing stands behind the first empty cell of a row, and several are empty; bars at the margins are no cells."""
    inner = [cell.strip() for cell in (cells[1:] if not cells[0].strip() else cells)]
    first = inner.index("") if "" in inner else len(inner)
    return len(inner) - first >= _LEFT_OUT and not any(inner[first:])


def blank_rows(note: NoteText) -> frozenset[int]:
    r"""Lines of rows that were left blank in a table others of which have times: a form lists what was not done too.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> sorted(blank_rows(read_text("Code | Min\nTE | 15\nUS | --\n\nCode | Min\nTE |\nMT |")))
    [2]
    """
    rows = list(timed_rows(note))
    filled = {row.table for row in rows if row.minutes}
    return frozenset(row.line for row in rows if row.minutes == 0 and row.table in filled)
