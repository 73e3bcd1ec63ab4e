r"""Flowsheets with a column for each day: what stands under another day was not done at this visit.

Exercise   | 5/1   | 5/3   | 5/6 (today)
Bike       | 5 min | 6 min | 8 min
Ultrasound | 8 min | 8 min | held
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nlp.text import NoteText, Span

_DATE = r"\d{1,2}/\d{1,2}(?:/(?:20)?\d\d)?"
_TODAY = re.compile(rf"(?:{_DATE}[ \t]?)?[(\[]?(?:today|this (?:visit|date|session)|tv|current|curr)[)\]]?", re.I)
_DAY = re.compile(
    rf"(?:(?:dos|date|visit \d{{1,3}}|v\d{{1,3}}|mon|tues?|wed|thurs?|fri|sat|sun)[ \t:]?[ \t]?)?[(]?{_DATE}[)]?",
    re.I,
)
_OTHER = re.compile(
    r"(?:last|prev(?:ious)?|prior|next)(?:[ \t](?:visit|time|session|tx|treatment|date))?\.?|l\.?v\.?|nv", re.I
)
_NOT_DONE = re.compile(
    r"|no|none|n/?[at]|(?:0|[-–—_]{1,9}|x{2,3}|held|hold|skip(?:ped)?|defer(?:red)?|decl(?:ined?)?|ref(?:used)?|omit(?:ted)?|not done|d/?c'?d?)(?:[ \t,;(].*)?",
    re.I,
)
_LABEL = re.compile(
    r"(?:(?:exercises?|ex|ther ?ex|interventions?|activit(?:y|ies)|items?|tx|treatments?|dates?|code|procedures?|modalit(?:y|ies)|flow ?sheet|visit|dos|name|service|parameters?)[ \t:/]*){0,3}",
    re.I,
)
"""Over the names of the rows, where no column says that it is today's: "Quads | 4/5 | 5/5" are grades."""
_VISITS = re.compile(
    r"(?:visits?|sessions?|tx|treatments?|appt|appointment|v)[ \t.]*(?:#|no\.?|numbers?|num)?[ \t:]*", re.I
)
_GRADE = re.compile(r"\d{1,2}/(?:5|10)[)]?")
_BARS = re.compile(r"[ \t]*(?:\||\t)[ \t]*")
_BLANKS = re.compile(r"[ ]{2,}|\t")
_AWRY = 6
"""Characters by which a cell set with spaces may miss the heading it stands under."""
_LEAST = 2


@dataclass(frozen=True, slots=True)
class DatedRows:
    """What the day columns of a note's tables say.

    Attributes
    ----------
    elsewhere : cells of other days, in order, code points.
    undone : lines whose cell of this visit says that nothing was done.
    """

    elsewhere: tuple[Span, ...]
    undone: frozenset[int]

    def holds(self, start: int, end: int) -> bool:
        """Whether a stretch lies in a cell of another day."""
        return any(a <= start and end <= b for a, b in self.elsewhere)


_Cell = tuple[int, int, str]
"""Where a cell begins and ends in its line, and its words."""


def dated_rows(note: NoteText) -> DatedRows:
    r"""Cells under other days, and rows that were not done today; read once.

    Today's column is the one that says so, else the latest of the dates.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> found = dated_rows(read_text("Item | 5/1 | 5/3\nBike | 5 min | 6 min\nUS | 8 min | held\n\nTE | 5 min"))
    >>> found.elsewhere, sorted(found.undone)
    (((24, 29), (43, 48)), [2])
    """
    return note.once("dated rows", _read)


