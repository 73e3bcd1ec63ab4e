"""Names and numbers that take turns in a line: "TE 20 as before, MT 15 as before", "30 TE, 15 MT"."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from corpus.measures import load_measure_words
from nlp.names import Called, called_in
from nlp.text import NUMBER_WORDS, NoteText, normal_form

_WORDS = load_measure_words()
_NO_TIME = (
    (_WORDS["no_time_behind"] - {"of", "in", "m"})
    | _WORDS["unit"]
    | _WORDS["second"]
    | _WORDS["length_unit"]
    | _WORDS["load_unit"]
)
_NO_TIME_BEFORE = _WORDS["no_time_before"] - {"c", "t", "h", "g", "l", "r", "than", "from", "to"}
_RATED = _WORDS["rated"] | _WORDS["score"] - {"x"}
_SPELLED = "|".join(sorted((word for word, value in NUMBER_WORDS.items() if value > 2), key=len, reverse=True))
_MINUTE = r"(?:[ \t]?(?:min(?:ute)?s?\b|mns?\b|'(?![\d'])))?"
_ENDS = r"(?![\d°%#\"]|[.,:]\d|[ \t]?/[ \t]?\d{1,3}(?!\d)|[ \t]?x[ \t]?\d|-\d|\+\d|[A-Za-z]\d)"
_BEHIND = re.compile(
    rf"[)\]]?(?:[ \t]{{1,3}}(?:min(?:ute)?s?|time)\b)?[ \t]{{0,40}}(?:\.{{2,9}}|:|=|@|~|-{{1,2}}>?|→|x(?=[ \t]?\d)|for(?=[ \t])|[|](?=[ \t]?\d))?[ \t]{{0,40}}(?P<bracket>[(\[])?[ \t]{{0,3}}(?P<num>\d{{1,3}}){_ENDS}(?P<unit>{_MINUTE})(?![A-Za-z])",
    re.I,
)
"""Behind a name, its number: "TE 20", "gait..15", "97110x15"."""
_SAME = re.compile(
    r"[ \t]{1,3}(?:(?:under|on top|with|over)(?: (?:it|that))? |[=-] )?(?P<num>same|ditto)(?P<unit>)(?![ \t]+(?!time\b)[a-z])",
    re.I,
)
_BEFORE = re.compile(
    rf"(?:(?<![\w.:/,$#+-])|(?<=[:,+-][ \t]))(?:[\[(]?(?P<num>\d{{1,3}})(?P<unit>{_MINUTE})[\])]?|(?P<word>{_SPELLED})(?:[- ](?P<one>{_SPELLED}|one|two))?{_MINUTE})(?:[ \t]{{0,2}}|[ \t](?P<of>of|on|for)[ \t])(?:(?:land|the|some|my|initial|subsequent)[ \t])?\Z",
    re.I,
)
"""Before a name, its number: "30 TE", "8MT", "fifteen of ther ex"."""
_REST = re.compile(
    r"(?<![\w-])(?P<num>rest|remainder|remaining)(?:[ \t](?:was|of|on|to|for|in|of it)|[ \t]?[:=-])?[ \t]\Z", re.I
)
"""Before a name, in place of its number."""
_WHOLE = re.compile(
    rf"(?:\b(?:all|total|tot)[ \t:=]{{1,3}}(?P<all>\d{{2,3}})|(?<![\w.:/-])(?P<sum>\d{{2,3}})){_MINUTE}[ \t]?(?:total|tot|in all|all)?[ \t]?(?:[:=,(-]|of which|->|→)[ \t]?\Z",
    re.I,
)
_OPENS = re.compile(r"(?:^|[\n,;|+&/•(\[\])→>=.:-]|\d'?|\b(?:and|then|plus|min|mins|w/))[ \t]*\Z", re.I)
"""Before a name that is a word of the language too: nothing of its own clause."""
_CLOSES = re.compile(
    r"[ \t]{0,40}(?:$|[,;|/+&•.)\n(\]→=-]|(?:and|then|plus|to|on|w/|with|today)(?![\w])|\d)", re.I | re.M
)
_WORD_BEHIND = re.compile(r"[ \t]{0,3}([^\W\d_]+)(?!/)")
_APART = re.compile(r"[ \t)\]]{0,9}(?:[+,;/&|•→]|->)?[ \t(\[]{0,9}(?:land[ \t])?")
_BEGINS = re.compile(r"(?:^|[\n.;:(\[])[ \t]*\Z")
_LAST_WORD = re.compile(r"([^\W\d_]+|[#><$])[ \t]{0,3}\Z")
_WORD = re.compile(r"[^\W\d_]+")
_SPOKEN = re.compile(rf"\b(?:{_SPELLED})\b", re.I)
_SPOKEN_TIME = re.compile(rf"\b(?:{_SPELLED})[ -](?:minutes|mins)\b", re.I)
_STATED = re.compile(r"\bmin(?:ute)?s\b", re.I)
_OWN_TIME = re.compile(rf"[ \t](?:for[ \t])?(?:(?:{_SPELLED})(?:[ -](?:{_SPELLED}))?|\d{{1,3}})[ -]min", re.I)
"""Behind a name, its time with a unit: the number before it is another's."""
_MOST_SPELLED = 3
_SPOKEN_BEFORE = _NO_TIME_BEFORE | {"time", "by", "of", "at", "is", "was", "are", "be", "set", "rep", "point"}
_SPOKEN_BEHIND = _NO_TIME | {"muscle", "testing", "test", "resistance"}
_DONE_SO_OFTEN = frozenset({"exercise", "task", "adl"})
"""Treatments whose number may be how often they were done."""
_SHORTEST, _LONGEST, _SCALE = 3, 180, 5
_LEAST_TIMES_X = 9
_REACH, _SCORED = 24, 40
_MOST_IN_LINE = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A name and its number in a list of such.

    Attributes
    ----------
    called : the name.
    start, end : the number, code points; with its unit, if it has one.
    minutes : 0 where what is named was not done.
    """

    called: Called
    start: int
    end: int
    minutes: int


def entries_of(note: NoteText) -> tuple[Entry, ...]:
    """Entries of lists in which names of services and numbers take turns, two or more to a line; found once.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> [e.minutes for e in entries_of(read_text("TE 20 as on 3/3, MT 15 as on 3/3"))]
    [20, 15]
    >>> [e.minutes for e in entries_of(read_text("8MT 23TE 0NMR"))], entries_of(read_text("gait 50 ft, stairs 12"))
    ([8, 23, 0], ())
    """
    return note.once("entries", _all)


def _all(note: NoteText) -> tuple[Entry, ...]:
    return tuple(_find(note))


def _find(note: NoteText) -> Iterator[Entry]:
    starts = [line.start for line in note.lines]
    called = [c for c in called_in(note) if c.treatment not in _DONE_SO_OFTEN]
    for number, group in groupby(called, key=lambda c: bisect_right(starts, c.start)):
        row = list(group)[:_MOST_IN_LINE]
        line = note.lines[number - 1]
        spoken = _is_spoken(note.flat[line.start : line.end])
        if len(row) > 1 or spoken:
            behind = list(_behind(note, row))
            before = list(_before(note, row, spoken))
            if before and any(entry.start == before[0].start for entry in behind):
                before = []
            lists = [found for found in (behind, before) if _is_list(note, found)]
            if spoken and before and not lists and _is_timed(note, line.start, line.end, before):
                lists = [before]
            yield from max(lists, key=len, default=[])


def _is_spoken(line: str) -> bool:
    """Whether the numbers of a line are words, as dictation leaves them."""
    return _SPOKEN_TIME.search(line) is not None or len(_SPOKEN.findall(line)) >= _MOST_SPELLED


def _is_timed(note: NoteText, start: int, end: int, entries: Sequence[Entry]) -> bool:
    """Whether numbers before names are minutes though they make no list: "of" says so, or other times in the line."""
    last = note.flat[entries[0].end : entries[0].called.start].split()
    return (bool(last) and last[0] in ("of", "on")) or _STATED.search(note.flat, start, end) is not None


def _behind(note: NoteText, row: Sequence[Called]) -> Iterator[Entry]:
    """Names with their number behind them; "same" is the number before it again."""
    last = 0
    for called in row:
        match = _BEHIND.match(note.flat, called.end) or (_SAME.match(note.flat, called.end) if last else None)
        if match is None or not (called.sure or _opens(note, called.start)):
            continue
        entry = _entry(note, called, match, last)
        if entry is not None:
            last = entry.minutes
            yield entry


def _before(note: NoteText, row: Sequence[Called], spoken: bool) -> Iterator[Entry]:
    """Names with their number before them; "rest" is what is left of the whole before the first.

    In a spoken line words may follow a name that is a word of the language too: "sixteen exercise wall walks".
    """
    first, left = -1, 0
    for called in row:
        rest = _REST.search(note.flat, max(0, called.start - _REACH), called.start) if left > 0 else None
        if rest is not None:
            yield Entry(called, *rest.span("num"), left)
            return
        match = _BEFORE.search(note.flat, max(0, called.start - _REACH), called.start)
        if match is None or (spoken and _OWN_TIME.match(note.flat, called.end)):
            continue
        closed = called.sure or (_is_singular(note, called) if spoken else _CLOSES.match(note.flat, called.end))
        if not closed or _is_counted(note, match.start(), _SPOKEN_BEFORE if spoken else _NO_TIME_BEFORE):
            continue
        minutes = int(match["num"]) if match["num"] else _spelled(match)
        group = "num" if match["num"] else "word"
        if _is_time(minutes):
            end = match.end("unit") if match["unit"] else match.end("one" if match["one"] else group)
            if first < 0:
                first = match.start(group)
                left = _whole(note, first)
            left -= minutes
            yield Entry(called, match.start(group), end, minutes)


def _whole(note: NoteText, start: int) -> int:
    """The minutes told before a number in its line or sentence as those of all that follows; 0 for none."""
    begin = max(note.flat.rfind("\n", 0, start) + 1, start - _SCORED)
    found = _WHOLE.search(note.flat, begin, start)
    return int(found["all"] or found["sum"]) if found else 0


def _entry(note: NoteText, called: Called, match: re.Match[str], last: int) -> Entry | None:
    """A name with the number behind it, unless that counts something else."""
    if not match["num"].isdecimal():
        return Entry(called, *match.span("num"), last)
    minutes, unit = int(match["num"]), match["unit"]
    word = _WORD_BEHIND.match(note.flat, match.end())
    counted = not unit and word is not None and normal_form(word[1]) in _NO_TIME
    times = "x" in note.flat[called.end : match.start("num")].lower()
    if counted or not _is_time(minutes) or (times and not unit and minutes < _LEAST_TIMES_X):
        return None
    return Entry(called, match.start("num"), match.end("unit") if unit else match.end("num"), minutes)


def _is_time(minutes: int) -> bool:
    return not minutes or _SHORTEST <= minutes <= _LONGEST


def _spelled(match: re.Match[str]) -> int:
    """The value of a number in words."""
    value = NUMBER_WORDS[match["word"].lower()]
    return value + NUMBER_WORDS.get((match["one"] or "zero").lower(), 0) if value % 10 == 0 else value


def _opens(note: NoteText, start: int) -> bool:
    """Whether nothing of its own clause stands before a name."""
    return _OPENS.search(note.flat, max(0, start - _REACH), start) is not None or not start


def _is_counted(note: NoteText, start: int, words: frozenset[str]) -> bool:
    """Whether the word before a number says that it counts no minutes: "level 8 TE"."""
    word = _LAST_WORD.search(note.flat, max(0, start - _REACH), start)
    return word is not None and normal_form(word[1]) in words


def _is_singular(note: NoteText, called: Called) -> bool:
    """Whether a name cannot be what the number before it counts: not "ten exercises", not "two manual muscle tests"."""
    word = _WORD_BEHIND.match(note.flat, called.end)
    counted = word is not None and normal_form(word[1]) in _SPOKEN_BEHIND
    return (
        (called.named or called.treatment == "program")
        and not counted
        and not note.flat[called.start : called.end].endswith("s")
    )


def _is_list(note: NoteText, entries: Sequence[Entry]) -> bool:
    """Whether entries are of several services, one of them no everyday word, and are no scores and no units."""
    if len({e.called.services[0] for e in entries}) < 2 or max(e.minutes for e in entries) <= _SCALE:
        return False
    first = min(entries[0].start, entries[0].called.start)
    line = max(note.flat.rfind("\n", 0, first) + 1, first - _SCORED)
    scored = any(normal_form(word) in _RATED for word in _WORD.findall(note.flat[line:first]))
    return not scored and (any(e.called.sure for e in entries) or _is_only_list(note, entries))


def _is_only_list(note: NoteText, entries: Sequence[Entry]) -> bool:
    """Whether nothing but signs stands between the entries of a list, and before it in its line or sentence."""
    spans = [(min(e.start, e.called.start), max(e.end, e.called.end)) for e in entries]
    apart = all(_APART.fullmatch(note.flat, one[1], two[0]) for one, two in pairwise(spans))
    return apart and _BEGINS.search(note.flat, max(0, spans[0][0] - 9), spans[0][0]) is not None
