"""What the commands share: the two consoles, common options, reading a note, and loading the suggester."""

from __future__ import annotations

import codecs
import datetime as dt
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from corpus.limits import LONGEST_NOTE
from corpus.notes import PAYERS
from corpus.payers import load_payers
from corpus.tables import as_text, paused_collector
from models.home import UnfitBundleError

if TYPE_CHECKING:
    from models.suggester import Suggester

out = Console(highlight=False, width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 160)
err = Console(stderr=True, highlight=False)

NoteFile = Annotated[str, typer.Argument(help="A text file, or - for standard input.", metavar="NOTE")]
Payer = Annotated[str, typer.Option(help=f"One of {', '.join(PAYERS)}, or of your own payers.toml.")]
Date = Annotated[str | None, typer.Option(help="Date of service, e.g. 2026-11-02.")]
Threshold = Annotated[float | None, typer.Option(help="Suggest from this probability on (0 to 1).")]


class RefusalError(Exception):
    """A mistake of the caller's, said in one sentence; exit status 2."""


def read_note(name: str) -> str:
    """The note in a file, or on standard input for ``-``.

    Raises
    ------
    RefusalError
        When it cannot be read, is over the limit of a note, is not text, or is empty.
    """
    if not name:
        raise RefusalError("NOTE must be a text file, or - for standard input, got an empty name")
    try:
        if name == "-":
            data = sys.stdin.buffer.read(2 * LONGEST_NOTE + 1)
        else:
            with Path(name).open("rb") as stream:
                data = stream.read(2 * LONGEST_NOTE + 1)
    except OSError as error:
        raise RefusalError(f"{name} cannot be read: {error.strerror}") from error
    if len(data) > (2 if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else 1) * LONGEST_NOTE:
        raise RefusalError(
            f"{name} must hold the note of one visit, at most {LONGEST_NOTE // 1024} KiB, got more; give many notes to 'soapcode batch'"
        )
    try:
        text = as_text(data)
    except UnicodeDecodeError as error:
        raise RefusalError(f"{name} must be UTF-8 text; byte {error.start} is not") from error
    if not text.strip():
        raise RefusalError(f"{name} must hold a note, it is empty")
    return text


def date_named(value: str | None) -> dt.date | None:
    """The date given with ``--date``; RefusalError when it is none."""
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise RefusalError(f"--date must be a date like 2026-11-02, got {value!r}") from error


def with_progress(work: Any) -> Any:
    """Run ``work(advance)`` under a progress bar on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("starting", total=1.0)

        def advance(text: str, share: float) -> None:
            progress.update(task, description=text, completed=share)

        return work(advance)


def load_suggester() -> Suggester:
    """The current bundle's suggester; trains first, under a progress bar, when there is none that fits.

    A broken file of this installation's own payers is refused before anything is read.
    """
    load_payers()
    try:
        with paused_collector():
            from models import bundle as bundles
            from models.suggester import Suggester

            loaded = bundles.load()
            if bundles.is_current(loaded.manifest):
                suggester = Suggester(loaded.ranker, loaded.version).warmed()
                gc.freeze()
                return suggester
    except UnfitBundleError:
        pass
    from service.run import ready

    trained: Suggester = with_progress(lambda advance: ready(advance, said=err.print))
    return trained
