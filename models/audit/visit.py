"""One visit: what was billed beside what its note supports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from corpus.edits import EditTable, load_edits
from corpus.payers import Payer
from models.audit.comparison import compare_codes
from models.audit.day import Day, Fees
from models.audit.findings import Billed, Finding, GapSeen, VisitAudit
from models.audit.scrubbing import edits_and_modifiers, standing
from models.audit.timed import beyond_time
from models.contract import Answer


def audit_visit(
    answer: Answer,
    billed: Sequence[Billed],
    payer: Payer,
    date: dt.date | None = None,
    *,
    row: int = 0,
    name: str = "",
    table: EditTable | None = None,
    fees: Fees | None = None,
) -> VisitAudit:
    """Compare what was billed for a visit with what its note supports.

    Parameters
    ----------
    answer : of the note, for the same payer and day.
    billed : the lines; a code billed on two lines is added up.
    payer, date : decide codes, bundles, maxima and edits.
    row, name : of the visit, for the report.
    table : the edit table in use, the shipped one by default.
    fees : USD for one unit of a code.
    """
    lines = _joined(billed)
    day = Day(lines, answer, payer, fees or {})
    compared = compare_codes(day)
    findings = [
        *standing(day, date),
        *compared,
        *beyond_time(day, compared),
        *edits_and_modifiers(day, date, table or load_edits()),
    ]
    findings += [Finding("contradiction", "none", "", says) for says in answer["claim"]["contradictions"]]
    return VisitAudit(
        row=row,
        id=name,
        payer=payer.id,
        date=date,
        billed=tuple(lines.values()),
        supported={line["code"]: line["units"] for line in answer["claim"]["lines"] if line["units"] != 0},
        findings=tuple(findings),
        gaps=tuple(GapSeen(g["id"], g["severity"], tuple(g["codes"])) for g in answer["claim"]["gaps"]),
    )


def _joined(billed: Iterable[Billed]) -> dict[str, Billed]:
    out: dict[str, Billed] = {}
    for line in billed:
        if line.code in out:
            first = out[line.code]
            marks = tuple(dict.fromkeys((*first.modifiers, *line.modifiers)))
            line = Billed(line.code, first.units + line.units, marks)  # noqa: PLW2901
        out[line.code] = line
    return out
