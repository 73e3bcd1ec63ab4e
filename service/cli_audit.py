"""``soapcode audit``: a file of visits, what was billed beside what each note supports."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from corpus.payers import payer_named
from service.files import keep_apart, unread, write_whole

if TYPE_CHECKING:
    from models.audit import VisitAudit
    from models.suggester import Suggester
    from service.visits import BadRow, Visit


def add_audit(app: typer.Typer, load: Callable[[], Suggester], out: Console, err: Console) -> None:
    """Add the command to an application; `load` gives the suggester in use."""

    @app.command()
    def audit(
        visits: Annotated[
            Path,
            typer.Argument(
                help="CSV with the columns billed and note (or note_file); id, date, payer, discipline, assistant where known.",
                metavar="VISITS.csv",
            ),
        ],
        fees: Annotated[Path | None, typer.Option(help="CSV with code,fee: then sums of money are shown.")] = None,
        report: Annotated[Path | None, typer.Option(help="Write the report as an HTML page.")] = None,
        payer: Annotated[str, typer.Option(help="Payer of rows that name none.")] = "medicare",
        as_json: Annotated[bool, typer.Option("--json", help="Print the audit as JSON.")] = False,
    ) -> None:
        """Compare billed codes and units with what each note supports: over- and under-coding, edits, gaps, totals.

        Rows that cannot be judged are listed with their reason; the exit status is 1 if there are any.
        Example: soapcode audit visits.csv --fees fees.csv --report audit.html
        """
        from models.audit import totalled
        from service.audit_report import audit_html, audit_json, print_audit
        from service.visits import BadRow, Visit, read_fees, read_visits

        keep_apart(visits, report)
        if fees is not None:
            keep_apart(fees, report)
        payer_named(payer)
        prices = read_fees(fees) if fees else None
        rows = read_visits(visits, payer)
        suggester = load()
        judged, failed = judge(suggester, [row for row in rows if isinstance(row, Visit)], prices or {}, err)
        bad = sorted((*(row for row in rows if isinstance(row, BadRow)), *failed), key=lambda row: row.row)
        totals = totalled(judged, prices)
        if report is not None:
            write_whole(report, audit_html(judged, bad, totals, suggester.version))
            err.print(f"written: {report}")
        if as_json:
            print(json.dumps(audit_json(judged, bad, totals, suggester.version), ensure_ascii=False))
        else:
            print_audit(out, judged, bad, totals)
        if bad:
            raise typer.Exit(1)


def judge(
    suggester: Suggester, visits: list[Visit], fees: dict[str, Decimal], err: Console
) -> tuple[list[VisitAudit], list[BadRow]]:
    """Audit visits under a progress bar on standard error; those whose note cannot be read are told apart."""
    from models.audit import audit_visit
    from models.edit_table import table_in_use
    from service.visits import BadRow

    table = table_in_use().table
    out, failed = [], []
    columns = (TextColumn("reading notes"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        for visit in progress.track(visits):
            try:
                answer = suggester.suggest(
                    visit.note, visit.payer, visit.date, discipline=visit.discipline, assistant=visit.assistant
                )
            except Exception as error:  # noqa: BLE001  # one note must not cost the others
                failed.append(BadRow(visit.row, visit.id, unread(error)))
                continue
            payer = payer_named(visit.payer)
            out.append(
                audit_visit(
                    answer, visit.billed, payer, visit.date, row=visit.row, name=visit.id, table=table, fees=fees
                )
            )
    return out, failed
