"""The page's tables: all figures, each code, notes that need a person, harder conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.report.figures import COUNTED, FIGURES, Report, Run, is_measured
from models.report.markup import Markup, join, table, tag
from models.report.sentences import named, shown_share, under_harder_conditions


def overall(report: Report) -> Markup:
    """Every figure of every program."""
    rows = []
    for figure, label, meaning in FIGURES:
        first = [label, tag("small", f" {meaning}")] if meaning else [label]
        rows.append((join(first), *(_cell(run, figure) for run in report.runs)))
    caption = "All figures with 95% intervals. A dash: this program gives nothing to measure."
    return table(caption, ("Figure", *(r.name for r in report.runs)), rows)


def _cell(run: Run, figure: str) -> Markup:
    if not is_measured(run, figure):
        return tag("td", "–", class_="number")
    counted = ""
    if figure in COUNTED:
        part, whole = (run.figures[name] for name in COUNTED[figure])
        if not whole:
            return tag("td", "–", class_="number")
        counted = f" {part}/{whole}"
    low, high = run.overall[figure]
    shown = tag("small", f"{low:.1%}–{high:.1%}{counted}")
    return tag("td", f"{run.figures[figure]:.1%} ", shown, class_="number")


def per_code(report: Report) -> Markup:
    """Soapcode's figures of each code, beside the others' F1."""
    ours, *others = report.runs
    found = ours.figures["per_code"]
    rows = []
    for code in sorted(found, key=lambda c: (-found[c]["hit"] - found[c]["missed"], c)):
        f = found[code]
        low, high = ours.per_code.get(code, (f["f1"], f["f1"]))
        rows.append(
            (
                named(code),
                f["hit"] + f["missed"],
                f["hit"],
                f["wrong"],
                f["missed"],
                shown_share(f["precision"] if f["hit"] + f["wrong"] else None),
                shown_share(f["recall"] if f["hit"] + f["missed"] else None),
                Markup(f"{f['f1']:.1%} " + tag("small", f"{low:.0%}–{high:.0%}")),
                *(shown_share(other.figures["per_code"].get(code, {}).get("f1")) for other in others),
            )
        )
    heads = (
        "Code",
        "labelled",
        "right",
        "wrong",
        "missed",
        "precision",
        "recall",
        "F1",
        *(f"F1 {r.name}" for r in others),
    )
    return table("Each code by soapcode, most frequent first; F1 with its 95% interval.", heads, rows)


def needs_person(report: Report, most: int = 20) -> Markup:
    """The notes that need a person, the least sure first."""
    found = report.abstention["needs_person"]
    rows = [(n["id"], f"{n['certainty']:.2f}", n["why"]) for n in found[:most]]
    if not rows:
        return tag("p", "No note was set aside.")
    caption = f"The {len(rows)} least sure of {len(found)} notes that need a person."
    return table(caption, ("Note", "certainty", "why"), rows, numbers=9)


def robustness(found: Mapping[str, Any]) -> Markup:
    """The figures under harder conditions, and by voice and style."""
    clean, poorer, noisy = (found[k] for k in ("clean", "without_forms", "character_noise"))
    sentences = under_harder_conditions(found)
    names = ("micro_f1", "precision", "recall", "exact", "top3", "empty_share")
    labels = {figure: label for figure, label, _ in FIGURES}
    conditions = (("Notes as they are", clean), ("Spellings gone", poorer), ("Typing mistakes", noisy))
    harder = table(
        "The same notes under harder conditions.",
        ("Condition", *(labels[n] for n in names)),
        [(name, *(shown_share(values[n]) for n in names)) for name, values in conditions],
    )
    groups = [
        table(
            f"Micro-F1 by {kind}, lowest first; difference in percentage points from all notes.",
            (kind.capitalize(), "notes", "micro-F1", "difference", "exact set"),
            [
                (
                    name,
                    f"{g['notes']:.0f}",
                    shown_share(g["micro_f1"]),
                    f"{g['difference'] * 100:+.1f}",
                    shown_share(g["exact"]),
                )
                for name, g in found[key].items()
            ],
        )
        for kind, key in (("voice", "voices"), ("style", "styles"))
    ]
    return join([tag("ul", *(tag("li", s) for s in sentences)), harder, *groups])
