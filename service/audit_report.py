"""The audit as a page for a compliance officer, as JSON, and for a terminal. No words of a note are in any of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from html import escape
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from corpus.gaps import load_gap_checks
from models.audit import DENIED, KINDS, Finding, GapSeen, Totals, VisitAudit
from service.files import html_page
from service.visits import BadRow

_STYLE = """
@page { size: letter; margin: 12mm }
* { box-sizing: border-box }
body { font: 14px/1.45 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #16202a; background: #fff; margin: 0 auto; padding: 24px; max-width: 1080px }
h1 { font-size: 24px; margin: 0 0 2px }
h2 { font-size: 16px; margin: 28px 0 8px }
p { margin: 4px 0 }
.muted { color: #56616c; font-size: 13px }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 16px 0 }
.tile { border: 1px solid #cfd6dc; border-radius: 6px; padding: 10px 12px }
.tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums }
.tile.over { border-left: 5px solid #a3300b }
.tile.under { border-left: 5px solid #1d5c99 }
table.small { width: auto; min-width: 340px }
table { border-collapse: collapse; width: 100%; font-size: 13px }
th, td { text-align: left; vertical-align: top; padding: 5px 8px; border-bottom: 1px solid #dde2e6 }
th { background: #f2f4f6; font-weight: 600; -webkit-print-color-adjust: exact; print-color-adjust: exact }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td.c { white-space: nowrap }
.over { color: #a3300b } .under { color: #1d5c99 } .tile.over, .tile.under { color: inherit }
ul { margin: 0; padding-left: 16px }
tr, .tile { break-inside: avoid }
thead { display: table-header-group }
.wide { overflow-x: auto }
@media print { body { padding: 0; max-width: none; font-size: 10pt } .wide { overflow: visible } }
"""
_MARKS = {"over": "over-coding", "under": "under-coding", "none": ""}


def audit_json(visits: Sequence[VisitAudit], bad: Sequence[BadRow], totals: Totals, bundle: str) -> dict[str, Any]:
    """The whole audit: totals, visits with findings and gaps, rows that could not be judged."""
    return {
        "schema": "soapcode-audit/1",
        "bundle": bundle,
        "totals": _plain(asdict(totals)),
        "visits": [_plain(asdict(visit)) for visit in visits],
        "bad_rows": [asdict(row) for row in bad],
    }


def _plain(value: Any) -> Any:
    """Decimals as strings, dates in ISO form, tuples as lists."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if hasattr(value, "isoformat") else value


# --- The page ---


def audit_html(visits: Sequence[VisitAudit], bad: Sequence[BadRow], totals: Totals, bundle: str) -> str:
    """The report, self-contained and printable: totals, then every visit and every row that could not be judged."""
    body = f"""<h1>Coding audit</h1>
<p class="muted">Billed codes beside what each note supports; bundle {escape(bundle)}. A finding is for a person to look at, not a verdict.
Names of services are not the official descriptors; CPT is the American Medical Association's.</p>
{_tiles(totals, len(bad))}
{_kinds(totals)}
{_codes(totals)}
{_gaps(totals)}
{_visits(visits)}
{_bad(bad)}"""
    return html_page("Coding audit", _STYLE, body)


def _tile(value: str, label: str, side: str = "") -> str:
    return f'<div class="tile {side}"><b>{escape(value)}</b>{escape(label)}</div>'


def _tiles(totals: Totals, bad: int) -> str:
    shown = [
        _tile(str(totals.visits), "visits judged"),
        _tile(str(totals.agree), "bill and note agree"),
        _tile(str(totals.over), f"visits with over-coding, {totals.units_over} units", "over"),
        _tile(str(totals.under), f"visits with under-coding, {totals.units_under} units", "under"),
        _tile(str(totals.both), "visits with both"),
        _tile(str(totals.denied), "visits with a line that will be turned down as billed"),
        _tile(str(totals.doubtful), "other visits to look at"),
        _tile(str(totals.with_error), "notes with a gap of severity error"),
        _tile(str(totals.with_warning), "further notes with a warning"),
        _tile(str(bad), "rows that could not be judged"),
    ]
    if totals.amount_over is not None and totals.amount_under is not None:
        shown[7:7] = [
            _tile(_money(totals.amount_over), "billed beyond the notes", "over"),
            _tile(_money(totals.amount_under), "supported and not billed", "under"),
            _tile(_money(totals.amount_denied or Decimal(0)), "on lines that will be turned down"),
        ]
    said = f"{totals.units_billed} units billed in all."
    if totals.unpriced:
        said += f" Codes without a fee, left out of the sums: {', '.join(totals.unpriced)}."
    return f'<div class="tiles">{"".join(shown)}</div><p class="muted">{escape(said)}</p>'


def _money(amount: Decimal) -> str:
    return f"${amount:,.2f}"


def _table(heads: Iterable[str], rows: Iterable[str], empty: str, kind: str = "") -> str:
    body = "".join(rows)
    if not body:
        return f'<p class="muted">{escape(empty)}</p>'
    cells = "".join(f'<th class="n">{h[1:]}</th>' if h.startswith("#") else f"<th>{h}</th>" for h in heads)
    return (
        f'<div class="wide"><table class="{kind}"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _kinds(totals: Totals) -> str:
    rows = (f'<tr><td>{escape(KINDS[k])}</td><td class="n">{n}</td></tr>' for k, n in totals.kinds.items())
    return "<h2>Findings by kind</h2>" + _table(("Kind", "#Findings"), rows, "No finding.", "small")


def _codes(totals: Totals) -> str:
    rows = (
        f'<tr><td class="c">{escape(code)}</td><td class="n">{over}</td><td class="n">{under}</td></tr>'
        for code, (over, under) in totals.codes.items()
        if over or under
    )
    heads = ("Code", "#Units over", "#Units under")
    return "<h2>Units by code</h2>" + _table(heads, rows, "No units over or under.", "small")


def _gaps(totals: Totals) -> str:
    checks = load_gap_checks()
    rows = (
        f'<tr><td class="c">{escape(name.replace("-", " "))}</td><td class="n">{number}</td>'
        f"<td>{escape(checks[name].rule)} <span class='muted'>{escape(checks[name].source)}, {escape(checks[name].dated)}</span></td></tr>"
        for name, number in totals.gaps.items()
    )
    return "<h2>What the notes lack</h2>" + _table(("Check", "#Notes", "Rule"), rows, "No gap.")


def _visits(visits: Sequence[VisitAudit]) -> str:
    heads = ("Row", "Visit", "Date", "Payer", "Billed", "Supported", "Findings", "The note lacks")
    return "<h2>Visits</h2>" + _table(heads, map(_visit, visits), "No visit was judged.")


def _visit(visit: VisitAudit) -> str:
    billed = ", ".join(f"{b.code}{''.join(f'-{m}' for m in b.modifiers)} × {b.units}" for b in visit.billed)
    supported = ", ".join(f"{c} × {'?' if n is None else n}" for c, n in visit.supported.items())
    found = "".join(f"<li>{_finding(f)}</li>" for f in visit.findings)
    gaps = "<br>".join(_gap(gap) for gap in visit.gaps)
    cells = (
        f"<td>{visit.row}</td>",
        f'<td class="c">{escape(visit.id)}</td>',
        f'<td class="c">{visit.date.isoformat() if visit.date else ""}</td>',
        f"<td>{escape(visit.payer)}</td>",
        f"<td>{escape(billed) or 'nothing'}</td>",
        f"<td>{escape(supported) or 'nothing'}</td>",
        f"<td>{f'<ul>{found}</ul>' if found else 'agrees'}</td>",
        f'<td class="muted">{gaps or "nothing found"}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _gap(gap: GapSeen) -> str:
    name = f"{gap.id.replace('-', ' ')}{f' ({gap.severity})' if gap.severity == 'error' else ''}"
    return f"<b>{escape(name)}</b>" if gap.severity == "error" else escape(name)


def _finding(finding: Finding) -> str:
    side = _MARKS[finding.side] or ("turned down as billed" if finding.kind in DENIED else "")
    mark = f' <b class="{finding.side}">{side}</b>' if side else ""
    amount = f" {_money(finding.amount)}" if finding.amount is not None else ""
    return f"{escape(finding.says)}{mark}{amount}"


def _bad(bad: Sequence[BadRow]) -> str:
    rows = (f"<tr><td>{r.row}</td><td>{escape(r.id)}</td><td>{escape(r.why)}</td></tr>" for r in bad)
    return "<h2>Rows that could not be judged</h2>" + _table(("Row", "Visit", "Why"), rows, "None.")


# --- The terminal ---


def print_audit(console: Console, visits: Sequence[VisitAudit], bad: Sequence[BadRow], totals: Totals) -> None:
    """Visits with findings, rows that could not be judged, and the totals."""
    for visit in visits:
        errors, warnings = (
            dict.fromkeys(gap.id.replace("-", " ") for gap in visit.gaps if gap.severity == severity)
            for severity in ("error", "warning")
        )
        if visit.findings or errors or warnings:
            console.print(Text(f"row {visit.row} {visit.id}".rstrip(), style="bold"))
        for finding in visit.findings:
            style = {"over": "red", "under": "cyan"}.get(finding.side, "yellow")
            amount = f" ({_money(finding.amount)})" if finding.amount is not None else ""
            mark = _MARKS[finding.side] or ("turned down as billed" if finding.kind in DENIED else "look at")
            console.print(Text(f"  {mark}: {finding.says}{amount}", style=style))
        if errors:
            console.print(Text(f"  the note lacks: {', '.join(errors)}", style="dim"))
        if warnings:
            console.print(Text(f"  a reviewer will ask: {', '.join(warnings)}", style="dim"))
    for row in bad:
        console.print(Text(f"row {row.row} {row.id} was not judged: {row.why}", style="yellow"))
    table = Table(box=None, show_header=False, padding=(0, 2), pad_edge=False)
    for label, value in total_lines(totals, len(bad)):
        table.add_row(label, value)
    console.print(table)


def total_lines(totals: Totals, bad: int) -> list[tuple[str, str]]:
    """The totals as pairs of label and value."""
    out = [
        ("visits judged", str(totals.visits)),
        ("bill and note agree", str(totals.agree)),
        ("with over-coding", f"{totals.over} ({totals.units_over} units)"),
        ("with under-coding", f"{totals.under} ({totals.units_under} units)"),
        ("with both", str(totals.both)),
        ("with a line that will be turned down as billed", str(totals.denied)),
        ("others to look at", str(totals.doubtful)),
        ("notes with a gap of severity error", str(totals.with_error)),
        ("further notes with a warning", str(totals.with_warning)),
        ("rows not judged", str(bad)),
    ]
    if totals.amount_over is not None and totals.amount_under is not None:
        out += [("billed beyond the notes", _money(totals.amount_over))]
        out += [("supported, not billed", _money(totals.amount_under))]
        out += [("on lines that will be turned down", _money(totals.amount_denied or Decimal(0)))]
    if totals.unpriced:
        out.append(("codes without a fee, left out", ", ".join(totals.unpriced)))
    return out
