"""The files of a release, text, workbook, zip or folder, and their rows."""

from __future__ import annotations

import datetime as dt
import importlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from corpus.errors import CorpusError

_HOSPITAL = re.compile(r"ccioph|(?<![a-z])(?:hospital|outpatient|oph)(?![a-z])", re.I)

_BESIDE = (".", "~$")  # macOS's "._" twins and other hidden files; workbooks that are open


def files_of(path: Path) -> Iterator[tuple[Path, Iterator[tuple[int, list[str]]]]]:
    """Each file of a release with its rows."""
    if path.is_dir():
        for file in _one_of_each(sorted(p for p in path.iterdir() if p.is_file())):
            yield from files_of(file)
        return
    _practitioners(path)
    if path.suffix.lower() != ".zip":
        with path.open("rb") as stream:
            yield path, _rows_of(path, stream)
        return
    with zipfile.ZipFile(path) as archive:
        inside = {Path(name): name for name in sorted(archive.namelist())}
        for member in _one_of_each(inside):
            name = _practitioners(Path(member.name))
            if name.suffix.lower() == ".zip":
                raise CorpusError(
                    name,
                    None,
                    f"must be CMS's .txt or .xlsx, got a zip inside {path.name}; unpack it and give that zip",
                )
            with archive.open(inside[member]) as part:
                yield name, _rows_of(name, part)


def _one_of_each(paths: Iterable[Path]) -> list[Path]:
    """Files CMS publishes, the text where both forms are there; what systems and programs put beside files is left out."""
    found: dict[Path, Path] = {}
    for path in paths:
        kind = path.suffix.lower()
        if not path.name.startswith(_BESIDE) and kind in (".txt", ".xlsx", ".zip"):
            stem = path.with_suffix("")
            if stem not in found or kind == ".txt":
                found[stem] = path
    return list(found.values())


def _rows_of(name: Path, stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """1-based line and cells of every row of a text or a workbook."""
    if name.suffix.lower() == ".xlsx":
        yield from _workbook_rows(name, stream)
        return
    with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace") as text:
        for number, line in enumerate(text, 1):
            if "\0" in line:
                raise CorpusError(
                    name,
                    number,
                    "must be text in UTF-8 or Windows-1252, got other bytes; give CMS's own .txt, .xlsx or .zip",
                )
            yield number, line.split("\t")


def _workbook_rows(name: Path, stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    try:
        openpyxl = importlib.import_module("openpyxl")
    except ImportError as error:
        problem = "needs the package openpyxl, which is not installed: install it, or give CMS's .txt of this release"
        raise CorpusError(name, None, problem) from error
    try:
        book = openpyxl.load_workbook(io.BytesIO(stream.read()), read_only=True, data_only=True)
        for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            yield number, [_cell(cell, column) for column, cell in enumerate(cells)]
    except (
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        SyntaxError,
        LookupError,
        ValueError,
        TypeError,
        OverflowError,
    ) as error:
        raise CorpusError(name, None, f"must be a workbook as CMS lays it out: {error}") from error


def _cell(value: object, column: int) -> str:
    """A cell as CMS's text would have it: codes keep five places, days are yyyymmdd."""
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return value.strftime("%Y%m%d")
    if isinstance(value, int | float) and column < 6 and value == int(value):
        return f"{int(value):05d}" if column < 2 else str(int(value))
    return str(value).strip()


def _practitioners(name: Path) -> Path:
    """The name of a file, refused where it is that of CMS's edits for hospitals: other pairs, other indicators."""
    if _HOSPITAL.search(name.name):
        raise CorpusError(
            name, None, "must be CMS's PTP file for practitioners (ccipra), got one for hospitals by its name"
        )
    return name
