"""The traits of what the services of a note are given together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from models.minutes.times import TOTAL, Time
from models.minutes.traits.scene import Scene
from models.minutes.traits.sorts import sort_of, timed_services
from models.minutes.traits.trait import Given, Trait

_SHORT = 5
# Words that say one time is for several things.
_SUMMING = re.compile(
    r"\b(?:all of (?:that|this|the above|it|these|them)|for (?:all|that|both|everything|the (?:two|three|four|lot))|altogether"
    r"|in all|all told|in sum|together|combined|both|same time|last (?:\d|two|three|four)|each)\b",
    re.I,
)


def of_all(scene: Scene, middles: Mapping[str, float], given: Given) -> list[Trait]:
    """The traits of what the services of the note are given together.

    Parameters
    ----------
    scene : the times and what the note's segments support.
    middles : per service the middle of the segments that support it (`Around.middles`).
    given : the times of every service, none of some.
    """
    users: dict[int, list[str]] = defaultdict(list)
    for service, chosen in given.items():
        for index in chosen:
            users[index].append(service)
    out: list[Trait] = []
    for index, services in users.items():
        if len(services) > 1:
            out.extend(_of_twice(scene, scene.times[index], services, len(given)))
    few = str(min(len(given), 3))
    count = sum(map(bool, given.values()))
    some = "all" if count == len(given) else "some" if count else "none"
    out.append(("given", some, few))
    out.append(("given", "without", str(min(len(given) - count, 3)), few))
    if any(scene.times[i].kind == "minutes" for i in users):
        out.extend(
            ("given", "a bare number among minutes", t.before) for i in users if (t := scene.times[i]).kind == "plain"
        )
    if users:
        out.extend(_of_sums(scene, users, some, few))
    out.extend(_of_unused(scene, users, given))
    out.extend(_of_order(scene, middles, users, given))
    return out


def _of_twice(scene: Scene, time: Time, services: Sequence[str], among: int) -> Iterator[Trait]:
    """The traits of a time that is given to several of the ``among`` services of the note."""
    marks = sorted(scene.owns(time, s) for s in services)
    named = sum(s in (time.name_before, time.name_behind) for s in services)
    sorts = sorted({sort_of(s) for s in services})
    yield "twice", "own", marks[0], marks[-1]
    yield "twice", "by", str(min(len(services), 3)), time.kind
    yield "twice", "stands", time.ends, marks[-1]
    yield "twice", "sorts", *sorts[:2]
    yield "twice", "named", str(min(named, 2))
    if named and time.row:
        rowed = sum(s in time.row for s in services) + 1
        yield (
            "twice",
            "row",
            "of the row" if rowed == len(services) else "of others too",
            "all" if rowed > len(time.row) else "part",
        )
    segment = scene.page.segments[time.at]
    summed = _SUMMING.search(scene.page.flat, min(segment.start, time.start), max(segment.end, time.end) + 16)
    yield "twice", "said for several" if summed else "not said for several", str(min(len(services), 3))
    if len(services) == among:
        yield "twice", "by all", str(min(among, 3))


def _of_sums(scene: Scene, users: Mapping[int, Sequence[str]], some: str, few: str) -> Iterator[Trait]:
    """Whether what is given adds up to what the note states for all of it."""
    used = {i: scene.times[i] for i in users}
    whole = sum(t.value for t in used.values())
    timed = sum(used[i].value for i, services in users.items() if timed_services().intersection(services))
    for kind, value in (("timed", timed), ("total", whole), ("clock", whole)):
        stated = [t.value for i, t in enumerate(scene.times) if t.kind == kind]
        if not stated:
            continue
        itself = len(used) == 1 and next(iter(used.values())).kind == kind
        said = "itself" if itself else "=" if value in stated else ">" if value > max(stated) else "<"
        yield "sum", kind, said, some
        yield "sum", kind, said, few
    if len(used) > 1:
        rest = {
            t.value: t.kind for i, t in enumerate(scene.times) if i not in users and t.kind not in (TOTAL, "timed")
        }
        if whole in rest:
            yield "sum", "is stated", rest[whole]
        elif timed in rest:
            yield "sum", "of the timed is stated", rest[timed]


def _of_unused(scene: Scene, users: Mapping[int, Sequence[str]], given: Given) -> Iterator[Trait]:
    """The traits of times of this visit's work that are given to no service."""
    most = sum(scene.times[i].value for i in users)
    whole = {s for i, services in users.items() if scene.times[i].kind in (TOTAL, "clock") for s in services}
    left = False
    for index, time in enumerate(scene.times):
        if index in users or not time.done or time.kind not in ("minutes", "bracket"):
            continue
        if time.value < _SHORT:
            if time.inside and scene.decided[time.at]:
                yield "unused", "short", *_of_short(scene, time)
                yield "unused", "short", _covered(scene, index, given)
            continue
        own = scene.decided[time.at] if time.inside else frozenset()
        if own and own <= whole:
            yield "unused", "part of a session that is the service's"
            continue
        left = True
        served = "served" if own and all(given.get(s) for s in own) else ""
        called = time.name_before in given or time.name_behind in given
        what = "listed" if time.listed else "named" if called else "own" if own else "no"
        big = "long" if users and time.value >= most else ""
        yield "unused", what, time.ends, big, served
        if what != "no":
            yield "unused", what, served
        if own:
            yield "unused", "own", "held", _covered(scene, index, given)
    lacking = len(given) - sum(map(bool, given.values()))
    if left and lacking:
        yield "unused", "though services lack one", str(min(lacking, 2))


