"""The traits of times given to a service that are not the traits of one of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from models.minutes.times import TOTAL, Time
from models.minutes.traits.scene import STATED, Scene
from models.minutes.traits.sorts import sort_of
from models.minutes.traits.trait import Trait

_AGAIN, _JOINING = ("another", "more"), (" and ", "then", "+")
_AMOUNTS = (3, 5, 8, 16, 31, 46, 61)


def of_set(scene: Scene, service: str, chosen: tuple[int, ...]) -> list[Trait]:
    """The traits of times given to a service that are not the traits of one of them.

    Parameters
    ----------
    scene : the times and what the note's segments support.
    chosen : the times, by their places among the page's times; empty for none.
    """
    if not chosen:
        return _of_none(scene, service)
    amount = sum(scene.times[i].value for i in chosen)
    given: Trait = ("amount", str(bisect_right(_AMOUNTS, amount)), sort_of(service))
    if len(chosen) == 1:
        return [given, *_of_left(scene, service, scene.times[chosen[0]])]
    several = [scene.times[i] for i in chosen]
    return [given, *_of_several(scene, service, several, amount), *_of_more_left(scene, service, several)]


def _of_none(scene: Scene, service: str) -> list[Trait]:
    """The traits of no time."""
    stated = [t for t in scene.times if t.kind == "minutes"]
    own = sum(t.inside and service in scene.decided[t.at] for t in stated)
    return [
        ("none", "service", service),
        ("none", sort_of(service), str(min(own, 2))),
        ("none", scene.one),
        ("none", "times", str(min(3, len(stated)))),
    ]


def _of_left(scene: Scene, service: str, time: Time) -> list[Trait]:
    """The traits of a time of the service's own clauses that is left out beside the one that is given."""
    line = scene.page.segments[time.at].line
    out: list[Trait] = []
    for other in scene.times:
        if other is not time and other.kind in STATED and scene.owns(other, service) == "only":
            near = "line" if scene.page.segments[other.at].line == line else "apart"
            compared = _compared(other, time)
            out.append(("left", near, compared, time.ends, other.ends))
            out.append(("left", near, compared, scene.said_as(time, service), scene.said_as(other, service)))
    return out


def _of_several(scene: Scene, service: str, times: Sequence[Time], amount: int) -> Iterator[Trait]:
    """The traits of several times that are added."""
    few = str(min(len(times), 5))
    yield "several", few, sort_of(service)
    yield "several", few
    if len({t.form for t in times}) == 1:
        lines = {scene.page.segments[t.at].line for t in times}
        yield "several", "of one form", "lines" if len(lines) == len(times) else "line", times[0].form[0]
    if 2 * max(t.value for t in times) == amount and len(times) > 2:
        yield "several", "one is the sum of the rest"
    session = [t for t in times if t.kind in (TOTAL, "clock")]
    if session and len(session) < len(times):
        yield "several", "a session's time beside its parts", session[0].kind
    stated = next((t.kind for t in scene.times if t.value == amount), "")
    if stated:
        yield "several", "their sum is stated", stated
    for one, two in pairwise(times):
        yield from _of_two(scene, service, one, two)


def _of_two(scene: Scene, service: str, one: Time, two: Time) -> Iterator[Trait]:
    """The traits of two times that follow one another among those that are added."""
    a, b = scene.page.segments[one.at], scene.page.segments[two.at]
    apart = "f"
    if one.at == two.at:
        apart = "g"
    elif a.sentence == b.sentence:
        apart = "s"
    elif a.line == b.line:
        apart = "l"
    elif a.block == b.block:
        apart = "b"
    yield "both", "stand", apart, one.ends, two.ends
    yield "both", "are", apart, one.kind, two.kind
    yield "both", "last", _compared(one, two), one.ends, two.ends
    yield "both", "own", scene.owns(one, service), scene.owns(two, service)
    yield "both", "as", apart, scene.said_as(one, service), scene.said_as(two, service)
    if apart in "gs":
        words = scene.page.flat[one.end : two.start]
        joined = "parted"
        if any(word in words for word in _AGAIN):
            joined = "again"
        elif any(word in words for word in _JOINING):
            joined = "joined"
        yield "both", joined, str(min(len(words) // 20, 4))


def _of_more_left(scene: Scene, service: str, times: Sequence[Time]) -> Iterator[Trait]:
    """The traits of a time of the service's own clauses that is left out beside several that are added."""
    for other in scene.times:
        if other not in times and other.kind in STATED and scene.owns(other, service) == "only":
            as_others = scene.said_as(other, service) in {scene.said_as(time, service) for time in times}
            yield "left", "more", "like the others" if as_others else "unlike them", other.kind


def _compared(one: Time, two: Time) -> str:
    return "<" if one.value < two.value else "=" if one.value == two.value else ">"
