"""What several tests share: the trap that compares everything said with every note read."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from models.suggester import Suggester
    from models.suggester.reading import Reading

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


def command_line(
    *words: str, env: Mapping[str, str], stdin: str | bytes = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """What ``soapcode`` does with some words, run in this process: a process of its own costs seconds of imports.

    Its standard error is compared with all notes at the end, as everything said is.
    """
    from service import cli

    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    data = stdin.encode() if isinstance(stdin, str) else stdin
    status = 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        for name, value in env.items():
            patch.setenv(name, value)
        if cwd is not None:
            patch.chdir(cwd)
        patch.setattr(sys, "argv", ["soapcode", *words])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
        try:
            cli.main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
    said, wrong = (stream.buffer.getvalue().decode() for stream in (out, err))
    TRAP.errors.append(wrong)
    return subprocess.CompletedProcess(words, status, said, wrong)


@contextlib.contextmanager
def notes_read() -> Iterator[list[str]]:
    """The notes that suggesters read while it lasts, each as often as it is read."""
    from models.suggester import Suggester

    read: list[str] = []
    original = Suggester.read

    def counted(self: Suggester, text: str) -> Reading:
        read.append(text)
        return original(self, text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Suggester, "read", counted)
        yield read
