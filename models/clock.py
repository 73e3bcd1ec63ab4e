"""Starts and ends on a twelve-hour dial, as notes state them without a.m. or p.m."""

from __future__ import annotations

Interval = tuple[int, int]
"""Start and end in minutes on a twelve-hour dial; the end is later and can lie past the dial's last minute."""
HALF_DAY = 12 * 60
"""Minutes of the dial."""


def shared(one: Interval, other: Interval) -> int:
    """Minutes in both of two intervals: on a twelve-hour dial 12:00 follows 11:59.

    Examples
    --------
    >>> shared((700, 725), (0, 20)), shared((540, 560), (560, 580))
    (5, 0)
    """
    turns = (-HALF_DAY, 0, HALF_DAY)
    return max(max(0, min(one[1], other[1] + turn) - max(one[0], other[0] + turn)) for turn in turns)
