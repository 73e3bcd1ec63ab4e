"""Numbers without a unit where writers put a time: in brackets, behind a dash, at the head of a clause."""

from __future__ import annotations

import re

from corpus.spelling import load_spelling
from nlp.measures.kinds import is_besides
from nlp.measures.scan import Scan
from nlp.measures.totals import timed_before, total_before, total_behind
from nlp.measures.words import (
    ARTICLE,
    COUNTED,
    GIVEN,
    JOINING,
    LEADING,
    LINE_HEAD,
    LINKING,
    NO_TIME_BEFORE,
    NO_TIME_BEHIND,
    OTHER_TIME_BEFORE,
    PERSON,
    POSTURE,
    SCORE,
    SETTING_OFF,
    STOP,
    THESE,
    WHICH,
)
from nlp.text import NUMBER_WORDS

_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_GLUED = ("/", ".", "+", "<", ">", "$", "#", "x", "v")
_NUMBERED = re.compile(r"[.:;],\d{1,2}[.)][ \t]+[A-Z]")
"""A number of a list whose lines were joined by commas: "during the pull.,3.  Manual therapy"."""
_HEADED = re.compile(r"[ \t]{0,40}[\])}]?[ \t]{0,40}:(?!\d)")
_SET_OFF = re.compile(r"[ \t]{0,40}(?:[.;](?=\s|$)|$|\n)")

_LIST = re.compile(
    r"(?P<more>\d{1,3}(?:\.\d+)?(?:(?:[ \t]{0,2},[ \t]{0,2}|/)\d{1,3}(?:\.\d+)?){0,6}"
    r"(?P<join>,?[ \t](?:and|or|&|then)[ \t]|[ \t]{0,2},[ \t]{0,2}|/))(?P<last>\d{1,3}(?:\.\d+)?)"
    r"[ \t]{0,2}-?(?:lbs?|#|pounds?|kgs?|reps?|deg(?:rees?)?|°|hz|khz|mhz|ma|cm|mm|inch(?:es)?|in(?=[ \t]{0,2}(?:[,.;)\n]|$|step|box|block|hurdle|heel))|ft|feet|foot|yds?|meters?|metres?|m/s|mph|rpm|bpm|watts?|sec(?:onds?)?|s|%|steps?|mmhg|mg|ml)(?![a-z])",
    re.I,
)
_LEAST_IN_LIST = 3
"""Numbers with only commas between them that one unit behind the last is said of; two are two entries ("TE 15, 20 reps")."""
_PERSON_NAME = re.compile(
    r"[ \t]*(?:[A-Z]{2}[ \t]*[-:][ \t]*)?(?:(?:Pt|Patient|Name|Client|Re)[ \t]*[:=-]?[ \t]+)?(?:(?:[A-Z]\.[ \t]?){1,2}[A-Z][a-z'-]+|[A-Z][a-z'-]+[ \t][A-Z]\.|(?:[A-Z]\.){2,3}"
    r"|(?P<first>[A-Z][a-z'-]{2,})[ \t](?P<last>[A-Z][a-z'-]{2,}))(?=,)[^\n\d]{0,60}(?:[A-Z]{1,2}\d{1,2}[^\n\d]{0,40})?,[ \t]*$"
)
_AGE_ENDS = re.compile(r"[ \t]*(?:[,;.]|$|\n|[MFmf]\b)")


def read_list(scan: Scan, index: int) -> bool:
    """Numbers of a list with one unit at its end, which is no time: "15, 25 and 35 lb"."""
    match = _LIST.match(scan.flat, scan.starts[index])
    if match is None or scan.starts[index] in scan.named:
        return False
    numbers = re.findall(r"\d+(?:\.\d+)?", match["more"])
    if match["join"].strip() == "," and len(numbers) + 1 < _LEAST_IN_LIST:
        return False
    scan.add(scan.starts[index], match.start("last"), "listed", float(numbers[0]))
    return True


def read_glued_colon(scan: Scan, index: int) -> bool:
    """Minutes behind a colon that no hour stands before, at the end of what they are said of: "6 dips, :10"."""
    start, end = scan.starts[index], scan.ends[index]
    if (
        end - start != 2
        or scan.flat[start - 1 : start] != ":"
        or start < 2
        or scan.flat[start - 2] not in " \t\n,.;("
    ):
        return False
    ahead = scan.norm(index - 2)
    parted = scan.norm(index + 1) in (*STOP, ",", ")") and scan.flat[end : end + 1] != ":"
    if not parted or ahead in ("-", "to", "until", "at", "@", "past") or start in scan.named:
        return False
    scan.add(start - 1, end, "minutes", int(scan.norms[index]))
    return True


