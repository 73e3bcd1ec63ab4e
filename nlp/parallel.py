"""Names in a row and as many numbers behind, before or under them, in the same order: "TE/NMR/MT = 23/12/8"."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.measures import load_measure_words
from nlp.names import Called, called_in, is_name, services_called
from nlp.text import NoteText, normal_form

_WORDS = load_measure_words()
_NO_TIME = _WORDS["no_time_behind"] | _WORDS["unit"] | _WORDS["second"]
_UNIT = r"(?:[ ]?(?:min(?:ute)?s?\b\.?|mns?\b|m\b|'))?"
_TIME = rf"\d{{1,3}}{_UNIT}"
_NEXT = r"(?:,?[ \t]{1,2}(?:and|&)[ \t]{1,2}|[ \t]{0,2}[/,+&][ \t]{0,2})"
_SAME = r"(?P<by>//|->|[;>|:•→~-]|then\b)"
_NUMBERS = re.compile(
    rf"(?<![\w./,+#$&-])(?<!\d:)(?<!\d-)(?:{_TIME}(?:{_NEXT}{_TIME}){{1,7}}|{_TIME}[ \t]{{0,3}}{_SAME}[ \t]{{0,3}}{_TIME}(?:[ \t]{{0,3}}(?P=by)[ \t]{{0,3}}{_TIME}){{0,6}})"
    r"(?![\w/%°+-]|[.,:]\d|[ \t]?[>|][ \t]?\d)",
    re.I,
)
_NUMBER = re.compile(r"\d{1,3}")
_SIGN = re.compile(
    r"[)\]]?[ \t]{0,9}(?:=|:{1,2}|-{1,2}>?|=>|→|//|[|]|,(?=[ \t])|\b(?:for|were|x)(?=[ \t]))?[ \t]{0,9}[(\[]?[ \t]{0,3}$"
)
_SIGN_BEHIND = re.compile(
    r"[)\]]?[ \t]{0,9}(?:=|:{1,2}|-{1,2}>?|=>|→|//|[|]|\b(?:of|on|for)\b)?[ \t]{0,9}[(\[]?[ \t]{0,3}"
)
_BETWEEN_NAMES = re.compile(r"[ \t]{0,3}(?:[/,+&]|\band\b)(?:[ \t]{0,3}(?:and\b|then\b|&))?[ \t]{0,3}", re.I)
_BY = {
    sign: re.compile(rf"[ \t]{{0,3}}{pattern}[ \t]{{0,3}}", re.I)
    for sign, pattern in {
        "//": "//", "->": "->", "→": "→", ";": ";", ">": r"(?<!-)>", "|": r"[|]", ":": ":", "•": "•", "~": "~", "-": "-(?!>)",
        "then": r"(?:,[ \t])?\bthen\b", "/": "(?<!/)/(?!/)", "&": "&", "+": r"\+", ",": ",",
    }.items()
}  # fmt: skip
"""What parts names that are joined by one sign only."""
_RISKY = frozenset("-:>|")
"""Signs that mean much else: taken for a row only where names and numbers have the same, or three stand in it."""
_WORD_BEHIND = re.compile(r"[ \t]{0,3}-?([^\W\d_]+|[#°\"])")
_UNKNOWN = re.compile(r"[A-Z][A-Z-]{1,5}|[a-z]{3,10}")
"""A name that is none of a service's, among others that are."""
_NO_NAME = re.compile(r"(?<![A-Za-z\d])\d|[,;:]|\bmin")
"""In words: they are more than a name."""
_PARTS = re.compile(r"[\s(\[;:.]")
_BEGINS = re.compile(r"(?:^|[\n.;:(\[|•]|\b(?:did|gave|times?|min)\b)[ \t]*\Z", re.I)
_ENDS_ROW = re.compile(r"[ \t]{0,9}(?:$|[.,;)\]\n(|]|(?:today|in|w/|with|then|and)(?!\w))", re.M)
_FARTHEST, _LONGEST_NAME, _MOST_WORDS = 160, 40, 5
_LONGEST, _LEAST, _SCALE = 120, 3, 7
_UNITS = 5
"""Numbers up to this are units or scores, up to `_SCALE` scores unless they say minutes."""
_MONTHS, _DAYS = 12, 31
_YEARS = range(21, 31)


