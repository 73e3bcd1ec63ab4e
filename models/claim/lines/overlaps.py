"""Starts and ends stated for timed codes that cannot all be true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from corpus.catalogue import load_catalogue
from models.claim.lines.shapes import Delivered
from models.claim.timing import SharedTime
from models.clock import HALF_DAY, Interval
from models.wording import minutes_in_words


def overlaps(items: Sequence[Delivered], shared_times: Sequence[SharedTime]) -> Iterator[str]:
    """Timed codes whose stated starts and ends overlap, a code's own among themselves too: one minute counts once.

    A start and end stated once for two codes is no overlap, it is a time they share.
    """
    catalogue = load_catalogue()
    clocks: dict[str, list[Interval]] = {}
    for item in items:
        if item.code in catalogue and catalogue[item.code].timed:
            clocks.setdefault(item.code, []).extend(item.clock)
    dials = {code: _dial(clock) for code, clock in clocks.items()}
    for code, clock in clocks.items():
        both = sum(min(HALF_DAY, end - begin) for begin, end in clock) - len(dials[code])
        if both:
            yield (
                f"The stated times of {code} overlap by {minutes_in_words(both)}, {len(dials[code])} by the clock; "
                "a minute counts once, so correct the times or the units."
            )
    for one, other in combinations(dials, 2):
        at_once = any({one, other} <= set(time.codes) for time in shared_times)
        common = (dials[one][minute] | dials[other][minute] for minute in dials[one].keys() & dials[other].keys())
        both = sum(len(intervals) > 1 or not at_once for intervals in common)
        if both:
            yield (
                f"The stated times of {one} and {other} overlap by {minutes_in_words(both)}; "
                "a minute counts for one timed code, so correct the times or the units."
            )


def _dial(clock: Iterable[Interval]) -> dict[int, set[Interval]]:
    """The intervals that hold each minute of the dial; minutes that none holds are left out."""
    held: dict[int, set[Interval]] = {}
    for interval in clock:
        for minute in range(*interval):
            held.setdefault(minute % HALF_DAY, set()).add(interval)
    return held