def _covered(scene: Scene, index: int, given: Given) -> str:
    """Whether a longer time given to what a time's clause supports holds it: one that opens the stretch before it
    ("15 min: rows, bike 4 min"), one that closes a stretch behind it ("bike 4 min, rows, 15 min"); one that closes what
    stands before it ("frictions 10 min, glides 3 min") does not. One of its own length may say the same "again".
    """
    time = scene.times[index]
    own = scene.decided[time.at]
    used = {i for service in own for i in given.get(service, ())}
    if any(scene.times[i].value == time.value for i in used):
        return "again"
    longer = sorted(i for i in used if scene.times[i].value > time.value)
    before = [scene.times[i] for i in longer if i < index]
    behind = [scene.times[i] for i in longer if i > index]
    opened = bool(before) and (not before[-1].ends.startswith("/") or before[-1].ends.endswith(":"))
    closed = bool(behind) and behind[0].ends[-1] in "LSG"
    far = "" if not longer else "near" if _near(scene, index, before[-1:] + behind[:1]) else "far"
    return ("opened" if opened else "ended" if before else "") + ("closed" if closed else "") + far


def _near(scene: Scene, index: int, others: Sequence[Time]) -> bool:
    """Whether a time stands in one line with one of some others."""
    line = scene.page.segments[scene.times[index].at].line
    return any(scene.page.segments[other.at].line == line for other in others)


def _of_short(scene: Scene, time: Time) -> tuple[str, str]:
    """Whether the clause of a short time names a treatment of what it supports, and how the time stands in it: rests and
    holds are told beside treatments, short treatments as these themselves.
    """
    own = scene.decided[time.at]
    named = any(own.intersection(m.concept.priors) for m in scene.page.segments[time.at].mentions)
    return "treatment" if named else "no treatment", time.ends


def _of_order(
    scene: Scene, middles: Mapping[str, float], users: Mapping[int, Sequence[str]], given: Given
) -> Iterator[Trait]:
    """Whether the times follow one another as the services do."""
    own = [
        (middles[service], chosen)
        for service, chosen in given.items()
        if chosen and all(len(users[i]) == 1 and not scene.times[i].listed for i in chosen)
    ]
    if len(own) < 2:
        return
    own.sort()
    for (middle, one), (later, two) in pairwise(own):
        apart = "near" if later - middle < 2 else "apart"
        said = "straight" if max(one) < min(two) else "crossed" if min(one) > max(two) else "mixed"
        yield "order", said, apart
