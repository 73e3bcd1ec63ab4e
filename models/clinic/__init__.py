"""A clinic's own billed notes, read strictly: every row becomes a labelled note, or a line number with a reason.

Reading order: ``notes`` (`ClinicNote`, `BadRow` and `ClinicNotes`, what comes out), ``files`` (`read_clinic` and `read_rows`), ``reader``
(`Reader`, which takes a row); then what a row holds: ``billed`` (`written_codes`, a cell of codes), ``codes`` (`parse_codes`, and what is stated of them), ``spans``, ``cells``
(single values, `checked_text` among them).

Two forms: JSONL (an object a line) and CSV with a header (comma, semicolon or tab). Names of fields, case ignored in CSV:

- ``note`` (or ``text``): the note. Required.
- ``codes``: what was billed. Required. Codes separated by space, comma, semicolon, bar or plus sign, each optionally ``CODE:UNITS``,
  ``CODExUNITS`` or ``CODE=UNITS``; modifiers (``97110-GP``, ``97110 GP 59``) are passed over; ``none`` says that nothing was
  billable. JSON also takes a list of codes or of objects with ``code``, ``units``, ``minutes``, ``evidence``.
- ``units``: numbers in the order of the codes, or code to number.
- ``spans`` (or ``evidence``): objects with ``start``, ``end`` (code points, end-exclusive) or ``text``, and ``label`` (a billed
  code or a trap); in CSV as JSON.
- The names of a visit's column in other systems (`cells.CALLED`: ``billed``, ``dos``, ``visit`` …) are understood as an audit does.
- ``id``, ``payer``, ``date``, ``voice`` (or ``clinician``), and ``answer`` as `models.labelling` writes it.

What learning rests on (note, codes, units, spans) must hold, or the row is refused. What it does not rest on (payer,
date) is passed over with a count. No reason ever holds words of a row.
"""

from __future__ import annotations

from models.clinic.billed import NoCodeError, WrittenCode, written_codes
from models.clinic.cells import CALLED, checked_text, day_of
from models.clinic.codes import parse_codes
from models.clinic.files import read_clinic, read_rows
from models.clinic.notes import BadRow, ClinicError, ClinicNote, ClinicNotes, RowError, shape

__all__ = [
    "CALLED",
    "BadRow",
    "ClinicError",
    "ClinicNote",
    "ClinicNotes",
    "NoCodeError",
    "RowError",
    "WrittenCode",
    "checked_text",
    "day_of",
    "parse_codes",
    "read_clinic",
    "read_rows",
    "shape",
    "written_codes",
]
