"""``soapcode label``: the questions at the terminal, and files of other labelling tools.

Plain functions; `service.cli` gives them their options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.exchange import FORMATS, Format, Record, read_records, write_records
from service.files import keep_apart

if TYPE_CHECKING:
    from models.clinic import BadRow
    from models.labelling import Session, Task
    from models.suggester import Suggester

Ask = Callable[[str], str]
Advance = Callable[[str, float], None]
_QUESTION = {"action": "[a]ccept, [c]orrect or codes, [s]kip, [u]ndo, [q]uit", "codes": "codes (empty: back)"}


def tell_bad_rows(console: Console, bad: Iterable[BadRow]) -> None:
    """One line a refused row; all of them, so that none is lost."""
    for row in bad:
        console.print(Text(f"  line {row.line}: {row.reason}", style="yellow"))


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
    of: str | None = None,
) -> Session:
    """Ask about the notes of ``source`` that have no answer in ``target`` yet, the least certain first.

    Parameters
    ----------
    source : JSONL of soapcode, Prodigy, Doccano or Label Studio; rows a person answered already are not asked again.
    target : where answers go, each at once; the next run goes on from there.
    ask : prints a prompt and returns the typed line.
    advance : told how reading the notes goes.
    of : the form of ``source``, where its fields do not tell.

    Raises
    ------
    ValueError
        When a file cannot be read, or ``target`` holds something else.
    """
    from models.labelling import Progress, Session, least_certain_first, propose

    records, bad = _records(source, of)
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
    session = Session(least_certain_first(tasks), progress.add, progress.undo)
    ask_through(session, console, ask or (lambda prompt: console.input(Text(prompt))))
    said = (
        f"{session.accepted} accepted, {session.corrected} corrected, {session.skipped} skipped, {session.left} left"
    )
    if target.is_file() and target.stat().st_size:
        said += f"; answers are in {target}, learn from them with: soapcode train --notes {target}"
    console.print(said)
    return session


def _form(named: str) -> Format:
    if named not in FORMATS:
        raise ValueError(f"the form must be one of {', '.join(get_args(Format))}, got {named!r}")
    return named


def _records(source: Path, form: str | None) -> tuple[list[Record], list[BadRow]]:
    try:
        return read_records(source, None if form is None else _form(form))
    except OSError as error:
        raise ValueError(f"{source} cannot be read: {error.strerror}") from error


def proposed(records: Iterable[Record], suggester: Suggester) -> list[Record]:
    """Records nobody looked at yet with the suggester's codes and words, the least certain first; then the others."""
    from models.labelling import least_certain_first, propose

    kept = list(records)
    tasks = least_certain_first(propose(suggester, r) for r in kept if r.answer == "todo")
    new = [
        replace(t.record, codes=t.proposed, spans=tuple(s for p in t.proposals if p.suggested for s in p.spans))
        for t in tasks
    ]
    return new + [r for r in kept if r.answer != "todo"]


def convert(
    source: Path,
    target: Path,
    to: str,
    console: Console,
    of: str | None = None,
    suggester: Suggester | None = None,
) -> int:
    """Read labelled notes of any known form and write them in another; returns how many rows were refused.

    Parameters
    ----------
    to, of : ``soapcode``, ``prodigy``, ``doccano`` or ``labelstudio``; ``of`` is told from each row when not given.
    suggester : proposes labels for notes nobody looked at yet, the least certain first, for the other tool to show.

    Raises
    ------
    ValueError
        When a form is unknown or the source cannot be read.
    """
    form = _form(to)
    records, bad = _records(source, of)
    if suggester is not None:
        records = proposed(records, suggester)
    written = write_records(target, records, form)
    console.print(f"{written} notes written to {target}, {len(bad)} rows refused")
    tell_bad_rows(console, bad)
    return len(bad)


def add_label(app: typer.Typer, load: Callable[[], Suggester], out: Console) -> None:
    """Add ``label`` to an application; ``load`` gives the suggester in use."""

    @app.command("label")
    def command(
        notes: Annotated[
            Path, typer.Argument(help="JSONL of soapcode, Prodigy, Doccano or Label Studio.", metavar="NOTES.jsonl")
        ],
        output: Annotated[
            Path | None, typer.Option("-o", "--output", help="Where answers go; NOTES.labels.jsonl without it.")
        ] = None,
        to: Annotated[
            str | None, typer.Option(help=f"Ask nothing, write another tool's form: {', '.join(FORMATS)}.")
        ] = None,
        of: Annotated[
            str | None, typer.Option("--from", help="The form of NOTES, where the fields do not tell.")
        ] = None,
        with_proposals: Annotated[
            bool, typer.Option("--propose", help="With --to: proposed codes and words for notes without labels.")
        ] = False,
    ) -> None:
        """Label notes in the terminal, the least certain first; every answer is saved at once, the next run goes on.

        Rows that cannot be read are listed. Example: soapcode label notes.jsonl · soapcode label notes.jsonl --to prodigy -o out.jsonl
        """
        target = output or notes.with_name(f"{notes.stem}.labels.jsonl")
        keep_apart(notes, target)
        if to is not None:
            _form(to)
        _records(notes, of)  # what cannot be read is refused before a bundle is loaded or trained
        if to is not None:
            if convert(notes, target, to, out, of, load() if with_proposals else None):
                raise typer.Exit(1)
            return
        label(notes, target, load(), out, of=of)
