"""Stated quantities: minutes, totals, clock times, units, doses, distance, assistance, group size.

One walk over the tokens: a number is looked at together with the word behind it, a few other words
open a quantity of their own ("total 45", "CGA", "group of 4"). Reading order: `find_measures` (the
walk), `_Scan.number` (what a number can be), `_Scan.time_kind` (treatment time or another time),
`_Scan.bare` (numbers set off like a time), then one small function per kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from spacy.language import Language
from spacy.tokens import Doc

from corpus.measures import load_measure_words
from nlp.marks import marks_of
from nlp.note import Mark, Measure, ParsedNote
from nlp.store import parsed, write_spans
from nlp.text import NUMBER_WORDS, NoteText

_SPELLED = "|".join(sorted((w for w, v in NUMBER_WORDS.items() if 0 < v < 20), key=len, reverse=True))
_CLASS = load_measure_words()
_MINUTE = _CLASS["minute"]
_HOUR = _CLASS["hour"]
_ASSISTING = _CLASS["assistance_behind"]
_FILLERS = _CLASS["filler"]
_STOPS = _CLASS["stop"]
_OTHER_BEFORE = _CLASS["other_time_before"]
_ABLE = _CLASS["ability"]
_POSTURE = _CLASS["posture"]
_RESTING = _CLASS["rest"]
_ONLY_UP_TO = _CLASS["limiting"]
_SAID_OF = _CLASS["complaint"]
_TO_EASE = _CLASS["easing"]
_STOPPED = _CLASS["stopped"]
_HOLDING = _CLASS["holding"]
_OTHER_AFTER = _CLASS["other_time_behind"]
_AFTERWARDS = _CLASS["event"]
_A_DAY = _CLASS["per"]
_PAIRS_AFTER = frozenset(tuple(pair.split(" ")) for pair in _CLASS["other_time_pair_behind"])
_TESTED = _CLASS["tested"]
_WHEN = _CLASS["period"]
_TO_SETTLE = _CLASS["settling"]
_KINDS_OF_MINUTES = _CLASS["minutes_kind"]
_AMONG_THESE = _CLASS["these"]
_PLACES = _CLASS["place"]
_TOTALLING = _CLASS["totalling"]
_LINKING = _CLASS["linking"]
_AWAY = _CLASS["away"]
_NOT_A_TIME = _CLASS["no_time_behind"]
_NO_TIME_BEFORE = _CLASS["no_time_before"]
_SCORES = _CLASS["score"]
_SETTING_OFF = _CLASS["setting_off"]
_PERSONS = _CLASS["person"]
_ARTICLES = _CLASS["article"]
_LINE_HEADS = _CLASS["line_head"]
_AMONG = _CLASS["counted"]
_LEADS = _CLASS["leading"]
_GIVEN = _CLASS["given"]
_WHICH = _CLASS["which"]
_JOINS = _CLASS["joining"]
_FIELDS_BEFORE = _CLASS["field_before"]
_TOTAL_WORDS = _CLASS["total_before_field"]
_TIMED_WORDS = _CLASS["timed_before_field"]
_GLUED = ("/", ".", "+", "<", ">", "$", "#", "x", "v")

_TOTAL = re.compile(
    r"(?P<timed>\b(?:total\s+)?(?:timed(?:[ -]codes?| total| treat| work)?|direct|one[- ]on[- ]one|billable|face[- ]to[- ]face|tct|skilled)"
    r"(?:\s+(?:code|tx|treatment|therapy|contact))?(?:\s+(?:time|min(?:ute)?s?))?(?![a-z]))"
    r"|(?P<total>\b(?:tot(?:al)?|ttl|ttt|tt|tx time|treatment time|treatment min(?:ute)?s|contact time"
    r"|session(?: time| length)?|visit(?: time| length)?|clinic (?:time|clock)|duration|all in|sum"
    r"|(?:time )?in (?:the )?(?:clinic|room|rm|home|house|building|dept|all))\b"
    r"(?:\s+(?:treatment|tx|session|visit|therapy|appt|contact))*(?:\s+(?:time|min(?:ute)?s?))?(?:\s+(?:here|in (?:the )?(?:clinic|room|home|house|office)))?(?![a-z]))",
    re.I,
)
_NUMBER_AFTER = re.compile(
    r"\s{0,40}(?:[:=~\[(-]|is|was|of|x|about)*\s{0,40}(?P<num>\d{1,3})(?![\d:%]|\.\d|/\d|\s{0,40}(?:x|reps?|ft|feet|lb|sec|visits?|/10|units?|u\b|wks?|weeks|sq\b|cm|mm|deg|°))",
    re.I,
)
_TOTAL_BEHIND = re.compile(
    r"[ \t]{0,40}(?:(?:in )?(?P<total>total|tot\b)(?!\s{0,40}[:=]?\s{0,40}\d)|altogether|in all\b|all in\b|all told\b|in clinic|in (?:the )?(?:house|building|dept|room|rm)\b|here\b|door to door|(?:in )?chair to chair"
    r"|tx time|on the (?:book|clock|call)|(?P<session>session|visit|appt|appointment))",
    re.I,
)
_TIMED_OF_TOTAL = re.compile(r"[ \t]{0,40}timed(?=[ \t]+\d+[ \t]{0,40}tot)", re.I)
_TIMED_BEHIND = re.compile(r"[ \t]{0,40}(?:min(?:ute)?s?\.?[ \t]{0,40})?timed\b(?!\s{0,40}[:=]?\s{0,40}\d)", re.I)
_OF_SERVICE = re.compile(r"\b(?:te|ex|mt|ta|gait|nmr|manual|ther\w*)\W*$", re.I)
_HALF_DAY = r"(?:\s?(?:[ap]\.?m\.?|[ap])(?![a-z]))"
_CLOCK = re.compile(
    rf"(?P<h1>[01]?\d|2[0-3])(?P<c1>:?)(?P<m1>[0-5]\d)(?!\d){_HALF_DAY}?[ \t]{{0,40}}"
    r"(?:-|to|until|til|→|/|,?[ \t]{0,40}(?:time[ \t]{0,40})?(?:out|off|stop|end(?:ed)?)[ \t]{0,40}(?:time)?:?)[ \t]{0,40}"
    rf"(?P<h2>[01]?\d|2[0-3])(?P<c2>:?)(?P<m2>[0-5]\d)(?![\d/]){_HALF_DAY}?",
    re.I,
)
_TIME_OF_DAY = re.compile(
    rf"(?P<h>[01]?\d|2[0-3])(?P<c>:?)(?P<m>[0-5]\d){_HALF_DAY}?(?=[ \t]+[^\W\d_(]|:[ \t])", re.I
)
_BESIDE = r"\s{0,40}(?:[:=(\[@~-]|x(?=[ \d])|for\b|total\b|tot\b|time\b|\s)*(?P<num>\d{1,3})(?!\d)(?P<u>\s{0,40}(?:units?|u)\b)?"
_NO_RATIO = r"(?!\.\d|:\d|\s{0,40}x\s{0,40}\d)"
_MARKED = re.compile(
    rf"{_BESIDE}(?=\s{{0,40}}(?:[)\],;|.:\n]|$|m\b|\s[A-Z/&(+=-]|\s+\d{{5}}|\s+(?:and|then)\b)){_NO_RATIO}"
)
_LISTED = re.compile(_BESIDE + _NO_RATIO)
_X_MINUTES = re.compile(r"\s{0,40}x\s{0,40}(?:9|[1-9]\d)\b(?!\s{0,40}(?:'|min|x|/|\d))", re.I)
_CODE_UNITS = re.compile(
    r"\s{0,40}(?:[a-z ]{0,24})?\(?\s{0,40}x\s{0,40}(?P<num>[1-8])\b(?!\s{0,40}(?:\d|min|'|/))", re.I
)
_FIELD = re.compile(
    r"\s{0,40}[:=]?\s{0,40}(?P<num>\d{1,3})(?![\d:/%]|\.\d)(?:\s{0,40}(?:min(?:ute)?s?|m|')(?![a-z]))?", re.I
)
_SETS = re.compile(r"\s{0,40}x\s{0,40}\d{1,3}(?!\d|\s{0,40}(?:ft|feet|'|cm|mm|in\b|m\b|yd|min))", re.I)
_HOLD = re.compile(
    r"\s{0,40}-?\s{0,40}(?:sec(?:ond)?s?\b|s\b(?=\s{0,40}(?:hold|x|ea))|\"(?=\s{0,40}(?:hold|x|$|,)))", re.I
)
_LOAD = re.compile(r"\s{0,40}(?P<unit>lbs?\b|#|pounds?\b|kgs?\b|kilos?\b)", re.I)
_DISTANCE = re.compile(
    r"\s{0,40}(?P<unit>ft\b|feet\b|foot\b|meters?\b|metres?\b|yds?\b|yards?\b"
    r"|'(?=[ \t]{0,40}(?:x|with|w/|c\b|amb|fw|rw|using|cga|sba|min ?a|mod ?a)))",
    re.I,
)
_ASSIST = re.compile(
    r"(?P<ind>indep(?:endent(?:ly)?)?|mod(?:ified)? ?I\b|mod indep\w*)"
    r"|(?P<sup>supervis\w+|SBA|stand ?by assist|S/U|set-?up|dist(?:ant)? sup\w*)|(?P<cga>CGA|contact guard\w*|CG)\b"
    r"|(?P<min>min(?:imal|imum)?[ -]?(?:A\b|assist\w*))|(?P<mod>mod(?:erate)?[ -]?(?:A\b|assist\w*))"
    r"|(?P<max>max(?:imal|imum)?[ -]?(?:A\b|assist\w*))|(?P<dep>dep(?:endent)?\b|total[ -]?(?:A\b|assist\w*))",
    re.I,
)
_PEOPLE = r"(?:pts?|patients?|people|participants|residents|others|members|ladies|men|kids)"
_GROUP = re.compile(
    r"(?:group|class|circuit|session)\s{0,40}(?:of|w/|with|size:?|\(|=|:)?\s{0,40}\(?"
    rf"(?P<size>\d{{1,2}}|{_SPELLED})\b(?!\s{{0,40}}(?:min|'|x|sets|reps|ft|weeks|goal))(?:\s{{0,40}}{_PEOPLE})?",
    re.I,
)
_OTHERS = re.compile(
    r"\s{0,40}(?:other\s+|total\s+)?(?:pts?|patients?|participants|residents|peers|kids|children|clients|workers|members)\b",
    re.I,
)
_ANOTHER = re.compile(r"with\s+(?:another|a second|one other|1 other)\s+(?:pt|patient|resident|client)\b", re.I)
_AREA = re.compile(
    r"\s{0,40}(?:cm)?\s{0,40}x\s{0,40}(?P<b>\d{1,3}(?:\.\d+)?)\s{0,40}(?:x\s{0,40}\d+(?:\.\d+)?\s{0,40})?cm", re.I
)
_SQUARE = re.compile(r"\s{0,40}(?:sq\.?\s{0,40}cm|cm2|cm²|cm\^2|square cent\w+)", re.I)
_AMBULATION = re.compile(
    r"\b(?:amb\w*|walk\w*|gait|hallway|hall|w/?c|prop\w*|fww|rw|2ww|4ww|rollator|carr\w+|lunge|sled|laps?|tandem"
    r"|side ?step\w*|march\w*|braid\w*|//)\b",
    re.I,
)
_TIMES_MORE = re.compile(r"[ \t]{0,40}x[ \t]{0,40}\d")
_NO_METRES = re.compile(r"\s{0,40}(?:walk|run|sprint|dash|shuttle|wt\b|w/s|hop|timed|old|post|x\b)|[/%]", re.I)
_HEADED = re.compile(r"[ \t]{0,40}[\])}]?[ \t]{0,40}:(?!\d)")
_SET_OFF = re.compile(r"[ \t]{0,40}(?:[.;](?=\s|$)|$|\n)")
_COLUMN_HEAD = re.compile(
    r"\s{0,40}(?:tx )?(?:min(?:ute)?s?|time|dur(?:ation)?)\.?(?:\s{0,40}\(min\))?\s{0,40}", re.I
)
_COLUMN_CELL = re.compile(r"\s{0,40}(\d{1,3})\s{0,40}(?:min\.?|m|')?\s{0,40}")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_UNIT = re.compile(r"\s{0,40}(?:min(?:ute)?s?\.?|'|m\b)\s{0,40}[\])]?", re.I)
_ENTERED = re.compile(r"\b(?:in|time|start|from)\b[^\n]{0,8}$", re.I)
_WORD_BEHIND = re.compile(r"\s{0,40}([^\W\d_]+|[°%#]|/(?!\s?[A-Za-z]))")
_SET_BEFORE = re.compile(r"\d\s{0,40}x\s{0,40}$")
_BRACKETS = {"[": "]", "(": ")", "{": "}"}


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


def find_measures(note: NoteText, marks: list[Mark]) -> list[Measure]:
    """All stated quantities, by start.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> from nlp.marks import find_marks
    >>> note = read_text("Bike x 8 min after 6-minute walk test. TE 23, Total time 45 min")
    >>> [(m.kind, m.value) for m in find_measures(note, find_marks(note))]
    [('minutes', 8), ('other_time', 6), ('minutes', 23), ('total', 45)]
    """
    scan = _Scan(note, marks)
    opening = _OPENING
    for index, norm in enumerate(note.norms):
        if norm[0] in "0123456789":
            scan.number(index)
        elif norm in opening:
            for read in opening[norm]:
                read(scan, index)
    scan.log()
    scan.promote()
    if "|" in note.flat:
        scan.column()
    scan.found.sort(key=lambda m: (m.start, m.end))
    return scan.found


class _Scan:
    """The walk over one note: what was found, and up to where the text is used up."""

    __slots__ = ("ends", "flat", "found", "named", "norms", "note", "set_end", "starts", "times_of_day", "until")

    def __init__(self, note: NoteText, marks: list[Mark]) -> None:
        self.note = note
        self.flat = note.flat
        self.norms = note.norms
        self.starts = note.starts
        self.ends = note.ends
        self.found: list[Measure] = []
        self.until = self.set_end = 0
        self.named = _named(note.flat, marks)
        self.times_of_day: list[tuple[int, int, int]] = []

    def add(self, start: int, end: int, kind: str, value: float) -> None:
        """Record a quantity whose words can be no other one."""
        self.found.append(Measure(start, end, kind, value))
        self.until = max(self.until, end)

    def norm(self, index: int) -> str:
        """The normal form of a token; a line break beyond either end."""
        return self.norms[index] if 0 <= index < len(self.norms) else "\n"

    def gap(self, index: int) -> str:
        """What stands between a token and the next."""
        return self.flat[self.ends[index] : self.starts[index + 1]] if index + 1 < len(self.norms) else "\n"

    def number(self, index: int) -> None:
        """Whatever a number in digits can be."""
        start, end = self.starts[index], self.ends[index]
        digits = self.norms[index]
        if start < self.until or len(digits) > 9:
            return
        following = self.norm(index + 1)
        if (following == ":" or (len(digits) == 4 and end - start == 4)) and self.clock(index):
            return
        if following in _KINDS_OF_MINUTES and self.norm(index + 2) in _MINUTE and digits.isdecimal():
            self.time(index, index + 2, int(digits))
            return
        if following in _UNITS and (len(digits) < 5 or not digits.isdecimal()) and self.with_unit(index, following):
            return
        if start < self.set_end:
            return
        if start and self.flat[start - 1] in "x X" and self.norm(index - 1) == "x":
            self.found.append(Measure(self.starts[index - 1], end, "sets", 1.0))
        named = self.named.get(start)
        if named is not None:
            self.add(start, named.end, named.kind, named.value)
        elif len(digits) < 4 and digits.isdecimal():
            behind = _OTHERS.match(self.flat, end)
            if behind and 2 <= int(digits) <= 30:
                self.add(start, behind.end(), "group", int(digits))
            else:
                self.bare(index, index + 1, int(digits))

    def with_unit(self, index: int, following: str) -> bool:
        """A number and the unit behind it; false where they are no quantity."""
        return any(read(self, index) for read in _UNITS[following])

    def spelled(self, index: int) -> None:
        """A number in words: minutes, people or set off like a time."""
        start = self.starts[index]
        if start < self.until:
            return
        value = NUMBER_WORDS[self.norms[index]]
        if self.flat[self.ends[index] - 1] == "s" and value != 6:
            return
        end = index + 1
        if value >= 20 and 0 < NUMBER_WORDS.get(self.norm(end), 0) < 10 and self.gap(index) in ("-", " "):
            value += NUMBER_WORDS[self.norms[end]]
            end += 1
        if not value:
            return
        if self.norm(end) == "of" and self.norm(end + 1) in _AMONG_THESE and self.norm(end + 2) in _MINUTE:
            self.time(index, end + 2, value)
        elif self.norm(end) in _MINUTE or (self.norm(end) in _KINDS_OF_MINUTES and self.norm(end + 1) in _MINUTE):
            self.time(index, end + (self.norm(end) not in _MINUTE), value)
        elif self.norm(end) in _HOUR:
            self.hours(index, end, value)
        else:
            behind = _OTHERS.match(self.flat, self.ends[end - 1])
            if behind and 2 <= value <= 30:
                self.add(start, behind.end(), "group", value)
            else:
                self.bare(index, end, value)

    # --- times

    def minutes(self, index: int) -> bool:
        """Minutes in digits: "15 min", "15'", "15m"."""
        start = self.starts[index]
        before = self.flat[start - 2 : start] if start > 1 else " " + self.flat[:start]
        if before[-1:] in "#$" or (before[-1:] in ".:/" and before[:1].isdecimal()):
            return False
        unit, value = self.norm(index + 1), int(digits_value(self.norms[index]))
        if unit == "'":
            if self.is_height(index):
                return False
            if self.is_feet(index, value):
                self.add(start, self.ends[index + 1], "distance", value)
                return True
        elif unit == "m":
            if not self.is_minute_letter(index, value):
                return False
        elif self.norm(index + 2) in _ASSISTING and not self.gap(index + 1).strip(" -"):
            a_day = self.norm(index + 2) == "a" and self.norm(index + 3) in _WHEN
            if not a_day:
                return False
        return self.time(index, index + 1, value)

    def is_minute_letter(self, index: int, value: int) -> bool:
        """Whether the "m" behind a number stands for minutes, not for metres, a male or a month."""
        end = self.ends[index]
        begin = self.starts[index + 1]
        if self.flat[begin] == "M" and not self.note.shouting:
            return False
        apart = end != begin
        if apart and not (self.norm(index - 1) in ":-" and self.norm(index + 2) in _STOPS and value <= 90):
            return False
        return self.norm(index - 1) not in ("y", "o", "yo") and not _NO_METRES.match(self.flat, begin + 1)

    def is_height(self, index: int) -> bool:
        """Whether the prime behind a number begins inches: 5'2", 5''."""
        follow = self.flat[self.ends[index + 1] : self.ends[index + 1] + 1]
        inches = self.norm(index + 2).isdecimal() and self.norm(index + 3) == '"'
        return inches or follow.isalnum() or follow in ("'", '"')

    def is_feet(self, index: int, value: int) -> bool:
        """Whether the prime behind a number stands for feet."""
        start, end = self.starts[index], self.ends[index + 1]
        line = self.flat.rfind("\n", 0, start) + 1
        clause = self.flat[max(line, start - 40) : start]
        if self.flat[max(0, start - 2) : start] in ("  ", ", ", "- ") or self.flat[start - 1 : start] in "([":
            return False
        if value >= 10 and _TIMES_MORE.match(self.flat, end):
            return True
        if value >= 15 and _SET_BEFORE.search(clause):
            return True
        return value >= 20 and _AMBULATION.search(clause) is not None

    def time(self, first: int, unit: int, value: int) -> bool:
        """Minutes from token ``first`` to the unit's token."""
        end = self.ends[unit]
        if not 0 < value <= 480 or self.gap(unit - 1).strip(" -"):
            return False
        if self.flat[end : end + 1] == "." and self.norms[unit] in _MINUTE:
            end += 1
        kind, end = self.time_kind(first, unit, end, value)
        self.add(self.starts[first], end, kind, value)
        return True

    def time_kind(self, first: int, unit: int, end: int, value: float) -> tuple[str, int]:
        """Treatment minutes, a total of the session, or a time that is neither; and where its words end."""
        if self.norm(first - 1) == "timed":
            return "timed", end
        kind = self.norms[unit - 1]
        if kind in ("timed", "direct", "billable", "skilled"):
            return "timed", end
        if kind in ("total", "treatment") or self.totals(first):
            return "total", end
        if self.other_before(first, value) or self.other_behind(unit + 1):
            return "other_time", end
        timed = _TIMED_BEHIND.match(self.flat, end)
        if timed:
            return "timed", timed.end()
        total = _TOTAL_BEHIND.match(self.flat, end)
        if total and self.flat[end - 1] != ".":
            return "total", total.end()
        return "minutes", end

    def totals(self, first: int) -> bool:
        """Whether words like "the total was" stand before a time."""
        at = first - 1
        while at >= 0 and self.norms[at] in _LINKING:
            at -= 1
        if at < 0 or at == first - 1 or self.norms[at] not in _TOTALLING or self.norm(at - 1) in ("same", "this"):
            return False
        line = self.flat.rfind("\n", 0, self.starts[at]) + 1
        return _OF_SERVICE.search(self.flat[line : self.starts[at]].rstrip()) is None

    def other_before(self, first: int, value: float) -> bool:
        """Whether the words before a time make it a wait, a rest, a limit or a complaint."""
        norms = self.norms
        at = first - 1
        if at >= 0 and norms[at].isdecimal() and self.gap(at).strip() in ("-", "to"):
            at -= 1
        last = False
        while at >= 0 and norms[at] in _FILLERS:
            last = last or norms[at] == "last"
            at -= 1
        word, two, three = self.norm(at), self.norm(at - 1), self.norm(at - 2)
        if word in _STOPS:
            return word == ":" and two in _RESTING
        if (word == "in" and last) or (word == "post" and two not in _STOPS):
            return False
        if word in ("after", "at") and (two in _STOPPED or (two, three) == ("it", "took")):
            return False
        if word in _SAID_OF and two in _TO_EASE:
            return False
        if word in _OTHER_BEFORE:
            return True
        if word in ("to", "by"):
            return two in _ONLY_UP_TO
        if word in _HOLDING:
            return value <= 3
        if word in _POSTURE:
            return two in _ABLE or (two == "to" and three in _ABLE) or self.flat[self.ends[at] - 1] == "s"
        if word in ("lasted", "took"):
            return any(self.norm(k) in _SAID_OF for k in range(at - 4, at))
        return self.rests_before(at)

    def rests_before(self, at: int) -> bool:
        """Whether one of the last words of a clause is a rest."""
        for back in range(at, max(-1, at - 4), -1):
            word = self.norms[back]
            if word in _STOPS or word in (",", "-"):
                return False
            if word in _RESTING:
                return True
        return False

    def other_behind(self, at: int) -> bool:
        """Whether the words behind a time make it a rest, a test, a rate or a schedule."""
        word = self.norm(at)
        if word == ".":
            return False
        if word in _WHEN and self.flat[self.starts[at] - 1] == "/":
            return True
        if word == "-":
            at, word = at + 1, self.norm(at + 1)
        two = self.norm(at + 1)
        if word in _OTHER_AFTER:
            return word not in ("after", "before") or two in _AFTERWARDS or (word == "before" and two in _STOPS)
        if word in _TESTED:
            return two == "test" or (word == "walk" and (two in ":=" or two[0].isdecimal()))
        if word in ("per", "a", "each", "every", "q"):
            return two in _WHEN or (two in "/12345" and word == "each")
        if word == "of":
            return two in ("rest", "relief", "pain", "sleep", "break", "symptom")
        if word == "/":
            return two in ("d", "day", "hr", "hour", "wk")
        if word == "to":
            return two in _TO_SETTLE
        if word == "from":
            return two in _AWAY
        if word in ("on", "off"):
            return two in "/,;" or two[0].isdecimal() or two == "off"
        if word == "x":
            return self.norm(at + 2) in _A_DAY and self.norm(at + 3) in ("day", "d", "wk", "week")
        return (word, two) in _PAIRS_AFTER

    def hours_number(self, index: int) -> bool:
        """Hours in digits: "1.5 hr", "3 hours"."""
        unit = self.flat[self.starts[index + 1] : self.ends[index + 1]]
        if self.gap(index).strip(" -") or self.flat.endswith((":", "/", "x"), 0, self.starts[index]):
            return False
        if unit == "H" and not self.note.shouting:
            return False
        return self.hours(index, index + 1, digits_value(self.norms[index]))

    def hours(self, first: int, unit: int, amount: float) -> bool:
        """Hours, with minutes behind them."""
        value = round(amount * 60)
        last = unit
        at = unit + 1 + (self.norm(unit + 1) == "and")
        if self.norm(at).isdecimal() and (
            self.norm(at + 1) in _MINUTE or self.flat[self.ends[at] : self.ends[at] + 1] in ("m", "M")
        ):
            value += int(self.norms[at])
            last = at + 1
        elif self.norm(at) == "a" and self.norm(at + 1) == "half":
            value += 30
            last = at + 1
        if not 30 <= value <= 480:
            return False
        if self.norm(last + 1) in ("twice", "on", "off", "up", "down", "block", "out"):
            self.add(self.starts[first], self.ends[last], "other_time", value)
            return True
        kind, end = self.time_kind(first, last, self.ends[last], value)
        self.add(self.starts[first], end, kind, value)
        return True

    def hour(self, index: int) -> None:
        """Hours in words: "an hour", "half an hour", "quarter of an hour"."""
        if self.starts[index] < self.until:
            return
        at = index - 1
        if self.norm(at) == "the" and self.norm(at - 1) != "half":
            return
        article = self.norm(at) in ("an", "the")
        at -= article
        at -= self.norm(at) == "of" and article
        part = {"half": 0.5, "quarter": 0.25, "quarters": 0.75}.get(self.norm(at), 1.0 if article else 0.0)
        if not part or (part == 1.0 and (self.norm(at - 1).isdecimal() or self.norm(at).endswith("mile"))):
            return
        first = at if part < 1 else index - 1
        if self.norm(at) == "quarter" and self.norm(at - 1) == "three":
            part = 0.75
        value = int(part * 60)
        if part == 1.0:
            self.hours(first, index, 1)
            return
        kind, end = self.time_kind(first, index, self.ends[index], value)
        self.add(self.starts[first], end, kind, value)

    def dozen(self, index: int) -> None:
        """A dozen minutes."""
        if self.norm(index + 1) in _MINUTE:
            self.time(index, index + 1, 12)

    def total(self, index: int) -> None:
        """The note's own totals: "Total time 45", "timed 38", "treatment time: 53 min"."""
        start = self.starts[index]
        if start < self.until:
            return
        if self.norms[index] in _PLACES:
            first = index - 1 - (self.norm(index - 1) == "the")
            if self.norm(first) != "in":
                return
            start = self.starts[first - (self.norm(first - 1) == "time")]
        match = _TOTAL.match(self.flat, start)
        after = _NUMBER_AFTER.match(self.flat, match.end()) if match else None
        if match is None or after is None or "\n" in after[0]:
            return
        value, end = int(after["num"]), after.end()
        if not self.is_total(index, match, end, value):
            return
        line = self.flat.rfind("\n", 0, start) + 1
        if match["total"] and _OF_SERVICE.search(self.flat[line:start].rstrip()):
            self.add(after.start("num"), end, "minutes", value)
            return
        unit = _UNIT.match(self.flat, end)
        self.add(start, unit.end() if unit else end, "timed" if match["timed"] else "total", value)

    def is_total(self, index: int, match: re.Match[str], end: int, value: int) -> bool:
        """Whether the words of a total and the number behind them are one."""
        name = match[0].lower()
        if match["timed"]:
            return value >= 5 and any(word in name for word in ("time", "min", "tct"))
        if name in ("all in", "sum") or name.startswith("in "):
            return value >= 15
        if name in ("visit", "session") and (value < 15 or self.norm(index - 1) in ("same", "this")):
            return False
        if name in ("visit", "session", "duration", "tt"):
            return value >= 5 and self.flat[end : end + 8].lstrip().lower().startswith(("'", "min"))
        return value >= 5

    def field(self, index: int) -> None:
        """A field of the note that holds minutes: "Time: 15", "| Min: 60"."""
        start, end = self.starts[index], self.ends[index]
        if start < self.until:
            return
        colon = self.norm(index + 1) in (":", "=")
        celled = self.norm(index - 1) in ("|", "ata") and self.norm(index + 2) in ("|", "\n", "(")
        if self.norms[index] != "time" and not colon and not celled:
            return
        match = _FIELD.match(self.flat, end)
        before = self.norm(index - 1)
        apart = self.flat[max(0, start - 2) : start] == "  " or before in _FIELDS_BEFORE
        if match is not None and _TIMED_BEHIND.match(self.flat, match.end()):
            return
        if match is None or not (apart or before in _STOPS or before in _TOTAL_WORDS or before in _TIMED_WORDS):
            return
        value = int(match["num"])
        kind = "minutes"
        if before in _TIMED_WORDS:
            kind = "timed"
        elif before in _TOTAL_WORDS or before == "individual":
            kind = "total"
        if 3 <= value <= 480:
            self.add(start, match.end(), kind, value)

    # --- numbers set off like a time

    def bare(self, first: int, behind: int, value: int) -> None:
        """A number without a unit where writers put a time: in brackets, behind a dash, before "of"."""
        start, end = self.starts[first], self.ends[behind - 1]
        if not 3 <= value <= 240:
            return
        before, word = self.norm(first - 1), self.norm(behind)
        if value >= 5 and self.totalled(start, end, value):
            return
        if value >= 10 and self.flat[start].isalpha() and before in ("total", "timed", "was", "of"):
            kind = "timed" if before == "timed" else "total" if before == "total" or self.totals(first) else None
            if kind:
                self.add(start, end, kind, value)
                return
        if before in _BRACKETS and self.closes(behind, _BRACKETS[before]):
            ahead = self.norm(first - 2)
            scored = before == "(" and (not 5 <= value <= 90 or ahead[0].isdecimal() or ahead == "=")
            if ahead not in _SCORES and not scored:
                self.add(start - 1, self.ends[behind], "bare", value)
        elif not self.flat.endswith(_GLUED, 0, start) and self.is_set_off(first, behind, before, word, value):
            self.add(start, end, "bare", value)

    def closes(self, behind: int, bracket: str) -> bool:
        """Whether a bracket closes behind a number, or behind the word "all"."""
        return self.norm(behind) == bracket or (self.norm(behind) == "all" and self.norm(behind + 1) == bracket)

    def totalled(self, start: int, end: int, value: int) -> bool:
        """Whether the word behind a number makes it the note's total: "38 timed", "45 total"."""
        timed = _TIMED_BEHIND.match(self.flat, end) or (_TIMED_OF_TOTAL.match(self.flat, end))
        total = None if timed else _TOTAL_BEHIND.match(self.flat, end)
        if timed:
            self.add(start, timed.end(), "timed", value)
        elif total and total["total"] and self.flat[end] == " " and value >= 10:
            self.add(start, total.end(), "total", value)
        return self.until > start

    def is_set_off(self, first: int, behind: int, before: str, word: str, value: int) -> bool:
        """Whether a number stands where writers put a time."""
        start, end = self.starts[first], self.ends[behind - 1]
        spelled = self.flat[start].isalpha()
        if not spelled and self.flat[end : end + 1].isalpha():
            return False
        if (before == "for" and word == "more") or (before == "another" and (word in _STOPS or word == ",")):
            self.add(start, end, "minutes", value)
            return False
        if before == "x" and _HEADED.match(self.flat, end):
            return self.norm(first - 2)[0].isalpha() and (self.norm(first - 3) in _STOPS or first < 4)
        if value >= 5 and before in _WHICH and word in _PERSONS:
            return True
        if spelled and value >= 5 and before in _GIVEN:
            return before != "for" or word in _STOPS or word == "," or word in _PERSONS or word in _LEADS
        if before in _NO_TIME_BEFORE or self.is_reading(first, before):
            return False
        two = self.norm(behind + 1)
        if spelled and value >= 5 and before[0].isalpha() and (word in (",", ";") or _SET_OFF.match(self.flat, end)):
            counted = before in NUMBER_WORDS or before == "of" or two in NUMBER_WORDS or two[0].isdecimal()
            return not counted
        if word == "," and before in (",", ":"):
            return 5 <= value <= 60 and self.norm(first - 2)[0].isalpha() and two[0].isalpha()
        return self.stands_apart(first, behind, before, word, value)

    def is_reading(self, first: int, before: str) -> bool:
        """Whether a number is negative, ends a range or goes on a list of numbers."""
        start, ahead = self.starts[first], self.norm(first - 2)
        if before == "-":
            left = self.flat[max(0, start - 2) : start]
            glued = left[-1:] == "-" and (left[:1].isalpha() or (left[:1] == " " and ahead[0].isalnum()))
            return glued or ahead in _NO_TIME_BEFORE or (ahead[0].isdecimal() and left != "- ")
        if before not in (",", ":") or not (ahead[0].isdecimal() or ahead in _NO_TIME_BEFORE):
            return False
        before_that = self.norm(first - 3)
        listed = before_that in (",", "to", "count") or (before_that in _NO_TIME_BEFORE and before_that != "x")
        return before == ":" or listed

    def stands_apart(self, first: int, behind: int, before: str, word: str, value: int) -> bool:
        """Whether a number is set off at the end of its clause or at its head."""
        end = self.ends[behind - 1]
        if word == "-" and before in (",", ";", ":") and self.flat[end : end + 2] == " -":
            return value >= 5
        if value > 75:
            return False
        if _SET_OFF.match(self.flat, end):
            return before in _SETTING_OFF or (word == "\n" and value >= 5 and before[0].isalpha())
        if _HEADED.match(self.flat, end) or (word == "more" and before in ("him", "her", "them")):
            return value >= 5
        return value >= 5 and self.opens(first) and self.heads_clause(first, behind, value)

    def heads_clause(self, first: int, behind: int, value: int) -> bool:
        """Whether a number at the head of its clause stands for minutes: "Twenty of balance", "then 15 on the bike"."""
        before, word, two = self.norm(first - 1), self.norm(behind), self.norm(behind + 1)
        if word == "of" and two in _AMONG_THESE and self.norm(behind + 2) in _PERSONS:
            return not self.flat[self.starts[first]].isdecimal()
        if two == "the" and self.norm(behind + 2) in NUMBER_WORDS:
            return False
        if two[0].isdecimal() or two in _AMONG or two in NUMBER_WORDS or (word in _NOT_A_TIME and word not in _LEADS):
            return False
        if before in ("next", "first") or (before in ("then", ",", "and") and word.endswith("ing")):
            return word[0].isalpha()
        if before in _LINE_HEADS and self.heads_line(first, behind, value):
            return True
        if word == "in" and self.flat[self.starts[first]].isdecimal() and two not in _ARTICLES:
            return False
        return word in _LEADS and (two[0].isalpha() if word != "w" else two == "/")

    def heads_line(self, first: int, behind: int, value: int) -> bool:
        """Whether a number at the head of a line counts nothing: "- 35 warm pool", "20 - shave"."""
        if self.norm(first - 1) != "\n" and self.norm(first - 2) != "\n":
            return False
        if self.norm(behind) == "-" and self.gap(behind)[:1] == " ":
            return True
        words = [self.flat[self.starts[k] : self.ends[k]] for k in range(behind, min(behind + 3, len(self.norms)))]
        return (
            value >= 10
            and words[0].isalpha()
            and words[0].islower()
            and not any(len(w) > 3 and w.endswith("s") and not w.endswith("ss") for w in words)
        )

    def opens(self, first: int) -> bool:
        """Whether only joining words stand between a number and the beginning of its clause."""
        before = self.norm(first - 1)
        return before in _STOPS or before in _JOINS

    # --- clocks

    def clock(self, index: int) -> bool:
        """A start and an end: "9:05 - 9:50 am", "1310-1350"; a time of day that opens a line is kept for `log`."""
        start = self.starts[index]
        match = _CLOCK.match(self.flat, start)
        if match is None or (start and self.flat[start - 1] in ":./"):
            alone = _TIME_OF_DAY.match(self.flat, start)
            if alone and (alone["c"] or len(alone["h"]) == 2) and self.norm(index - 1) in ("\n", "•", "-", "*"):
                self.times_of_day.append((int(alone["h"]) * 60 + int(alone["m"]), start, alone.end()))
                self.until = max(self.until, alone.end())
                return True
            return False
        if not (match["c1"] or match["c2"]) and not self.is_clock(match):
            return False
        begin = int(match["h1"]) * 60 + int(match["m1"])
        length = (int(match["h2"]) * 60 + int(match["m2"]) - begin) % (12 * 60)
        if 0 < length <= 480:
            self.add(start, match.end(), "clock", length)
            return True
        return False

    def is_clock(self, match: re.Match[str]) -> bool:
        """Whether two four-digit numbers without colons are times of day, not years or doses."""
        if len(match["h1"]) != 2 or len(match["h2"]) != 2:
            return False
        years = match["h1"] in ("19", "20") and match["h2"] in ("19", "20")
        begin = max(0, match.start() - 20)
        return not years or _ENTERED.search(self.flat[begin : match.start()]) is not None

    def log(self) -> None:
        """Times of day at the heads of three lines or more: each lasts until the next."""
        times = self.times_of_day
        if len(times) < 3:
            return
        for (begin, start, end), (after, _, _) in pairwise(times):
            length = (after - begin) % (12 * 60)
            if 0 < length <= 240:
                self.add(start, end, "clock", length)

    def promote(self) -> None:
        """Bracketed numbers are minutes where the note sets two or more of them in like brackets."""
        for bracket in "[({":
            like = [i for i, m in enumerate(self.found) if m.kind == "bare" and self.flat[m.start] == bracket]
            named = sum(m.kind == "minutes" and self.flat[m.start - 1 : m.start] == bracket for m in self.found)
            if len(like) + named > 1:
                for i in like:
                    m = self.found[i]
                    self.found[i] = Measure(m.start, m.end, "minutes", m.value)

    # --- other quantities

    def units(self, index: int) -> bool:
        """Units: "2 units", "x 2 u"."""
        if len(self.norms[index]) == 1 and self.flat[self.ends[index + 1] : self.ends[index + 1] + 1] != "/":
            self.found.append(Measure(self.starts[index], self.ends[index + 1], "units", float(self.norms[index])))
            return True
        return False

    def sets(self, index: int) -> bool:
        """Sets: "3x10", "x 10 reps"."""
        match = _SETS.match(self.flat, self.ends[index])
        if match is None:
            return False
        self.found.append(Measure(self.starts[index], match.end(), "sets", 1.0))
        self.set_end = match.end()
        return True

    def reps(self, index: int) -> bool:
        """Repetitions: "10 reps"."""
        self.found.append(Measure(self.starts[index], self.ends[index + 1], "sets", 1.0))
        return True

    def hold(self, index: int) -> bool:
        """Seconds: "30 sec"."""
        match = _HOLD.match(self.flat, self.ends[index])
        if match:
            self.found.append(Measure(self.starts[index], match.end(), "hold", digits_value(self.norms[index])))
        return match is not None

    def load(self, index: int) -> bool:
        """A load: "80#", "10 kg"."""
        match = _LOAD.match(self.flat, self.ends[index])
        if match:
            pounds = 2.205 if match["unit"].lower().startswith("k") else 1
            value = digits_value(self.norms[index]) * pounds
            self.found.append(Measure(self.starts[index], match.end(), "load", value))
        return match is not None

    def distance(self, index: int) -> bool:
        """A distance: "150 ft", "20 meters"."""
        match = _DISTANCE.match(self.flat, self.ends[index])
        if match is None:
            return False
        unit = match["unit"].lower()
        feet = 3.281 if unit.startswith("m") else 3 if unit.startswith("y") else 1
        self.add(self.starts[index], match.end(), "distance", digits_value(self.norms[index]) * feet)
        return True

    def area(self, index: int) -> bool:
        """An area: "4 x 5 cm", "24 sq cm"."""
        end = self.ends[index]
        by = _AREA.match(self.flat, end)
        square = None if by else _SQUARE.match(self.flat, end)
        match = by or square
        if match is None:
            return False
        value = digits_value(self.norms[index]) * (float(by["b"]) if by else 1)
        self.found.append(Measure(self.starts[index], match.end(), "area", value))
        self.until = max(self.until, match.end())
        return True

    def assistance(self, index: int) -> None:
        """A level of assistance: "CGA", "min A", "independent"."""
        match = _ASSIST.match(self.flat, self.starts[index])
        if match:
            level = ("ind", "sup", "cga", "min", "mod", "max", "dep").index(match.lastgroup or "ind")
            self.found.append(Measure(self.starts[index], match.end(), "assist", level))

    def group(self, index: int) -> None:
        """People treated together: "group of 4"."""
        match = _GROUP.match(self.flat, self.starts[index])
        size = word_number(match["size"]) if match else 0
        if match and 2 <= size <= 30:
            self.add(self.starts[index], match.end(), "group", size)

    def another(self, index: int) -> None:
        """One more person: "with another patient"."""
        match = _ANOTHER.match(self.flat, self.starts[index])
        if match:
            self.add(self.starts[index], match.end(), "group", 2)

    def column(self) -> None:
        """Numbers in a table column headed min, minutes or time."""
        column: int | None = None
        taken = {m.start for m in self.found if m.kind == "minutes"}
        for line in self.note.lines:
            row = self.flat[line.start : line.end]
            if "|" not in row:
                column = None
                continue
            cells = row.split("|")
            heads = [i for i, cell in enumerate(cells) if _COLUMN_HEAD.fullmatch(cell)]
            if heads:
                column = heads[-1]
            elif column is not None and column < len(cells):
                match = _COLUMN_CELL.fullmatch(cells[column])
                begin = line.start + sum(len(c) + 1 for c in cells[:column]) + (match.start(1) if match else 0)
                if match and int(match[1]) and begin not in taken:
                    self.found = [m for m in self.found if m.start != begin]
                    self.add(begin, begin + len(match[1]), "minutes", int(match[1]))


