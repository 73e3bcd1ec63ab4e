"""What several tests share: the trap that compares everything said with every note read."""

from __future__ import annotations

import logging
import re

NOT_JSON = (
    None,
    "",
    "text/plain",
    "text/plain; x=application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
)
"""Content types that are not JSON; a page of another origin may send most of them without being asked."""
_WORDS = 4


def shingles(text: str) -> set[tuple[str, ...]]:
    """Every four words in a row, in lower case."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + _WORDS]) for i in range(len(words) - _WORDS + 1)}


class TextTrap(logging.Handler):
    """Keeps every log line and error of the run, and every note that was read, to compare them at the end."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.notes: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        if record.exc_info and record.exc_info[1] is not None:
            self.lines.append(repr(record.exc_info[1]))

    def leaks(self) -> int:
        """How many lines and errors repeat four words of a note in a row."""
        notes = {shingle for note in self.notes for shingle in shingles(note)}
        return sum(not notes.isdisjoint(shingles(line)) for line in {*self.lines, *self.errors})


TRAP = TextTrap()
