"""``soapcode edits``: the pair-edit table in use, and its renewal from CMS's quarterly files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from corpus.edits import EditDifference, PtpEdit
    from models.edit_table import TableInUse

edits_app = typer.Typer(no_args_is_help=True, help="CMS's pair edits: the table in use, and its renewal.")
_SHOWN = 40


@edits_app.command("update")
def update(
    source: Annotated[
        Path,
        typer.Argument(help="CMS's quarterly PTP release: .txt, .xlsx, .zip, or a folder of them.", metavar="FILE"),
    ],
    dry: Annotated[bool, typer.Option("--dry-run", help="Show the difference, change nothing.")] = False,
    older: Annotated[bool, typer.Option("--older", help="Take a release older than the table in use.")] = False,
    lacking: Annotated[
        bool,
        typer.Option("--lacking", help="Take a release that lacks many edits which stand, as a cut-off file does."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the difference as JSON.")] = False,
) -> None:
    """Read a CMS release, show what it changes, and switch to it in one step; a bad row refuses the whole release.

    Example: soapcode edits update ccipra-v323r0-f1.txt
    """
    from models.edit_table import renew_edits

    found = renew_edits(source, older=older, lacking=lacking, dry=dry)
    if as_json:
        print(json.dumps(difference_json(found, dry), ensure_ascii=False))
        return
    out = Console(highlight=False, soft_wrap=True)
    sentences = found.sentences()
    for sentence in sentences[:_SHOWN]:
        out.print(sentence)
    if len(sentences) > _SHOWN:
        out.print(f"… and {len(sentences) - _SHOWN} more; --json prints them all.")
    if not (found.added or found.ended or found.ending or found.changed):
        out.print("No edit in force was added, ended or changed.")
    out.print("Nothing was changed (--dry-run)." if dry else f"In use from now on: {found.written}")


@edits_app.command("show")
def show(as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """The table in use: where it is from, its releases, how many edits are in force.

    Example: soapcode edits show
    """
    from models.edit_table import table_in_use

    told = table_json(table_in_use())
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    out = Console(highlight=False, soft_wrap=True)
    out.print(told["named"])
    out.print(f"from: {told['path'] or 'shipped with soapcode'}")
    for release, rows in told["releases"].items():
        out.print(f"release {release}: {rows} rows")
    out.print(f"in force: {told['in_force']} of {told['rows']} rows, {told['never']} of them never together")
    if told["overtaken"]:
        out.print(f"! The table shipped with soapcode holds {', '.join(told['overtaken'])}, newer than this one.")


@edits_app.command("reset")
def reset() -> None:
    """Go back to the table shipped with soapcode; the installation's own is deleted, whatever state it is in.

    Example: soapcode edits reset
    """
    from models.edit_table import reset_edits, table_in_use

    had = reset_edits()
    used = table_in_use().table
    said = (
        "The installation's own table is deleted; in use" if had else "There was no table but the shipped one; in use"
    )
    Console(highlight=False, soft_wrap=True).print(f"{said}: {used.named}")


def table_json(used: TableInUse) -> dict[str, Any]:
    """The table in use as JSON: its name, path, rows by release, edits in force and those no modifier opens."""
    rows = used.table.rows
    live = [row for row in rows if row.in_force(None)]
    return {
        "named": used.table.named,
        "path": str(used.path) if used.path else None,
        "releases": {r: sum(row.release == r for row in rows) for r in used.table.releases},
        "rows": len(rows),
        "in_force": len(live),
        "never": sum(row.modifier_indicator == "0" for row in live),
        "overtaken": list(used.overtaken),
    }


def difference_json(found: EditDifference, dry: bool) -> dict[str, Any]:
    """A difference as JSON; pairs as ``[column 1, column 2, indicator]``, those with a last day to come with that day behind."""
    return {
        "release": found.release,
        "read": found.read,
        "taken": found.taken,
        "added": [_pair(e) for e in found.added],
        "ended": [_pair(e) for e in found.ended],
        "ending": [[*_pair(e), e.deleted.isoformat()] for e in found.ending if e.deleted],
        "changed": [[_pair(a), _pair(b)] for a, b in found.changed],
        "dated": found.dated,
        "kept": found.kept,
        "missing": [_pair(e) for e in found.missing],
        "written": None if dry else str(found.written),
    }


def _pair(edit: PtpEdit) -> list[str]:
    return [edit.column1, edit.column2, edit.modifier_indicator]
