"""Rest that is told beside a service's time: inside it for certain, or perhaps.

Billing facts section 2.1: rest counts for no timed code. Only words that put it inside a time take it off ("25 min including 5 min
rest"); where the note does not say whether it is inside ("14 minutes with a 4 minute seated rest"), the time stays and a person is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.minutes.times import Time

_REST = (
    r"(?P<n>\d{1,2})(?!\d|[./%#\"])[ \t-]*(?:min(?:ute)?s?\b\.?|m\b|')[ \t]*(?:of[ \t]+|for[ \t]+)?(?:(?:a|seated|standing|sitting|total)[ \t]+)*"
    r"rest(?:s|ing|[ \t-]?(?:breaks?|periods?))?\b"
)
_GAP = r"[^.;\n\d]{0,32}?"
_WITHIN = r"(?:including|includes|included|incl\.?|inclusive of|counting|of which|of that)"
_INSIDE = re.compile(
    rf"{_GAP}\b{_WITHIN}[ \t]+(?:(?:a|an|the|about|approx\.?|with|were|was)[ \t]+){{0,2}}{_REST}(?![^.;\n]{{0,12}}\bnot\b)",
    re.I,
)
_INSIDE_TOO = re.compile(
    rf"[ \t,;(–-]{{0,3}}(?:with[ \t]+|w/[ \t]*)?(?:a[ \t]+)?{_REST}[ \t]*,?[ \t]*(?:is|are|was|were)?[ \t]*(?:included|incl\.?(?!\w)|counted|of (?:that|it)\b)",
    re.I,
)
# A measure of the note that has its rest taken off already (`nlp.measures`): "25 min including 5 min", behind which "rest" stands.
_TAKEN = re.compile(
    rf".*\b{_WITHIN}(?![a-z])[^.;\n]*?(?P<n>\d{{1,2}})[ \t-]*(?:min(?:ute)?s?\.?|m|')?[ \t]*", re.I | re.S
)
_OF_REST = re.compile(r"[ \t]*(?:of[ \t]+|for[ \t]+)?(?:(?:a|seated|standing|sitting|total)[ \t]+)*rest", re.I)
_BESIDE = re.compile(rf"[ \t,;(–-]{{0,3}}(?:with|w/|and)[ \t]*(?:(?:a|an|one|about)[ \t]+)?{_REST}", re.I)
_APART = re.compile(
    r"[ \t]*[,(]?[ \t]*(?:(?:is|are|was|were)[ \t]+)?(?:not|excluded|separate\w*|apart|extra|in addition|off the clock|untimed)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Rest:
    """Minutes of rest told beside a service's time; ``inside`` where the note puts them in it, so that they were taken off."""

    minutes: int
    inside: bool


def rest_beside(
    flat: str, times: Sequence[Time], given: Mapping[str, tuple[int, ...]]
) -> dict[int, tuple[Rest, int]]:
    """The rest told right behind times that services were given, and what of it they were given as times of their own.

    Returns
    -------
    Index of a time -> its rest, and by how much the minutes of its services are to be less for it: not where the note's measure is
    without it, and more where the rest itself was given to a service.
    """
    used = {i for chosen in given.values() for i in chosen}
    out = {}
    for i in sorted(used):
        taken = _TAKEN.fullmatch(flat, times[i].start, times[i].end)
        if taken and _OF_REST.match(flat, times[i].end):
            out[i] = Rest(int(taken["n"]), True), 0
            continue
        for pattern, inside in ((_INSIDE, True), (_INSIDE_TOO, True), (_BESIDE, False)):
            match = pattern.match(flat, times[i].end)
            if match is None or not 0 < int(match["n"]) < times[i].value or _APART.match(flat, match.end()):
                continue
            rest = Rest(int(match["n"]), inside)
            again = sum(times[k].value for k in used if k != i and match.start() <= times[k].start < match.end())
            out[i] = rest, again + (rest.minutes if inside else 0)
            break
    return out