@dataclass(frozen=True, slots=True)
class Parallel:
    """Names and the times that stand beside them in their order.

    Attributes
    ----------
    names : code points of each name.
    numbers : code points of each number.
    minutes : each number's value; 0 where what is named was not done.
    start, end : the stretch of the numbers.
    services : of each name the services it may stand for, the likeliest first; empty for a name nobody knows.
    named : those names that are names of services.
    whole : code points and value of the total behind the numbers of a table; ``None`` for none.
    """

    names: tuple[tuple[int, int], ...]
    numbers: tuple[tuple[int, int], ...]
    minutes: tuple[int, ...]
    start: int
    end: int
    services: tuple[tuple[str, ...], ...] = ()
    named: tuple[Called, ...] = ()
    whole: tuple[int, int, int] | None = None


def parallels_of(note: NoteText) -> tuple[Parallel, ...]:
    r"""The parallel lists of a note, found once.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> [p.minutes for p in parallels_of(read_text("TE/NMR/MT = 23/12/8\nTE, MT: 15, 10 min\nTE/NMR 3/5 quads"))]
    [(23, 12, 8), (15, 10)]
    >>> [p.minutes for p in parallels_of(read_text("TE > MT > CP :: 18 > 14 > 9\n12/8/20 DN/MT/TE"))]
    [(18, 14, 9), (12, 8, 20)]
    """
    return note.once("parallel lists", _all)


def _all(note: NoteText) -> tuple[Parallel, ...]:
    return (*_find(note), *_under_heads(note), *_of_today(note))


def _find(note: NoteText) -> Iterator[Parallel]:
    flat = note.flat
    for match in _NUMBERS.finditer(flat):
        numbers = [found.span() for found in _NUMBER.finditer(flat, *match.span())]
        minutes = tuple(int(flat[start:end]) for start, end in numbers)
        if not _are_minutes(flat, match, minutes):
            continue
        found = _names_before(note, match, minutes) or _names_behind(note, match, minutes)
        if found:
            services, named = _called(note, found)
            yield Parallel(tuple(found), tuple(numbers), minutes, *match.span(), services, named)


def _names_before(note: NoteText, match: re.Match[str], minutes: Sequence[int]) -> list[tuple[int, int]]:
    """The names that stand before a row of numbers; none where they are not as many."""
    flat = note.flat
    line = max(flat.rfind("\n", 0, match.start()) + 1, match.start() - _FARTHEST)
    before = flat[line : match.start()]
    sign = _SIGN.search(before)
    words = before[: sign.start()] if sign else before
    said = sign[0].strip(" \t([])") if sign else ""
    unit = match[0][-1] in "ns.m'"
    signed = said not in ("", ",") or unit or (sign is not None and sign[0][-1:] in ("(", "["))
    if _is_dated(match, minutes) and not signed:
        return []
    for by in _signs(match, len(minutes), words):
        names = _names(note, words, len(minutes), line, _BY.get(by, _BETWEEN_NAMES), loose=signed or len(minutes) > 2)
        if names:
            return names
    return []


def _names_behind(note: NoteText, match: re.Match[str], minutes: Sequence[int]) -> list[tuple[int, int]]:
    """The names that stand behind a row of numbers that opens its clause: "12/8/20 DN/MT/TE"."""
    flat = note.flat
    dated = _is_dated(match, minutes) or (len(minutes) == 3 and minutes[0] <= _MONTHS and minutes[2] in _YEARS)
    if dated or not _BEGINS.search(flat, max(0, match.start() - 20), match.start()):
        return []
    at = _SIGN_BEHIND.match(flat, match.end()).end()  # type: ignore[union-attr]
    line = flat.find("\n", at)
    words = flat[at : min(at + _FARTHEST, line if line >= 0 else len(flat))]
    for by in _signs(match, len(minutes), words):
        pieces = _pieces(words, _BY.get(by, _BETWEEN_NAMES))
        if len(pieces) < len(minutes):
            continue
        found = [*pieces[: len(minutes) - 1], _first_name(words, *pieces[len(minutes) - 1])]
        ended = len(pieces) == len(minutes) or found[-1] != pieces[len(minutes) - 1]
        if ended and all(is_name(words[start:end]) for start, end in found) and _ENDS_ROW.match(words, found[-1][1]):
            return [(at + start, at + end) for start, end in found]
    return []


