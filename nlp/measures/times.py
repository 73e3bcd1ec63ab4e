"""Minutes and hours, in digits and words."""

from __future__ import annotations

import re

from nlp.measures.doses import is_beside_feet
from nlp.measures.kinds import time_kind
from nlp.measures.places import walks
from nlp.measures.scan import Scan, digits_value, word_number
from nlp.measures.words import ASSISTANCE_BEHIND, BOUT, HOUR, MINUTE, OWNED, PERIOD, STOP, THESE
from nlp.text import NUMBER_WORDS

_PARTS = {"half": 0.5, "quarter": 0.25, "quarters": 0.75}
_FRACTIONS = {"1/4": 0.25, "1/3": 1 / 3, "1/2": 0.5, "2/3": 2 / 3, "3/4": 0.75, "¼": 0.25, "½": 0.5, "¾": 0.75}
_COUNTING = frozenset({"a", "one", "three"})
"""Before a quarter or a half."""
_WHOLE = frozenset({"1", "2", "3", "4", "one", "two", "three", "four"})
_TIMES_MORE = re.compile(r"[ \t]{0,40}x[ \t]{0,40}\d")
_BOUTS = re.compile(r"(?<![\w.])(?P<n>[2-6]|two|three|four|five|six)[ \t]{0,2}(?:[x-]|of)?[ \t]{0,2}$", re.I)
_BOUTS_OF = re.compile(
    r"(?<![\w.])(?P<n>[2-6]|two|three|four|five|six)[ \t]+(?:bouts?|rounds?|intervals?|trials?)[ \t]+of[ \t]+$", re.I
)
_REPEATED = re.compile(r"(?<![\w.])(?P<n>[2-9])[ \t]{0,2}x[ \t]{0,2}$", re.I)
_LONG_BOUT = 5
"""Minutes from which a bout is work by itself; shorter ones are done within an exercise."""
_SET_BEFORE = re.compile(r"\d\s{0,40}x\s{0,40}$")
_COUNTED = frozenset({"visit", "session", "day", "week", "wk", "set", "bout", "trial", "interval", "level", "#", "/"})
"""What is counted in "visit 3 of 12", so that the number is no time."""
_NO_METRES = re.compile(r"\s{0,40}(?:walk|run|sprint|dash|shuttle|wt\b|w/s|hop|timed|old|post|x\b)|[/%]", re.I)


def read_minutes(scan: Scan, index: int) -> bool:
    """Minutes in digits: "15 min", "15'", "15m"."""
    start = scan.starts[index]
    before = scan.flat[start - 2 : start] if start > 1 else " " + scan.flat[:start]
    if before[-1:] in "#$" or (before[-1:] in ".:/" and before[:1].isdecimal() and not _is_behind_code(scan, index)):
        return False
    unit, value = scan.norm(index + 1), int(digits_value(scan.norms[index]))
    if unit == "'":
        if _is_height(scan, index):
            return False
        if _is_feet(scan, index, value):
            scan.add(start, scan.ends[index + 1], "distance", value)
            return True
    elif unit == "m":
        if not _is_minute_letter(scan, index, value):
            return False
    elif scan.norm(index + 2) in ASSISTANCE_BEHIND and not scan.gap(index + 1).strip(" -"):
        a_day = scan.norm(index + 2) == "a" and scan.norm(index + 3) in PERIOD
        if not a_day:
            return False
    return add_time(scan, index, index + 1, value)


def _is_behind_code(scan: Scan, index: int) -> bool:
    """Whether a number is glued to the colon of a billing code: "97110:17min"."""
    return scan.norm(index - 1) == ":" and len(scan.norm(index - 2)) == _CODE_LENGTH


_CODE_LENGTH = 5


def _is_minute_letter(scan: Scan, index: int, value: int) -> bool:
    """Whether the "m" behind a number stands for minutes, not for metres, a male or a month."""
    end = scan.ends[index]
    begin = scan.starts[index + 1]
    if scan.flat[begin] == "M" and not scan.note.shouting:
        return False
    apart = end != begin
    if apart and not (scan.norm(index - 1) in ":-" and scan.norm(index + 2) in STOP and value <= 90):
        return False
    return scan.norm(index - 1) not in ("y", "o", "yo") and not _NO_METRES.match(scan.flat, begin + 1)