def _named(flat: str, marks: list[Mark]) -> dict[int, Measure]:
    """Bare numbers beside a service name, by their start: "TA 16", "97110: 15"; "97110 x 2" are units."""
    out: dict[int, Measure] = {}
    long = any(_X_MINUTES.match(flat, mark.end) for mark in marks)
    for mark in marks:
        units = None if long else _CODE_UNITS.match(flat, mark.end)
        if units:
            out[units.start("num")] = Measure(units.start("num"), units.end("num"), "units", int(units["num"]))
            continue
        match = (_LISTED if mark.role == "list" else _MARKED).match(flat, mark.end)
        if match is None:
            continue
        start, value = match.start("num"), int(match["num"])
        behind = _WORD_BEHIND.match(flat, match.end("num"))
        if behind and behind[1].lower() in _NOT_A_TIME and not match["u"]:
            continue
        if match["u"] or (mark.code and value <= 4):
            out[start] = Measure(start, match.end(), "units", value)
        elif 5 <= value <= (75 if mark.service in _HEATED else 240):
            out[start] = Measure(start, match.end("num"), "minutes", value)
    return out


_HEATED = frozenset({"aquatic", "whirlpool", "paraffin", "hot_cold"})
_UNITS: dict[str, tuple[Callable[[_Scan, int], bool], ...]] = {
    **dict.fromkeys(_MINUTE, (_Scan.minutes,)),
    **dict.fromkeys(_HOUR, (_Scan.hours_number,)),
    "'": (_Scan.distance, _Scan.minutes),
    "m": (_Scan.minutes,),
    **dict.fromkeys(_CLASS["unit"], (_Scan.units,)),
    "x": (_Scan.area, _Scan.sets),
    "rep": (_Scan.reps,),
    **dict.fromkeys(_CLASS["second"], (_Scan.hold,)),
    **dict.fromkeys(_CLASS["load_unit"], (_Scan.load,)),
    **dict.fromkeys(_CLASS["length_unit"], (_Scan.distance,)),
    **dict.fromkeys(_CLASS["area_unit"], (_Scan.area,)),
}
_OPENING: dict[str, tuple[Callable[[_Scan, int], None], ...]] = {}
for _read, _openers in (
    (_Scan.spelled, [word for word, value in NUMBER_WORDS.items() if value]),
    (_Scan.total, _CLASS["total_opener"]),
    (_Scan.field, _CLASS["field_opener"]),
    (_Scan.assistance, _CLASS["assistance_opener"]),
    (_Scan.group, _CLASS["group_opener"]),
    (_Scan.another, ["with"]),
    (_Scan.hour, _CLASS["hour_in_words"]),
    (_Scan.dozen, ["dozen"]),
):
    for _word in _openers:
        _OPENING[_word] = (*_OPENING.get(_word, ()), _read)


def measures_of(note: ParsedNote) -> list[Measure]:
    """Measures, found now if they were not."""
    if note.measures is None:
        note.measures = find_measures(note.text, marks_of(note))
    return note.measures


class Measures:
    """spaCy component ``soapcode_measures``: writes ``doc.spans[spans_key]``, label = kind, id = value.

    Parameters
    ----------
    nlp, name : as spaCy gives them.
    spans_key : where the spans go.
    """

    def __init__(self, nlp: Language, name: str, *, spans_key: str = "soapcode_measures") -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        found = measures_of(parsed(doc))
        return write_spans(doc, self.spans_key, ((m.start, m.end, m.kind, f"{m.value:g}") for m in found))


@Language.factory("soapcode_measures", default_config={"spans_key": "soapcode_measures"}, assigns=["doc.spans"])
def create_measures(nlp: Language, name: str, spans_key: str) -> Measures:
    """Make the component."""
    return Measures(nlp, name, spans_key=spans_key)