def _signs(match: re.Match[str], count: int, words: str) -> list[str]:
    """The signs by which names may be parted beside a row of numbers; empty stands for commas, slashes and the like together."""
    own = match["by"].lower() if match["by"] else ""
    if own == ":" and count == 2 and "::" not in words:
        return []
    if own in _RISKY and count < 3:
        return [own]
    others = [
        sign for sign in _BY if sign != own and (count > 2 or sign not in _RISKY) and sign.strip() in words.lower()
    ]
    return [*([own] if own else []), "", *others]


def _pieces(words: str, between: re.Pattern[str]) -> list[tuple[int, int]]:
    """What stands between the signs of some words, from left to right."""
    joints = list(between.finditer(words))
    begins = [0, *(joint.end() for joint in joints)]
    ends = [*(joint.start() for joint in joints), len(words)]
    return list(zip(begins, ends, strict=True))


def _names(
    note: NoteText, words: str, count: int, at: int, between: re.Pattern[str], *, loose: bool
) -> list[tuple[int, int]]:
    """Where so many names stand at the end of some words that begin at ``at``; none where there are more, fewer or unknown ones.

    Parameters
    ----------
    loose : whether a name may be a treatment, with a few words more, or one that nobody knows beside two known ones.
    """
    pieces = _pieces(words, between)
    if len(pieces) < count:
        return []
    *before, opening = pieces[: len(pieces) - count + 1]
    first = _last_name(note, words, at, *opening, loose=loose)
    found = [first, *pieces[len(pieces) - count + 1 :]]
    if before and first == opening:
        start, end = _last_name(note, words, at, *before[-1], loose=False)
        if start < end:
            return []
    known = [_strength(note, words, at, *name, loose=loose) for name in found]
    sure = sum(strength > 1 for strength in known)
    least = 1 if loose else 2
    called = all(known) and sure >= least and sum(strength >= 1 for strength in known) > 1
    return [(at + start, at + end) for start, end in found] if called else []


def _strength(note: NoteText, words: str, at: int, start: int, end: int, *, loose: bool) -> float:
    """How surely words are a name: 2 a service's or begun with one, 1 a treatment's, 0.5 one that nobody knows, 0 none."""
    if is_name(words[start:end]):
        return 2.0
    if not loose or end <= start or end - start > _LONGEST_NAME or _NO_NAME.search(words, start, end):
        return 0.5 if end > start and words[start:end].isupper() and _UNKNOWN.fullmatch(words, start, end) else 0.0
    found = _treatment(note, at + start, at + end) if len(words[start:end].split()) <= _MOST_WORDS else None
    if found:
        return 2.0 if found.named and found.sure else 1.0
    return 0.5 if _UNKNOWN.fullmatch(words, start, end) else 0.0


def _treatment(note: NoteText, start: int, end: int) -> Called | None:
    """What a stretch begins with, or ends with, that points to a service."""
    called = called_in(note)
    inside = called[
        bisect_left(called, start, key=lambda c: c.start) : bisect_left(called, end, key=lambda c: c.start)
    ]
    return next((c for c in inside if c.start == start), None) or next((c for c in inside if c.end == end), None)


def _last_name(note: NoteText, words: str, at: int, start: int, end: int, *, loose: bool) -> tuple[int, int]:
    """The longest name that some words end with; nothing where they end with none."""
    begin = max(start, end - _LONGEST_NAME)
    for begins in [begin, *(match.end() for match in _PARTS.finditer(words, begin, end))]:
        if words[begins : begins + 1].strip() and is_name(words[begins:end]):
            return begins, end
    if loose:
        for begins in [begin, *(match.end() for match in _PARTS.finditer(words, begin, end))]:
            found = _treatment(note, at + begins, at + end) if words[begins : begins + 1].strip() else None
            if found is not None and found.start == at + begins:
                return begins, end
    return end, end


