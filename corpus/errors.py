"""The one error the knowledge files can raise."""

from __future__ import annotations

import json
import re
from pathlib import Path

import tomli


class InOwnFile(int):
    """A line number that knows its file: of an entry that this installation added to a shipped file."""

    path: Path

    def __new__(cls, path: Path, line: int) -> InOwnFile:
        """The line ``line`` of ``path``."""
        made = super().__new__(cls, line)
        made.path = path
        return made


class CorpusError(ValueError):
    """A knowledge file breaks one of its rules.

    The message is one sentence: where (file and line), what must hold, what was got.

    Parameters
    ----------
    path : file at fault; the line's own, where it is an `InOwnFile`.
    line : 1-based line in it, or ``None`` when the whole file is meant.
    problem : what must hold and what was got instead.
    """

    def __init__(self, path: Path | str, line: int | None, problem: str) -> None:
        self.path = line.path if isinstance(line, InOwnFile) else Path(path)
        self.line = line
        self.problem = problem
        where = self.path.name if line is None else f"{self.path.name}:{line}"
        super().__init__(f"{where}: {problem}")


def what_failed(error: Exception) -> str:
    """What was wrong with something read, for the end of a sentence; never a value of it.

    Examples
    --------
    >>> what_failed(KeyError("text"))
    "'text' is missing"
    """
    if isinstance(error, json.JSONDecodeError):
        return f"it is no JSON: {error.msg} at column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    if isinstance(error, tomli.TOMLDecodeError):
        found = re.search(r"\(at .*\)$", str(error))
        return f"it is no TOML {found[0]}" if found else "it is no TOML"
    if isinstance(error, KeyError) and re.fullmatch(r"\w{1,24}", str(error.args[0])):
        return f"{error.args[0]!r} is missing"
    return "a value is not of its kind"
