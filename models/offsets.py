"""Code points, which offsets count here, and UTF-16 units, which JavaScript and browser tools count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def utf16_of(text: str) -> list[int]:
    r"""UTF-16 units before each code point, and in the whole text.

    Examples
    --------
    >>> utf16_of("\U0001f600a")
    [0, 2, 3]
    """
    units = [0]
    for char in text:
        units.append(units[-1] + (2 if ord(char) > 0xFFFF else 1))
    return units


def code_points_of(text: str) -> list[int]:
    r"""Code point at each UTF-16 offset, the end among them; -1 within a surrogate pair.

    Examples
    --------
    >>> code_points_of("\U0001f600a")
    [0, -1, 1, 2]
    """
    points = [-1] * (utf16_of(text)[-1] + 1)
    for point, unit in enumerate(utf16_of(text)):
        points[unit] = point
    return points


def spans_in(part: Any) -> Iterator[dict[str, Any]]:
    """Every object with ``start`` and ``end`` in an answer or a part of one, however deep; each once."""
    seen: set[int] = set()
    left = [part]
    while left:
        here = left.pop()
        if isinstance(here, dict):
            if "start" in here and "end" in here and id(here) not in seen:
                seen.add(id(here))
                yield here
            left += here.values()
        elif isinstance(here, (list, tuple)):
            left += here


def to_utf16(text: str, part: Any) -> None:
    r"""Turn the spans of an answer, or of a part of one, from code points of its text into UTF-16 units, in place.

    Examples
    --------
    >>> answer = {"interventions": [{"start": 1, "end": 2}]}
    >>> to_utf16("\U0001f600a", answer)
    >>> answer
    {'interventions': [{'start': 2, 'end': 3}]}
    """
    if all(ord(char) <= 0xFFFF for char in text):
        return
    units = utf16_of(text)
    for span in spans_in(part):
        span["start"], span["end"] = units[span["start"]], units[span["end"]]
