"""What stands around a time: the services before and behind it, how near, and whose the stretch mostly is."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from models.minutes.traits.scene import STATED, Scene

_PARTING = frozenset({"minutes", "clock", "bracket", "bare", "worded"})
_FAR, _FAINT = 25, 0.05


class Around:
    """What stands around the times of a scene.

    Parameters
    ----------
    scene : the times and what the note's segments support.

    Attributes
    ----------
    back, ahead : for each segment with a time the nearest segment of each service before it, and behind it.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._stated = self._stated_before()
        self.back, self.ahead = self._nearest()
        self._support_before = [
            list(accumulate((v if (v := here.get(s, 0.0)) > _FAINT else 0.0 for here in scene.support), initial=0.0))
            for s in scene.services
        ]

    def distance(self, at: int, other: int, near: Mapping[str, int]) -> str:
        """How far a service's segment is: services nearer, line or sentence between, times between.

        Parameters
        ----------
        at, other : the segments of a time and of a service.
        near : the nearest segments of all services on that side, of `back` or `ahead`.
        """
        here, there = self._scene.page.segments[at], self._scene.page.segments[other]
        if here.sentence == there.sentence:
            apart = "s"
        elif here.line == there.line:
            apart = "l"
        elif abs(here.line - there.line) == 1:
            apart = "n"
        else:
            apart = "b" if here.block == there.block else "f"
        if other < at:
            rank = len([i for i in near.values() if i > other])
            crossed = self._stated[at] - self._stated[other + 1]
        else:
            rank = len([i for i in near.values() if i < other])
            crossed = self._stated[other] - self._stated[at + 1]
        return f"{min(rank, 2)}{apart}{min(max(crossed, 0), 2)}"

    def shares(self, k: int) -> tuple[dict[str, str], dict[str, str]]:
        """Per service how much of the stretch before, and behind, a time is its: up to the times around it.

        Parameters
        ----------
        k : the time's place among the page's times.

        Returns
        -------
        Classes ``a`` (under a tenth) to ``e`` (from 0.85), ``t`` added for the largest; ``0`` where the stretch supports nothing.
        """
        time, segments = self._scene.times[k], self._scene.page.segments
        stop, end = max(0, time.at - _FAR), min(len(segments), time.at + _FAR)
        for other in reversed(self._scene.times[:k]):
            if other.kind in _PARTING and other.start < time.start:
                stop = max(stop, other.at + (other.at < time.at))
                break
        for other in self._scene.times[k + 1 :]:
            if other.kind in _PARTING:
                end = min(end, other.at)
                break
        block = segments[time.at].block
        stop, end = min(stop, time.at), max(end, time.at + 1)
        while block - segments[stop].block > 1:
            stop += 1
        while segments[end - 1].block - block > 1:
            end -= 1
        return self._share(stop, time.at + time.inside), self._share(time.at, end)

    def _share(self, first: int, end: int) -> dict[str, str]:
        """Per service the class of its share of the segments from ``first`` to ``end``, "t" added for the largest."""
        total = [up_to[end] - up_to[first] for up_to in self._support_before]
        whole = sum(total)
        if whole < 0.3:
            return dict.fromkeys(self._scene.services, "0")
        top = max(total)
        return {
            s: _class_of(v / whole) + ("t" if v == top else "")
            for s, v in zip(self._scene.services, total, strict=True)
        }

    def middles(self) -> dict[str, float]:
        """Per service the middle of the segments that support it, each as much as it does."""
        out = {}
        for service, up_to in zip(self._scene.services, self._support_before, strict=True):
            whole = up_to[-1]
            out[service] = len(up_to) - 1 - sum(up_to[1:]) / whole if whole else 0.0
        return out

    def _stated_before(self) -> list[int]:
        """Per segment how many times are stated before it."""
        out = [0] * (len(self._scene.page.segments) + 1)
        for time in self._scene.times:
            if time.kind in STATED:
                out[time.at + 1] += 1
        for i in range(1, len(out)):
            out[i] += out[i - 1]
        return out

    def _nearest(self) -> tuple[dict[int, dict[str, int]], dict[int, dict[str, int]]]:
        """For each segment with a time the nearest segment of each service before it, and behind it."""
        at = {t.at for t in self._scene.times}
        found: list[dict[int, dict[str, int]]] = []
        forward = range(len(self._scene.decided))
        for order in (forward, reversed(forward)):
            seen: dict[str, int] = {}
            near: dict[int, dict[str, int]] = {}
            for i in order:
                if i in at:
                    near[i] = dict(seen)
                for service in self._scene.decided[i]:
                    seen[service] = i
            found.append(near)
        return found[0], found[1]


def _class_of(share: float) -> str:
    return "a" if share < 0.1 else "b" if share < 0.3 else "c" if share < 0.6 else "d" if share < 0.85 else "e"