def _is_height(scan: Scan, index: int) -> bool:
    """Whether the prime behind a number begins inches: 5'2", 5''."""
    follow = scan.flat[scan.ends[index + 1] : scan.ends[index + 1] + 1]
    inches = scan.norm(index + 2).isdecimal() and scan.norm(index + 3) == '"'
    return inches or follow.isalnum() or follow in ("'", '"')


def _is_feet(scan: Scan, index: int, value: int) -> bool:
    """Whether the prime behind a number stands for feet."""
    start, end = scan.starts[index], scan.ends[index + 1]
    line = scan.flat.rfind("\n", 0, start) + 1
    if start in scan.primed or is_beside_feet(scan, index):
        return False
    clause = scan.flat[max(line, start - 40) : start]
    if scan.flat[max(0, start - 2) : start] in ("  ", ", ", "- ") or scan.flat[start - 1 : start] in "([":
        return False
    if value >= 10 and _TIMES_MORE.match(scan.flat, end):
        return True
    if value >= 15 and _SET_BEFORE.search(clause):
        return True
    return value >= 20 and walks(clause)


_MINIMAL = re.compile(r"[ \t]?(?:A(?![\w.:])|assist)")


def _is_of_assist(scan: Scan, first: int, end: int) -> bool:
    """Whether a number of repetitions stands before an amount of help: "transfers x8 min A"."""
    return scan.norm(first - 1) == "x" and _MINIMAL.match(scan.flat, end) is not None


def add_time(scan: Scan, first: int, unit: int, value: int) -> bool:
    """Minutes from token ``first`` to the unit's token."""
    end = scan.ends[unit]
    if not 0 < value <= 480 or scan.gap(unit - 1).strip(" -") or _is_of_assist(scan, first, end):
        return False
    if scan.flat[end : end + 1] == "." and scan.norms[unit] in MINUTE:
        end += 1
    kind, end = time_kind(scan, first, unit, end, value)
    if kind == "minutes" and _is_what_it_was_part_of(scan, first):
        kind = "other_time"
    if kind == "minutes" and _add_part_of_ours(scan, first, end, value):
        return True
    if kind == "minutes" and _is_added_to(scan, first, unit):
        times = _REPEATED.search(scan.flat, max(0, scan.starts[first] - 12), scan.starts[first])
        if times:
            first, value = _token_at(scan, first, times.start("n")), value * int(times["n"])
    if kind == "minutes" and value >= _LONG_BOUT:
        bouts = _BOUTS_OF.search(scan.flat, max(0, scan.starts[first] - 24), scan.starts[first])
        if bouts:
            first, value = _token_at(scan, first, bouts.start("n")), value * word_number(bouts["n"].lower())
    first, value = _least(scan, first, value)
    if scan.norm(unit + 1) in BOUT and kind == "other_time":
        times = _BOUTS.search(scan.flat, max(0, scan.starts[first] - 12), scan.starts[first])
        if times and value >= _LONG_BOUT:
            kind, first, value = (
                "minutes",
                _token_at(scan, first, times.start("n")),
                value * word_number(times["n"].lower()),
            )
    scan.add(scan.starts[first], end, kind, value)
    return True


def _is_added_to(scan: Scan, first: int, unit: int) -> bool:
    """Whether a plus joins a time, said so many times over, to another: the 4 of "3x4 min + 6 min"."""
    behind = scan.norm(unit + 1) == "+" and scan.norm(unit + 2).isdecimal()
    ahead = scan.norm(first - 3) == "+" and scan.norm(first - 4) in (*MINUTE, "'", "m")
    return scan.norm(first - 1) == "x" and (behind or ahead)


