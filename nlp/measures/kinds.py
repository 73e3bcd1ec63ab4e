"""What a stated time is: treatment, a total of the session, or a wait, a rest, a limit, a rate."""

from __future__ import annotations

from collections.abc import Iterator

from nlp.measures.scan import Scan
from nlp.measures.totals import TIMED_BEHIND, TOTAL_BEHIND, one_on_one_before, total_before
from nlp.measures.words import (
    ABILITY,
    ADDING,
    AWAY,
    BESIDES,
    COMPLAINT,
    DRIVEN,
    EASING,
    ENDING,
    EVENT,
    FILLER,
    HOLDING,
    INTERRUPTION,
    LASTING,
    LIMITING,
    NUMBING,
    OTHER_TIME_BEFORE,
    OTHER_TIME_BEHIND,
    OTHER_TIME_PAIR_BEFORE,
    OTHER_TIME_PAIR_BEHIND,
    PAUSING,
    PER,
    PERIOD,
    PERSON,
    POSTURE,
    REST,
    SETTLING,
    SOAKING,
    SOLUTION,
    STATE,
    STOP,
    STOPPED,
    TELLING,
    TESTED,
    TOLD_ONE,
    TOTAL_BEFORE_FIELD,
    WHOLE,
    WORKED,
)

_FAR_STATE, _CLAUSE = 4, 8
"""Words looked at beside a time for a state, and for a drug, a soak or a message."""
_LONGEST_MESSAGE = 5
_SHORTEST_SESSION = 15


def time_kind(scan: Scan, first: int, unit: int, end: int, value: float) -> tuple[str, int]:
    """Treatment minutes, a total of the session, or a time that is neither; and where its words end."""
    if scan.norm(first - 1) == "timed":
        return "timed", end
    kind = scan.norms[unit - 1]
    if kind in ("timed", "direct", "billable", "skilled") or one_on_one_before(scan, first):
        return "timed", end
    if kind in ("total", "treatment") or total_before(scan, first) or _is_said_of_all(scan, first, unit, value):
        return "total", end
    if (
        _is_pause(scan, first, unit)
        or _is_of_a_state(scan, first, unit)
        or _is_of_a_drug(scan, first, unit)
        or is_besides(scan, unit + 1)
        or (value <= _LONGEST_MESSAGE and _is_of_a_message(scan, first))
    ):
        return "pause", end
    if _other_before(scan, first, value) or _other_behind(scan, unit + 1):
        return "other_time", end
    timed = TIMED_BEHIND.match(scan.flat, end)
    if timed and not (scan.flat[end - 1] == "." and "T" in timed[0]):
        return "timed", timed.end()
    total = TOTAL_BEHIND.match(scan.flat, end)
    if total and scan.flat[end - 1] != ".":
        return "total", total.end()
    return "minutes", end


def _is_said_of_all(scan: Scan, first: int, unit: int, value: float) -> bool:
    """Whether a time alone in its sentence at the head of a line is that of the treatment: "40-min tx. Treadmill ...", as a heading it may be what it heads."""
    heads = scan.norm(first - 1) == "\n" and value >= _SHORTEST_SESSION
    return heads and scan.norm(unit + 1) in TOTAL_BEFORE_FIELD and scan.norm(unit + 2) == "."


def is_besides(scan: Scan, at: int) -> bool:
    """Whether words from a token on say that a part of a time went on what is no treatment: "8 of it lines & nursing"."""
    if scan.norm(at) != "of" or scan.norm(at + 1) not in WHOLE:
        return False
    words = [word for word in _clause(scan, at + 2, 1, _CLAUSE) if word not in ADDING and word not in FILLER]
    return bool(words) and all(word in BESIDES for word in words)


def _is_pause(scan: Scan, first: int, unit: int) -> bool:
    """Whether a time is that of an interruption: alone with it in its clause, or right before the word that says so ("5 min restroom break")."""
    at, interrupted = first - 1, False
    while at >= 0 and (scan.norms[at] in INTERRUPTION or scan.norms[at] in PAUSING or scan.norms[at] in FILLER):
        interrupted = interrupted or scan.norms[at] in INTERRUPTION
        at -= 1
    alone = scan.norm(at) in STOP or scan.norm(at) in (",", "-", "•", "*")
    if interrupted:
        return alone
    word, two = scan.norm(unit + 1), scan.norm(unit + 2)
    return (word in INTERRUPTION or word in PAUSING) and two in REST


def _is_of_a_state(scan: Scan, first: int, unit: int) -> bool:
    """Whether a time says how long a state lasted, when it passed, or when it came: "ok in 10 min", "for the last 10 min he was tearful"."""
    at, ending = first - 1, False
    while at >= 0 and scan.norms[at] in FILLER and scan.norms[at] not in LASTING:
        ending = ending or scan.norms[at] in ENDING
        at -= 1
    told = scan.norm(at) in LASTING
    if (told or ending) and any(word in STATE for word in _clause(scan, at - told, -1, _FAR_STATE)):
        return True
    behind = list(_clause(scan, unit + 1, 1, _FAR_STATE))
    if ending and behind and behind[0] in PERSON:
        return any(word in STATE for word in behind)
    return False