def _first_name(words: str, start: int, end: int) -> tuple[int, int]:
    """The longest name that some words begin with; all of them where they begin with none."""
    for match in reversed(list(_STOPS.finditer(words, start, min(end, start + _LONGEST_NAME)))):
        if is_name(words[start : match.start()]):
            return start, match.start()
    return start, end


_STOPS = re.compile(r"[\s.,;)\]:(]|$")


def _called(
    note: NoteText, found: Sequence[tuple[int, int]]
) -> tuple[tuple[tuple[str, ...], ...], tuple[Called, ...]]:
    """The services each name may stand for, and those names that are a service's."""
    services: list[tuple[str, ...]] = []
    named = []
    for start, end in found:
        own = services_called(note.flat[start:end])
        other = None if own else _treatment(note, start, end)
        services.append(own or (other.services if other else ()))
        if own:
            named.append(Called(start, end, own, named=True, sure=True))
        elif other and other.named:
            named.append(other)
    return tuple(services), tuple(named)


def _is_dated(match: re.Match[str], minutes: Sequence[int]) -> bool:
    """Whether two numbers can be a month and a day."""
    parted = "/" in match[0] or match["by"] == "-"
    return len(minutes) == 2 and parted and minutes[0] <= _MONTHS and minutes[1] <= _DAYS


def _are_minutes(flat: str, match: re.Match[str], minutes: Sequence[int]) -> bool:
    """Whether numbers beside names can be their minutes: no units, no scores, and nothing else is counted behind them."""
    behind = _WORD_BEHIND.match(flat, match.end())
    if behind and (normal_form(behind[1]) in _NO_TIME or behind[1] in "#°"):
        return False
    most = max(minutes)
    if any(value and not _LEAST <= value <= _LONGEST for value in minutes) or most <= _UNITS:
        return False
    return most > _SCALE or match[0][-1] in "ns.m'"


_CELLS = re.compile(r"[ \t]*[|][ \t]*|[ ]{2,}|[ ]*\t[ \t]*")
_FIGURE = re.compile(rf"(?P<num>\d{{1,3}}){_UNIT}|(?P<none>-{{1,3}}|n/?a|0)", re.I)
_RULED = re.compile(r"[\s|:+=-]+")
_HEAD_OF_ROW = re.compile(r"(?:codes?|cpt(?: codes?)?|services?|tx|treatment|min(?:ute)?s?\.?|time|today)?", re.I)
_WHOLE = re.compile(r"(?:tot(?:al)?|ttl|sum|all|timed)(?: (?:min(?:ute)?s?|time))?\.?", re.I)
_TODAY = re.compile(r"(?:today|now|this (?:visit|session|tx)|tod\.?|current)(?: ?\(?min(?:ute)?s?\)?)?", re.I)
_OTHER_DAY = re.compile(
    r"(?:last|prev(?:ious)?|prior|next|goal|plan(?:ned)?|yest(?:erday)?|tomorrow|tmrw|target)(?: (?:visit|session|time|tx))?(?: ?\(?min(?:ute)?s?\)?)?",
    re.I,
)
_LEAST_NAMES = 2
_LONGEST_LINE = 200

Cell = tuple[int, int]


def _cells(note: NoteText, number: int) -> list[Cell]:
    """Where the cells of a line that is set in columns begin and end; none of any other line. A line may begin with an empty cell."""
    line = note.lines[number]
    if not 0 < line.end - line.start <= _LONGEST_LINE:
        return []
    first = line.end - len(note.flat[line.start : line.end].lstrip(" |"))
    last = line.start + len(note.flat[line.start : line.end].rstrip(" |\t"))
    cells, begin = [], first
    for gap in _CELLS.finditer(note.flat, first, max(first, last)):
        cells.append((begin, gap.start()))
        begin = gap.end()
    return [*cells, (begin, last)] if cells and begin < last else []


