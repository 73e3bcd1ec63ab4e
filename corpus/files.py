"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def whole_file(path: Path, check: Callable[[Path], object] | None = None) -> Iterator[TextIO]:
    """A UTF-8 file to write in one step: the new one whole, or the old one as it was; readable by its owner only.

    It appears when the block ends well; until then it stands beside under another name, which is gone afterwards. Where the path is
    a link, the file it leads to is replaced; a pipe or a device is written to directly. A lone surrogate, which UTF-8 cannot hold,
    becomes a question mark.

    Parameters
    ----------
    path : where the file goes.
    check : called with the finished file before it takes its place; what it raises leaves the old one.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    goal = Path(os.path.realpath(path))
    if goal.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if goal.exists() and not goal.is_file():
        with goal.open("w", encoding="utf-8", errors="replace") as stream:
            yield stream
        return
    handle, name = tempfile.mkstemp(dir=goal.parent, prefix=f".{goal.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if check is not None:
            check(fresh)
        fresh.replace(goal)
    finally:
        fresh.unlink(missing_ok=True)
