"""What several tests share: the trap that compares everything said with every note read."""

from __future__ import annotations

import logging


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


TRAP = TextTrap()
