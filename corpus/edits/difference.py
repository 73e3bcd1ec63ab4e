"""What a CMS release changed against the table in use."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from corpus.edits.table import EditTable, PtpEdit

_FEW = 5
"""Edits without a row up to which a release is not thought cut off."""


@dataclass(frozen=True)
class EditDifference:
    """What a CMS release changed against the table in use.

    Attributes
    ----------
    release : the quarter that the files' names give, or that of the newest first day in them where they name none.
    read, taken : rows in the files, and those of them between codes this project knows.
    added : edits that stand now and did not; the first day may be to come.
    ended : edits that stood and are over or gone; a row of the old table.
    ending : edits that have a last day now and did not, and it is not over; a row of the new table.
    changed : edits that still stand with another indicator or direction: old and new row.
    dated : edits that stand whose first day was unknown or inferred and is now read.
    kept : rows taken over because no file read holds their column 1 code, and no row read contradicts them.
    written : the installation's table.
    missing : edits that stood, whose column 1 code the files hold and of which they hold no row; taken as over since `last`.
    expected : column 1 code that the files hold -> how many of its edits stood.
    last : the day before the release.
    """

    release: str
    read: int
    taken: int
    added: tuple[PtpEdit, ...]
    ended: tuple[PtpEdit, ...]
    ending: tuple[PtpEdit, ...]
    changed: tuple[tuple[PtpEdit, PtpEdit], ...]
    dated: int
    kept: int
    written: Path
    missing: tuple[PtpEdit, ...] = ()
    expected: Mapping[str, int] = field(default_factory=dict)
    last: dt.date | None = None

    @property
    def looks_cut_off(self) -> bool:
        """Whether the files lack too much of what stood to be whole: a tenth of all, or most of one column 1 code's edits.

        CMS's files keep the rows of edits that are over, so a whole release lacks next to none.
        """
        lacking = Counter(edit.column1 for edit in self.missing)
        most_of_one = any(n >= _FEW and 2 * n > self.expected.get(code, 0) for code, n in lacking.items())
        a_tenth = len(self.missing) >= _FEW and 10 * len(self.missing) > sum(self.expected.values())
        return a_tenth or most_of_one

    def sentences(self) -> list[str]:
        """The difference for a person, one sentence a change."""
        out = [f"{self.read} rows of release {self.release} read, {self.taken} between therapy codes taken."]
        out += [
            f"New: {e.column1} paid, {e.column2} denied, indicator {e.modifier_indicator}{_to_come(e)}."
            for e in self.added
        ]
        out += [f"Ended: {e.column1} paid, {e.column2} denied." for e in self.ended]
        out += [
            f"Until {e.deleted.isoformat()}: {e.column1} paid, {e.column2} denied, "
            f"indicator {e.modifier_indicator}{_to_come(e)}."
            for e in self.ending
            if e.deleted
        ]
        out += [
            f"Changed: {a.column1}/{a.column2} indicator {a.modifier_indicator} is now "
            f"{b.column1}/{b.column2} indicator {b.modifier_indicator}{_to_come(b)}."
            for a, b in self.changed
        ]
        if self.missing and self.last:
            out.append(
                f"{len(self.missing)} of {sum(self.expected.values())} edits that stood under the column 1 codes read have no row in "
                f"the files; they are taken as over since {self.last.isoformat()}."
            )
        if self.dated:
            out.append(f"{self.dated} edits in force now have their first day.")
        if self.kept:
            out.append(f"{self.kept} rows kept as they were: no file read holds their column 1 code.")
        return out


def _to_come(edit: PtpEdit) -> str:
    """From when an edit counts, where that is after today."""
    return f", from {edit.effective.isoformat()}" if edit.effective and edit.effective > dt.date.today() else ""


def difference_of(
    old: EditTable, new: EditTable, release: str, read: int, taken: int, kept: int, written: Path
) -> EditDifference:
    """Compare what stands, pair by pair."""
    before = {_pair(e): e for e in old.rows if e.stands}
    after = {_pair(e): e for e in new.rows if e.stands}
    both = [(before[pair], after[pair]) for pair in after if pair in before]
    ending = [e for e in new.rows if _is_ending(e) and _pair(e) not in after]
    known = {(_law(e), e.deleted) for e in old.rows}
    return EditDifference(
        release=release,
        read=read,
        taken=taken,
        added=tuple(e for pair, e in after.items() if pair not in before),
        ended=tuple(e for pair, e in before.items() if pair not in after.keys() | set(map(_pair, ending))),
        ending=tuple(e for e in ending if (_law(e), e.deleted) not in known),
        changed=tuple((a, b) for a, b in both if _law(a) != _law(b)),
        dated=sum((a.effective, a.grade) != (b.effective, b.grade) and _law(a) == _law(b) for a, b in both),
        kept=kept,
        written=written,
    )


def _is_ending(edit: PtpEdit) -> bool:
    """Whether an edit has a last day, and it is not over."""
    return edit.modifier_indicator != "9" and edit.deleted is not None and edit.deleted >= dt.date.today()


def _pair(edit: PtpEdit) -> frozenset[str]:
    return frozenset((edit.column1, edit.column2))


def _law(edit: PtpEdit) -> tuple[str, str, str]:
    return edit.column1, edit.column2, edit.modifier_indicator
