"""A clinic's own billed notes, read strictly: every row becomes a labelled note, or a line number with a reason.

Two forms: JSONL (an object a line) and CSV with a header (comma, semicolon or tab). Names of fields, case ignored in CSV:

- ``note`` (or ``text``): the note. Required.
- ``codes``: what was billed. Required. Codes separated by space, comma or semicolon, each optionally ``CODE:UNITS``
  or ``CODExUNITS``; modifiers (``97110-GP``, ``97110 GP 59``) are passed over; ``none`` says that nothing was
  billable. JSON also takes a list of codes or of objects with ``code``, ``units``, ``minutes``, ``evidence``.
- ``units``: numbers in the order of the codes, or code to number.
- ``spans`` (or ``evidence``): objects with ``start``, ``end`` (code points, end-exclusive) or ``text``, and ``label`` (a billed
  code or a trap); in CSV as JSON.
- ``id``, ``payer``, ``date``, ``voice`` (or ``clinician``), and ``answer`` as `models.labelling` writes it.

What learning rests on (note, codes, units, spans) must hold, or the row is refused. What it does not rest on (payer,
date) is passed over with a count. No reason ever holds words of a row.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.catalogue import load_catalogue
from corpus.notes import SPLITS, TRAPS, Evidence, LabelledNote, TrapSpan, load_notes
from corpus.payers import load_payers
from corpus.services import service_of_code
from corpus.tables import as_text

MAX_NOTE = 100_000
_MAX_UNITS = 96
_TOKEN = re.compile(r"([0-9A-Z]\d{3}[0-9A-Z])(?:-[0-9A-Z]{2})*(?::(\d{1,3}))?(?:-[0-9A-Z]{2})*")
_MODIFIER = re.compile(r"[A-Z][0-9A-Z]|59")
_NAMES = {"text": "note", "evidence": "spans", "clinician": "voice"}
_FIELDS = ("note", "codes", "units", "spans", "id", "payer", "date", "voice", "answer")


class ClinicError(ValueError):
    """A file of which no row can be read; the message is one sentence."""


class RowError(ValueError):
    """What must hold of a row and does not; never with words of the row."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken: its 1-based line and the reason."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClinicNote:
    """A billed note.

    Attributes
    ----------
    note : with the codes soapcode decides on.
    units : by code, where stated.
    aside : billed codes of the catalogue that soapcode never suggests.
    """

    note: LabelledNote
    units: dict[str, int]
    aside: tuple[str, ...] = ()


@dataclass(slots=True)
class ClinicNotes:
    """All rows of a file. ``rows`` is the sum of ``notes``, ``bad``, ``skipped`` and ``repeated``.

    Attributes
    ----------
    notes : rows to learn from, in file order.
    bad : rows refused, in file order.
    skipped : rows whose ``answer`` is not ``accept``.
    repeated : rows that say again what an earlier row says, note and codes.
    aside : code -> rows, for billed codes of the catalogue that soapcode never suggests.
    passed_over : payers and dates that were not understood, and fields nobody reads -> rows.
    sha256 : of the file.
    """

    notes: list[ClinicNote] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    skipped: int = 0
    repeated: int = 0
    aside: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)
    sha256: str = ""

    @property
    def rows(self) -> int:
        """Rows found in the file."""
        return len(self.notes) + len(self.bad) + self.skipped + self.repeated


def shape(text: str) -> str:
    """A note without case, numbers and spacing: copies carried forward from visit to visit have the same shape.

    Examples
    --------
    >>> shape("SLR 3x10,  pain 4/10")
    'slr #x#, pain #/#'
    """
    return " ".join(re.sub(r"\d+", "#", text.casefold()).split())


def parse_codes(cell: str) -> dict[str, int | None]:
    """Codes in the order written, with units where stated; a code written twice has its units added.

    Raises
    ------
    RowError
        When something in the cell is no code, or there is nothing in it.

    Examples
    --------
    >>> parse_codes("97110x2, 97140-GP:1 g0283")
    {'97110': 2, '97140': 1, 'G0283': None}
    >>> parse_codes("none")
    {}
    """
    text = cell.upper().strip()
    if text == "NONE":
        return {}
    text = re.sub(r"(?<=\w)\s*[:×*]\s*(?=\d)", ":", text)
    text = re.sub(r"(?<=\w)\s*X\s*(?=\d{1,3}(?!\w))", ":", text)
    found: dict[str, int | None] = {}
    for token in (t for t in re.split(r"[\s,;|]+", text) if t):
        match = _TOKEN.fullmatch(token)
        if match is None:
            if found and _MODIFIER.fullmatch(token):
                continue
            raise RowError(f"codes must be billing codes, each perhaps with :UNITS, got {_shown(token)}")
        _add(found, match[1], None if match[2] is None else _unit(int(match[2])))
    if not found:
        raise RowError("codes must list what was billed, or say 'none'")
    return found


def _add(found: dict[str, int | None], code: str, units: int | None) -> None:
    before = found.get(code)
    found[code] = units if before is None else before + (units or 0)


