"""Rows of a JSONL or CSV file, or of pairs from anywhere."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from corpus.limits import LONGEST_NOTE
from corpus.tables import as_text
from models.clinic.cells import CALLED
from models.clinic.notes import ClinicError, ClinicNotes
from models.clinic.reader import Reader


def read_clinic(path: Path) -> ClinicNotes:
    """Read billed notes from ``.jsonl`` or ``.csv``.

    Raises
    ------
    ClinicError
        When the file cannot be read, is neither form, or a CSV has no header with ``note`` and ``codes``.
        Bad rows are no error; they are in the result.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ClinicError(f"{path} cannot be read: {error.strerror}") from error
    reader = Reader()
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        _read_jsonl(data, reader)
    elif path.suffix.lower() in (".csv", ".tsv"):
        _read_csv(path, data, reader)
    else:
        raise ClinicError(f"clinic notes must be a .jsonl or .csv file, got {path.name}")
    reader.found.bad.sort(key=lambda row: row.line)
    reader.found.sha256 = hashlib.sha256(data).hexdigest()
    return reader.found


def read_rows(rows: Iterable[tuple[str, Sequence[str]]]) -> ClinicNotes:
    """Notes and their codes from anywhere, checked like the rows of a file; lines count from 1.

    Parameters
    ----------
    rows : text of the note and its billed codes; no code says that nothing was billable.
    """
    reader, digest = Reader(), hashlib.sha256()
    for line, (text, codes) in enumerate(rows, 1):
        digest.update(json.dumps([text, list(codes)], default=str).encode())
        reader.take(line, {"note": text, "codes": list(codes)})
    reader.found.sha256 = digest.hexdigest()
    return reader.found


def _read_jsonl(data: bytes, reader: Reader) -> None:
    for line, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not raw.strip():
            continue
        try:
            row = json.loads(raw.decode())
        except UnicodeDecodeError:
            reader.refuse(line, "the line must be UTF-8")
        except json.JSONDecodeError as error:
            reader.refuse(line, f"the line must be JSON: {error.msg} at column {error.colno}")
        except (ValueError, RecursionError):
            reader.refuse(line, "the line must be JSON of a sane depth and size")
        else:
            if isinstance(row, dict):
                reader.take(line, row)
            else:
                reader.refuse(line, "the line must be a JSON object")


def _read_csv(path: Path, data: bytes, reader: Reader) -> None:
    """Rows of a CSV. After a broken row reading goes on at the next line, so that a stray quote swallows nothing."""
    text = as_text(data, "surrogateescape")
    csv.field_size_limit(2 * LONGEST_NOTE)
    lines = list(io.StringIO(text, newline=""))
    delimiter, header, first = _header(path, lines)
    while first < len(lines):
        rows = csv.reader(itertools.islice(lines, first, None), delimiter=delimiter, strict=True)
        taken = 0
        try:
            for cells in rows:
                spread = rows.line_num - taken
                if cells and len(cells) != len(header):
                    reader.refuse(first + taken + 1, f"the row must have {len(header)} cells, got {len(cells)}")
                    if spread > 1:
                        break
                elif any(cells):
                    reader.take(first + taken + 1, dict(zip(header, cells, strict=True)))
                taken = rows.line_num
            else:
                return
        except csv.Error as error:
            reader.refuse(first + taken + 1, f"the row must be CSV with quotes closed and doubled: {error}")
        first += taken + 1


def _header(path: Path, lines: list[str]) -> tuple[str, list[str], int]:
    """Delimiter, names of the columns, and the index of the line after them."""
    start = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    for delimiter in ",;\t":
        rows = csv.reader(itertools.islice(lines, start, None), delimiter=delimiter)
        try:
            header = [name.strip().lower() for name in next(rows, [])]
        except csv.Error:
            continue
        if set(header) & set(CALLED["codes"]) and set(header) & set(CALLED["note"]):
            if len(set(header)) < len(header):
                raise ClinicError(f"{path.name}: every column must have a name of its own")
            return delimiter, header, start + rows.line_num
    raise ClinicError(
        f"{path.name}: the first line must name the columns, among them 'note' (or 'text') and 'codes' (or 'billed')"
    )
