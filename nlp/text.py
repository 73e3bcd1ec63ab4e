"""A note's text, evened out for matching while every offset stays the caller's.

Nothing here changes a length: typographic characters are exchanged one for one, so code point
``i`` of `NoteText.flat` is code point ``i`` of the text as received.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from operator import ne
from typing import Any, TypeVar

from corpus.code_form import CODE_FORM
from nlp.forms import singular
from nlp.spelling import speller

T = TypeVar("T")

_EXCHANGE = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u0060\u00b4\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u00d7\u2715\u2716\u2a2f", "x"),
    **dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009", " "),
    **dict.fromkeys("\u200a\u202f\u205f\u3000\u200b\u200c\u200d\ufeff", " "),
    **dict.fromkeys("\u2022\u2023\u25aa\u25cf\u25e6\u2043\u2219\u00b7\u25a0\u25ba\u27a2\u2756\uf0b7", "\u2022"),
    **dict.fromkeys("\u2192\u21d2\u279c\u27a1\u2794\u27f6", "\u2192"),
    **dict.fromkeys("\u2028\u2029\u0085\u000b\u000c", "\n"),
    "\u2044": "/",
    "\u2215": "/",
    "\uff1a": ":",
    "\uff0c": ",",
}
_UNITS = r"s|secs?|x|reps?|lbs?|kg|min|mins|ft|feet|m|sets?|hold"
"""Units that a paste without line ends glues to the heading behind them: "4x15sTherapeutic Activities"."""
_TABLE = str.maketrans(_EXCHANGE)
TOKEN = re.compile(
    rf"(?<=\d)(?:{_UNITS})(?=[A-Z][a-z]{{2}})|(?<=\d[ ])(?:{_UNITS})(?=[A-Z][a-z]{{2}})"
    r"|[^\W\d_]+(?:'[^\W\d_]{1,2}(?![^\W_]))?|\d{1,3},\d{1,2}(?![\d,.:])|\d+(?:\.\d+|,\d{3}(?!\d))*|\n|[^\w\s]|_+"
)
_FILLED_IN = re.compile(r"(?<=\d)_++|(?<!\w)_++(?=\d)")
"""The line of a form under a number that was filled in."""
_JOINERS = frozenset("-/")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")

Span = tuple[int, int]
"""Start and end, code points, end-exclusive."""
NUMBER_WORDS: dict[str, int] = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}


def flatten(text: str) -> str:
    r"""Exchange typographic characters for plain ones, and marks of HTML and Markdown for white space, length for length.

    In a text without line ends that holds escaped ones (a note copied out of JSON or CSV), those end its lines.

    Examples
    --------
    >>> flatten("3×10 – “step‑ups”")
    '3x10 - "step-ups"'
    >>> flatten("<li>Bike&nbsp;8 min</li> <b>SLR</b>")
    '   \nBike      8 min    \n    SLR    '
    >>> flatten("pain <3/10, **US** 8 min")
    'pain <3/10,   US   8 min'
    >>> flatten(r"S: sore\nO: bike 8 min")
    'S: sore \nO: bike 8 min'
    >>> flatten("Gait .....15")
    'Gait =    15'
    >>> flatten("Ther Act _28_ min, MT ____ min")
    'Ther Act  28  min, MT ____ min'
    """
    text = text.translate(_TABLE)
    if "\\n" in text and "\n" not in text:
        text = _ESCAPED.sub(_ended, text)
    if ".." in text:
        text = _LEADERS.sub(_equals, text)
    if "_" in text:
        text = _FILLED_IN.sub(lambda found: " " * len(found[0]), text)
    return _MARKUP.sub(_blank, text) if "<" in text or "&" in text or "**" in text else text


_LEADERS = re.compile(rf"(?<!\.)\.{{4,}}+(?=[ \t]*+\d)|(?<=[A-Za-z)])\.{{2,3}}(?=\d)|(?<={CODE_FORM})\.{{2,3}}(?=\d)")
"""Dots that lead from an item to its number: "Gait training ........ 15", "gait..15"."""


def _equals(found: re.Match[str]) -> str:
    return "=".ljust(len(found[0]))


_ESCAPED = re.compile(r"(?:\\r)?\\n")


def _ended(found: re.Match[str]) -> str:
    return "\n".rjust(len(found[0]))


_MARKUP = re.compile(
    r"(?P<line></?(?:p|br|li|tr|div|h[1-6]|table|ul|ol)(?:\s[^<>\n]{0,200})?/?>)"
    r"|</?(?:b|i|u|em|strong|span|td|th|tbody|thead|font|a|html|body|pre)(?:\s[^<>\n]{0,200})?/?>"
    r"|&(?:nbsp|\#160|\#xa0);|(?P<sign>&(?:amp|lt|gt|quot|\#39);)|\*\*",
    re.I,
)
_SIGNS = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'"}


def _blank(found: re.Match[str]) -> str:
    """White space as long as the mark, with a line's end in place of a block's; the sign where it stands for one."""
    if found["line"]:
        return "\n".rjust(len(found[0]))
    sign = _SIGNS[found[0].lower()] if found["sign"] else ""
    return sign.ljust(len(found[0]))


@lru_cache(maxsize=65536)
def normal_form(word: str) -> str:
    """Small letters, without a simple plural.

    Examples
    --------
    >>> [normal_form(w) for w in ("Squats", "Stretches", "US")]
    ['squat', 'stretch', 'us']
    """
    return singular(word.lower())


@lru_cache(maxsize=65536)
def read_form(word: str) -> str:
    """The normal form of a word of a note: also without a slip of the fingers.

    Examples
    --------
    >>> [read_form(w) for w in ("tredmills", "Threapeutic", "squats")]
    ['treadmill', 'therapeutic', 'squat']
    """
    return speller()(normal_form(word))


@dataclass(frozen=True, slots=True)
class Line:
    """A physical line, without its break: code points ``start`` to ``end``."""

    start: int
    end: int


@dataclass(slots=True)
class NoteText:
    """Tokens and lines of one note.

    Attributes
    ----------
    text : as received.
    memory : what has been found in it so far, by name (`once`).
    flat : same length, typographic characters exchanged.
    lines : physical lines in order.
    starts, ends, norms : per token, its code points and normal form; numbers and punctuation
        are tokens of their own, joiners ("-" and "/" inside a word) are left out.
    shouting : whether the note has (nearly) no lower case, so capitals say nothing.
    """

    text: str
    flat: str
    lines: list[Line]
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    norms: list[str] = field(default_factory=list)
    shouting: bool = False
    memory: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, name: str, work: Callable[[NoteText], T]) -> T:
        """What ``work`` finds in this note, found once."""
        if name not in self.memory:
            self.memory[name] = work(self)
        found: T = self.memory[name]
        return found

    @property
    def pairs(self) -> list[str]:
        """Neighbouring normal forms, joined by a space."""
        return self.once("pairs", _pairs)

    def __len__(self) -> int:
        return len(self.starts)


def _pairs(note: NoteText) -> list[str]:
    return list(map(" ".join, pairwise(note.norms)))


def tokenize(flat: str, form: Callable[[str], str] = normal_form) -> tuple[list[int], list[int], list[str]]:
    """Starts, ends and forms of the tokens of flattened text.

    Examples
    --------
    >>> tokenize("Sit-to-stand 3x10, 15min")[2]
    ['sit', 'to', 'stand', '3', 'x', '10', ',', '15', 'min']
    >>> tokenize("3x30sGait Training, 2 NuSteps")[2]
    ['3', 'x', '30', 's', 'gait', 'training', ',', '2', 'nustep']
    """
    size = len(flat)
    spans = [
        (start, end)
        for start, end in [match.span() for match in TOKEN.finditer(flat)]
        if not (
            end - start == 1
            and flat[start] in _JOINERS
            and start
            and end < size
            and flat[start - 1].isalnum()
            and flat[end].isalnum()
        )
    ]
    starts = [start for start, _ in spans]
    ends = [end for _, end in spans]
    return starts, ends, [form(flat[start:end]) for start, end in spans]


def read_text(text: str) -> NoteText:
    r"""Normalise a note.

    Examples
    --------
    >>> note = read_text("S: ok\r\nBike 8’")
    >>> [(line.start, line.end) for line in note.lines]
    [(0, 5), (7, 14)]
    >>> note.norms[-3:]
    ['bike', '8', "'"]
    """
    flat = flatten(text)
    lines = []
    for match in _LINE.finditer(flat):
        start, end = match.span()
        if start == end:
            continue
        lines.append(Line(start, start + len(match[0].rstrip("\r\n"))))
    starts, ends, norms = tokenize(flat, read_form)
    return NoteText(text, flat, lines, starts, ends, norms, shouting=_is_shouting(flat))


def _is_shouting(flat: str) -> bool:
    """Whether a text has (nearly) no lower case: more than 20 capitals, at most one small letter in seven."""
    lowered = flat.lower()
    if len(lowered) != len(flat):
        return False
    upper = sum(map(ne, flat, lowered))
    return upper > 20 and sum(map(ne, flat, flat.upper())) * 6 < upper if upper * 3 > len(flat) else False
