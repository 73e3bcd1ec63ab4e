"""The one error the knowledge files can raise."""

from __future__ import annotations

from pathlib import Path


class CorpusError(ValueError):
    """A knowledge file breaks one of its rules.

    The message is one sentence: where (file and line), what must hold, what was got.

    Parameters
    ----------
    path : file at fault.
    line : 1-based line in it, or ``None`` when the whole file is meant.
    problem : what must hold and what was got instead.
    """

    def __init__(self, path: Path | str, line: int | None, problem: str) -> None:
        self.path = Path(path)
        self.line = line
        self.problem = problem
        where = self.path.name if line is None else f"{self.path.name}:{line}"
        super().__init__(f"{where}: {problem}")
