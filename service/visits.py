"""Reading the files of an audit: visits with notes and billed codes, and fees. Bad rows are kept with their reason."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from corpus.payers import load_payers
from corpus.tables import as_text
from models.audit import Billed
from models.clinic import CALLED, NoCodeError, checked_text, day_of, written_codes

_NAMES = {
    "id": CALLED["id"],
    "note": CALLED["note"],
    "note_file": ("note_file", "note file", "file"),
    "billed": CALLED["codes"],
    "date": CALLED["date"],
    "payer": ("payer",),
    "discipline": ("discipline",),
    "assistant": ("assistant",),
}
_LONGEST = 4_000_000
_MOST_UNITS = 99
_NOT_BILLED = "billed must be codes with units such as 97110:2 97140:1; character {at} begins none"


@dataclass(frozen=True, slots=True)
class Visit:
    """A row that can be judged; `row` is the number of the row, the first behind the heading being 1."""

    row: int
    id: str
    note: str
    billed: tuple[Billed, ...]
    payer: str
    date: dt.date | None
    discipline: str | None
    assistant: str | None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be judged, and why; never with what stands in it but its id."""

    row: int
    id: str
    why: str


def read_visits(path: Path, payer: str) -> list[Visit | BadRow]:
    """All rows of a file of visits, in order, good and bad.

    Parameters
    ----------
    path : CSV (comma, semicolon or tab) with a heading: ``billed`` and ``note`` or ``note_file`` (beside the CSV),
        and where known ``id``, ``date``, ``payer``, ``discipline``, ``assistant``.
    payer : of rows that name none.

    Raises
    ------
    ValueError
        When the file cannot be read or the heading lacks what must be there.
    """
    header, rows, _ = _rows(path)
    places = _places(header, path)
    out: list[Visit | BadRow] = []
    for number, cells in enumerate(rows, 1):
        if isinstance(cells, str):
            out.append(BadRow(number, "", cells))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        whole = len(cells) == len(header)  # else the cell in the id's place can be another's
        name = cells[places["id"]].strip() if "id" in places and (whole or places["id"] == 0) else ""
        try:
            out.append(_visit(number, name, cells, header, places, payer, path.parent))
        except ValueError as error:
            out.append(BadRow(number, name, str(error)))
    return out


def _rows(path: Path) -> tuple[list[str], Iterator[list[str] | str], int]:
    """The heading, every row or the reason it cannot be read, and the 1-based line of the first; empty lines before the heading
    are nothing.
    """
    try:
        text = as_text(path.read_bytes(), "surrogateescape")
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}") from error
    lines = io.StringIO(text, newline="").readlines()
    empty = next((n for n, line in enumerate(lines) if line.strip()), 0)
    lines = lines[empty:]
    delimiter = max(",;\t", key=lines[0].count) if lines else ","
    csv.field_size_limit(_LONGEST)
    heading = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(heading, [])]
    except csv.Error as error:
        raise ValueError(f"{path.name} must begin with a heading: {error}") from error
    return header, _each(lines[heading.line_num :], delimiter, len(header)), empty + heading.line_num + 1


def _each(lines: Sequence[str], delimiter: str, width: int) -> Iterator[list[str] | str]:
    """Every row; where one cannot be read, or one of several lines has not ``width`` cells, go on at the line behind its first, so
    that an open quote swallows none.
    """
    at = 0
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begins = at + reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"the row must be CSV with every quote closed: {error}"
        else:
            if len(cells) == width or at + reader.line_num == begins + 1:
                yield cells
                continue
            yield f"the row must have {width} cells with every quote closed, got {len(cells)} over several lines"
        at = begins + 1
        reader = csv.reader(lines[at:], delimiter=delimiter, strict=True)


def _places(header: Sequence[str], path: Path) -> dict[str, int]:
    places = {
        name: next(i for i, cell in enumerate(header) if cell in called)
        for name, called in _NAMES.items()
        if any(cell in called for cell in header)
    }
    if "billed" not in places or not {"note", "note_file"} & set(places):
        raise ValueError(f"{path.name} must have the columns billed and note (or note_file) in its first line")
    return places


