"""Times that other words of the note take back or lessen: rests within them, corrections, what was meant and not reached."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection
from itertools import pairwise

from nlp.measures.scan import Scan
from nlp.measures.words import DONE_OF_IT, FILLER, INTENDED, MEANT, PERSON
from nlp.note import Measure

INCLUDING = re.compile(
    r"(?:\s+[a-z]+){0,4}?\s*[,(;:-]?\s*(?:including|incl\.?|includes|of which)\s+(?:[a-z]+\s+){0,3}", re.I
)
"""What stands between a time and another that is part of it."""
_FARTHEST, _NEAR_BEHIND = 24, 3
"""Tokens from a time that was meant to the one that was done, and tokens behind each in which a word says which it is."""
_NAME = 4
"""Tokens before a time in which the name of its treatment and a word for what was meant stand."""
_LEADING_TO = frozenset(
    {"to", "do", "at", "up", "for", "through", "after", "was", "were", "is", "be", "it", "them", ":", "on"}
)
_PARTS = frozenset({",", ";", ".", "!", "?", "but", "and", "(", ")", "-"})
_CORRECTED = re.compile(
    r"[\s\W]{0,6}(?:(?:was|is|now|time|since|later|total|error|typo|in error|wrong|incorrect)[\s,;:-]+){0,2}(?:(?:corrected|changed|amended|revised|updated|adjusted)\s+to|should\s+(?:be|read|say|have\s+been)"
    r"|(?:correction:?|actually|i\s+mean|make\s+that|scratch\s+that)[\s,]*)\s*",
    re.I,
)
_ON_SECOND_THOUGHT = re.compile(
    r"[ \t,;:(–—-]{1,6}(?:(?:correction|actually|i\s(?:mean|meant|should\ssay)|make\s(?:that|it)|(?:scratch|strike|check)\sthat|or\srather|sorry|no|wait|oops|(?:i\s)?tell\sa\slie|i\slie|excuse\sme|pardon(?:\sme)?)[ \t,;:–—-]{1,4}){1,4}"
    r"(?:(?:it|that|this)(?:'s|[ \t](?:was|is|were|should[ \t]be))[ \t](?:(?:more|really|actually|like|about|around|nearer|closer[ \t]to)[ \t]){0,3})?",
    re.I,
)
"""Spoken between a time and the one that is meant: "fifteen minutes no make that twelve", "twelve minutes no sorry that was fifteen"."""
_NOT = re.compile(r"\W{0,4}(?:and\s+|but\s+)?(?:not|instead\s+of|rather\s+than)\s+", re.I)
_RIGHT = re.compile(
    r"\b(?:error|wrong|incorrect|mistake|addend\w+|correction)\b[^~]{0,200}\b(?:correct(?:ed)?|right|actual)\s+(?:time|minutes|mins|total|value|amount)\W*(?:is|was|were|are)?\W*$",
    re.I,
)
_NOT_ALL_OF = re.compile(
    r"\b(?:unable to|not able to|could not|couldn't|did not|didn't)\s+(?:complete|finish|tolerate|reach|manage)\s+(?:(?:the|a|all|full|of|planned)\s+)*$",
    re.I,
)
_INTO = re.compile(r"[ \t]in,?[ \t](?:pt|patient|client|she|he|they|we|i|it)\b", re.I)
"""Behind a time: when something happened of what was begun: "8 min planned, 5 min in she asked me to stop"."""
_UNBILLED = re.compile(
    r"(?:\.?[ \t]{0,3}[(,-]{0,2}[ \t]{0,3}|(?:[ \t](?!(?:and|then|with|plus)\b)[a-z]{1,12}){1,4}[ \t])(?:(?:that[ \t])?(?:i'm|i am|we're|we are|i did|was|is|are)?[ \t]?not (?:counting|counted|count|charging|included)"
    r"|non[- ]?billable|not billed|not billable|unbilled|not charged|no charge|non[- ]?charge)\b",
    re.I,
)
_STRUCK = re.compile(r"\s?~~")
_LESS = re.compile(r",?\s*(?:less|minus)\s+(?:a\s+)?", re.I)
_RESTS = re.compile(r"[^.;\n\d]{0,16}?\b(?:rests?|rested|resting|breaks?)\b", re.I)
_NET = re.compile(r"\bnet\b[^\n.;]{0,24}$", re.I)


def tell_corrections(scan: Scan) -> None:
    """Lessen, or take out of the treatment times, what other words of the note say of them.

    Times read so far are those of the whole note; each is looked at once, beside its neighbours.
    """
    _take_off(scan)
    _tell_meant(scan)
    _tell_withdrawn(scan)


def _places(scan: Scan, kinds: Collection[str]) -> list[int]:
    """Where the quantities of some kinds stand among those found, in the order of the text."""
    places = [place for place, measure in enumerate(scan.found) if measure.kind in kinds]
    return sorted(places, key=lambda place: scan.found[place].start)


def _become(scan: Scan, place: int, kind: str) -> None:
    time = scan.found[place]
    scan.found[place] = Measure(time.start, time.end, kind, time.value)


def _take_off(scan: Scan) -> None:
    """Times of which the writer takes another off, or a rest they include: "25 min less 5 min", "20 min including 5 min rest"."""
    gone = set()
    places = _places(scan, ("minutes", "other_time", "pause"))
    at = places[0] if places else -1
    for place in places[1:]:
        one, two = scan.found[at], scan.found[place]
        if _is_taken_off(scan, one, two):
            gone.add(place)
            scan.found[at] = Measure(one.start, two.end, one.kind, one.value - two.value)
        else:
            at = place
    if gone:
        scan.found = [measure for place, measure in enumerate(scan.found) if place not in gone]


def _is_taken_off(scan: Scan, one: Measure, two: Measure) -> bool:
    """Whether a time is followed by another that is taken off it."""
    if one.kind != "minutes" or two.value >= one.value:
        return False
    between = scan.flat[one.end : two.start]
    if _LESS.fullmatch(between):
        return True
    rests = two.kind in ("other_time", "pause") or _RESTS.match(scan.flat, two.end) is not None
    return rests and INCLUDING.fullmatch(between) is not None


def _tell_meant(scan: Scan) -> None:
    """Treatment times that were meant and not reached are none: "Planned 30 min of gait; stopped after 12 min"."""
    for place, following in pairwise(_places(scan, ("minutes", "other_time"))):
        whole, part = scan.found[place], scan.found[following]
        if not part.value < whole.value:
            continue
        first, last = bisect_left(scan.starts, whole.start), bisect_left(scan.starts, part.start)
        if last - first > _FARTHEST:
            continue
        between = scan.norms[first:last]
        if "\n" in between or between.count(".") > 1:
            continue
        meant = (
            _says(scan, MEANT, whole)
            or _intends(scan, first)
            or _NOT_ALL_OF.search(scan.flat, max(0, whole.start - 40), whole.start)
        )
        done = _says(scan, DONE_OF_IT, part) or _INTO.match(scan.flat, part.end)
        if meant and done and not _is_of_another(scan, first, last):
            _become(scan, place, "meant")


def _is_of_another(scan: Scan, whole: int, part: int) -> bool:
    """Whether a time is that of a thing named right before it, behind a comma, that was not named with the time before: "hot pack set 20 min, bike 10 min done"."""
    word, before = scan.norm(part - 1), scan.norm(part - 2)
    if before not in (",", ";", ".", "and", "then", "\n") or not word.isalpha():
        return False
    said = word in DONE_OF_IT or word in FILLER or word in _LEADING_TO or word in PERSON or word in MEANT
    return not said and word not in scan.norms[max(0, whole - _NAME - 2) : part - 1]


def _intends(scan: Scan, first: int) -> bool:
    """Whether a word for what was meant stands before the name that a time stands behind: "Planned MT 30 min"."""
    for at in range(first - 1, max(-1, first - 1 - _NAME), -1):
        if not scan.norms[at].isalpha():
            return False
        if scan.norms[at] in INTENDED:
            return True
    return False


def _tell_withdrawn(scan: Scan) -> None:
    """Times that the writer takes back: "30 min, corrected to 20 min"; "25 min with 10 min rest, net 15 min"; "20 min, not 30 min", and then a 30 elsewhere if there is one."""
    places = _places(scan, ("minutes", "total", "timed", "bare"))
    times = {place: scan.found[place] for place in places}
    equal: dict[tuple[str, float], list[int]] = defaultdict(list)
    for place, time in times.items():
        equal[time.kind, time.value].append(place)
        struck = scan.flat.endswith("~~", 0, time.start) and _STRUCK.match(scan.flat, time.end)
        if struck or _UNBILLED.match(scan.flat, time.end):
            _become(scan, place, "withdrawn")
    for place, following in pairwise(places):
        one, two = times[place], times[following]
        between = scan.flat[one.end : two.start]
        ended = scan.flat[one.end - 1] == "."
        corrected = _CORRECTED.fullmatch(between) or (not ended and _ON_SECOND_THOUGHT.fullmatch(between))
        if corrected or (one.kind == two.kind and _supersedes(one, two, between)):
            _become(scan, place, "withdrawn")
            if two.kind == "bare":
                _become(scan, following, "minutes")
        elif _NOT.fullmatch(between):
            _become(scan, following, "withdrawn")
            same = equal[two.kind, two.value]
            if len(same) == 2:
                _become(scan, same[0] if same[1] == following else same[1], "withdrawn")


def _supersedes(one: Measure, two: Measure, between: str) -> bool:
    return (two.value < one.value and _NET.search(between) is not None) or (
        two.value != one.value and _RIGHT.search(between) is not None
    )


def _says(scan: Scan, words: frozenset[str], time: Measure) -> bool:
    """Whether one of some words leads to a time, or stands right behind it in its clause."""
    at = bisect_left(scan.starts, time.start) - 1
    while at >= 0 and (scan.norms[at] in FILLER or scan.norms[at] in _LEADING_TO):
        at -= 1
    if scan.norm(at) in words:
        return True
    if scan.flat[time.end - 1] == "." and scan.flat[time.end :].lstrip()[:1].isupper():
        return False
    behind = bisect_left(scan.starts, time.end)
    for ahead in range(behind, min(len(scan.norms), behind + _NEAR_BEHIND)):
        if scan.norms[ahead] in words:
            return True
        if scan.norms[ahead] in _PARTS or scan.norms[ahead] in ("\n", "as"):
            break
    return False
