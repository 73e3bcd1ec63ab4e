"""The strict loader of an edit table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from corpus.edits.table import COLUMNS, EditTable, PtpEdit
from corpus.errors import CorpusError
from corpus.tables import DATA


def read_edits(path: Path) -> EditTable:
    """The edit table of a file as it is now.

    Raises
    ------
    CorpusError
        Naming file and line: a header or a value of the wrong kind, a code beside itself, a last day
        before the first, a withdrawn row without its day, or a row that stands twice.
    """
    rows: list[PtpEdit] = []
    seen: set[tuple[object, ...]] = set()
    for values, line in _csv_rows(path):
        row = validated(path, line, dict(zip(COLUMNS, values, strict=True)))
        key = (row.column1, row.column2, row.effective, row.deleted)
        if key in seen:
            raise CorpusError(
                path, line, f"a row must stand once, got {row.column1},{row.column2} with the same days"
            )
        seen.add(key)
        rows.append(row)
    if not rows:
        raise CorpusError(path, None, "must hold at least one edit")
    return EditTable(tuple(rows))


@cache
def load_edits(path: Path = DATA / "ncci.csv") -> EditTable:
    """The edit table of a file, the one shipped by default, read once (`read_edits`).

    Examples
    --------
    >>> load_edits().releases
    ('2024Q3', '2026Q4')
    """
    return read_edits(path)


def _csv_rows(path: Path) -> Iterator[tuple[list[str], int]]:
    """Fields and 1-based line of each row behind the comments and the header."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(path, None, f"must be a readable UTF-8 file: {error}") from error
    comments = re.match(r"(?:#[^\n]*\n)*", text)
    skipped = comments[0].count("\n") if comments else 0
    reader = csv.reader(io.StringIO("".join(text.splitlines(keepends=True)[skipped:])))
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        raise CorpusError(path, skipped + 1, f"the header must be {','.join(COLUMNS)}, got {','.join(header)!r}")
    for values in reader:
        line = skipped + reader.line_num
        if len(values) != len(COLUMNS):
            raise CorpusError(path, line, f"a row must have {len(COLUMNS)} fields, got {len(values)}")
        yield values, line


def validated(path: Path, line: int, values: dict[str, Any]) -> PtpEdit:
    """A row of its values by column.

    Raises
    ------
    CorpusError
        Naming file and line, when a value or the row as a whole breaks a rule of the table.
    """
    try:
        row = PtpEdit.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise CorpusError(path, line, f"{first['loc'][0]}: {first['msg']}, got {first['input']!r}") from error
    if row.column1 == row.column2:
        raise CorpusError(path, line, f"an edit must join two codes, got {row.column1} twice")
    if row.effective and row.deleted and row.deleted < row.effective:
        raise CorpusError(path, line, f"deleted must not be before effective, got {row.deleted} and {row.effective}")
    if row.modifier_indicator == "9" and row.deleted is None:
        raise CorpusError(path, line, f"a withdrawn row must have its deleted day, got {row.column1},{row.column2}")
    return row
