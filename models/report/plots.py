"""The page's two plots as inline SVG, each with its numbers as a table below: reliability, precision against coverage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.report.figures import Report
from models.report.markup import Markup, join, table, tag
from models.report.sentences import shown_share

_LEFT, _TOP, _SIZE = 46, 12, 260
Point = tuple[float, float]


def reliability(report: Report) -> Markup:
    """Whether the probabilities are what they say."""
    bins = [b for b in report.calibration if "said" in b]
    most = max((b["codes"] for b in bins), default=1.0)
    parts = [_line([(0, 0), (1, 1)], "even"), _line([(b["said"], b["right"]) for b in bins], "first")]
    for b in bins:
        x, y = _at(b["said"], b["right"])
        label = tag("title", f"said {b['said']:.0%}, right {b['right']:.0%}, {b['codes']:.0f} codes")
        parts.append(tag("circle", label, cx=x, cy=y, r=round(3 + 6 * (b["codes"] / most) ** 0.5, 1), class_="dot"))
    told = "Points on the dashed line mean that a probability is what it says; below it, too sure; above, too modest."
    plot = _plot("Reliability curve", told, ("probability shown", "share that is right"), parts)
    rows = [
        (
            f"{b['low']:.0%} to {b['high']:.0%}",
            f"{b['codes']:.0f}",
            shown_share(b.get("said")),
            shown_share(b.get("right")),
        )
        for b in report.calibration
    ]
    heads = ("Probability", "codes", "said on average", "right")
    return join([tag("p", told), plot, table("Ranked codes by the probability shown.", heads, rows)])


def coverage_plot(report: Report) -> Markup:
    """What is right if only the surest notes are taken."""
    points = report.coverage
    parts = []
    for figure, label, kind in (("precision", "precision", "first"), ("exact", "exact set", "second")):
        parts.append(_line([(p["coverage"], p[figure]) for p in points], kind))
        if points:
            x, y = _at(1, points[-1][figure])
            parts.append(tag("text", label, x=x + 6, y=y + 4, class_=f"label {kind}"))
    told = (
        "Read from the left: only the notes soapcode is surest of, then more and more, at the right end all. "
        "A curve that falls means that its own certainty tells good answers from bad ones."
    )
    plot = _plot("Precision against coverage", told, ("share of notes taken, surest first", "share right"), parts)
    rows = [
        (f"{p['coverage']:.0%}", f"{p['notes']:.0f}", *(shown_share(p[k]) for k in ("precision", "recall", "exact")))
        for p in points
    ]
    heads = ("Notes taken", "notes", "precision", "recall", "exact set")
    return join([tag("p", told), plot, table("The surest notes, few to all.", heads, rows)])


def _plot(name: str, said: str, axes: tuple[str, str], parts: Iterable[Markup]) -> Markup:
    """A plot over the unit square; ``said`` tells it in words."""
    box = f"0 0 {_LEFT + _SIZE + 90} {_TOP + _SIZE + 42}"
    inner = (tag("title", name), tag("desc", said), *_axes(*axes), *parts)
    return tag("svg", *inner, viewBox=box, role="img", aria_label=f"{name}. {said}")


def _axes(horizontal: str, vertical: str) -> list[Markup]:
    out = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        (x0, y0), (x1, y1) = _at(0, tick), _at(1, tick)
        out.append(tag("line", x1=x0, y1=y0, x2=x1, y2=y1, class_="grid"))
        out.append(tag("text", f"{tick:.0%}", x=x0 - 6, y=y0 + 4, text_anchor="end"))
        x, y = _at(tick, 0)
        out.append(tag("text", f"{tick:.0%}", x=x, y=y + 16, text_anchor="middle"))
    x, y = _at(0.5, 0)
    out.append(tag("text", horizontal, x=x, y=y + 34, text_anchor="middle"))
    out.append(
        tag("text", vertical, transform=f"translate(10 {_TOP + _SIZE / 2:g}) rotate(-90)", text_anchor="middle")
    )
    return out


def _line(points: Sequence[Point], kind: str) -> Markup:
    return tag("polyline", points=" ".join(f"{x},{y}" for x, y in (_at(*p) for p in points)), class_=kind)


def _at(x: float, y: float) -> Point:
    return round(_LEFT + x * _SIZE, 1), round(_TOP + (1 - y) * _SIZE, 1)
