"""Single values of a row: the note, a date, units, minutes, JSON."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

from corpus.limits import LONGEST_NOTE
from models.clinic.notes import RowError

_MAX_UNITS = 96
CALLED: dict[str, tuple[str, ...]] = {
    "id": ("id", "visit", "visit_id", "visit id"),
    "note": ("note", "text", "note_text", "note text"),
    "codes": ("codes", "billed", "billed_codes", "billed codes"),
    "date": ("date", "dos", "date_of_service", "date of service"),
}
"""What the columns of a practice's file are called, in small letters; for audits and for training alike."""


def checked_text(value: Any) -> str:
    """A note as it came.

    Raises
    ------
    RowError
        When it is no text, empty, longer than `LONGEST_NOTE` bytes or holds half a surrogate pair.
    """
    if not isinstance(value, str) or not value.strip():
        raise RowError("note must be a text that is not empty")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise RowError("note must be text that can be written as UTF-8") from None
    if size > LONGEST_NOTE:
        raise RowError(f"note must be that of one visit, at most {LONGEST_NOTE // 1024} KiB, got {size} bytes")
    return value


_DAY = re.compile(r"(\S+?)(?:[T ]+\d{1,2}:\d\d\S*(?: ?[AP]M)?)?", re.I)


def day_of(value: Any) -> dt.date | None:
    """The day of a date as systems write it (2026-11-02, 11/2/2026, 11/2/26), a time behind it passed over; ``None`` when it is not understood.

    Examples
    --------
    >>> day_of("11/2/26"), day_of("2026-11-02T08:00"), day_of("2 Nov")
    (datetime.date(2026, 11, 2), datetime.date(2026, 11, 2), None)
    """
    found = _DAY.fullmatch(str(value).strip())
    if found is None:
        return None
    for form in ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%m/%d/%y"):
        try:
            return dt.datetime.strptime(found[1], form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def whole_units(value: Any) -> int:
    """Units of a code, as a number or in digits.

    Raises
    ------
    RowError
        When they are no whole number from 1 to 96.
    """
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MAX_UNITS:
        raise RowError(f"units must be whole numbers from 1 to {_MAX_UNITS}")
    return value


def whole_minutes(value: Any) -> int:
    """Minutes of a code.

    Raises
    ------
    RowError
        When they are no whole number from 1 to 600.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= 600:
        raise RowError("minutes must be a whole number from 1 to 600")
    return value


def json_cell(cell: str) -> Any:
    """What a cell of a CSV says as JSON.

    Raises
    ------
    RowError
        When it is no JSON.
    """
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        raise RowError("a cell that begins with a bracket must be JSON") from None