def _add_part_of_ours(scan: Scan, first: int, end: int, value: int) -> bool:
    """A part of the time someone had, and that time, which is the session's: "the last 10 of our 50 minutes"."""
    part = first - 3
    if scan.norm(first - 1) not in OWNED or scan.norm(first - 2) != "of" or not scan.norm(part).isdecimal():
        return False
    done = int(scan.norm(part))
    if not 0 < done < value or (scan.starts[part] < scan.until and not _is_bare(scan, part)):
        return False
    if _is_bare(scan, part):
        scan.found.pop()
    scan.add(scan.starts[part], scan.ends[part], "minutes", done)
    scan.add(scan.starts[first], end, "total", value)
    return True


def _token_at(scan: Scan, at: int, start: int) -> int:
    """The token before another that begins at a code point."""
    while at > 0 and scan.starts[at] > start:
        at -= 1
    return at


def _is_what_it_was_part_of(scan: Scan, first: int) -> bool:
    """Whether a time is the whole of which the one before it was spent: "20 min of 45 min"."""
    return (
        scan.norm(first - 1) == "of" and scan.norm(first - 2) in (*MINUTE, "'") and scan.norm(first - 3).isdecimal()
    )


def _least(scan: Scan, first: int, value: int) -> tuple[int, int]:
    """What is documented of a range or a part, and where it begins: 20 of "20-25 min", 6 of "6 of 15 min"."""
    of = first - 1 - (scan.norm(first - 1) in THESE)
    part = of - 1 - (scan.norm(of - 1) == "out")
    if (
        scan.norm(of) == "of"
        and scan.norm(part).isdecimal()
        and (scan.starts[part] >= scan.until or _is_bare(scan, part))
    ):
        done = int(scan.norm(part))
        if 0 < done < value and scan.norm(part - 1) not in _COUNTED:
            if _is_bare(scan, part):
                scan.found.pop()
            return part, done
    tight = first > 0 and scan.gap(first - 1) in ("-", "–")
    at = first - 1 if tight else first - 2 if scan.norm(first - 1) in ("to", "or", "-", "–") else -1
    if at < 0 or not scan.norm(at).isdecimal() or (scan.starts[at] < scan.until and not _is_bare(scan, at)):
        return first, value
    low = int(scan.norm(at))
    ahead = scan.norm(at - 1)
    glued = scan.flat[scan.starts[at] - 1 : scan.starts[at]].isalnum()
    reps = ahead == "x" and scan.norm(at - 2).isdecimal()
    reps = reps or (not tight and scan.norm(first - 1) in ("-", "–") and (ahead == "x" or ahead in _COUNTED))
    if 3 <= low < value <= 2 * low and not glued and not reps and ahead not in ("from", "/", ".", "grade", "gr"):
        if _is_bare(scan, at):
            scan.found.pop()
        return at, low
    return first, value


def _is_bare(scan: Scan, at: int) -> bool:
    """Whether a number was taken for a time by itself: the 10 of "TE 10-15 min"."""
    last = scan.found[-1] if scan.found else None
    return (
        last is not None
        and last.kind in ("bare", "minutes")
        and (last.start, last.end) == (scan.starts[at], scan.ends[at])
    )


def read_hours(scan: Scan, index: int) -> bool:
    """Hours in digits: "1.5 hr", "3 hours"."""
    unit = scan.flat[scan.starts[index + 1] : scan.ends[index + 1]]
    if scan.gap(index).strip(" -") or scan.flat.endswith((":", "x"), 0, scan.starts[index]):
        return False
    if scan.flat.endswith("/", 0, scan.starts[index]):
        part = _FRACTIONS.get(f"{scan.norm(index - 1)}/{scan.norm(index)}")
        return part is not None and _add_mixed(scan, index - 1, index + 1, part)
    if unit == "H" and not scan.note.shouting:
        return False
    return add_hours(scan, index, index + 1, digits_value(scan.norms[index]))


def read_vulgar(scan: Scan, index: int) -> None:
    """Hours with a fraction in one sign: "½ hr", "1½ hours"."""
    if scan.norm(index + 1) in HOUR and scan.starts[index] >= scan.until:
        _add_mixed(scan, index, index + 1, _FRACTIONS[scan.norms[index]])


