"""How often a key may ask: a bucket per key that fills evenly."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable


class Buckets:
    """Token buckets by name, in this process's memory.

    A bucket holds as many requests as ten seconds bring, at least 10, so short bursts pass; it forgets names that are full again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = 10_000) -> None:
        self._clock = clock
        self._most = most
        self._held: dict[str, tuple[float, float, float]] = {}
        self._lock = threading.Lock()

    def take(self, name: str, per_minute: int) -> float:
        """Take one request; 0.0 when it may pass, else the seconds until the next may.

        Parameters
        ----------
        name : whose bucket.
        per_minute : how many requests a minute brings, at least 1.
        """
        now = self._clock()
        rate, room = per_minute / 60, max(10.0, per_minute / 6)
        with self._lock:
            level, since, _ = self._held.get(name, (room, now, now))
            level = min(room, level + (now - since) * rate)
            passes = level >= 1
            if passes:
                level -= 1
            self._held[name] = (level, now, now + (room - level) / rate)
            if len(self._held) > self._most:
                self._held = {k: v for k, v in self._held.items() if v[2] > now}
        return 0.0 if passes else math.ceil((1 - level) / rate * 1000) / 1000
