"""``soapcode evaluate``: the suggestions measured on labelled notes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from corpus.notes import LabelledNote, load_notes, read_gold
from service.cli_common import RefusalError, err, load_suggester, out
from service.files import keep_apart


def evaluate(
    gold: Annotated[Path, typer.Argument(help="Labelled notes: .jsonl or .notes; or the word test.", metavar="GOLD")],
    report: Annotated[
        Path | None, typer.Option(help="Write a self-contained page with plots and the worst errors.")
    ] = None,
    baselines: Annotated[bool, typer.Option(help="Also measure the two baselines on the same notes.")] = True,
    peers: Annotated[
        list[Path] | None, typer.Option(help="Guesses of another program (see 'make bench-peers').")
    ] = None,
    robustness: Annotated[
        bool, typer.Option(help="Also measure unknown words, typing errors, faithfulness.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the bootstrap, the noise and the forms left out.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure the suggestions on labelled notes, beside two baselines.

    Example: soapcode evaluate gold.jsonl --report out.html
    """
    from rich.table import Table

    from models.report import figures_json, plain_rows, summary, under_harder_conditions
    from service.evaluating import evaluate_notes, read_others, write_report

    own = str(gold) == "test"
    if not own:
        keep_apart(gold, report)
    notes = list(load_notes("test")) if own else _gold(gold)
    source = "the test split" if own else gold.name
    read_others(notes, source, peers or ())
    found = evaluate_notes(
        load_suggester(),
        notes,
        source,
        baselines=baselines,
        peers=peers or (),
        robustness=robustness,
        seed=seed,
        said=lambda text: err.print(text, markup=False),
    )
    if report is not None:
        write_report(found, report)
    if as_json:
        print(json.dumps(figures_json(found), ensure_ascii=False))
        return
    for warning in found.warnings:
        err.print(warning, markup=False)
    console = Console(width=max(out.width, 150))
    harder = under_harder_conditions(found.robustness) if found.robustness else []
    for sentence in (*summary(found), *harder):
        console.print(sentence, markup=False)
    heads, rows = plain_rows(found)
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _gold(path: Path) -> list[LabelledNote]:
    try:
        return read_gold(path)
    except OSError as error:
        raise RefusalError(f"{path} cannot be read: {error.strerror}") from error
