"""The whole page: its head and style, and the sections in order."""

from __future__ import annotations

from collections.abc import Callable

from models.report.figures import Report
from models.report.markup import Markup, tag
from models.report.mistakes import mistake_cards
from models.report.plots import coverage_plot, reliability
from models.report.sentences import method, summary
from models.report.tables import needs_person, overall, per_code, robustness

_STYLE = """
:root{color-scheme:light dark;--page:#f4f7f7;--surface:#fff;--ink:#17252b;--soft:#4a5c64;--rule:#cfd9dc;--accent:#0b5f6e;
--second:#875600;--back:#cdeaf0;--warn:#7a4b00;--warn-back:#fdf5e2}
@media (prefers-color-scheme:dark){:root{--page:#10181b;--surface:#172226;--ink:#e4ecee;--soft:#a9b9bf;--rule:#2e3d43;
--accent:#7fcbd8;--second:#eebb5c;--back:#0e434d;--warn:#f2cd86;--warn-back:#33290f}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:1.5rem 1rem 4rem;background:var(--page);color:var(--ink);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif}
h1{font-size:1.6rem;margin:0}h2{font-size:1.25rem;margin:2.2rem 0 .6rem}h3{font-size:1rem;margin:0}
p,ul{margin:.5rem 0}.soft,small,caption{color:var(--soft)}small{font-size:.8rem}
.notice{background:var(--warn-back);color:var(--warn);border:1px solid;border-radius:.5rem;padding:.6rem .9rem}
.scroll{overflow-x:auto;margin:1rem 0;background:var(--surface);border:1px solid var(--rule);border-radius:.5rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;padding:.6rem .7rem}
th,td{padding:.35rem .7rem;border-top:1px solid var(--rule);text-align:left;vertical-align:top}th{font-weight:600}
th small{font-weight:400}td small,th small{display:block}th[scope=row]{min-width:11rem}
.number{text-align:right;font-variant-numeric:tabular-nums}td.number{white-space:nowrap}
svg{width:100%;max-width:30rem;height:auto;background:var(--surface);border:1px solid var(--rule);border-radius:.5rem}
svg text{font-size:11px;fill:var(--soft)}svg .grid{stroke:var(--rule)}polyline{fill:none;stroke-width:2}
.even{stroke:var(--soft);stroke-dasharray:4 4;stroke-width:1}.first{stroke:var(--accent)}.second{stroke:var(--second)}
.dot{fill:var(--accent);fill-opacity:.75}svg .label{stroke:none}svg .label.first{fill:var(--accent)}
svg .label.second{fill:var(--second)}
.cards{padding-left:1.6rem}.cards>li{margin:.8rem 0}article{background:var(--surface);border:1px solid var(--rule);
border-radius:.5rem;padding:.7rem .9rem}q{font-weight:600}summary{cursor:pointer;color:var(--accent)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}mark{background:var(--back);color:inherit}
u{text-decoration:underline;text-decoration-thickness:2px;text-decoration-color:var(--second)}
@media print{.scroll{overflow:visible}body{background:none}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(report: Report) -> str:
    """The page.

    Raises
    ------
    ValueError
        When the report has no run.
    """
    if not report.runs:
        raise ValueError("a report must hold at least one run, got none")
    f = report.runs[0].figures
    sections: list[tuple[str, Callable[[], Markup]]] = [
        ("In short", lambda: tag("ul", *(tag("li", s) for s in summary(report)))),
        ("All figures", lambda: overall(report)),
        ("Are the probabilities what they say?", lambda: reliability(report)),
        ("What if only sure notes are taken?", lambda: coverage_plot(report)),
        ("Which notes need a person?", lambda: needs_person(report)),
        ("Each code", lambda: per_code(report)),
    ]
    harder = report.robustness
    if harder is not None:
        sections.append(("Under harder conditions", lambda: robustness(harder)))
    sections.append((f"The {len(report.mistakes)} worst errors", lambda: mistake_cards(report)))
    sections.append(("How it was measured", lambda: tag("ul", *(tag("li", s) for s in method(report)))))
    body = tag(
        "main",
        tag("h1", f"How right is soapcode on {report.source}?"),
        tag(
            "p",
            f"{f['notes']:,} labelled notes, {f['labels']:,} codes; bundle {report.bundle or 'unknown'}.",
            class_="soft",
        ),
        tag("p", "This page contains the text of notes. Keep and share it as you would the notes.", class_="notice"),
        *(tag("p", w, class_="notice") for w in report.warnings),
        *(tag("section", tag("h2", title), made()) for title, made in sections),
    )
    return f'<!doctype html>\n<html lang="en">{_head(report)}{tag("body", body)}</html>\n'


def _head(report: Report) -> Markup:
    return tag(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="robots" content="noindex">'),
        tag("title", f"soapcode on {report.source}"),
        tag("style", Markup(_STYLE)),
    )
