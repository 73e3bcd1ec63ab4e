"""Names in a row and as many numbers behind them, in the same order: "TE/NMR/MT = 23/12/8"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp.marks import is_name
from nlp.measures.words import NO_TIME_BEHIND, SECOND, UNIT
from nlp.text import NoteText, normal_form

_TIME = r"\d{1,3}(?:[ ]?(?:min(?:ute)?s?\b\.?|m\b|'))?"
_NEXT = r"(?:,?[ \t]{1,2}(?:and|&)[ \t]{1,2}|[ \t]{0,2}[/,+&][ \t]{0,2})"
_NUMBERS = re.compile(rf"(?<![\w./:,+#$&-]){_TIME}(?:{_NEXT}{_TIME}){{1,7}}(?![\w/%°:+-]|[.,]\d)", re.I)
_NUMBER = re.compile(r"\d{1,3}")
_SIGN = re.compile(r"[ \t]{0,9}(?:=|:|-{1,2}>?|→|\b(?:for|were|x)(?=[ \t]))?[ \t]{0,9}$")
_BETWEEN_NAMES = re.compile(r"[ \t]{0,3}(?:[/,+&]|\band\b)(?:[ \t]{0,3}(?:and\b|&))?[ \t]{0,3}", re.I)
_WORD_BEHIND = re.compile(r"[ \t]{0,3}-?([^\W\d_]+|[#°\"])")
_SHORT = re.compile(r"[A-Z][A-Z-]{1,5}")
"""A name that is none of a service's, among others that are."""
_PARTS = re.compile(r"[\s(\[;:.]")
_FARTHEST, _LONGEST_NAME = 160, 40
_LONGEST, _LEAST, _SCALE = 120, 3, 5
_MONTHS, _DAYS = 12, 31


@dataclass(frozen=True, slots=True)
class Parallel:
    """Names and the times that stand behind them in their order.

    Attributes
    ----------
    names : code points of each name.
    numbers : code points of each number.
    minutes : each number's value; 0 where what is named was not done.
    start, end : the stretch of the numbers.
    """

    names: tuple[tuple[int, int], ...]
    numbers: tuple[tuple[int, int], ...]
    minutes: tuple[int, ...]
    start: int
    end: int


def parallels_of(note: NoteText) -> tuple[Parallel, ...]:
    r"""The parallel lists of a note, found once.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> [p.minutes for p in parallels_of(read_text("TE/NMR/MT = 23/12/8\nTE, MT: 15, 10 min\nTE/NMR 3/5 quads"))]
    [(23, 12, 8), (15, 10)]
    """
    return note.once("parallel lists", _all)


def _all(note: NoteText) -> tuple[Parallel, ...]:
    return tuple(_find(note))


def _find(note: NoteText) -> Iterator[Parallel]:
    flat = note.flat
    for match in _NUMBERS.finditer(flat):
        numbers = [found.span() for found in _NUMBER.finditer(flat, *match.span())]
        minutes = tuple(int(flat[start:end]) for start, end in numbers)
        line = max(flat.rfind("\n", 0, match.start()) + 1, match.start() - _FARTHEST)
        before = flat[line : match.start()]
        sign = _SIGN.search(before)
        names = _names(before[: sign.start()] if sign else before, len(numbers), line)
        signed = bool(sign and sign[0].strip()) or match[0][-1] in "ns.m'"
        if names and _are_minutes(flat, match, minutes, signed=signed):
            yield Parallel(tuple(names), tuple(numbers), minutes, *match.span())


def _names(words: str, count: int, at: int) -> list[tuple[int, int]]:
    """Where so many names stand at the end of some words that begin at ``at``; none where there are more, fewer or unknown ones."""
    pieces: list[tuple[int, int]] = []
    end = len(words)
    for joint in reversed(list(_BETWEEN_NAMES.finditer(words))):
        pieces.append((joint.end(), end))
        end = joint.start()
    pieces.append((0, end))
    if len(pieces) < count:
        return []
    first = _last_name(words, *pieces[count - 1])
    found = [*pieces[: count - 1], first]
    more = len(pieces) > count and first == pieces[count - 1] and any(_last_name(words, *pieces[count]))
    known = sum(is_name(words[start:end]) for start, end in found)
    called = all(is_name(words[start:end]) or _SHORT.fullmatch(words, start, end) for start, end in found)
    return [(at + start, at + end) for start, end in reversed(found)] if called and known > 1 and not more else []


def _last_name(words: str, start: int, end: int) -> tuple[int, int]:
    """The longest name that some words end with; nothing where they end with none."""
    begin = max(start, end - _LONGEST_NAME)
    for at in [begin, *(match.end() for match in _PARTS.finditer(words, begin, end))]:
        if words[at : at + 1].strip() and is_name(words[at:end]):
            return at, end
    return end, end


def _are_minutes(flat: str, match: re.Match[str], minutes: tuple[int, ...], *, signed: bool) -> bool:
    """Whether numbers behind names can be their minutes: no units, no scores, no date, and nothing else is counted behind them."""
    behind = _WORD_BEHIND.match(flat, match.end())
    if behind and (normal_form(behind[1]) in NO_TIME_BEHIND | UNIT | SECOND or behind[1] in "#°"):
        return False
    if any(value and not _LEAST <= value <= _LONGEST for value in minutes) or max(minutes) <= _SCALE:
        return False
    dated = len(minutes) == 2 and "/" in match[0] and minutes[0] <= _MONTHS and minutes[1] <= _DAYS
    return signed or not dated