def read_age(scan: Scan, index: int) -> bool:
    """An age behind a person's name in a line that says who it is: "K. Rasmussen, C5 tetraplegia, 26"."""
    start, end = scan.starts[index], scan.ends[index]
    if scan.norm(index - 1) != "," or not scan.norms[index].isdecimal() or not _AGE_ENDS.match(scan.flat, end):
        return False
    line = scan.flat.rfind("\n", 0, start) + 1
    name = _PERSON_NAME.match(scan.flat[line:start]) if start - line < 120 else None
    if name is None or (name["first"] and not _is_unknown(name["first"], name["last"], scan.flat[:line])):
        return False
    scan.add(start, end, "age", int(scan.norms[index]))
    return True


def _is_unknown(first: str, last: str, above: str) -> bool:
    """Whether two words that begin a note are none of those the knowledge is made of, as names of people are."""
    spelling = load_spelling()
    return not above.strip() and not any(
        word.lower() in spelling.words or word.lower() in spelling.ordinary for word in (first, last)
    )


def read_bare(scan: Scan, first: int, behind: int, value: int) -> None:
    """A number without a unit where writers put a time: in brackets, behind a dash, before "of"."""
    start, end = scan.starts[first], scan.ends[behind - 1]
    if not 3 <= value <= 240:
        return
    before, word = scan.norm(first - 1), scan.norm(behind)
    if value >= 5 and total_behind(scan, start, end, value):
        return
    if is_besides(scan, behind):
        scan.add(start, end, "pause", value)
        return
    if value >= 10 and scan.flat[start].isalpha() and (before in ("total", "timed") or before in LINKING):
        kind = (
            "timed"
            if timed_before(scan, first)
            else "total"
            if before == "total" or total_before(scan, first)
            else None
        )
        if kind:
            scan.add(start, end, kind, value)
            return
    if before in _BRACKETS and _closes(scan, behind, _BRACKETS[before]):
        ahead = scan.norm(first - 2)
        scored = before == "(" and (not 5 <= value <= 90 or ahead[0].isdecimal() or ahead in "=%")
        if ahead not in SCORE and not scored:
            scan.add(start - 1, scan.ends[behind], "bare", value)
    elif (
        not scan.flat.endswith(_GLUED, 0, start)
        and not _NUMBERED.match(scan.flat, max(0, start - 2))
        and _is_set_off(scan, first, behind, before, word, value)
    ):
        scan.add(start, end, "bare", value)


def _closes(scan: Scan, behind: int, bracket: str) -> bool:
    """Whether a bracket closes behind a number, or behind the word "all"."""
    return scan.norm(behind) == bracket or (scan.norm(behind) == "all" and scan.norm(behind + 1) == bracket)


def _is_set_off(scan: Scan, first: int, behind: int, before: str, word: str, value: int) -> bool:
    """Whether a number stands where writers put a time."""
    start, end = scan.starts[first], scan.ends[behind - 1]
    spelled = scan.flat[start].isalpha()
    if not spelled and scan.flat[end : end + 1].isalpha():
        return False
    if (before == "for" and word == "more") or (before == "another" and (word in STOP or word == ",")):
        scan.add(start, end, "minutes", value)
        return False
    if before == "x" and _HEADED.match(scan.flat, end):
        return scan.norm(first - 2)[0].isalpha() and (scan.norm(first - 3) in STOP or first < 4)
    if value >= 5 and before in WHICH and word in PERSON:
        return True
    if spelled and value >= 5 and before in GIVEN:
        return before != "for" or word in STOP or word == "," or word in PERSON or word in LEADING
    if before in NO_TIME_BEFORE or _is_reading(scan, first, before):
        return False
    two = scan.norm(behind + 1)
    if spelled and value >= 5 and before[0].isalpha() and (word in (",", ";") or _SET_OFF.match(scan.flat, end)):
        counted = before in NUMBER_WORDS or before == "of" or two in NUMBER_WORDS or two[0].isdecimal()
        return not counted
    if word == "," and before in (",", ":"):
        return 5 <= value <= 60 and scan.norm(first - 2)[0].isalpha() and two[0].isalpha()
    return _stands_apart(scan, first, behind, before, word, value)