def _visit(
    number: int,
    name: str,
    cells: Sequence[str],
    header: Sequence[str],
    places: Mapping[str, int],
    payer: str,
    folder: Path,
) -> Visit:
    if len(cells) != len(header):
        raise ValueError(f"the row must have {len(header)} cells, got {len(cells)}")
    if any("\udc80" <= char <= "\udcff" for cell in cells for char in cell):
        raise ValueError("the row must be UTF-8")
    told = {key: cells[place].strip() for key, place in places.items()}
    return Visit(
        row=number,
        id=name,
        note=checked_text(_note(told, folder)),
        billed=billed_lines(told["billed"]),
        payer=_payer(told.get("payer") or payer),
        date=_date(told.get("date", "")),
        discipline=_one_of("discipline", told.get("discipline", ""), ("PT", "OT", "SLP")),
        assistant=_one_of("assistant", told.get("assistant", ""), ("PTA", "COTA", "OTA")),
    )


def _note(told: Mapping[str, str], folder: Path) -> str:
    if told.get("note"):
        return told["note"]
    if not told.get("note_file"):
        raise ValueError("the row must have a note, it is empty")
    try:
        text = as_text((folder / told["note_file"]).read_bytes())
    except OSError as error:
        raise ValueError(f"the note file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError("the note file must be UTF-8 text") from error
    except ValueError as error:
        raise ValueError("note_file must be the name of a file, got one that no file can have") from error
    if not text.strip():
        raise ValueError("the note file must hold a note, it is empty")
    return text


def _payer(name: str) -> str:
    if name not in load_payers():
        raise ValueError(f"payer must be one of {', '.join(load_payers())}")
    return name


def _date(value: str) -> dt.date | None:
    if not value:
        return None
    day = day_of(value)
    if day is None:
        raise ValueError("date must be a date like 2026-11-02 or 11/2/2026")
    return day


def _one_of(what: str, value: str, known: tuple[str, ...]) -> str | None:
    if value and value.upper() not in known:
        raise ValueError(f"{what} must be one of {', '.join(known)}")
    return value.upper() or None


def billed_lines(text: str) -> tuple[Billed, ...]:
    """Billed codes of a cell (`models.clinic.written_codes`), with units and modifiers; a code without units is one unit.

    Raises
    ------
    ValueError
        When anything in it is not a code, with the number of its first character, or units are not from 1 to 99.

    Examples
    --------
    >>> billed_lines("97110-GP x2; 97140:1 G0283")
    ... # doctest: +NORMALIZE_WHITESPACE
    (Billed(code='97110', units=2, modifiers=('GP',)), Billed(code='97140', units=1, modifiers=()),
     Billed(code='G0283', units=1, modifiers=()))
    """
    try:
        written = written_codes(text)
    except NoCodeError as error:
        raise ValueError(_NOT_BILLED.format(at=error.at + 1)) from None
    beyond = next((one for one in written if one.units is not None and not 1 <= one.units <= _MOST_UNITS), None)
    if beyond is not None:
        raise ValueError(
            f"billed must be codes with units from 1 to {_MOST_UNITS}, got {beyond.units} of {beyond.code}"
        )
    return tuple(Billed(one.code, one.units or 1, one.modifiers) for one in written)


def read_fees(path: Path) -> dict[str, Decimal]:
    """USD for one unit of each code.

    Raises
    ------
    ValueError
        Naming the line, when the file is not ``code,fee`` with a heading, a fee is no amount, or a code stands twice.
        Sums from a fee file with holes would be wrong, so one bad line refuses it.
    """
    header, rows, first = _rows(path)
    if header[:2] != ["code", "fee"]:
        raise ValueError(f"{path.name} must have the columns code and fee in its first line")
    fees: dict[str, Decimal] = {}
    for number, cells in enumerate(rows, first):
        if not any(cell.strip() for cell in cells):
            continue
        if isinstance(cells, str) or len(cells) < 2:
            raise ValueError(f"{path.name}:{number}: a line must be code,fee")
        code, amount = cells[0].strip().upper(), cells[1].strip().removeprefix("$")
        try:
            fee = Decimal(amount)
        except InvalidOperation:
            fee = Decimal(-1)
        if not fee.is_finite() or fee < 0 or not re.fullmatch(r"[0-9A-Z][0-9]{3}[0-9A-Z]", code) or code in fees:
            raise ValueError(f"{path.name}:{number}: must be a code that stands once and a fee of 0 or more")
        fees[code] = fee
    return fees
