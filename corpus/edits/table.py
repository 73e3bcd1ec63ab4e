"""A pair edit, and all of them, found by pair."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from corpus.catalogue import load_catalogue
from corpus.tables import Record

CODE = r"^[0-9A-Z][0-9]{3}[0-9A-Z]$"
COLUMNS = (
    "column1",
    "column2",
    "modifier_indicator",
    "effective",
    "deleted",
    "rationale",
    "release",
    "grade",
    "source",
)


def _blank_or_iso(value: object) -> object:
    """A day of the table as pydantic takes it; nothing but yyyy-mm-dd passes, where ISO 8601 would allow more."""
    if value == "":
        return None
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a day must be yyyy-mm-dd")
    return value


_Day = Annotated[dt.date | None, BeforeValidator(_blank_or_iso)]


class PtpEdit(Record):
    """One row of the table: a pair of codes and the days its edit was in force.

    Attributes
    ----------
    column1, column2 : the code that is paid, and the one denied beside it.
    modifier_indicator : ``0`` never together, ``1`` with a modifier when truly separate, ``9`` withdrawn.
    effective : first day in force; ``None`` when the table does not tell.
    deleted : last day in force; ``None`` while it stands.
    rationale : CMS's heading for the reason.
    release : the CMS quarter the row was read from, such as ``2026Q4``.
    grade : ``A`` as in the CMS file, ``A-`` with an inferred first or last day.
    source : the CMS table.
    """

    column1: str = Field(pattern=CODE)
    column2: str = Field(pattern=CODE)
    modifier_indicator: Literal["0", "1", "9"]
    effective: _Day = None
    deleted: _Day = None
    rationale: str = ""
    release: str = Field(pattern=r"^[0-9]{4}Q[1-4]$")
    grade: Literal["A", "A-"] = "A"
    source: str = Field(min_length=3)

    @property
    def stands(self) -> bool:
        """Whether the newest release gives it no last day; its first may still be to come."""
        return self.modifier_indicator != "9" and self.deleted is None

    def in_force(self, date: dt.date | None) -> bool:
        """Whether the edit applies to a date of service; without a date, to today."""
        if self.modifier_indicator == "9":
            return False
        date = date or dt.date.today()
        return (self.effective is None or self.effective <= date) and (self.deleted is None or date <= self.deleted)

    def contradicts(self, other: PtpEdit) -> bool:
        """Whether two rows of one pair cannot both be true: another direction or indicator while both are in force, or one first
        day and two last days. A day that ends the one and begins the other is no contradiction.
        """
        same_way = (self.column1, self.column2) == (other.column1, other.column2)
        same_law = same_way and self.modifier_indicator == other.modifier_indicator
        first, last = self._days
        first_too, last_too = other._days
        if "9" in (self.modifier_indicator, other.modifier_indicator):
            return same_way and not same_law and self._days == other._days
        if first == first_too:
            return not same_law or last != last_too
        return not same_law and first < last_too and first_too < last

    @property
    def _days(self) -> tuple[dt.date, dt.date]:
        return self.effective or dt.date.min, self.deleted or dt.date.max


@dataclass(frozen=True)
class EditTable:
    """All rows, found by pair.

    Parameters
    ----------
    rows : in file order.
    """

    rows: tuple[PtpEdit, ...]

    @cached_property
    def _by_pair(self) -> dict[frozenset[str], list[PtpEdit]]:
        found: dict[frozenset[str], list[PtpEdit]] = {}
        for row in self.rows:
            found.setdefault(frozenset((row.column1, row.column2)), []).append(row)
        return found

    @cached_property
    def _codes(self) -> frozenset[str]:
        return frozenset(codes_of(self.rows)) | load_catalogue().keys()

    def covers(self, code: str) -> bool:
        """Whether a code is among those whose edits the table holds; of any other it tells nothing.

        Examples
        --------
        >>> from corpus.edits import load_edits
        >>> [load_edits().covers(code) for code in ("97140", "98941", "97010", "99213")]
        [True, True, True, False]
        """
        return code in self._codes

    @cached_property
    def releases(self) -> tuple[str, ...]:
        """The CMS quarters the rows are from, oldest first."""
        return tuple(sorted({row.release for row in self.rows}))

    @property
    def named(self) -> str:
        """What the table is, for a person."""
        return f"CMS NCCI PTP practitioner, therapy codes, {' and '.join(self.releases)}"

    def between(self, a: str, b: str) -> list[PtpEdit]:
        """Every row of a pair, in either direction, oldest first."""
        rows = self._by_pair.get(frozenset((a, b)), [])
        return sorted(rows, key=lambda r: (r.effective or r.deleted or dt.date.min, r.deleted or dt.date.max))

    def among(self, codes: Iterable[str], date: dt.date | None) -> list[PtpEdit]:
        """Rows in force between the codes of one day, in the order of the codes.

        Examples
        --------
        >>> from corpus.edits import load_edits
        >>> found = load_edits().among(["97124", "97140", "97530", "97116"], None)
        >>> [(e.column1, e.column2, e.modifier_indicator) for e in found]
        [('97140', '97124', '0')]
        """
        pairs = combinations(dict.fromkeys(codes), 2)
        return [row for a, b in pairs for row in self.between(a, b) if row.in_force(date)]


def codes_of(rows: Iterable[PtpEdit]) -> set[str]:
    """Every code of some rows, in either column."""
    return {code for row in rows for code in (row.column1, row.column2)}
