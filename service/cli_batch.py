"""``soapcode batch``: many notes in, one answer a line out."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from corpus.files import whole_file
from corpus.limits import LONGEST_NOTE
from corpus.payers import load_payers, payer_named
from service.cli_common import Payer, RefusalError, err, load_suggester
from service.files import keep_apart, unread

if TYPE_CHECKING:
    from models.suggester import Suggester


class _LineError(Exception):
    """What must hold of a line of `batch` and does not; never with words of the line."""


def batch_line(suggester: Suggester, raw: str, payer: str) -> dict[str, Any]:
    """The answer to one input line, or its error; never the note."""
    identifier: Any = None
    row: Any = None
    try:
        row = json.loads(raw)
        if not isinstance(row, dict):
            raise _LineError("a line must be a JSON object")
        identifier = row.get("id")
        if not isinstance(row.get("text"), str) or not row["text"].strip():
            raise _LineError("'text' must be a string that is not empty")
        if len(row["text"].encode("utf-8", "surrogatepass")) > LONGEST_NOTE:
            raise _LineError(f"'text' must be the note of one visit, at most {LONGEST_NOTE // 1024} KiB")
        if not isinstance(row.get("payer") or payer, str):
            raise _LineError("'payer' must be a string")
        if (row.get("payer") or payer) not in load_payers():
            raise _LineError(f"'payer' must be one of {', '.join(load_payers())}")
        date = None
        if row.get("date") is not None:
            try:
                date = dt.date.fromisoformat(row["date"])
            except (TypeError, ValueError):
                raise _LineError("'date' must be a date like 2026-11-02") from None
        return {"id": identifier, **suggester.suggest(row["text"], row.get("payer") or payer, date)}
    except json.JSONDecodeError as error:
        return {"id": identifier, "error": {"message": f"the line must be JSON: {error.msg} at column {error.colno}"}}
    except _LineError as error:
        return {"id": identifier, "error": {"message": str(error)}}
    except Exception as error:  # noqa: BLE001
        # its own message may quote the note
        said = unread(error) if isinstance(row, dict) else "the line must be JSON of a sane depth and size"
        return {"id": identifier, "error": {"message": said}}


def batch(
    source: Annotated[
        Path, typer.Argument(help="JSONL with id, text and optional payer and date.", metavar="IN.jsonl")
    ],
    target: Annotated[Path, typer.Option("-o", "--output", help="Where the answers go.")],
    payer: Payer = "medicare",
) -> None:
    """Read many notes; one answer line per input line, in order.

    A bad or empty line becomes an error line with its number and the rest go on; the exit status is 1 if any failed. The
    output is another file than the input, and appears when all is read.
    Example: soapcode batch notes.jsonl -o answers.jsonl
    """
    keep_apart(source, target)
    if not target.parent.is_dir():
        raise RefusalError(f"the folder of {target} must exist; make it, or choose another with --output")
    payer_named(payer)
    try:
        lines = source.read_bytes().rstrip().splitlines()
    except OSError as error:
        raise RefusalError(f"{source} cannot be read: {error.strerror}") from error
    suggester = load_suggester()
    failed = 0
    columns = (TextColumn("reading notes"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with whole_file(target) as handle, Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=len(lines))
        for number, raw in enumerate(lines, 1):
            progress.advance(task)
            try:
                answer: dict[str, Any] = (
                    batch_line(suggester, raw.decode("utf-8-sig" if number == 1 else "utf-8"), payer)
                    if raw.strip()
                    else {"id": None, "error": {"message": "the line must hold a JSON object, it is empty"}}
                )
            except UnicodeDecodeError:
                answer = {"id": None, "error": {"message": "the line must be UTF-8"}}
            if "error" in answer:
                answer["error"]["line"] = number
                failed += 1
            handle.write(json.dumps(answer, ensure_ascii=False) + "\n")
    if failed:
        err.print(f"{failed} of {len(lines)} lines failed; each has an error line in {target}")
        raise typer.Exit(1)
