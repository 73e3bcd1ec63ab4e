"""The evaluation as one self-contained HTML page: plain sentences first, tables after, every note text escaped.

Reading order: ``figures`` (`Report`, what is shown, and `make_report`, which measures it), ``sentences``, ``page`` (`render`, the
sections in order), then what the sections are made of: ``tables``, ``plots``, ``mistakes``, and ``markup`` under them all. The
page holds no script and asks for nothing from outside; its plots are inline SVG.
"""

from __future__ import annotations

from models.report.figures import FIGURES, Interval, Report, Run, figures_json, make_report, plain_rows, run_of
from models.report.markup import Markup, tag
from models.report.mistakes import nearest_words
from models.report.page import render
from models.report.plots import Point
from models.report.sentences import summary, under_harder_conditions

__all__ = [
    "FIGURES",
    "Interval",
    "Markup",
    "Point",
    "Report",
    "Run",
    "figures_json",
    "make_report",
    "nearest_words",
    "plain_rows",
    "render",
    "run_of",
    "summary",
    "tag",
    "under_harder_conditions",
]
