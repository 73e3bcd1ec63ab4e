"""Times that a note does not state as one number: a range ("8-10 min"), a time said several times over ("10 min x 2").

The lower end, or the time once, is counted; the claim says so, as only the person who treated can tell more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from models.minutes.times import Time

_RANGE = re.compile(r"[(\[]?[ \t]*(?P<low>\d{1,3})[ \t]?(?:-|–|to)[ \t]?(?P<high>\d{1,3})(?!\d)")
_OVER = re.compile(
    r"[ \t]?x[ \t]?(?P<n>[2-9])(?![\d.]|[ \t]*(?:/|\"|'|per\b|a\b|daily|days?\b|wks?\b|weeks?\b|visits?\b|sessions?\b|min|sets?\b|reps?\b|#|lb|sec))",
    re.I,
)
_BEFORE = re.compile(r"(?<![\d.])(?P<n>[2-9])[ \t]?x[ \t]?$", re.I)


def inexact(flat: str, times: Sequence[Time], given: Mapping[str, Sequence[int]]) -> dict[str, list[str]]:
    """What the claim says of such times, by the service they were given to."""
    out: dict[str, list[str]] = {}
    for service, chosen in given.items():
        for index in chosen:
            said = _said(flat, times[index])
            if said:
                out.setdefault(service, []).append(said)
    return out


def _said(flat: str, time: Time) -> str:
    """The sentence on one time; empty where it is one number, once."""
    if time.kind not in ("minutes", "bare", "bracket"):
        return ""
    words = " ".join(flat[time.start : time.end].split()).rstrip(".,; ")
    span = _RANGE.match(flat, time.start, time.end)
    if span and int(span["low"]) == time.value < int(span["high"]):
        return f"The note states its time as a range, {words}; the lower end, {time.value} minutes, is counted."
    over = _OVER.match(flat, time.end) or _BEFORE.search(flat, max(0, time.start - 6), time.start)
    if over and not time.each:
        told = f"{words} x {over['n']}" if over.start() == time.end else f"{over['n']} x {words}"
        return f"The note states its time as “{told}”; {time.value} minutes are counted, as it gives no sum."
    return ""
