"""Files of labelled notes: JSONL, or a JSON array as Label Studio has it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from corpus.files import whole_file
from models.clinic import BadRow, RowError
from models.exchange.record import Record
from models.exchange.tools import Format, from_row, to_row


def _rows_of(data: bytes) -> Iterator[tuple[int, Any]]:
    """Line and object of each row of a JSONL file, or of a JSON array (line = place in it); a `RowError` for a bad one."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] == b"[":
        try:
            yield from enumerate(json.loads(data.decode()), 1)
        except (ValueError, RecursionError):
            yield 1, RowError("the file must be a JSON array in UTF-8")
        return
    for line, raw in enumerate(data.split(b"\n"), 1):
        if raw.strip():
            try:
                row: Any = json.loads(raw.decode())
            except (ValueError, RecursionError):
                row = RowError("the line must be JSON in UTF-8")
            yield line, row


def read_records(path: Path, form: Format | None = None) -> tuple[list[Record], list[BadRow]]:
    """All records of a file, and the rows that could not be read.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    records: list[Record] = []
    bad: list[BadRow] = []
    for line, row in _rows_of(path.read_bytes()):
        try:
            if isinstance(row, RowError):
                raise row
            records.append(from_row(row, form))
        except RowError as error:
            bad.append(BadRow(line, str(error)))
    return records, bad


def write_records(path: Path, records: Iterable[Record], form: Format) -> int:
    """Write records as JSONL, or as a JSON array when the file is called ``.json`` (Label Studio); returns how many.

    The file appears whole or not at all (`corpus.files.whole_file`).
    """
    rows = [json.dumps(to_row(record, form), ensure_ascii=False) for record in records]
    text = "[\n" + ",\n".join(rows) + "\n]\n" if path.suffix == ".json" else "".join(f"{row}\n" for row in rows)
    with whole_file(path) as stream:
        stream.write(text)
    return len(rows)
