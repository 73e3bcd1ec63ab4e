"""The traits of a time with a service it may be of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from models.minutes.times import TOTAL, Time
from models.minutes.traits.around import Around
from models.minutes.traits.scene import Scene
from models.minutes.traits.sorts import sort_of
from models.minutes.traits.trait import Trait
from models.minutes.traits.whose import is_the_visits, is_total_beside_own, named_by_its_own

_UNSET = frozenset({"bare", "worded", "plain"})


class Pairs:
    """The traits of each time of a scene with each service it may be of.

    Parameters
    ----------
    scene : the times and what the note's segments support.
    around : what stands around the times.
    """

    def __init__(self, scene: Scene, around: Around) -> None:
        self._scene, self._around = scene, around
        self._style = _where_times_stand(scene.times)
        self._written = "minutes written" if any(t.kind == "minutes" for t in scene.times) else "none written"
        sentences = ((scene.page.segments[t.at].sentence, t.kind) for t in scene.times if t.kind in _UNSET)
        self._alike = Counter(sentences)

    def of(self, k: int) -> Iterator[tuple[str, list[Trait]]]:
        """The traits of a time with each service it may be of.

        Parameters
        ----------
        k : the time's place among the page's times.
        """
        scene, around, time = self._scene, self._around, self._scene.times[k]
        shares = None
        near, later = around.back[time.at], around.ahead[time.at]
        visit = is_the_visits(scene, time)
        named_here = named_by_its_own(scene, time)
        for service in scene.services:
            if (visit and sort_of(service) != "hours") or (named_here and service not in named_here):
                continue
            if is_total_beside_own(scene, time, service) and sort_of(service) != "hours":
                continue
            own = scene.owns(time, service)
            back = around.distance(time.at, near[service], near) if service in near else "-"
            ahead = around.distance(time.at, later[service], later) if service in later else "-"
            if not time.inside and service in scene.decided[time.at]:
                ahead = "0d0"
            named = service in (time.name_before, time.name_behind) or service in time.row
            unlikely = time.kind in ("plain", "other_time") and own not in ("only", "among") and not named
            if unlikely and back[1:2] not in ("s", "l", "n") and ahead[1:2] not in ("s", "l", "d"):
                continue
            shares = shares or around.shares(k)
            yield service, self._pair(time, service, (own, back, ahead), (shares[0][service], shares[1][service]))

    def _pair(self, time: Time, service: str, where: tuple[str, str, str], share: tuple[str, str]) -> list[Trait]:
        """The traits of a time with a service."""
        own, back, ahead = where
        shared, share_ahead = share
        segment = self._scene.page.segments[time.at]
        lean = _lean(self._scene, time, service)
        name = _name(time, service)
        strong = "s" if service in segment.strong else "o" if segment.strong else ""
        one = self._scene.one
        kind, place, ends, sort = time.kind, time.place, time.ends, sort_of(service)
        alike = str(min(self._alike[segment.sentence, kind], 3))
        return [
            ("alike", kind, alike),
            ("alike", kind, alike, ends, one),
            ("own", own, place),
            ("own", own, kind),
            ("own", own, time.before),
            ("own", own, time.behind),
            ("own", own, sort, ends),
            ("lean", own, lean),
            ("lean", lean, place),
            ("back", back, place),
            ("ahead", ahead, place),
            ("between", own, back[:2], ahead[:2], ends),
            ("share", shared, share_ahead, ends),
            ("share", shared, place),
            ("share", share_ahead, ends, kind),
            ("share", shared, kind, one),
            ("style", self._style, back[:2], ahead[:2], ends[:1]),
            ("name", name, own, kind),
            ("name", name, place),
            ("name", name, time.before, time.behind),
            ("list", time.listed, name),
            ("list", time.listed, name, kind),
            ("kind", kind, place),
            ("kind", kind, one),
            ("kind", kind, time.before, self._written),
            ("before", time.before, kind),
            ("behind", time.behind, kind),
            ("size", str(time.size), sort, kind),
            ("done", str(time.done), own),
            ("strong", strong, own),
            ("strong", strong, ends, kind),
        ]


def _where_times_stand(times: Sequence[Time]) -> str:
    """Whether the note's times rather open (o) or close (c) what they are stated for."""
    opened = closed = 0
    for time in times:
        if time.kind == "minutes":
            opened += not time.ends.startswith("/")
            closed += time.ends[-1] in "LSG"
    return "o" if opened > closed else "c" if closed > opened else "m"


def _lean(scene: Scene, time: Time, service: str) -> str:
    """How strongly a time's own clause supports a service, with a "t" where no other more."""
    if not time.inside:
        return "h"
    support = scene.support[time.at]
    value = support.get(service, 0.0)
    step = "4" if value >= 0.6 else "3" if value >= 0.3 else "2" if value >= 0.1 else "1" if value >= 0.03 else "0"
    return step + ("t" if value and value == max(support.values()) else "")


def _name(time: Time, service: str) -> str:
    """Which service is called beside a time: this one before or behind it, the total, another."""
    if time.name_before == service:
        return f"b{time.near_before}"
    if time.name_behind == service:
        return f"a{time.near_behind}"
    if service in time.row:
        return f"r{time.near_before if time.name_before else time.near_behind}"
    if time.name_before:
        return "total" if time.name_before == TOTAL else f"ob{time.near_before}"
    return "oa" if time.name_behind else ""