def _shown(token: str) -> str:
    """A word of the codes cell, if it can hardly be one of a note; else only its length."""
    if re.fullmatch(r"(?=(?:.*\d){3})[0-9A-Z]{4,6}", token):
        return repr(token)
    return f"a word of {len(token)} characters"


def _unit(value: Any) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MAX_UNITS:
        raise RowError(f"units must be whole numbers from 1 to {_MAX_UNITS}")
    return value


@dataclass(slots=True)
class _Billed:
    """What the codes field says."""

    units: dict[str, int | None] = field(default_factory=dict)
    minutes: dict[str, int] = field(default_factory=dict)
    quotes: list[tuple[str, str]] = field(default_factory=list)


def _billed(value: Any) -> _Billed:
    out = _Billed()
    if isinstance(value, str):
        out.units = parse_codes(value)
        return out
    if isinstance(value, Mapping):
        value = [{"code": code, "units": units} for code, units in value.items()]
    if not isinstance(value, list):
        raise RowError("codes must be a text or a list")
    for item in value:
        entry = {"code": item} if isinstance(item, str) else item
        if not isinstance(entry, Mapping) or not isinstance(entry.get("code"), str):
            raise RowError("each of the codes must be a text or an object with 'code'")
        for code, units in parse_codes(entry["code"]).items():
            stated = entry.get("units")
            _add(out.units, code, units if stated is None else _unit(stated))
            if entry.get("minutes") is not None:
                out.minutes[code] = out.minutes.get(code, 0) + _minutes(entry["minutes"])
            out.quotes.extend((code, quote) for quote in _quotes(entry.get("evidence")))
    return out