def _under_heads(note: NoteText) -> Iterator[Parallel]:
    """Rows of numbers under a row of names: "97112   97530   tot" over "25      20      45"."""
    for number in range(len(note.lines) - 1):
        heads = _cells(note, number)
        if len(heads) < _LEAST_NAMES:
            continue
        below = number + 1
        if _is_rule(note, below) and below + 1 < len(note.lines):
            below += 1
        found = _under(note, heads, _cells(note, below))
        if found is not None:
            yield found


def _is_rule(note: NoteText, number: int) -> bool:
    line = note.lines[number]
    return _RULED.fullmatch(note.flat, line.start, line.end) is not None and line.start < line.end


def _under(note: NoteText, heads: Sequence[Cell], cells: Sequence[Cell]) -> Parallel | None:
    """A row of names with the row of numbers below it; ``None`` where a cell is neither."""
    flat = note.flat
    if len(cells) == len(heads) + 1 and _HEAD_OF_ROW.fullmatch(flat, *cells[0]):
        cells = cells[1:]
    if len(heads) != len(cells):
        return None
    if _HEAD_OF_ROW.fullmatch(flat, *heads[0]) and _HEAD_OF_ROW.fullmatch(flat, *cells[0]):
        heads, cells = heads[1:], cells[1:]
    whole = heads[-1] if heads and _WHOLE.fullmatch(flat, *heads[-1]) else None
    names = heads[:-1] if whole else heads
    figures = [_FIGURE.fullmatch(flat, *cell) for cell in cells]
    called = sum(is_name(flat[slice(*name)]) for name in names)
    if len(names) < _LEAST_NAMES or called < len(names) - 1 or called < _LEAST_NAMES or not all(figures):
        return None
    numbers = [figure.span("num") if figure["num"] else figure.span() for figure in figures if figure]
    minutes = [int(figure["num"] or 0) for figure in figures if figure]
    own = minutes[: len(names)]
    if max(own) <= _SCALE or any(value and not _LEAST <= value <= _LONGEST for value in own):
        return None
    services, named = _called(note, names)
    total = (*numbers[-1], minutes[-1]) if whole and minutes[-1] else None
    stretch = (cells[0][0], cells[-1][1])
    return Parallel(tuple(names), tuple(numbers[: len(names)]), tuple(own), *stretch, services, named, total)


def _of_today(note: NoteText) -> Iterator[Parallel]:
    """Rows of a table with columns for several visits, each with the number of this one: "TE | 20 | 25 | 30" under "last | today | next"."""
    column, count = -1, 0
    for number in range(len(note.lines)):
        cells = _cells(note, number)
        if column < 0 or not cells:
            column, count = _column_of_today(note, cells)
            continue
        row = _row_of_today(note, cells, column, count)
        if row is not None:
            yield row
        elif not _is_rule(note, number):
            column = -1


def _column_of_today(note: NoteText, cells: Sequence[Cell]) -> tuple[int, int]:
    """Which column, from the last one back, is that of this visit, and how many there are for visits; -1 where there is none."""
    today = [k for k, cell in enumerate(cells) if _TODAY.fullmatch(note.flat, *cell)]
    others = [k for k, cell in enumerate(cells) if _OTHER_DAY.fullmatch(note.flat, *cell)]
    visits = sorted(today + others)
    if len(today) != 1 or not others or visits[-1] != len(cells) - 1 or visits[-1] - visits[0] != len(visits) - 1:
        return -1, 0
    return len(cells) - 1 - today[0], len(visits)


def _row_of_today(note: NoteText, cells: Sequence[Cell], column: int, count: int) -> Parallel | None:
    """A row that begins with a name and has a number or none for each visit."""
    if len(cells) != count + 1 or not is_name(note.flat[slice(*cells[0])]):
        return None
    figures = [_FIGURE.fullmatch(note.flat, *cell) for cell in cells[1:]]
    figure = figures[-1 - column]
    if figure is None or not all(figures):
        return None
    services, named = _called(note, cells[:1])
    own = figure.span("num") if figure["num"] else figure.span()
    return Parallel((cells[0],), (own,), (int(figure["num"] or 0),), cells[1][0], cells[-1][1], services, named)
