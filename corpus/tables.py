"""Reading TOML arrays of tables into typed records, with the line of what is wrong."""

from __future__ import annotations

import codecs
import gc
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import tomli
from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.errors import CorpusError, InOwnFile

DATA = Path(__file__).parent / "data"


def own_data() -> Path | None:
    """The folder of this installation's own entries: ``$SOAPCODE_DATA``, else ``$SOAPCODE_HOME/data`` where there is one.

    It holds files named as in ``corpus/data``; their entries are added to the shipped ones.
    """
    named = os.environ.get("SOAPCODE_DATA")
    if named:
        return Path(named)
    home = os.environ.get("SOAPCODE_HOME")
    return Path(home) / "data" if home and (Path(home) / "data").is_dir() else None


def own_file(path: Path) -> Path | None:
    """The installation's own file beside a shipped one, where there is one."""
    folder = own_data()
    if folder is None or not path.is_relative_to(DATA):
        return None
    own = folder / path.relative_to(DATA)
    return own if own.is_file() else None


class Record(BaseModel):
    """A knowledge record: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)


R = TypeVar("R", bound=Record)


def check_patterns(patterns: Iterable[str]) -> None:
    """Raise ``ValueError`` for the first of the patterns that is no regular expression."""
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"a pattern must be a regular expression, got {pattern!r}: {error}") from error


def as_text(data: bytes, errors: str = "strict") -> str:
    """The text of a file: UTF-8, or UTF-16 where its mark says so; the mark itself is left out.

    Raises
    ------
    UnicodeDecodeError
        When it is neither, unless ``errors`` says otherwise.

    Examples
    --------
    >>> as_text("Übung".encode()), as_text("Übung".encode("utf-16"))
    ('Übung', 'Übung')
    """
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if marked else "utf-8-sig", errors)


@contextmanager
def paused_collector() -> Iterator[None]:
    """Keep the cyclic garbage collector from scanning records that are only being piled up.

    Building the vocabulary makes a few hundred thousand objects that all stay; the collector's scans
    of them took two thirds of the start-up time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def read_tables(path: Path, table: str, kind: type[R]) -> list[tuple[R, int]]:
    """Read every ``[[table]]`` of a TOML file, and of this installation's own file of that name (`own_data`) after it.

    Parameters
    ----------
    path : a UTF-8 TOML file that holds nothing but ``[[table]]`` entries.
    table : the array's name.
    kind : the record each entry must satisfy.

    Returns
    -------
    Pairs of record and the 1-based line its header stands on, in file order.

    Raises
    ------
    CorpusError
        Naming file and line, when the file cannot be read, the TOML is malformed, another top-level key stands in
        the file, or an entry has an unknown key, a missing key or a value of the wrong kind.
    """
    found = _read_tables(path, table, kind)
    own = own_file(path)
    return (
        found
        if own is None
        else [*found, *((entry, InOwnFile(own, line)) for entry, line in _read_tables(own, table, kind))]
    )


def _read_tables(path: Path, table: str, kind: type[R]) -> list[tuple[R, int]]:
    try:
        source = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(path, None, f"must be a readable UTF-8 file: {error}") from error
    try:
        data = tomli.loads(source)
    except tomli.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise CorpusError(path, int(found[1]) if found else None, f"must be TOML: {error}") from error
    for key in data:
        if key != table:
            raise CorpusError(path, _line_of(source, key), f"only [[{table}]] may stand here, got {key!r}")
    header = re.compile(rf"^\s*\[\[\s*{re.escape(table)}\s*\]\]")
    lines = [n for n, line in enumerate(source.splitlines(), 1) if header.match(line)]
    entries = data.get(table, [])
    if len(lines) != len(entries):
        raise CorpusError(path, None, f"every entry must begin with its own [[{table}]] line")
    out: list[tuple[R, int]] = []
    for entry, line in zip(entries, lines, strict=True):
        try:
            out.append((kind.model_validate(entry), line))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or table
            at = _line_of(source, str(first["loc"][0]) if first["loc"] else table, line)
            raise CorpusError(path, at, f"{where}: {first['msg']}") from error
    return out


def _line_of(source: str, key: str, start: int = 1) -> int:
    """The first line at or after ``start`` that sets ``key``; ``start`` when none does."""
    pattern = re.compile(rf"^\s*(\[+\s*)?([\w.-]+\.)?{re.escape(key)}\b")
    for number, line in enumerate(source.splitlines(), 1):
        if number >= start and pattern.match(line):
            return number
    return start
