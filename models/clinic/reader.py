"""Rows taken one by one: each becomes a note, or is refused, skipped or a repetition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.catalogue import load_catalogue
from corpus.notes import SPLITS, TRAPS, Evidence, LabelledNote, TrapSpan, load_notes
from corpus.payers import load_payers
from corpus.services import service_of_code
from models.clinic.cells import CALLED, checked_text, day_of
from models.clinic.codes import billed_codes, state_units
from models.clinic.notes import BadRow, ClinicNote, ClinicNotes, RowError, shape
from models.clinic.spans import labelled_spans, occurrences

_NAMES = {"text": "note", "evidence": "spans", "clinician": "voice"}
_EXPORTED = {called: name for name, names in CALLED.items() for called in names if called not in (name, *_NAMES)}
"""Names of other systems' columns; what stands under one gives way to the field under a name of its own."""
_FIELDS = ("note", "codes", "units", "spans", "id", "payer", "date", "voice", "answer")


class Reader:
    """Takes rows one by one and keeps the account (`found`)."""

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
        for key, value in sorted(row.items(), key=lambda item: item[0] in _EXPORTED):
            name = _EXPORTED.get(key) or _NAMES.get(key, key)
            if name not in _FIELDS or (key in _EXPORTED and name in fields):
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
        billed = billed_codes(fields["codes"])
        state_units(fields.get("units"), billed)
        for code in billed.units:
            if code not in self._catalogue:
                raise RowError(
                    f"{code} must be in the catalogue; add it to codes.toml and services.toml, or leave it out"
                )
        spans = [*labelled_spans(fields.get("spans"), text, billed.units)]
        spans += [s for code, quote in billed.quotes for s in occurrences(text, code, quote)]
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
                date=self._known("date", fields, lambda v: day.isoformat() if (day := day_of(v)) else None),
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
