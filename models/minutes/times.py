"""A stated time: what kind of statement it is, where it stands, and what is called by name beside it."""

from __future__ import annotations

from dataclasses import dataclass

TOTAL = "total"
"""What a name stands for that is no one service's: "total", "timed", "treatment" where several were given."""
END = "¶"
"""The word beside a time that stands first or last in its line."""


@dataclass(slots=True, eq=False)
class Time:
    """A stated time, or a number that may be one.

    Attributes
    ----------
    start, end : its words.
    kind : the measure's kind; of numbers without unit ``bracket`` in brackets, ``worded`` in words, ``plain`` where
        nothing marks it as a time.
    value : whole minutes.
    at : the segment it stands in, or the next one where it stands in a heading that is none (``inside`` false).
    place : "opens/closes/rest". Opens a line L, sentence S or clause G; closes likewise, ``:`` before a colon;
        rest: ``a`` alone in its clause, ``h`` in a heading, ``v`` with a line right below.
    ends : the first two parts of ``place``.
    before, behind : the word or sign beside it.
    name_before, name_behind : the service (or `TOTAL`) called right before or behind it.
    near_before, near_behind : words in between, at most 2.
    called_before, called_behind : which of the page's called names that is; -1 for none.
    row : other services called in one row with the one beside it ("TE and NMR 20 min").
    tied : whether more than commas stand between the names of the row.
    each : whether it is said of each of several ("gait and balance, 15 min each").
    listed : "b" in a list of names with a number behind each, "a" in one with a number before each, else empty.
    done : whether its clause tells of this visit's work.
    until_stopped : whether it says how long the work of another segment lasted before it was stopped; ``at`` is that segment.
    size : class of its value.
    form : what a column or the ends of like lines have in common: cell, ends, kind, word before.
    """

    start: int
    end: int
    kind: str
    value: int
    at: int
    inside: bool
    place: str = ""
    ends: str = ""
    before: str = END
    behind: str = END
    name_before: str = ""
    near_before: int = 0
    name_behind: str = ""
    near_behind: int = 0
    called_before: int = -1
    called_behind: int = -1
    row: frozenset[str] = frozenset()
    tied: bool = False
    each: bool = False
    listed: str = ""
    done: bool = True
    until_stopped: bool = False
    size: int = 0
    form: tuple[str, ...] = ()
