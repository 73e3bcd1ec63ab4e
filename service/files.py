"""Files and pages written for a person: whole or not at all, self-contained."""

from __future__ import annotations

import os
import tempfile
from html import escape
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step: the new one whole, or the old one as it was; readable by its owner only.

    A lone surrogate, which UTF-8 cannot hold, becomes a question mark.

    Raises
    ------
    ValueError
        Naming the file and why, when it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        fresh = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as stream:
                stream.write(text)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}") from error


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
