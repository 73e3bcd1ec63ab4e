"""Days and quarters as CMS writes them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from corpus.errors import CorpusError

_VERSION = re.compile(r"(?<![a-z0-9])v(?P<year>[2-9][0-9])(?P<quarter>[0-3])r[0-9]", re.I)
_FIRST_VERSION = 1994


def is_first_day(cell: str) -> bool:
    """Whether a cell is a day that a quarterly release can give as an edit's first."""
    try:
        return re.fullmatch(r"[0-9]{8}", cell) is not None and dt.date.fromisoformat(cell) <= _latest()
    except ValueError:
        return False


def _latest() -> dt.date:
    """The last day that can be an edit's first: a year from today."""
    return dt.date.today() + dt.timedelta(366)


def day_of(name: Path, line: int, what: str, cell: str) -> dt.date:
    """The day a cell gives as yyyymmdd.

    Raises
    ------
    CorpusError
        Naming file, line and ``what`` was read, when it is no day.
    """
    try:
        if not re.fullmatch(r"[0-9]{8}", cell):
            raise ValueError
        return dt.date(int(cell[:4]), int(cell[4:6]), int(cell[6:]))
    except ValueError:
        raise CorpusError(name, line, f"{what} must be a day as yyyymmdd, got {cell!r}") from None


def quarter_of(day: str) -> str:
    """The CMS quarter of a day as yyyymmdd, such as ``2026Q4``."""
    return f"{day[:4]}Q{(int(day[4:6]) + 2) // 3}"


def day_before(quarter: str) -> dt.date:
    """The last day before a CMS quarter such as ``2026Q4``."""
    return dt.date(int(quarter[:4]), 3 * int(quarter[5]) - 2, 1) - dt.timedelta(1)


def named_quarter(name: Path) -> str:
    """The quarter of CMS's version number in a file's name, ``v323r0`` for 2026Q4; empty where there is none.

    Version 30.0 is that of January 2024, 32.3 that of October 2026 (`corpus/data/ncci.csv`).
    """
    found = _VERSION.search(name.name)
    return f"{_FIRST_VERSION + int(found['year'])}Q{int(found['quarter']) + 1}" if found else ""
