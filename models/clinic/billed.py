"""Billed codes as practices' systems write them into one cell, with units and modifiers; for audits and for training alike.

A code may have modifiers (``97110-GP``, ``97110 GP 59``, ``97110:GP``) and units (``97110:2``, ``97110 x 2``, ``97110=2``), the
modifiers before or behind the units. Between codes stand spaces, commas, semicolons, bars or plus signs. A cell ``none`` says that
nothing was billed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_END = r"(?=$|[\s,;:|+×*=-]|X\s*[0-9])"
_DASHED = r"-[A-Z0-9]{2}"
_APART = r"[\s,;|]+(?!X[0-9])(?:[A-Z][A-Z0-9]|59)"
_CODE = re.compile(
    rf"""
    (?P<code>[0-9A-Z][0-9]{{3}}[0-9A-Z])
    (?P<before>(?:(?:{_DASHED}|{_APART}|:(?!X[0-9])[A-Z][A-Z0-9]|[: ][2-9][0-9](?=[-:X×*=])){_END})*)
    (?:\s*[:X×*=]\s*(?P<units>[0-9]{{1,3}}))?
    (?P<behind>(?:(?:{_DASHED}|{_APART}){_END})*)
    (?=$|[\s,;|+])
    """,
    re.I | re.X,
)
_BETWEEN = re.compile(r"[\s,;|+]*")
_WORD = re.compile(r"[^\s,;|+]+")


class NoCodeError(ValueError):
    """Something in a cell that is no code: its place and the word there, which may be one of a note."""

    def __init__(self, at: int, word: str) -> None:
        self.at = at
        self.word = word
        super().__init__(f"a cell of billed codes must hold nothing else; character {at + 1} begins none")


@dataclass(frozen=True, slots=True)
class WrittenCode:
    """A code of a cell in capitals, its units where they are written, and its modifiers in the order written."""

    code: str
    units: int | None = None
    modifiers: tuple[str, ...] = ()


def written_codes(cell: str) -> list[WrittenCode]:
    """The codes of a cell in the order written, one that stands twice twice.

    Raises
    ------
    NoCodeError
        At the first word that is no code.

    Examples
    --------
    >>> [(c.code, c.units, c.modifiers) for c in written_codes("97110-GP x2; 97140:1+g0283 GP")]
    [('97110', 2, ('GP',)), ('97140', 1, ()), ('G0283', None, ('GP',))]
    >>> written_codes("none")
    []
    """
    if cell.strip().upper() == "NONE":
        return []
    out = []
    at = 0
    while (gap := _BETWEEN.match(cell, at)) and gap.end() < len(cell):
        at = gap.end()
        found = _CODE.match(cell, at)
        if found is None:
            word = _WORD.match(cell, at)
            raise NoCodeError(at, word[0] if word else "")
        marks = re.findall(r"[A-Z0-9]{2}", (found["before"] + found["behind"]).upper())
        units = int(found["units"]) if found["units"] else None
        out.append(WrittenCode(found["code"].upper(), units, tuple(marks)))
        at = found.end()
    return out
