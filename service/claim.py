"""A claim for a person at a terminal, with evaluation tiers and gaps, and as CSV for a billing system."""

from __future__ import annotations

import csv
import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.claim.edits import EditItem
from models.claim.lines import is_billable
from models.contract import ClaimItem, TierItem, TierPart
from models.gaps import Gap

_STYLES = {"error": "red", "warning": "yellow", "info": "dim"}
_COLUMNS = ("code", "units", "minutes", "modifiers", "bundled", "questions", "cautions")
_APPENDED = (
    "date",
    "payer",
    "edits",
    "claim_questions",
    "claim_cautions",
    "left_out",
    "alternatives",
    "gaps",
    "billable",
)

_BILLABLE = {True: "yes", False: "no", None: "unknown"}


def claim_csv(claim: ClaimItem) -> str:
    """The lines as CSV with a heading: code, units, minutes, modifiers, whether bundled, questions, cautions.

    Behind these stand date of service (ISO; empty where none is known), payer, the pair edits the line takes part in with
    what to do and to ask; on the first row only, since they are of the claim as a whole, what is asked and cautioned of it, the codes
    that cannot stand on it, and the other right answers of the unit rule ("97110:1 97140:2; ..."); then what the note lacks for
    the line's code by the rules, errors and warnings by name with their severity; and last whether the line can be billed (yes, no
    where it is bundled or earns no unit, unknown where its units cannot be told), as FHIR's ChargeItem has it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*_COLUMNS, *_APPENDED))
    others = "; ".join(" ".join(f"{code}:{n}" for code, n in other.items()) for other in claim["alternatives"])
    whole = [
        " ".join(claim["questions"]),
        " ".join(claim["cautions"]),
        " ".join(left["why"] for left in claim["left_out"]),
        others,
    ]
    for number, line in enumerate(claim["lines"]):
        writer.writerow(
            [
                line["code"],
                "" if line["units"] is None else line["units"],
                "" if line["minutes"] is None else line["minutes"],
                ":".join(line["modifiers"]),
                "yes" if line["bundled"] else "no",
                " ".join(line["questions"]),
                " ".join(line["cautions"]),
                claim["date"] or "",
                claim["payer"],
                " ".join(_edit(e) for e in claim["edits"] if line["code"] in (e["column1"], e["column2"])),
                *(whole if number == 0 else [""] * len(whole)),
                "; ".join(
                    f"{g['severity']}: {g['id'].replace('-', ' ')}"
                    for g in claim["gaps"]
                    if _is_told(g, line["code"])
                ),
                _BILLABLE[is_billable(line)],
            ]
        )
    return out.getvalue()


def _is_told(gap: Gap, code: str) -> bool:
    return code in gap["codes"] and gap["severity"] != "info"


def _edit(edit: EditItem) -> str:
    """A pair edit in one cell: pair, indicator, what to do, what to ask."""
    said = f"{edit['column1']}/{edit['column2']} indicator {edit['indicator']}: {edit['says']}"
    return f"{said} {edit['question']}" if edit["question"] else said


def print_claim(console: Console, claim: ClaimItem) -> None:
    """Lines, the working of the units, edits, and what a person has to decide."""
    if not claim["lines"]:
        console.print(Text("No billable service found in this note: no claim lines.", style="bold"))
        return
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for name in ("code", "name", "units", "minutes", "modifiers", ""):
        table.add_column(name, justify="right" if name in ("units", "minutes") else "left")
    for line in claim["lines"]:
        units = "?" if line["units"] is None else str(line["units"])
        if line["units"] is None and line["proposed_units"] is not None:
            units = f"? (proposed {line['proposed_units']})"
        marks = ["bundled"] if line["bundled"] else []
        marks += [f"{line['over_daily_max']} over the daily maximum"] if line["over_daily_max"] else []
        marks += ["provisional"] if line["provisional"] else []
        minutes = "" if line["minutes"] is None else str(line["minutes"])
        if line["minutes"] is None and line["proposed_minutes"] is not None:
            minutes = f"? (proposed {line['proposed_minutes']})"
        table.add_row(line["code"], line["name"], units, minutes, " ".join(line["modifiers"]), ", ".join(marks))
    console.print(table)
    for sentence in claim["working"]["sentences"]:
        console.print(Text(f"  {sentence}", style="dim"))
    if claim["alternatives"]:
        shown = "; ".join(", ".join(f"{c} x {n}" for c, n in other.items()) for other in claim["alternatives"])
        console.print(Text(f"  Equally right: {shown}", style="dim"))
    for edit in claim["edits"]:
        console.print(Text(f"  edit {edit['column1']}/{edit['column2']}: {edit['says']}", style="yellow"))
    said = [q for line in claim["lines"] for q in line["questions"]] + claim["questions"]
    for question in dict.fromkeys(said):
        console.print(Text(f"  ? {question}", style="cyan"))
    warned = [c for line in claim["lines"] for c in line["cautions"]] + claim["cautions"]
    for caution in dict.fromkeys(warned):
        console.print(Text(f"  ! {caution}", style="yellow"))
    for tier in claim["tiers"]:
        print_tier(console, tier)
    print_gaps(console, claim["gaps"])
    stated = [
        f"{label} {value}"
        for label, value in (("timed minutes", claim["timed_minutes"]), ("total minutes", claim["total_minutes"]))
        if value is not None
    ]
    console.print(Text(", ".join([f"payer {claim['payer']}, unit rule {claim['rule']}", *stated]), style="dim"))


def print_tier(console: Console, tier: TierItem) -> None:
    """An evaluation's components with their evidence; ``<`` marks those that hold the tier down."""
    console.print(Text(f"  tier of {tier['code']}: {_tier_told(tier)}"))
    for part in tier["components"]:
        mark = "<" if part["holds"] else " "
        console.print(Text(f"  {mark} {part['name']}: {_graded(part)}", style="dim"))


def _tier_told(tier: TierItem) -> str:
    """The tier of an evaluation, and where it is not what the facts give, both."""
    if tier["billed"] != tier["level"]:
        by = "as the note names it" if tier["claimed"] == tier["billed"] else "by its code"
        return f"{tier['billed']} {by}; what the note states reaches {tier['level']}"
    claimed = f", the note says {tier['claimed']}" if tier["claimed"] not in (None, tier["level"]) else ""
    return f"{tier['level']}{claimed}"


def _graded(part: TierPart) -> str:
    if not part["stated"]:
        return "not stated, counts as low"
    doubt = f"; the note {part['doubt']}" if part["doubt"] else ""
    return f"{part['level']} ({', '.join(part['found'])}){doubt}"


def print_gaps(console: Console, gaps: list[Gap]) -> None:
    """What the note lacks: severity, sentence, the words it rests on or what was looked for, rule and source."""
    if not gaps:
        return
    console.print(Text(f"What the note lacks ({len(gaps)}):", style="bold"))
    for gap in gaps:
        console.print(Text(f"  {gap['severity']:7} {gap['says']}", style=_STYLES[gap["severity"]]))
        rests = "; ".join(f"“{' '.join(words['text'].split())}”" for words in gap["rests_on"])
        looked = f"looked for: {gap['absent']}" if gap["absent"] else ""
        basis = "; ".join(part for part in (looked, f"beside {rests}" if looked and rests else rests) if part)
        if basis:
            console.print(Text(f"          {basis}", style="dim"))
        console.print(Text(f"          {gap['rule']} [{gap['source']}, {gap['dated']}]", style="dim"))
