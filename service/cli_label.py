"""``soapcode label``: the questions at the terminal, and files of other labelling tools.

Plain functions; `service.cli` gives them their options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.clinic import BadRow
from models.exchange import FORMATS, Format, Record, read_records, write_records
from models.labelling import Progress, Session, Task, least_certain_first, propose
from models.suggester import Suggester

Ask = Callable[[str], str]
Advance = Callable[[str, float], None]
_QUESTION = {"action": "[a]ccept, [c]orrect or codes, [s]kip, [q]uit", "codes": "codes (empty: back)"}
_MOST_SAID = 20


def tell_bad_rows(console: Console, bad: Iterable[BadRow]) -> None:
    """One line a refused row, the first twenty, and how many more there are."""
    rows = list(bad)
    for row in rows[:_MOST_SAID]:
        console.print(Text(f"  line {row.line}: {row.reason}", style="yellow"))
    if len(rows) > _MOST_SAID:
        console.print(Text(f"  and {len(rows) - _MOST_SAID} more", style="yellow"))


def printable(text: str) -> str:
    r"""The text with characters that steer a terminal replaced one for one, so that offsets still hold.

    Examples
    --------
    >>> printable("ok \x1b[2J")
    'ok \ufffd[2J'
    """
    return "".join(c if c in "\n\t" or c.isprintable() else " " if c == "\r" else "\ufffd" for c in text)


def show_task(console: Console, task: Task, left: int) -> None:
    """The note with the supporting words marked, and what is proposed."""
    console.rule(Text(f"{left} left", style="dim"))
    body = Text(printable(task.record.text))
    for proposal in task.proposals:
        for span in proposal.spans:
            body.stylize("bold underline" if proposal.suggested else "underline", span.start, span.end)
    console.print(body)
    table = Table(box=None, show_header=False, padding=(0, 1))
    for proposal in task.proposals:
        style = "bold green" if proposal.suggested else "dim"
        mark = "✓" if proposal.suggested else "?"
        table.add_row(Text(mark, style), Text(proposal.code, style), proposal.name, f"{proposal.probability:.2f}")
    console.print(table if task.proposals else Text("nothing billable is proposed", style="dim"))


def ask_through(session: Session, console: Console, ask: Ask) -> None:
    """Ask until nothing is left or the person quits; Ctrl-D and Ctrl-C quit too."""
    shown: Task | None = None
    while (task := session.task) is not None:
        if task is not shown:
            show_task(console, task, session.left)
            shown = task
        try:
            said = session.answer(ask(_QUESTION[session.asking] + " > "))
        except (EOFError, KeyboardInterrupt):
            return
        if said:
            console.print(Text(said, style="yellow"))


def label(
    source: Path,
    target: Path,
    suggester: Suggester,
    console: Console,
    ask: Ask | None = None,
    advance: Advance | None = None,
) -> Session:
    """Ask about the notes of ``source`` that have no answer in ``target`` yet, the least certain first.

    Parameters
    ----------
    source : JSONL of soapcode, Prodigy, Doccano or Label Studio; rows a person answered already are not asked again.
    target : where answers go, each at once; the next run goes on from there.
    ask : prints a prompt and returns the typed line.
    advance : told how reading the notes goes.

    Raises
    ------
    ValueError
        When a file cannot be read, or ``target`` holds something else.
    """
    records, bad = _records(source)
    progress = Progress(target)
    answered = [r for r in records if progress.has(r) or r.answer != "todo"]
    distinct = {r.text: r for r in records if r.answer == "todo" and not progress.has(r)}
    tasks = []
    for number, record in enumerate(distinct.values()):
        if advance is not None:
            advance("reading notes", number / len(distinct))
        tasks.append(propose(suggester, record))
    console.print(f"{len(tasks)} notes to label, {len(answered)} answered before, {len(bad)} rows refused")
    tell_bad_rows(console, bad)
    if progress.mended:
        console.print(f"the last line of {target.name} was cut off and is taken away; its note is asked again")
    session = Session(least_certain_first(tasks), progress.add)
    ask_through(session, console, ask or (lambda prompt: console.input(Text(prompt))))
    said = (
        f"{session.accepted} accepted, {session.corrected} corrected, {session.skipped} skipped, {session.left} left"
    )
    console.print(f"{said}; answers are in {target}, learn from them with: soapcode train --notes {target}")
    return session


def _records(source: Path, form: Format | None = None) -> tuple[list[Record], list[BadRow]]:
    try:
        return read_records(source, form)
    except OSError as error:
        raise ValueError(f"{source} cannot be read: {error.strerror}") from error


def convert(source: Path, target: Path, to: str, console: Console, of: str | None = None) -> int:
    """Read labelled notes of any known form and write them in another; returns how many rows were refused.

    Parameters
    ----------
    to, of : ``soapcode``, ``prodigy``, ``doccano`` or ``labelstudio``; ``of`` is told from each row when not given.

    Raises
    ------
    ValueError
        When a form is unknown or the source cannot be read.
    """
    for name in (to, of):
        if name is not None and name not in FORMATS:
            raise ValueError(f"the form must be one of {', '.join(get_args(Format))}, got {name!r}")
    records, bad = _records(source, of)  # type: ignore[arg-type]
    written = write_records(target, records, to)  # type: ignore[arg-type]
    console.print(f"{written} notes written to {target}, {len(bad)} rows refused")
    tell_bad_rows(console, bad)
    return len(bad)