def _add_mixed(scan: Scan, first: int, unit: int, part: float) -> bool:
    """Hours of a fraction and the whole number before it, if there is one: "1 1/2 hrs", "two and a half hours"."""
    at = first - 1
    if scan.flat[scan.starts[first]].isalpha():
        at -= scan.norm(at) in _COUNTING
        at -= scan.norm(at) == "and"
    apart = not scan.gap(at).strip(" -") if at >= 0 else False
    whole = word_number(scan.norms[at]) if apart and scan.norm(at) in _WHOLE else 0
    if whole and scan.starts[at] >= scan.until and scan.norm(at - 1) != "x":
        first = at
    else:
        whole = 0
    return add_hours(scan, first, unit, whole + part)


def add_hours(scan: Scan, first: int, unit: int, amount: float) -> bool:
    """Hours, with minutes behind them."""
    value = round(amount * 60)
    last = unit
    at = unit + 1 + (scan.norm(unit + 1) == "and")
    spelled = _spelled(scan, at)
    if spelled:
        value += spelled[0]
        last = spelled[1]
    elif _is_glued_minutes(scan, unit):
        value += int(scan.norms[unit + 1])
        last = unit + 1
    elif scan.norm(at).isdecimal() and (
        scan.norm(at + 1) in MINUTE or scan.flat[scan.ends[at] : scan.ends[at] + 1] in ("m", "M")
    ):
        value += int(scan.norms[at])
        last = at + 1
    elif scan.norm(unit + 1) == "and":
        end = at + (scan.norm(at) in _COUNTING)
        part = _PARTS.get(scan.norm(end))
        if part and scan.norm(end + 1) not in HOUR:
            last = end
            value += 45 if scan.norm(at) == "three" else round(60 * part)
    if not 10 <= value <= 480:
        return False
    if scan.norm(last + 1) in ("twice", "on", "off", "up", "down", "block", "out"):
        scan.add(scan.starts[first], scan.ends[last], "other_time", value)
        return True
    kind, end = time_kind(scan, first, last, scan.ends[last], value)
    scan.add(scan.starts[first], end, kind, value)
    return True


def _is_glued_minutes(scan: Scan, unit: int) -> bool:
    """Whether two digits under sixty stand right behind the hours' letter: "1h05"."""
    minutes = scan.norm(unit + 1)
    close = len(minutes) == _TWO and minutes.isdecimal() and scan.starts[unit + 1] == scan.ends[unit]
    return close and int(minutes) < 60 and not scan.flat[scan.ends[unit + 1] : scan.ends[unit + 1] + 1].isalnum()


_TWO = 2


def _spelled(scan: Scan, at: int) -> tuple[int, int] | None:
    """Minutes in words from a token on, and the token of their unit: "twenty five minutes"."""
    value, end = 0, at
    while end < at + 2 and 0 < NUMBER_WORDS.get(scan.norm(end), 0) < 60:
        value += NUMBER_WORDS[scan.norm(end)]
        end += 1
    return (value, end) if 0 < value < 60 and scan.norm(end) in MINUTE else None


def read_hour_in_words(scan: Scan, index: int) -> None:
    """Hours in words: "an hour", "half an hour", "quarter of an hour"."""
    if scan.starts[index] < scan.until:
        return
    at = index - 1
    if scan.norm(at) == "the" and scan.norm(at - 1) != "half":
        return
    article = scan.norm(at) in ("an", "the")
    at -= article
    at -= scan.norm(at) == "of" and article
    part = _PARTS.get(scan.norm(at), 1.0 if article else 0.0)
    if not part or (part == 1.0 and (scan.norm(at - 1).isdecimal() or scan.norm(at).endswith("mile"))):
        return
    if part == 1.0:
        add_hours(scan, index - 1, index, 1)
        return
    if scan.norm(at - 1) == "three":
        part = 0.75
    _add_mixed(scan, at, index, part)


def read_dozen(scan: Scan, index: int) -> None:
    """A dozen minutes."""
    if scan.norm(index + 1) in MINUTE:
        add_time(scan, index, index + 1, 12)
