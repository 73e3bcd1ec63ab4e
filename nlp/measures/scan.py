"""The walk's state over one note, and the values of its numbers."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

from nlp.note import Measure
from nlp.text import NUMBER_WORDS, NoteText

_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


class Scan:
    """One note being walked over: what was found, and up to where the text is used up.

    Attributes
    ----------
    found : the quantities so far.
    until : where the text begins that no quantity has taken.
    set_end : where the last sets ("3x10") end.
    named : numbers beside a service's name, by their start.
    primed : where numbers with a prime begin that are minutes of the service named before them.
    times_of_day : those that open a line: minutes since midnight, start and end.
    """

    __slots__ = (
        "ends",
        "flat",
        "found",
        "named",
        "norms",
        "note",
        "primed",
        "set_end",
        "starts",
        "times_of_day",
        "until",
    )

    def __init__(self, note: NoteText, named: dict[int, Measure], primed: set[int]) -> None:
        self.note = note
        self.flat = note.flat
        self.norms = note.norms
        self.starts = note.starts
        self.ends = note.ends
        self.found: list[Measure] = []
        self.until = self.set_end = 0
        self.named = named
        self.primed = primed
        self.times_of_day: list[tuple[int, int, int]] = []

    def add(self, start: int, end: int, kind: str, value: float) -> None:
        """Record a quantity whose words can be no other one."""
        self.found.append(Measure(start, end, kind, value))
        self.until = max(self.until, end)

    def without(self, stretches: Iterable[tuple[int, int]]) -> list[Measure]:
        """What was found so far, less what touches one of some stretches that do not overlap."""
        apart = sorted(stretches)
        starts = [start for start, _ in apart]
        return [m for m in self.found if (k := bisect_left(starts, m.end)) == 0 or apart[k - 1][1] <= m.start]

    def norm(self, index: int) -> str:
        """The normal form of a token; a line break beyond either end."""
        return self.norms[index] if 0 <= index < len(self.norms) else "\n"

    def gap(self, index: int) -> str:
        """What stands between a token and the next."""
        return self.flat[self.ends[index] : self.starts[index + 1]] if index + 1 < len(self.norms) else "\n"


def digits_value(digits: str) -> float:
    """The value of a number in digits, with a decimal point or comma, or commas between thousands.

    Examples
    --------
    >>> digits_value("7.5"), digits_value("7,5"), digits_value("1,200")
    (7.5, 7.5, 1200.0)
    """
    if _THOUSANDS.fullmatch(digits):
        return float(digits.replace(",", ""))
    whole, _, rest = digits.replace(",", ".").partition(".")
    return float(f"{whole}.{rest.replace('.', '')}")


def word_number(word: str) -> int:
    """The value of a number in digits or words.

    Examples
    --------
    >>> word_number("twenty-five"), word_number("18")
    (25, 18)
    """
    if word.isdecimal():
        return int(word)
    return sum(NUMBER_WORDS[part] for part in re.split(r"[- ]", word.lower()) if part)
