"""A superbill: one printable page for cash and out-of-network patients, with what a note cannot tell left blank."""

from __future__ import annotations

from html import escape

from corpus.payers import Payer
from models.claim.lines import Claim, ClaimLine
from models.wording import minutes_in_words
from service.files import html_page

_STYLE = """
@page { size: letter; margin: 14mm }
* { box-sizing: border-box }
body { font: 10.5pt/1.35 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #111; max-width: 190mm; margin: 10mm auto; padding: 0 4mm }
header { display: flex; justify-content: space-between; align-items: baseline; border-bottom: 1.5pt solid #111; padding-bottom: 2mm }
h1 { font-size: 18pt; margin: 0 }
h2 { font-size: 9.5pt; margin: 5mm 0 1.5mm; letter-spacing: .02em }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 0 8mm }
.field { display: flex; align-items: flex-end; gap: 2mm; min-height: 8mm }
.field > span { white-space: nowrap; font-size: 9pt; color: #333 }
.field > b { flex: 1; border-bottom: .6pt solid #555; min-height: 5.2mm; font-weight: 600 }
header .field > b { min-width: 36mm }
table { width: 100%; border-collapse: collapse }
th, td { border: .6pt solid #777; padding: 1.4mm 1.8mm; text-align: left; vertical-align: top }
th { font-size: 9pt; background: #f0f0f0; -webkit-print-color-adjust: exact; print-color-adjust: exact }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
th:last-child { width: 26mm }
tfoot td { font-weight: 600 }
ul { margin: 1mm 0 0; padding-left: 5mm; font-size: 9pt }
footer { margin-top: 6mm; font-size: 8pt; color: #444; border-top: .6pt solid #999; padding-top: 1.5mm }
tr, .fields, footer { break-inside: avoid }
@media (max-width: 640px) { .fields { grid-template-columns: 1fr } }
@media print { body { margin: 0; max-width: none; padding: 0 } }
"""
_PRACTICE = ("Practice", "Address", "Phone", "Tax ID", "NPI of practice", "Place of service")
_PATIENT = ("Patient", "Date of birth", "Address", "Phone", "Insurer", "Member ID", "Referred by", "NPI of referrer")
_DIAGNOSES = "ABCD"


def superbill_html(claim: Claim, payer: Payer) -> str:
    """The page, self-contained: codes, names, units and minutes of the claim, and blanks to fill in by hand.

    Lines whose units cannot be told have a blank for them; lines that earn no unit are named below the table. No
    text of the note is in it.
    """
    lines = [line for line in claim["lines"] if line["units"] != 0]
    rows = "\n".join(_row(line) for line in lines) or '<tr><td colspan="7">No billable service was found.</td></tr>'
    body = f"""<header><h1>Superbill</h1><div>{_field("Date of service", claim["date"] or "")}</div></header>
<h2>Provider</h2>
<section class="fields">{"".join(_field(name) for name in _PRACTICE)}</section>
<h2>Patient</h2>
<section class="fields">{"".join(_field(name) for name in _PATIENT)}</section>
<h2>Diagnoses (ICD-10-CM)</h2>
<section class="fields">{"".join(_field(letter) for letter in _DIAGNOSES)}</section>
<h2>Services</h2>
<table>
<thead><tr><th>Code</th><th>Service</th><th>Modifiers</th><th class="n">Minutes</th><th class="n">Units</th><th>Diagnosis</th><th class="n">Charge</th></tr></thead>
<tbody>
{rows}
</tbody>
<tfoot><tr><td colspan="4">Total</td><td class="n">{_number(claim["total_units"])}</td><td></td><td></td></tr></tfoot>
</table>
{_remarks(claim)}
<h2>Payment and signature</h2>
<section class="fields">{"".join(_field(name) for name in ("Paid today", "How", "Balance", "Treating clinician, credentials", "NPI", "Signature and date"))}</section>
<footer>Units by the {"CMS total-time" if claim["rule"] == "cms" else "CPT midpoint"} rule ({escape(payer.name)}). Codes and
units were proposed by software from the visit note and are the treating clinician's to confirm before signing. Names of services are
not the official descriptors; CPT is the American Medical Association's.</footer>"""
    return html_page("Superbill", _STYLE, body)


def _field(name: str, value: str = "") -> str:
    return f'<div class="field"><span>{escape(name)}</span><b>{escape(value)}</b></div>'


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _row(line: ClaimLine) -> str:
    name = escape(line["name"]) + (" (bundled)" if line["bundled"] else "")
    cells = (
        f"<td>{escape(line['code'])}</td>",
        f"<td>{name}</td>",
        f"<td>{escape(' '.join(line['modifiers']))}</td>",
        f'<td class="n">{_number(line["minutes"])}</td>',
        f'<td class="n">{_number(line["units"])}</td>',
        "<td></td>",
        "<td></td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _remarks(claim: Claim) -> str:
    """What a reader of the table has to know: blanks that are not told, lines without a unit."""
    blank = [line["code"] for line in claim["lines"] if line["units"] is None]
    idle = [line for line in claim["lines"] if line["units"] == 0]
    said = [f"The units of {', '.join(blank)} cannot be told from the minutes stated."] if blank else []
    said += [
        f"{x['code']} {x['name']}, {minutes_in_words(x['minutes'] or 0)}: documented, earns no unit." for x in idle
    ]
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in said)}</ul>" if said else ""
