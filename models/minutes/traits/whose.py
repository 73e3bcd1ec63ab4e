"""Times that can be nobody's, or only some service's, whatever else speaks for them."""

from __future__ import annotations

import re
from bisect import bisect_right

from models.minutes.times import TOTAL, Time
from models.minutes.traits.scene import Scene

_OF_THE_VISIT = re.compile(
    r"\b(?:session|treatment|treat|tx|visit|appointment|appt|therapy|contact|clinic|house|home|building)\b", re.I
)
_ALL_OF_IT = re.compile(
    r"[ \t]*[,;(—–-]{1,2}[ \t]*(?:all|entire(?:ly)?|solely|100 ?%)\b[ \t]*(?:of (?:it|this|that|which)\b[ \t]*)?(?:was |spent |in |on |for |the |direct |skilled |1:1 |one[- ]on[- ]one |timed |time ){0,4}(?=[a-z])",
    re.I,
)
_FULL_STOPS = (". ", "! ", "? ", ".\t", "\n")
_COMING = re.compile(r"\b(?:in|session|visit|seen|arrived|here)(?: time)?(?: from| at)?\W*$", re.I)
_GOING = re.compile(r"\b(?:out|left|leave)\b", re.I)


def named_by_its_own(scene: Scene, time: Time) -> frozenset[str]:
    """The services a start and end stands beside by name, in a clause that supports no other: it is nobody else's."""
    if time.kind != "clock" or not time.inside:
        return frozenset()
    here = frozenset(mark.service for mark in scene.page.segments[time.at].marks) & scene.page.services
    return here if scene.decided[time.at] <= here else frozenset()


def is_the_visits(scene: Scene, time: Time) -> bool:
    """Whether a total, or a start and end, is called the session's and no service's: it is recorded and belongs to no code
    (guide, section 5).
    """
    flat = scene.page.flat
    if time.kind == "clock":
        called = _COMING.search(flat[max(0, time.start - 16) : time.start]) or _GOING.search(
            flat, time.start, time.end
        )
    else:
        line = flat.rfind("\n", 0, time.start) + 1
        before = max(line, flat.rfind(". ", 0, time.start) + 1, time.start - 32)
        called = _OF_THE_VISIT.search(flat, before, time.end) if time.kind == TOTAL else None
    return (
        called is not None
        and not _is_all_of_one(scene, time)
        and not {time.name_before, time.name_behind} & scene.page.services
        and not (time.inside and scene.decided[time.at])
    )


def is_total_beside_own(scene: Scene, time: Time, service: str) -> bool:
    """Whether a total stands in a sentence of its own behind a time that is said to be the service's: it is the session's then, however
    few services there are ("Gait training 30 min w/ RW. Total 45 min.").
    """
    if time.kind != TOTAL or service in (time.name_before, time.name_behind) or service in time.row:
        return False
    segment = scene.page.segments[time.at]
    if any(m.service == service for m in segment.marks) or any(service in m.concept.priors for m in segment.mentions):
        return False
    if _is_all_of_one(scene, time):
        return False
    stop = max(scene.page.flat.rfind(mark, 0, time.start) for mark in _FULL_STOPS)
    return any(
        other.kind == "minutes"
        and other.inside
        and other.start < time.start
        and other.value < time.value
        and other.end - 1 <= stop
        and _is_its_own(scene, other, service, under=service in segment.strong)
        for other in scene.times
    )


def _is_its_own(scene: Scene, time: Time, service: str, *, under: bool) -> bool:
    """Whether a time is a service's by its name, or by its words where the total does not stand ``under`` its
    heading with other items.
    """
    named = service in (time.name_before, time.name_behind)
    marked = any(m.service == service for m in scene.page.segments[time.at].marks)
    return named or marked or (not under and service in scene.decided[time.at])


def _is_all_of_one(scene: Scene, time: Time) -> bool:
    """Whether a session is said to have been all of one service: "Session: 38 min, all direct cognitive intervention"."""
    said = _ALL_OF_IT.match(scene.page.flat, time.end)
    at = bisect_right([s.start for s in scene.page.segments], said.end()) - 1 if said else -1
    return said is not None and at >= 0 and said.end() < scene.page.segments[at].end and len(scene.decided[at]) == 1
