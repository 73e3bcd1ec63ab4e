"""Spans in code points, whatever a tool counted: code points, UTF-16 units, a CRLF as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.clinic import RowError
from models.exchange.record import LabelSpan
from models.offsets import code_points_of

Place = tuple[int, int, str, str | None]
"""Start, end, label, and the span's words where the tool repeats them."""


def _identity(text: str) -> list[int]:
    return list(range(len(text) + 1))


def _one_line_end(count: Callable[[str], list[int]]) -> Callable[[str], list[int]]:
    """The same count in a text whose CRLF became one character."""

    def counted(text: str) -> list[int]:
        kept = [i for i, c in enumerate(text) if not (c == "\r" and text[i + 1 : i + 2] == "\n")]
        kept.append(len(text))
        short = "".join(text[i] for i in kept[:-1])
        return [kept[at] if at >= 0 else -1 for at in count(short)]

    return counted


_COUNTS: tuple[Callable[[str], list[int]], ...] = (
    _identity,
    code_points_of,
    _one_line_end(_identity),
    _one_line_end(code_points_of),
)


def place(text: str, places: Sequence[Place]) -> list[LabelSpan]:
    r"""Spans in code points, whatever the tool counted.

    Parameters
    ----------
    text : the note.
    places : spans as the tool gave them.

    Raises
    ------
    RowError
        When no way of counting makes all repeated words stand where they are said to.

    Examples
    --------
    >>> place("\U0001f600 gait", [(3, 7, "97116", "gait")])
    [LabelSpan(start=2, end=6, label='97116')]
    """
    for count in _COUNTS:
        at = count(text)
        found = []
        for start, end, label, words in places:
            if not (0 <= start < end < len(at)) or min(at[start], at[end]) < 0:
                break
            span = LabelSpan(at[start], at[end], label)
            if words is not None and _plain(text[span.start : span.end]) != _plain(words):
                break
            found.append(span)
        else:
            return found
    raise RowError("spans must lie in the text and hold the words they repeat, in code points or UTF-16 units")


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