def _is_reading(scan: Scan, first: int, before: str) -> bool:
    """Whether a number is negative, ends a range or goes on a list of numbers."""
    start, ahead = scan.starts[first], scan.norm(first - 2)
    if before == "-":
        left = scan.flat[max(0, start - 2) : start]
        glued = left[-1:] == "-" and (left[:1].isalpha() or (left[:1] == " " and ahead[0].isalnum()))
        return glued or ahead in NO_TIME_BEFORE or (ahead[0].isdecimal() and left != "- ")
    if before not in (",", ":") or not (ahead[0].isdecimal() or ahead in NO_TIME_BEFORE):
        return False
    before_that = scan.norm(first - 3)
    listed = before_that in (",", "to", "count") or (before_that in NO_TIME_BEFORE and before_that != "x")
    return before == ":" or listed


def _stands_apart(scan: Scan, first: int, behind: int, before: str, word: str, value: int) -> bool:
    """Whether a number is set off at the end of its clause or at its head."""
    end = scan.ends[behind - 1]
    if word == "-" and before in (",", ";", ":") and scan.flat[end : end + 2] == " -":
        return value >= 5
    if value > 75:
        return False
    if _SET_OFF.match(scan.flat, end):
        ended = word == "\n" and value >= 5 and before[0].isalpha()
        return before in SETTING_OFF or ended or (value >= 5 and _is_field_of_time(scan, first - 1))
    if _HEADED.match(scan.flat, end) or (word == "more" and before in ("him", "her", "them")):
        return value >= 5
    return value >= 5 and _opens(scan, first) and _heads_clause(scan, first, behind, value)


def _is_field_of_time(scan: Scan, at: int) -> bool:
    """Whether a token ends the name of a field for the time of something done: "Evaluation time: 45"."""
    at -= scan.norm(at) in (":", "=")
    of = scan.norm(at - 1)
    return scan.norm(at) == "time" and of[0].isalpha() and of not in OTHER_TIME_BEFORE and of not in POSTURE


def _heads_clause(scan: Scan, first: int, behind: int, value: int) -> bool:
    """Whether a number at the head of its clause stands for minutes: "Twenty of balance", "then 15 on the bike"."""
    before, word, two = scan.norm(first - 1), scan.norm(behind), scan.norm(behind + 1)
    if word == "of" and two in THESE and scan.norm(behind + 2) in PERSON:
        return not scan.flat[scan.starts[first]].isdecimal()
    if two == "the" and scan.norm(behind + 2) in NUMBER_WORDS:
        return False
    if (
        two[0].isdecimal()
        or two in COUNTED
        or two in NUMBER_WORDS
        or (word in NO_TIME_BEHIND and word not in LEADING)
    ):
        return False
    if before in ("next", "first") or (before in ("then", ",", "and") and word.endswith("ing")):
        return word[0].isalpha()
    if before in LINE_HEAD and _heads_line(scan, first, behind, value):
        return True
    if word == "in" and scan.flat[scan.starts[first]].isdecimal() and two not in ARTICLE:
        return False
    return word in LEADING and (two[0].isalpha() if word != "w" else two == "/")


def _heads_line(scan: Scan, first: int, behind: int, value: int) -> bool:
    """Whether a number at the head of a line counts nothing: "- 35 warm pool", "20 - shave"."""
    if scan.norm(first - 1) != "\n" and scan.norm(first - 2) != "\n":
        return False
    if scan.norm(behind) == "-" and scan.gap(behind)[:1] == " ":
        return True
    words = [scan.flat[scan.starts[k] : scan.ends[k]] for k in range(behind, min(behind + 3, len(scan.norms)))]
    return (
        value >= 10
        and bool(words)
        and words[0].isalpha()
        and words[0].islower()
        and not any(len(w) > 3 and w.endswith("s") and not w.endswith("ss") for w in words)
    )


def _opens(scan: Scan, first: int) -> bool:
    """Whether only joining words stand between a number and the beginning of its clause."""
    before = scan.norm(first - 1)
    return before in STOP or before in JOINING
