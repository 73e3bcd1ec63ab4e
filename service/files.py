"""Files and pages written for a person: whole or not at all, self-contained."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from corpus.files import whole_file


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step, see `corpus.files.whole_file`.

    Raises
    ------
    ValueError
        Naming the file and why, when it cannot be written.
    """
    try:
        with whole_file(path) as stream:
            stream.write(text)
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}") from error


def keep_apart(read: Path, *written: Path | None) -> None:
    """Refuse to write over the file that is read, also where one is a link to the other, or one file twice.

    Parameters
    ----------
    read : the input, which may be absent.
    written : the outputs; ``None`` is passed over.

    Raises
    ------
    ValueError
        Naming the output.
    """
    seen = [read]
    for path in written:
        if path is None:
            continue
        other = next((other for other in seen if _is_same(path, other)), None)
        if other is not None:
            raise ValueError(
                f"the output {path} must be another file than {other}; name another, nothing was written"
            )
        seen.append(path)


def _is_same(a: Path, b: Path) -> bool:
    """Whether two paths lead to one regular file, or would; two pipes or devices are no harm."""
    if a.exists() and b.exists():
        return a.is_file() and a.samefile(b)
    return os.path.realpath(a) == os.path.realpath(b)


def html_page(title: str, style: str, body: str) -> str:
    """A page that loads nothing and runs nothing.

    Parameters
    ----------
    title : plain text.
    style, body : CSS and HTML, as they shall stand.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def unread(error: Exception) -> str:
    """One sentence for a note that reading fails on; the failure's own message can hold words of the note.

    Examples
    --------
    >>> unread(IndexError("list index out of range"))
    'soapcode failed on this note (IndexError); please report it with a note that has no patient in it'
    """
    return f"soapcode failed on this note ({type(error).__name__}); please report it with a note that has no patient in it"
