"""Starts and ends stated for timed codes that cannot all be true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from corpus.catalogue import load_catalogue
from models.claim.lines.shapes import Delivered
from models.claim.timing import SharedTime
from models.clock import HALF_DAY, Interval, shared


def overlaps(items: Sequence[Delivered], shared_times: Sequence[SharedTime]) -> Iterator[str]:
    """Timed codes whose stated starts and ends overlap, a code's own among themselves too: one minute counts once.

    A start and end stated once for two codes is no overlap, it is a time they share.
    """
    catalogue = load_catalogue()
    timed = [item for item in items if item.code in catalogue and catalogue[item.code].timed]
    for item in timed:
        if both := sum(shared(one, other) for one, other in combinations(item.clock, 2)):
            yield (
                f"The stated times of {item.code} overlap by {both} minutes, {_covered(item.clock)} by the clock; "
                "a minute counts once, so correct the times or the units."
            )
    for one, other in combinations(timed, 2):
        at_once = any({one.code, other.code} <= set(time.codes) for time in shared_times)
        both = sum(shared(a, b) for a in one.clock for b in other.clock if not (at_once and a == b))
        if both and one.code != other.code:
            yield (
                f"The stated times of {one.code} and {other.code} overlap by {both} minutes; "
                "a minute counts for one timed code, so correct the times or the units."
            )


def _covered(clock: Iterable[Interval]) -> int:
    """Minutes of the dial that lie in any of some intervals."""
    return len({minute % HALF_DAY for begin, end in clock for minute in range(begin, end)})
