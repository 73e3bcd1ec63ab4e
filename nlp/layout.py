"""Lines, table cells, checkboxes, sentences and clauses: where one item ends and the next begins."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from corpus.code_form import CODE_FORM
from nlp.text import Line, NoteText

_BULLET = re.compile(r"\s*(?:[•*~>#+]+\s*|-{1,2}(?:\s+|(?=[A-Za-z]))|\(?\d{1,2}[.)](?=\s|[A-Za-z])\s*|[a-h][.)]\s+)")
_BOX = re.compile(r"\[\s?([xX✓✔*]?)\s?\]|\(\s?([xX✓✔])\s?\)|\( \)|([☑☒✓✔])|([☐□])")
_CELL = re.compile(r"(?<!\s)\s*+\|\s*|\t+| {4,}")
_STOP = re.compile(r"[.!?;]+")
_CLAUSE = re.compile(
    r",(?!\d)\s*|(?<!\s)\s++-{1,2}\s++(?!\d{1,2}:\d\d)|(?<!\s)\s++-{1,2}>\s*|(?<!\s)\s*+→\s*|(?<!\s)\s*+=>\s*|(?<=[a-z)]) ?\+ ?(?=[A-Za-z])"
    r"|(?:(?<=\d|')|(?<=\dmin)|(?<=\d min)) [/+&] (?=[A-Za-z])"
    r"|(?<!\s)\s++(?=(?:(?:and )?then|followed by|but|while|after which|as well as|which was|because)\s)",
)
_SLASH = re.compile(r" / (?=[A-Za-z(])")
_SLASHED = re.compile(rf"{_CLAUSE.pattern}|{_SLASH.pattern}")
_SLASHES = 2
"""So many spaced slashes make a line a list: "bike 5 / wall slides 2x12 / IASTM calf"; one stands between halves of a thing."""
_SPOKEN = re.compile(r"\b(?:period|comma|full stop|new (?:paragraph|line)|next line)\b", re.I)
_SPOKEN_STOP = re.compile(r"[.!?;]+|\b(?:period|full stop|new (?:paragraph|line)|next line)\b[.,]?", re.I)
_SPOKEN_CLAUSE = re.compile(rf"\s*+\bcomma\b\s*|{_CLAUSE.pattern}")
_SPOKEN_LEAST = 3
"""So many marks said in words make a note one whose marks are said in words; "a period of rest" alone does not."""
_BREATH = re.compile(
    r"(?<!\s)\s++(?=(?:(?:and|so|but)\s++)?(?:after that|next|finally|afterwards|last|i|we|he|she|they)\s++(?!(?:was|is|has|had|can|could|will|would|wants?|says?|said)\b)[a-z])",
    re.I,
)
"""Where a new thing begins in a clause that never stops: "up to the mailbox and back I kept cueing"."""
_ONE_BREATH = 150
"""Characters from which a clause is taken for one without marks."""
_ACTS = (
    "did|got|had|made|ran|went|took|put|gave|let|kept|held|taught|told|brought|set|sat|stood|rode|threw|lay|laid|left|said|saw|came|sent|cut|read|wrote"
    "|spent|began|felt|hit|met|led|fed|shook|bent|dug|fell|rose|swung|slid|[a-z]{2,}ed"
)
"""What somebody did: past tenses that end otherwise than in -ed, and those."""
_HANGING = (
    "and|but|or|so|that|when|what|till|until|as|if|where|which|since|while|after|before|because|though|than|like|how|who|why|whether"
    "|says|said|think|told|him|her|them|me"
)
_BOUND = "".join(rf"(?<!\b{word})" for word in _HANGING.split("|"))
"""Behind one of these a clause goes on: "where he walked", "told her I would"."""
_RUN_ON = re.compile(
    r"(?<!\s)\s++(?=(?:and|so|but|or)\s++(?:"
    r"(?:after that|next|finally|afterwards|last|i|we|he|she|they|it|that|that's|there|also|never|not|no|now|after|before|while|with me"
    r"|for (?:the|his|her)|(?:on|off|over|across|back|out|down|up|into?) (?:to|in|at|on|the|into)|from (?:there|the))\b"
    rf"|(?:(?:just|even|really|again|never|quickly)\s)?(?:{_ACTS})\s))"
    rf"|(?<!\s){_BOUND}\s++(?=(?:after that|next|finally|afterwards|(?:i|we|he|she|they|no)\s++[a-z]))",
    re.I,
)
"""Where a new thing begins in a sentence that goes on and on: what was done next, what somebody said or wants, what was not done."""
_ON_AND_ON = 220
"""Characters from which a sentence is taken for one that goes on and on."""
_PHRASE = 40
"""Characters of a clause in such a sentence from which it may hold more than one thing."""
_LONG = 150
"""Characters after which the next clause of such a sentence begins anew."""
_NEXT = re.compile(r"\s*(?:and\s+|so\s+)?(?:then|after that|next|after which|followed by|finally)\b", re.I)
_LEAD = re.compile(
    r"\s*(?:(?:and|so|but|then|also|ok|okay)\b\s*)*(?:(?:the )?(?:s?he|we|i|they|pt|patient|resident|client))?", re.I
)
"""Joining words and who did it are no clause of their own: "We then walked"."""
_ABBREVIATIONS = frozenset(
    [
        "approx",
        "appt",
        "avg",
        "b.i.d",
        "bid",
        "cont",
        "dept",
        "dr",
        "e.g",
        "eg",
        "etc",
        "ex",
        "exs",
        "ext",
        "flex",
        "ft",
        "fx",
        "gr",
        "hr",
        "hrs",
        "i.e",
        "ie",
        "in",
        "inc",
        "incl",
        "ind",
        "lat",
        "lb",
        "lbs",
        "max",
        "med",
        "min",
        "mins",
        "mod",
        "mos",
        "mr",
        "mrs",
        "ms",
        "no",
        "p.o",
        "prn",
        "pt",
        "pts",
        "q.d",
        "r",
        "reps",
        "resp",
        "s.p",
        "sec",
        "secs",
        "st",
        "sup",
        "tx",
        "vs",
        "w",
        "wk",
        "wks",
        "x",
        "yo",
        "yr",
        "wt",
        "wts",
        "yrs",
        "abd",
        "add",
        "bil",
        "bilat",
        "horiz",
        "vert",
        "post",
        "ant",
        "inf",
        "sup",
        "l",
        "rt",
        "lt",
        "intermitt",
        "amb",
        "assist",
        "req",
    ]
)
_TIME_WORDS = frozenset(["min", "mins"])
_TIME_AFTER = re.compile(rf"(?:[^\W\d_]|{CODE_FORM})[)\]]?\s*(?:x|for|[-=:(])?\s*(?<!\d)\d{{1,3}}\s*$")
"""A time behind what took it, not before it ("10 min. joint mobs")."""
_GOES_ON = re.compile(
    r"\s*+(?:[^\w\s]|\d{1,2}\s?(?:units?|u)\b|(?:at|to|for|of|on|in|w|with|x|per|each|ea|and|then|total|tot|by|via|rest|hold|holds|before|after|prior|post|bil|bilat|today)\b)"
)
"""Behind "15 min.": words of the same sentence; anything else begins a new one."""
_GLUED_END = re.compile(
    r"(?<=[^\W\d_][a-z)])\.|(?:(?<=[A-Z]{2})|(?<=x\d)|(?<=x\d\d)|(?<=x \d)|(?<=x \d\d)|(?<=[A-Z]\d)|(?<=\d['\"%)]))\.(?=[A-Z][a-z])"
)
"""What ends a sentence though the next one follows without a space: "rail.STS", "BSC.Amb", "3x10.Then"."""
_TITLES = frozenset(["dr", "mr", "mrs", "ms", "vs", "approx", "st"])


@dataclass(frozen=True, slots=True)
class Piece:
    """A clause or list item before anything is known of its meaning (fields as in `Segment`)."""

    start: int
    end: int
    line: int
    sentence: int
    block: int
    bullet: bool
    ticked: bool | None
    cell: int | None


def _is_stop(flat: str, start: int, end: int, limit: int) -> bool:
    """Whether the punctuation at ``start:end`` ends a sentence."""
    if flat[start] != ".":
        return True  # also a mark said in a word
    if end >= limit:
        return True
    after = flat[end]
    if end - start > 1:
        return after.isspace()
    if not after.isspace():
        return after.isupper() and _GLUED_END.match(flat, start) is not None
    word_start = start
    while word_start and (flat[word_start - 1].isalpha() or flat[word_start - 1] == "."):
        word_start -= 1
    word = flat[word_start:start].lower()
    follow = flat[end:limit].lstrip()[:1]
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()):
        if word in _TIME_WORDS and _TIME_AFTER.search(flat[max(0, word_start - 12) : word_start]):
            return not _GOES_ON.match(flat, end, limit)
        return follow.isupper() and word not in _TITLES
    return True


def _spans(
    pattern: re.Pattern[str], flat: str, start: int, end: int, unless: re.Pattern[str] | None = None
) -> list[tuple[int, int]]:
    """What lies between the matches of a separator in ``start:end``, outside parentheses.

    Parameters
    ----------
    unless : a stretch that is no more than this is not cut off.
    """
    out = []
    at = start
    depth = 0
    scanned = start
    for match in pattern.finditer(flat, start, end):
        depth += flat.count("(", scanned, match.start()) - flat.count(")", scanned, match.start())
        scanned = match.start()
        if depth > 0 and flat.find(")", match.end(), end) >= 0:
            continue
        if unless is not None and unless.fullmatch(flat, at, match.start()):
            continue
        out.append((at, match.start()))
        at = match.end()
    out.append((at, end))
    return out


def _sentences(flat: str, start: int, end: int, stop: re.Pattern[str] = _STOP) -> list[tuple[int, int]]:
    out = []
    at = start
    for match in stop.finditer(flat, start, end):
        if match.start() >= at and _is_stop(flat, match.start(), match.end(), end):
            out.append((at, match.start()))
            at = match.end()
    out.append((at, end))
    return [span for span in out if flat[span[0] : span[1]].strip()]


def _boxes(flat: str, start: int, end: int) -> list[tuple[int, int, bool | None]]:
    """Stretches of a line by checkbox: (start, end, ticked or ``None``)."""
    found = list(_BOX.finditer(flat, start, end))
    if not found:
        return [(start, end, None)]
    out: list[tuple[int, int, bool | None]] = []
    if flat[start : found[0].start()].strip():
        out.append((start, found[0].start(), None))
    for box, after in zip(found, [*found[1:], None], strict=True):
        ticked = bool(box[1] or box[2] or box[3])
        out.append((box.end(), after.start() if after else end, ticked))
    return out


def split_pieces(note: NoteText, cuts: list[int]) -> list[Piece]:
    r"""Clauses and list items of a note in order.

    Parameters
    ----------
    note : the normalised note.
    cuts : sorted code points where a heading begins or its body begins; a piece never crosses one.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("SLR 3x10, bike 8 min. Then felt ok\n[x] STM [ ] US")
    >>> [note.text[p.start : p.end] for p in split_pieces(note, [])]
    ['SLR 3x10', 'bike 8 min', 'Then felt ok', 'STM', 'US']
    """
    flat = note.flat
    said = sum(1 for _ in _SPOKEN.finditer(flat)) >= _SPOKEN_LEAST
    stop, between = (_SPOKEN_STOP, _SPOKEN_CLAUSE) if said else (_STOP, _CLAUSE)
    pieces: list[Piece] = []
    sentence = block = 0
    blank = False
    for number, line in enumerate(note.lines):
        if not flat[line.start : line.end].strip():
            blank = True
            continue
        if blank:
            block += 1
            blank = False
        bullet = _BULLET.match(flat, line.start, line.end)
        begin = bullet.end() if bullet and bullet.end() < line.end else line.start
        slashes = flat.count(" / ", line.start, line.end) >= _SLASHES and not said
        listed = slashes and sum(1 for _ in _SLASH.finditer(flat, line.start, line.end)) >= _SLASHES
        parts = _SLASHED if listed else between
        for cell, (cell_start, cell_end) in enumerate(_cells(flat, Line(begin, line.end))):
            column = cell if cell_end < line.end or cell else None
            for box_start, box_end, ticked in _boxes(flat, cell_start, cell_end):
                for stretch in _cut(box_start, box_end, cuts):
                    for sentence_span in _sentences(flat, *stretch, stop):
                        for clause_start, clause_end, new in _clauses(flat, *sentence_span, parts):
                            sentence += new
                            start, end = _trim(flat, clause_start, clause_end)
                            if start < end:
                                pieces.append(
                                    Piece(start, end, number, sentence, block, bool(bullet), ticked, column)
                                )
                        sentence += 1
    return pieces


def _clauses(flat: str, start: int, end: int, between: re.Pattern[str]) -> Iterator[tuple[int, int, bool]]:
    """The clauses of a sentence, each with whether a new sentence might as well begin with it.

    One that goes on without marks is cut where a new thing begins; in a sentence that goes on and on what was done before and after
    tells no more of it than another sentence would.
    """
    runs_on = end - start > _ON_AND_ON
    least, breath = (_PHRASE, _RUN_ON) if runs_on else (_ONE_BREATH, _BREATH)
    begun = start
    for first, last in _spans(between, flat, start, end, _LEAD):
        parts = _spans(breath, flat, first, last, _LEAD) if last - first > least else [(first, last)]
        for number, (left, right) in enumerate(parts):
            new = (
                runs_on
                and left > start
                and (number > 0 or left - begun > _LONG or _NEXT.match(flat, left) is not None)
            )
            begun = left if new else begun
            yield left, right, new


def _trim(flat: str, start: int, end: int) -> tuple[int, int]:
    """A clause without the separators and white space at its ends."""
    while start < end and not (flat[start].isalnum() or flat[start] in "([\"'#<+"):
        start += 1
    while start < end and (flat[end - 1].isspace() or flat[end - 1] in ",;:-"):
        end -= 1
    return start, end


def _cells(flat: str, line: Line) -> list[tuple[int, int]]:
    if "|" not in flat[line.start : line.end] and "\t" not in flat[line.start : line.end]:
        return [(line.start, line.end)]
    return [span for span in _spans(_CELL, flat, line.start, line.end) if flat[span[0] : span[1]].strip()]


def _cut(start: int, end: int, cuts: list[int]) -> list[tuple[int, int]]:
    out = []
    at = start
    for cut in cuts[bisect_left(cuts, start + 1) : bisect_left(cuts, end)]:
        out.append((at, cut))
        at = cut
    out.append((at, end))
    return out