def _read(note: NoteText) -> DatedRows:
    elsewhere: list[Span] = []
    undone: set[int] = set()
    days: dict[int, _Cell] = {}
    today = -1
    bars = False
    for number, line in enumerate(note.lines):
        row = note.flat[line.start : line.end]
        if not any(sign in row for sign in ("|", "\t", "  ")):
            days = {}
            continue
        barred = "|" in row or "\t" in row
        cells = list(_cells(row, _BARS if barred else _BLANKS))
        found, now = _days(cells)
        if now >= 0:
            days, today, bars = found, now, barred
            continue
        if not days or barred is not bars:
            days = {}
            continue
        placed = _placed(cells, days, bars)
        if placed is None:
            days = {}
            continue
        for at, (start, end, words) in placed.items():
            if at != today and words:
                elsewhere.append((line.start + start, line.start + end))
        if any(at != today and words for at, (_, _, words) in placed.items()):
            mine = placed.get(today)
            if _NOT_DONE.fullmatch(mine[2] if mine else ""):
                undone.add(number)
    return DatedRows(tuple(elsewhere), frozenset(undone))


def _cells(row: str, sign: re.Pattern[str]) -> Iterator[_Cell]:
    """The cells of a row; of one set with spaces those that hold something."""
    at = 0
    for match in [*sign.finditer(row), None]:
        end = match.start() if match else len(row)
        words = row[at:end].strip()
        if words or sign is _BARS:
            start = at + len(row[at:end]) - len(row[at:end].lstrip()) if words else at
            yield start, start + len(words), words
        at = match.end() if match else end


def _days(cells: Sequence[_Cell]) -> tuple[dict[int, _Cell], int]:
    """The day columns of a heading and which is today's; -1 where it is no such heading."""
    days = {
        i: cell
        for i, cell in enumerate(cells)
        if _TODAY.fullmatch(cell[2]) or _DAY.fullmatch(cell[2]) or _OTHER.fullmatch(cell[2])
    }
    if not days and _is_numbered(cells):
        return dict(enumerate(cells[1:], 1)), len(cells) - 1
    others = [cell for i, cell in enumerate(cells) if i not in days and cell[2]]
    if len(days) < _LEAST or len(others) > 1:
        return {}, -1
    now = [i for i, cell in days.items() if _TODAY.fullmatch(cell[2])]
    dates = [i for i, cell in days.items() if _DAY.fullmatch(cell[2])]
    if len(now) == 1:
        return days, now[0]
    told = not others or _LABEL.fullmatch(others[0][2])
    grades = all(_GRADE.fullmatch(days[i][2]) for i in dates)
    if now or len(dates) < len(days) or not told or grades:
        return {}, -1
    first, last = (_day_of_year(days[i][2]) for i in (dates[0], dates[-1]))
    return days, dates[0] if 0 < first - last < _HALF_A_YEAR else dates[-1]


def _is_numbered(cells: Sequence[_Cell]) -> bool:
    """Whether the cells number visits one after another, today's last: "Visit # | 8 | 9 | 10"."""
    numbers = [int(words) if words.isdecimal() and len(words) <= _DIGITS else -1 for _, _, words in cells[1:]]
    in_order = len(numbers) >= _LEAST and all(b - a == 1 for a, b in pairwise(numbers))
    return in_order and numbers[0] > 0 and _VISITS.fullmatch(cells[0][2]) is not None


_DIGITS = 3


def _day_of_year(date: str) -> int:
    month, day = re.findall(r"\d+", date)[-3:][:2] if date.count("/") == 2 else re.findall(r"\d+", date)[-2:]
    return int(month) * 31 + int(day)


_HALF_A_YEAR = 186
"""Days by which a date may be later than one to its right: the newest visit stands first. More is the turn of the year."""


def _placed(cells: Sequence[_Cell], days: dict[int, _Cell], bars: bool) -> dict[int, _Cell] | None:
    """The cells of a row that stand under days, by the number of the column; ``None`` where the row is of no such table."""
    if bars:
        found = {at: cells[at] for at in days if at < len(cells)}
        return found if len(cells) > min(days) and cells[0][2] else None
    found = {}
    for cell in cells[1:]:
        near = min(days, key=lambda at: abs(days[at][0] - cell[0]))
        if abs(days[near][0] - cell[0]) > _AWRY or near in found:
            # a name longer than its column pushes the row's cells to the right
            return dict(zip(days, cells[1:], strict=True)) if len(cells) - 1 == len(days) else None
        found[near] = cell
    return found or None