def _is_of_a_drug(scan: Scan, first: int, unit: int) -> bool:
    """Whether a time says how long a drug or a soak was left on: "lidocaine gel 15 min under film", "soaked 10 min in saline"."""
    before = list(_clause(scan, first - 1, -1, _CLAUSE))
    words = {*before, *_clause(scan, unit + 1, 1, _CLAUSE)}
    if words & DRIVEN:
        return False
    numbed = next((at for at, word in enumerate(before) if word in NUMBING), None)
    if numbed is not None and WORKED.isdisjoint(before[:numbed]):
        return True
    return bool(words & SOAKING) and bool(words & SOLUTION) and WORKED.isdisjoint(words)


def _is_of_a_message(scan: Scan, first: int) -> bool:
    """Whether a short time is that of a message to someone: "told teacher (2 min)"."""
    at = first - 1 - (scan.norm(first - 1) in "([-")
    before = list(_clause(scan, at, -1, _CLAUSE))
    return any(one in TOLD_ONE and set(before[k + 1 : k + 4]) & TELLING for k, one in enumerate(before))


def _clause(scan: Scan, at: int, step: int, most: int) -> Iterator[str]:
    """The words of a clause from a token on, or back, at most so many."""
    for _ in range(most):
        word = scan.norm(at)
        if word in STOP or word == ",":
            return
        yield word
        at += step


def _series(scan: Scan, at: int) -> int:
    """The token before the numbers that a time is the last of: "at 1, 4, 8 min"; the given one where it is the last of none."""
    while scan.norm(at) in _SERIAL and scan.norm(at - 1).isdecimal():
        at -= 2
    return at


_SERIAL = frozenset({",", "and", "&"})


def _other_before(scan: Scan, first: int, value: float) -> bool:
    """Whether the words before a time make it a wait, a rest, a limit or a complaint."""
    norms = scan.norms
    at = first - 1
    if at >= 0 and norms[at].isdecimal() and scan.gap(at).strip() in ("-", "to"):
        at -= 1
    last = False
    while at >= 0 and norms[at] in FILLER:
        last = last or norms[at] == "last"
        at -= 1
    if norms[at] in ("time", "times") and at > 0 and norms[at - 1] in OTHER_TIME_BEFORE:
        at -= 1
    if scan.norm(before := _series(scan, at)) == "at" and before != at:
        return True
    word, two, three = scan.norm(at), scan.norm(at - 1), scan.norm(at - 2)
    if (two, word) in OTHER_TIME_PAIR_BEFORE:
        return True
    if word in STOP:
        return word == ":" and two in REST
    if (word == "in" and last) or (word == "post" and two not in STOP):
        return False
    if word in ("after", "at") and (two in STOPPED or (two, three) == ("it", "took")):
        return False
    if word in COMPLAINT and two in EASING:
        return False
    if word in OTHER_TIME_BEFORE:
        return True
    if word in ("to", "by"):
        return two in LIMITING
    if word in HOLDING:
        return value <= 3
    if word in POSTURE:
        return two in ABILITY or (two == "to" and three in ABILITY) or scan.flat[scan.ends[at] - 1] == "s"
    if word in ("lasted", "took"):
        return any(scan.norm(k) in COMPLAINT for k in range(at - 4, at))
    return _rests_before(scan, at)


def _rests_before(scan: Scan, at: int) -> bool:
    """Whether one of the last words of a clause is a rest."""
    for back in range(at, max(-1, at - 4), -1):
        word = scan.norms[back]
        if word in STOP or word in (",", "-"):
            return False
        if word in REST:
            return True
    return False


def _other_behind(scan: Scan, at: int) -> bool:
    """Whether the words behind a time make it a rest, a test, a rate or a schedule."""
    word = scan.norm(at)
    if word == ".":
        return False
    if word in PERIOD and scan.flat[scan.starts[at] - 1] == "/":
        return True
    if word == "-":
        at, word = at + 1, scan.norm(at + 1)
    two = scan.norm(at + 1)
    if word in OTHER_TIME_BEHIND:
        return word not in ("after", "before") or two in EVENT or (word == "before" and two in STOP)
    if word in TESTED:
        return two == "test" or (word == "walk" and (two in ":=" or two[0].isdecimal()))
    if word in ("per", "a", "each", "every", "q"):
        return two in PERIOD or (two in "/12345" and word == "each")
    if word == "of":
        return two in ("rest", "relief", "pain", "sleep", "break", "symptom")
    if word == "/":
        return two in ("d", "day", "hr", "hour", "wk")
    if word == "to":
        return two in SETTLING
    if word == "from":
        return two in AWAY
    if word in ("on", "off"):
        return two in "/,;" or two[0].isdecimal() or two == "off"
    if word == "x":
        return scan.norm(at + 2) in PER and scan.norm(at + 3) in ("day", "d", "wk", "week")
    return (word, two) in OTHER_TIME_PAIR_BEHIND
