"""How a time stands: how it opens and closes its line, sentence and clause, and the words beside it."""

from __future__ import annotations

import re
from bisect import bisect_right

from corpus.measures import ClassName, load_measure_words
from models.minutes.sheet import Sheet
from models.minutes.times import END, Time
from models.minutes.visits import LATER
from nlp.note import Measure, Segment

_EACH_BEHIND = re.compile(r"[ \t]?\)?[ \t]{0,2}(?:each|ea|apiece)\b(?![ \t]+[a-z])", re.I)
_EACH_BEFORE = re.compile(r"\beach[ \t]{0,2}(?:for|x|=|-|:|at|was|were|took|lasted|ran)?[ \t]{0,2}\(?$", re.I)
_WORD = re.compile(r"[A-Za-z]+|[^\sA-Za-z]")
_WORDS = load_measure_words()


def _words(name: ClassName) -> str:
    return "|".join(map(re.escape, sorted(_WORDS[name])))


_FILLED = re.compile(rf"(?:\b(?:{_words('alone_beside')})\b|[^\w]|\d)*", re.I)
"""What may stand beside a time that is alone in its clause."""
_LEADING = re.compile(rf"(?:\b(?:{_words('opening')}|[b-h])\b|[^\w]|\d{{1,2}}[.)])*", re.I)
"""What may stand before a time that opens its clause; letters are those of a list's items."""
# Words and signs that are told by themselves where they stand right beside a time, all others by their class. They are part of the names of
# learned traits (minutes.csv), so a word more has no weight until these are learned anew.
_BEFORE = frozenset(
    [
        "for",
        "x",
        "of",
        "total",
        "tot",
        "-",
        "(",
        "[",
        "=",
        ":",
        ",",
        ";",
        ".",
        "took",
        "spent",
        "+",
        "|",
        "was",
        "about",
        "in",
        "to",
        "at",
        "then",
        "and",
        "another",
        "with",
        "on",
        "after",
        "by",
        "min",
        "time",
        "tx",
        "→",
        "than",
        "up",
        "over",
        "held",
        "hold",
    ]
)
_BEHIND = frozenset(
    [
        ",",
        ".",
        ";",
        ":",
        ")",
        "]",
        "-",
        "of",
        "on",
        "with",
        "to",
        "for",
        "in",
        "w",
        "x",
        "total",
        "|",
        "and",
        "then",
        "=",
        "+",
        "/",
        "at",
        "tot",
        "each",
        "rest",
        "hold",
        "before",
        "after",
        "more",
        "both",
        "all",
    ]
)
_SIZES = (5, 8, 16, 31, 46, 61)


def read_time(sheet: Sheet, measure: Measure, at: int, *, inside: bool) -> Time:
    """A time with where it stands; what is called by name beside it is found later."""
    start, end, segment = measure.start, measure.end, sheet.segments[at]
    kind = measure.kind
    if kind == "bare" and not sheet.flat[start].isdecimal():
        kind = "bracket" if sheet.flat[start] in "[({" else "worded"
    time = Time(start, end, kind, int(measure.value), at, inside)
    time.size = bisect_right(_SIZES, time.value)
    time.before, time.behind = _beside(sheet, start, end)
    time.each = (
        _EACH_BEHIND.match(sheet.flat, end) is not None
        or _EACH_BEFORE.search(sheet.flat, max(0, start - 16), start) is not None
    )
    time.place = _place(sheet, time, segment)
    time.ends = time.place.rpartition("/")[0]
    cell = "" if segment.cell is None else str(segment.cell)
    time.form = ("cell" if cell else "text", cell, time.ends, time.kind, time.before)
    letter = (sheet.note.sections or [])[segment.section].letter if segment.section >= 0 else ""
    time.done = letter not in ("S", "P") and segment.status not in LATER
    return time


def _beside(sheet: Sheet, start: int, end: int) -> tuple[str, str]:
    """The word or sign before and behind a stretch; any other word is "w", any other sign "?"."""
    lead = sheet.flat[max(0, start - 14) : start].rstrip(" \t")
    words = _WORD.findall(lead)
    before = END if not words or lead[-1] == "\n" else words[-1].lower()
    word = _WORD.match(sheet.flat[end : end + 14].lstrip(" \t"))
    behind = word[0].lower() if word else END
    return _classed(before, _BEFORE), _classed(behind, _BEHIND)


def _classed(word: str, known: frozenset[str]) -> str:
    """A word or sign of a list itself, any other by its class."""
    if word in known or word == END:
        return word
    return "w" if word.isalpha() else "?"


def _place(sheet: Sheet, time: Time, segment: Segment) -> str:
    """How a time opens and closes its line, sentence and clause."""
    flat, start, end = sheet.flat, time.start, time.end
    line = flat.rfind("\n", 0, start) + 1
    stop = flat.find("\n", end)
    stop = len(flat) if stop < 0 else stop
    begin, last = min(segment.start, start), max(segment.end, end)
    opens = ""
    if _LEADING.fullmatch(flat, line, start):
        opens = "L"
    elif _LEADING.fullmatch(flat, begin, start):
        parted = time.at == 0 or sheet.segments[time.at - 1].sentence != segment.sentence
        opens = "S" if parted else "G"
    tail = flat[end:stop].strip(" \t)]};")
    closes = ""
    if not tail or tail == ".":
        closes = "L"
    elif tail[0] == ":" or tail.startswith(("- ", "--", "| ")):
        closes = ":"
    elif tail[0] == "." or flat[end - 1] == ".":
        closes = "S"
    elif not flat[end:last].strip(" .;)]"):
        closes = "G"
    short = time.inside and last - begin < 120
    alone = short and _FILLED.fullmatch(flat, begin, start) and _FILLED.fullmatch(flat, end, last)
    below = closes in ("L", ":") and flat[stop + 1 : stop + 2].strip("\n") != ""
    return f"{opens}/{closes}/{'a' if alone else '' if time.inside else 'h'}{'v' if below else ''}"