def _minutes(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= 600:
        raise RowError("minutes must be a whole number from 1 to 600")
    return value


def _quotes(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(quote, str) and quote.strip() for quote in value):
        raise RowError("evidence of a code must be a list of texts")
    return value


def _stated_units(value: Any, billed: _Billed) -> None:
    """Fill in the units field."""
    if value is None or value == "":
        return
    codes = list(billed.units)
    if isinstance(value, str):
        value = _json(value) if value.lstrip()[:1] in "{[" else re.split(r"[\s,;|]+", value.strip())
    if isinstance(value, list) and value and all(isinstance(v, str) and len(v) >= 5 for v in value):
        value = {code: n for item in value for code, n in parse_codes(item).items()}
    if isinstance(value, Mapping):
        value = {str(code).strip().upper(): n for code, n in value.items()}
        if not set(value) <= set(codes):
            raise RowError("units must be of codes that were billed")
        billed.units.update({code: _unit(n) for code, n in value.items()})
        return
    numbers = value if isinstance(value, list) else [value]
    if len(numbers) != len(codes):
        raise RowError(f"units must be one number a code, got {len(numbers)} for {len(codes)} codes")
    billed.units.update(zip(codes, map(_unit, numbers), strict=True))


def _json(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        raise RowError("a cell that begins with a bracket must be JSON") from None


def _spans(value: Any, text: str, codes: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Labelled spans of the note."""
    if isinstance(value, str):
        value = _json(value) if value.strip() else None
    if value is None:
        return
    if not isinstance(value, list):
        raise RowError("spans must be a list")
    for item in value:
        if isinstance(item, list) and len(item) == 3:
            item = {"start": item[0], "end": item[1], "label": item[2]}  # noqa: PLW2901
        if not isinstance(item, Mapping):
            raise RowError("a span must be an object with start, end and label")
        label = item.get("label", item.get("code"))
        if not isinstance(label, str) or (label not in TRAPS and label.upper() not in codes):
            raise RowError("a span's label must be a code that was billed, or a trap")
        label = label if label in TRAPS else label.upper()
        if "start" not in item and isinstance(item.get("text"), str):
            yield from _occurrences(text, label, item["text"])
            continue
        start, end = item.get("start"), item.get("end")
        if not (type(start) is type(end) is int and 0 <= start < end <= len(text)):
            raise RowError(f"a span must lie in the note's {len(text)} characters, start before end")
        quote = item.get("text")
        if isinstance(quote, str) and quote != text[start:end]:
            raise RowError("a span's text must be the note's words from start to end (offsets are code points)")
        yield label, start, end


def _occurrences(text: str, label: str, quote: str) -> Iterator[tuple[str, int, int]]:
    places = [m.start() for m in re.finditer(re.escape(quote), text)] if quote.strip() else []
    if not places:
        raise RowError("evidence must be words of the note, exactly as they stand there")
    yield from ((label, start, start + len(quote)) for start in places)


def checked_text(value: Any) -> str:
    """A note as it came.

    Raises
    ------
    RowError
        When it is no text, empty, longer than `MAX_NOTE` characters or holds half a surrogate pair.
    """
    if not isinstance(value, str) or not value.strip():
        raise RowError("note must be a text that is not empty")
    if len(value) > MAX_NOTE:
        raise RowError(f"note must have at most {MAX_NOTE} characters, got {len(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise RowError("note must be text that can be written as UTF-8") from None
    return value


def _date(value: Any) -> str | None:
    """ISO form of a date; ``None`` when it is not understood."""
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y"):
        try:
            return dt.datetime.strptime(re.split("[T ]", str(value).strip())[0], form).date().isoformat()  # noqa: DTZ007
        except ValueError:
            continue
    return None


class _Reader:
    """Takes rows one by one and keeps the account."""

    def __init__(self) -> None:
        self.found = ClinicNotes()
        self._ids: dict[str, int] = {}
        self._texts: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._withheld = {shape(n.text) for split in SPLITS if split != "train" for n in load_notes(split)}
        self._catalogue = load_catalogue()
        self._decided = service_of_code()

    def take(self, line: int, row: Mapping[str, Any]) -> None:
        """One row."""
        try:
            fields = self._fields(row)
            if str(fields.get("answer") or "accept") != "accept":
                self.found.skipped += 1
                return
            self._keep(line, self._note(line, fields))
        except RowError as error:
            self.refuse(line, str(error))

    def refuse(self, line: int, reason: str) -> None:
        """One row that cannot be taken."""
        self.found.bad.append(BadRow(line, reason))

    def _fields(self, row: Mapping[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key, value in row.items():
            name = _NAMES.get(key, key)
            if name not in _FIELDS:
                self.found.passed_over["other fields"] += 1
            elif value is None or value == "":
                continue
            elif name in fields:
                raise RowError(f"{name} must stand once, it stands under two names")
            else:
                fields[name] = value
        for name in ("note", "codes"):
            if name not in fields:
                raise RowError(
                    f"{name} must not be missing or empty"
                    + ("; 'none' says that nothing was billed" * (name == "codes"))
                )
        return fields

    def _note(self, line: int, fields: Mapping[str, Any]) -> ClinicNote:
        text = checked_text(fields["note"])
        billed = _billed(fields["codes"])
        _stated_units(fields.get("units"), billed)
        for code in billed.units:
            if code not in self._catalogue:
                raise RowError(
                    f"{code} must be in the catalogue; add it to codes.toml and services.toml, or leave it out"
                )
        spans = [*_spans(fields.get("spans"), text, billed.units)]
        spans += [s for code, quote in billed.quotes for s in _occurrences(text, code, quote)]
        decided = tuple(code for code in billed.units if code in self._decided)
        voice = fields.get("voice")
        return ClinicNote(
            LabelledNote(
                id=f"clinic:{fields.get('id', f'line {line}')}",
                voice=f"clinic:{voice}" if isinstance(voice, str) else "clinic",
                setting="",
                style="",
                text=text,
                codes=decided,
                evidence=tuple(Evidence(c, a, b) for c, a, b in dict.fromkeys(spans) if c in decided),
                traps=tuple(TrapSpan(c, a, b) for c, a, b in dict.fromkeys(spans) if c in TRAPS),
                minutes={code: n for code, n in billed.minutes.items() if code in decided},
                payer=self._known(
                    "payer", fields, lambda v: v if isinstance(v, str) and v in load_payers() else None
                ),
                date=self._known("date", fields, _date),
                line=line,
            ),
            {code: n for code, n in billed.units.items() if n is not None},
            tuple(code for code in billed.units if code not in self._decided),
        )

    def _known(self, name: str, fields: Mapping[str, Any], read: Any) -> str | None:
        if name not in fields:
            return None
        value: str | None = read(fields[name])
        if value is None:
            self.found.passed_over[name] += 1
        return value

    def _keep(self, line: int, note: ClinicNote) -> None:
        """Add a note unless it repeats or contradicts another, or is one this project measures itself on."""
        key = shape(note.note.text)
        if key in self._withheld:
            raise RowError("note must not be one of this project's own validation or test notes")
        earlier, codes = self._texts.get(note.note.text, (0, ()))
        if earlier and set(codes) == set(note.note.codes):
            self.found.repeated += 1
            return
        if earlier:
            raise RowError(f"the same note stands with other codes on line {earlier}; one of the two must go")
        if note.note.id in self._ids:
            raise RowError(f"id must stand once, it stands on line {self._ids[note.note.id]} too")
        self._ids[note.note.id] = line
        self._texts[note.note.text] = (line, note.note.codes)
        self.found.aside.update(note.aside)
        self.found.notes.append(note)


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
    reader = _Reader()
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
    reader, digest = _Reader(), hashlib.sha256()
    for line, (text, codes) in enumerate(rows, 1):
        digest.update(json.dumps([text, list(codes)], default=str).encode())
        reader.take(line, {"note": text, "codes": list(codes)})
    reader.found.sha256 = digest.hexdigest()
    return reader.found


def _read_jsonl(data: bytes, reader: _Reader) -> None:
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


def _read_csv(path: Path, data: bytes, reader: _Reader) -> None:
    """Rows of a CSV. After a broken row reading goes on at the next line, so that a stray quote swallows nothing."""
    text = as_text(data, "surrogateescape")
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
        if {"codes"} <= set(header) and set(header) & {"note", "text"}:
            if len(set(header)) < len(header):
                raise ClinicError(f"{path.name}: every column must have a name of its own")
            return delimiter, header, start + rows.line_num
    raise ClinicError(f"{path.name}: the first line must name the columns, among them 'note' (or 'text') and 'codes'")
