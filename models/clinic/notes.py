"""What becomes of a file's rows: billed notes, and rows refused with their reason."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from corpus.notes import LabelledNote


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
