"""``soapcode codes`` and ``soapcode corpus``: what is known of the codes, and the labelled notes."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from corpus.catalogue import load_catalogue
from corpus.notes import load_notes
from service.cli_common import Date, RefusalError, date_named, out

corpus_app = typer.Typer(no_args_is_help=True, help="The knowledge files and labelled notes.")


def codes(
    code: Annotated[str | None, typer.Argument(help="One code; all without it.")] = None,
    other: Annotated[str | None, typer.Argument(help="A second code: what the edits say of the pair.")] = None,
    date: Date = None,
) -> None:
    """The code catalogue, one entry of it, or what the edits say of a pair.

    Example: soapcode codes 97116 · soapcode codes 97530 97116
    """
    catalogue = load_catalogue()
    if code is not None and other is not None:
        from models.claim.edits import explain_pair
        from models.edit_table import table_in_use

        told = explain_pair(code.upper(), other.upper(), date_named(date), table_in_use().table)
        for sentence in told["sentences"]:
            out.print(sentence)
        return
    if code is None:
        for entry in catalogue.values():
            timed = f"{entry.unit_minutes} min" if entry.timed else "untimed"
            out.print(f"{entry.code}  {entry.name}  [dim]({timed}, {entry.role})[/dim]")
        return
    found = catalogue.get(code.upper())
    if found is None:
        raise RefusalError(f"code must be one of the catalogue (see 'soapcode codes'), got {code!r}")
    out.print(f"[bold]{found.code}  {found.name}[/bold]")
    out.print(found.description)
    shown = found.model_dump(exclude={"code", "name", "description"}, exclude_none=True)
    for key, value in shown.items():
        if value not in ("", ()):
            said = ", ".join(value) if isinstance(value, tuple) else value
            out.print(f"  {key.replace('_', ' ')}: {said}")


@corpus_app.command("check")
def corpus_check() -> None:
    """Validate every knowledge file and labelled note; says what it counted.

    Example: soapcode corpus check
    """
    from corpus.check import check_corpus

    for line in check_corpus():
        out.print(line)


@corpus_app.command("export")
def corpus_export(
    split: Annotated[str, typer.Argument(help="train, validation or test.")],
) -> None:
    """Print the labelled notes of a split as JSON lines, as 'evaluate' and 'train' read them.

    Example: soapcode corpus export test > test.jsonl
    """
    from corpus.notes import SPLITS, to_gold

    if split not in SPLITS:
        raise RefusalError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    for row in to_gold(load_notes(split)):
        print(json.dumps(row, ensure_ascii=False))
