"""The evaluation as one self-contained HTML page: plain sentences first, tables after, every note text escaped.

Reading order: `Report` (what is shown), `make_report` (measured from answers), `figures_json`, `render`. The page holds
no script and asks for nothing from outside; its plots are inline SVG.
"""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.catalogue import load_catalogue
from corpus.notes import LabelledNote
from models.certainty import Limits, certainty_of
from models.contract import Answer, EvidenceItem
from models.evaluation import (
    Guess,
    Lookup,
    Mistake,
    Tally,
    advantage,
    calibration,
    coverage,
    figures_of,
    guess_of,
    intervals,
    tally,
    worst_mistakes,
)
from models.robustness import abstention
from models.suggester import Suggester

Interval = tuple[float, float]
_AHEAD = ("micro_f1", "precision", "recall", "macro_f1", "lenient_f1", "exact", "top3", "empty_share")


@dataclass(frozen=True, slots=True)
class Run:
    """One suggester on the notes.

    Attributes
    ----------
    figures : as of `models.evaluation.score`.
    overall, per_code : 95 % intervals per figure, and of F1 per code.
    """

    name: str
    counts: Tally
    figures: dict[str, Any]
    overall: dict[str, Interval]
    per_code: dict[str, Interval]


def run_of(name: str, notes: Sequence[LabelledNote], guesses: Sequence[Guess], seed: int = 0) -> Run:
    """Measure one suggester's guesses."""
    counts = tally(notes, guesses)
    return Run(name, counts, figures_of(counts), *intervals(counts, seed=seed))


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the page shows.

    Attributes
    ----------
    source, bundle : names of the labelled notes and of the bundle that was measured.
    runs : soapcode first, then what it is measured against.
    ahead : run name -> figure -> difference in soapcode's favour, low end, high end.
    calibration, coverage, abstention, mistakes : as of the functions of these names, soapcode's.
    robustness : as of `models.robustness.robustness_report`, where it was asked for.
    warnings : sentences that must be read before the figures.
    """

    source: str
    bundle: str
    notes: Sequence[LabelledNote]
    runs: Sequence[Run]
    ahead: Mapping[str, Mapping[str, tuple[float, float, float]]]
    calibration: Sequence[Mapping[str, float]]
    coverage: Sequence[Mapping[str, float]]
    abstention: Mapping[str, Any]
    mistakes: Sequence[Mistake]
    robustness: Mapping[str, Any] | None = None
    warnings: Sequence[str] = ()
    seed: int = 0


def make_report(
    source: str,
    notes: Sequence[LabelledNote],
    answers: Sequence[Answer],
    limits: Limits,
    others: Mapping[str, Sequence[Guess]],
    *,
    lookup: Lookup | None = None,
    robustness: Mapping[str, Any] | None = None,
    warnings: Sequence[str] = (),
    seed: int = 0,
) -> Report:
    """Measure soapcode's answers and the others' guesses on the same notes.

    Parameters
    ----------
    limits : as of `models.certainty.limits_of`.
    others : name -> one guess per note.
    lookup : see `models.evaluation.worst_mistakes`.
    seed : of the bootstrap.
    """
    ours = run_of("soapcode", notes, [guess_of(a) for a in answers], seed)
    runs = [ours, *(run_of(name, notes, guesses, seed) for name, guesses in others.items())]
    return Report(
        source,
        answers[0]["bundle"] if answers else "",
        notes,
        runs,
        {r.name: {f: advantage(ours.counts, r.counts, f, seed=seed) for f in _AHEAD} for r in runs[1:]},
        calibration(ours.counts),
        coverage(ours.counts, [certainty_of(a, limits) for a in answers]),
        abstention(notes, answers, limits),
        worst_mistakes(notes, answers, lookup=lookup),
        robustness,
        warnings,
        seed,
    )


def nearest_words(suggester: Suggester, text: str, code: str, most: int = 3) -> tuple[float, list[EvidenceItem]]:
    """Probability of a code that is missing from the ranking, and the segments that come nearest to it with what held
    them back.
    """
    account = max(suggester.explain(text, code), key=lambda a: a.probability)
    spans = [(s.start, s.end) for s in suggester.read(text).note.segments or ()]
    words = []
    for part in sorted(account.segments, key=lambda s: -s.log_odds)[:most]:
        start, end = spans[part.index]
        held = sorted((p for p in part.parts if p.name != "bias" and p.amount < 0), key=lambda p: p.amount)[:2]
        because = " and ".join(f"“{p.name}” ({p.amount:+.1f})" for p in held)
        words.append(
            EvidenceItem(
                start=start,
                end=end,
                text=text[start:end],
                concept=account.service.replace("_", " "),
                contribution=part.log_odds,
                because=f"held back by {because}" if because else "nothing speaks for it",
            )
        )
    return account.probability, words


def figures_json(report: Report) -> dict[str, dict[str, Any]]:
    """Run name -> figures with their intervals; soapcode's also with calibration, coverage, abstention and
    robustness. No note text. What a program gives nothing for (words, minutes, probabilities) is ``None``.
    """
    out: dict[str, dict[str, Any]] = {}
    for run in report.runs:
        per_code = {
            code: found | {"f1_interval": run.per_code.get(code)} for code, found in run.figures["per_code"].items()
        }
        lacking = {name: None for name in (*run.figures, *run.overall) if not _measured(run, name)}
        out[run.name] = run.figures | {"intervals": run.overall | lacking, "per_code": per_code} | lacking
    if report.runs:
        out[report.runs[0].name] |= {
            "ahead_of": report.ahead,
            "calibration": report.calibration,
            "coverage": report.coverage,
            "abstention": report.abstention,
            **({"robustness": report.robustness} if report.robustness is not None else {}),
        }
    return out


_NEEDS = (("traps_", "cites"), ("evidence_", "cites"), ("minutes_", "times"), ("ece", "weighs"))
_LABELS = (("evidence_", "quoted"), ("traps_share", "traps"), ("minutes_share", "minutes"), ("empty_share", "empty"))


def _measured(run: Run, figure: str) -> bool:
    """Whether a program gives what a figure is about, and the notes have labels to hold it against."""
    given = all(getattr(run.counts, needs) for start, needs in _NEEDS if figure.startswith(start))
    return given and all(run.figures[labels] for start, labels in _LABELS if figure.startswith(start))


class Markup(str):
    """Text that is HTML already; every other string is escaped where it enters a tag."""

    __slots__ = ()


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """An element: strings that are not `Markup` are escaped, attributes that are empty left out; in their names a last
    underscore goes and others become hyphens.

    Examples
    --------
    >>> tag("p", "a < b ", tag("b", "c"), class_="x")
    '<p class="x">a &lt; b <b>c</b></p>'
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value != ""
    )
    inner = "".join(c if isinstance(c, Markup) else html.escape(str(c)) for c in children)
    return Markup(f"<{name}{said}>{inner}</{name}>")


def _join(parts: Iterable[str]) -> Markup:
    return Markup("".join(p if isinstance(p, Markup) else html.escape(p) for p in parts))


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _named(code: str) -> str:
    entry = load_catalogue().get(code)
    return f"{entry.name} ({code})" if entry is not None else code


def _of(part: float, whole: float, what: str) -> str:
    share = f" ({part / whole:.1%})" if whole else ""
    return f"{part:,.0f} of {whole:,.0f} {what}{share}"


def _interval_of(run: Run, figure: str) -> str:
    low, high = run.overall[figure]
    return f"95% interval {low:.1%} to {high:.1%}"


def plain_rows(report: Report) -> tuple[list[str], list[list[str]]]:
    """The figures as a table for a terminal: heads (a column per program), and a row per figure."""
    rows = []
    for figure, label, _ in FIGURES:
        row = [label]
        for run in report.runs:
            counted = "/".join(str(run.figures[name]) for name in _COUNTED.get(figure, ()))
            row.append((counted or f"{run.figures[figure]:.3f}") if _measured(run, figure) else "–")
        rows.append(row)
    return ["", *(run.name for run in report.runs)], rows


def summary(report: Report) -> list[str]:
    """The figures that matter to a clinic, a sentence each."""
    ours = report.runs[0]
    f = ours.figures
    exact = round(f["exact"] * f["notes"])
    out = [
        f"Found: soapcode suggested {_of(f['hit'], f['labels'], 'codes that the coders gave')}; "
        f"{_interval_of(ours, 'recall')}.",
        f"Right: {_of(f['hit'], f['suggested'], 'suggestions are codes the coders gave')}; "
        f"{_interval_of(ours, 'precision')}.",
        f"Whole notes: {_of(exact, f['notes'], 'notes got exactly the coders’ set of codes')}; "
        f"{_interval_of(ours, 'exact')}. Forgiving codes the coders call acceptable and the level of an evaluation, it is "
        f"{f['lenient_exact']:.1%}.",
        f"Shortlist: {f['top3']:.1%} of the coders’ codes stand among the first three of the ranking (or as many as the note has).",
    ]
    if f["empty"]:
        out.append(
            f"Restraint: {_of(f['empty_kept'], f['empty'], 'notes without a billable service were left empty')}."
        )
    if f["traps"]:
        said = _of(
            f["traps_kept"], f["traps"], "stretches that only look like a service (planned, declined, home, …)"
        )
        out.append(f"Traps: {said} led to no wrong code.")
    if f["quoted"]:
        out.append(
            f"Words: where the code is right, the words shown for it overlap the coders’ words with F1 {f['evidence_f1']:.1%}."
        )
    if f["minutes"] + f["minutes_unstated"]:
        out.append(
            f"Minutes: right for {_of(f['minutes_right'], f['minutes'], 'rightly suggested codes with stated minutes')}; "
            f"minutes were made up for {f['minutes_invented']} of {f['minutes_unstated']} that have none."
        )
    return out + _summary_of_certainty(report)


def _summary_of_certainty(report: Report) -> list[str]:
    f, sure = report.runs[0].figures, report.abstention
    out = [
        f"Probabilities: what it calls likely is off by {f['ece'] * 100:.1f} percentage points on average "
        "(expected calibration error)."
    ]
    if sure["surest"] is not None:
        rest = f", {sure['rest']:.1%} of the rest" if sure["rest"] is not None else ""
        out.append(
            f"Sorting: of the {sure['share']:.0%} of notes it is surest of, {sure['surest']:.1%} are exactly right{rest}; "
            "the rest should go to a person first."
        )
    for name, found in report.ahead.items():
        gain, low, high = found["micro_f1"]
        verdict = "clearly" if low > 0 or high < 0 else "not clearly"
        side = "ahead of" if gain >= 0 else "behind"
        out.append(
            f"Compared: soapcode is {verdict} {side} {name}: micro-F1 differs by {gain * 100:+.1f} points "
            f"(95% interval {low * 100:+.1f} to {high * 100:+.1f}).{_behind(found)}"
        )
    return out


def _behind(found: Mapping[str, tuple[float, float, float]]) -> str:
    """What the other program is clearly better at."""
    labels = {figure: label.lower() for figure, label, _ in FIGURES}
    said = [f"{labels[f]} ({-gain * 100:+.1f} points)" for f, (gain, _, high) in found.items() if high < 0]
    return f" That one is clearly better at: {', '.join(said)}." if said else ""


FIGURES: tuple[tuple[str, str, str], ...] = (
    ("micro_f1", "Micro-F1", "all codes of all notes together"),
    ("precision", "Precision", "suggestions that are right"),
    ("recall", "Recall", "labelled codes that are suggested"),
    ("macro_f1", "Macro-F1", "every code counts the same; codes with 3 labels or more"),
    ("macro_precision", "Macro precision", "a code never suggested counts 0"),
    ("macro_recall", "Macro recall", ""),
    ("exact", "Exact set", "notes whose codes are all right and complete"),
    ("lenient_f1", "Lenient F1", "alternates and the level of an evaluation forgiven"),
    ("lenient_precision", "Lenient precision", ""),
    ("lenient_recall", "Lenient recall", ""),
    ("lenient_exact", "Lenient exact set", ""),
    ("top3", "Top-3 recall", "labelled codes among the first three, or as many as the note has"),
    ("empty_share", "Notes without service kept empty", ""),
    ("traps_share", "Traps respected", "words labelled as no service that no wrong code cites"),
    ("evidence_f1", "Evidence token F1", "words cited for right codes"),
    ("minutes_share", "Minutes exact", "of right codes with stated minutes"),
    ("minutes_invented_share", "Minutes invented", "of right codes without; lower is better"),
    ("ece", "Expected calibration error", "ten bins over ranked codes; lower is better"),
)
_COUNTED = {
    "empty_share": ("empty_kept", "empty"),
    "traps_share": ("traps_kept", "traps"),
    "minutes_share": ("minutes_right", "minutes"),
    "minutes_invented_share": ("minutes_invented", "minutes_unstated"),
}


def _cell(run: Run, figure: str) -> Markup:
    if not _measured(run, figure):
        return tag("td", "–", class_="number")
    counted = ""
    if figure in _COUNTED:
        part, whole = (run.figures[name] for name in _COUNTED[figure])
        if not whole:
            return tag("td", "–", class_="number")
        counted = f" {part}/{whole}"
    low, high = run.overall[figure]
    shown = tag("small", f"{low:.1%}–{high:.1%}{counted}")
    return tag("td", f"{run.figures[figure]:.1%} ", shown, class_="number")


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: int = 1) -> Markup:
    """A table whose first column heads the rows; columns from ``numbers`` on are numbers."""
    head = tag(
        "tr", *(tag("th", h, scope="col", class_="number" if i >= numbers else "") for i, h in enumerate(heads))
    )
    body = []
    for first, *cells in rows:
        made = [
            c
            if isinstance(c, Markup) and c.startswith("<td")
            else tag("td", c, class_="number" if i >= numbers else "")
            for i, c in enumerate(cells, 1)
        ]
        body.append(tag("tr", tag("th", first, scope="row"), *made))
    table = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body))
    return tag("div", table, class_="scroll", tabindex="0", role="group", aria_label=caption)


def _overall(report: Report) -> Markup:
    rows = []
    for figure, label, meaning in FIGURES:
        first = Markup(html.escape(label) + (tag("small", f" {meaning}") if meaning else ""))
        rows.append((first, *(_cell(run, figure) for run in report.runs)))
    caption = "All figures with 95% intervals. A dash: this program gives nothing to measure."
    return _table(caption, ("Figure", *(r.name for r in report.runs)), rows)


def _per_code(report: Report) -> Markup:
    ours, *others = report.runs
    found = ours.figures["per_code"]
    rows = []
    for code in sorted(found, key=lambda c: (-found[c]["hit"] - found[c]["missed"], c)):
        f = found[code]
        low, high = ours.per_code.get(code, (f["f1"], f["f1"]))
        rows.append(
            (
                _named(code),
                f["hit"] + f["missed"],
                f["hit"],
                f["wrong"],
                f["missed"],
                _share(f["precision"] if f["hit"] + f["wrong"] else None),
                _share(f["recall"] if f["hit"] + f["missed"] else None),
                Markup(f"{f['f1']:.1%} " + tag("small", f"{low:.0%}–{high:.0%}")),
                *(_share(other.figures["per_code"].get(code, {}).get("f1")) for other in others),
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
    return _table("Each code by soapcode, most frequent first; F1 with its 95% interval.", heads, rows)


_LEFT, _TOP, _SIZE = 46, 12, 260
Point = tuple[float, float]


def _at(x: float, y: float) -> Point:
    return round(_LEFT + x * _SIZE, 1), round(_TOP + (1 - y) * _SIZE, 1)


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


def _plot(name: str, said: str, axes: tuple[str, str], parts: Iterable[Markup]) -> Markup:
    """A plot over the unit square; ``said`` tells it in words."""
    box = f"0 0 {_LEFT + _SIZE + 90} {_TOP + _SIZE + 42}"
    inner = (tag("title", name), tag("desc", said), *_axes(*axes), *parts)
    return tag("svg", *inner, viewBox=box, role="img", aria_label=f"{name}. {said}")


def _line(points: Sequence[Point], kind: str) -> Markup:
    return tag("polyline", points=" ".join(f"{x},{y}" for x, y in (_at(*p) for p in points)), class_=kind)


def _reliability(report: Report) -> Markup:
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
        (f"{b['low']:.0%} to {b['high']:.0%}", f"{b['codes']:.0f}", _share(b.get("said")), _share(b.get("right")))
        for b in report.calibration
    ]
    heads = ("Probability", "codes", "said on average", "right")
    return _join([tag("p", told), plot, _table("Ranked codes by the probability shown.", heads, rows)])


def _coverage(report: Report) -> Markup:
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
        (f"{p['coverage']:.0%}", f"{p['notes']:.0f}", *(_share(p[k]) for k in ("precision", "recall", "exact")))
        for p in points
    ]
    heads = ("Notes taken", "notes", "precision", "recall", "exact set")
    return _join([tag("p", told), plot, _table("The surest notes, few to all.", heads, rows)])


def _needs_person(report: Report, most: int = 20) -> Markup:
    found = report.abstention["needs_person"]
    rows = [(n["id"], f"{n['certainty']:.2f}", n["why"]) for n in found[:most]]
    if not rows:
        return tag("p", "No note was set aside.")
    caption = f"The {len(rows)} least sure of {len(found)} notes that need a person."
    return _table(caption, ("Note", "certainty", "why"), rows, numbers=9)


def _quoted(text: str, most: int = 300) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= most else flat[:most] + ' …'}”"


def _verdict(mistake: Mistake) -> str:
    name = _named(mistake.code)
    sure = f"{mistake.confidence:.1%}" if mistake.confidence < 0.9995 else "over 99.9%"
    if mistake.kind == "wrong":
        return f"{name}: suggested with {sure}, the coder did not give it"
    if mistake.kind == "other code":
        return f"{name}: suggested with {sure}, the coder gave {_named(mistake.instead or '')}"
    return f"{name}: not suggested, {sure} sure, the coder gave it"


def _marked(text: str, mistake: Mistake) -> Markup:
    """The note with the words soapcode weighed and those the coder tagged marked."""
    cited = [(e["start"], e["end"]) for e in mistake.cited]
    edges = sorted({0, len(text), *(p for span in (*cited, *mistake.labelled) for p in span)})
    parts = []
    for start, end in itertools.pairwise(edges):
        piece: object = text[start:end]
        if any(a <= start and end <= b for a, b in mistake.labelled):
            piece = tag("u", piece)
        if any(a <= start and end <= b for a, b in cited):
            piece = tag("mark", piece)
        parts.append(tag("span", piece))
    return tag("pre", *parts)


def _mistake(mistake: Mistake, note: LabelledNote) -> Markup:
    items = [
        tag("li", tag("q", _quoted(e["text"])[1:-1]), f" {e['contribution']:+.2f} log-odds; {e['because']}")
        for e in mistake.cited[:6]
    ]
    words = "Words counted for it" if mistake.kind != "missed" else "Words that came nearest"
    parts = [tag("h3", _verdict(mistake)), tag("p", f"Note {mistake.note}", class_="soft")]
    if items:
        parts += [tag("p", f"{words}:"), tag("ul", *items)]
    else:
        parts += [tag("p", "No words were counted for it.")]
    if mistake.labelled:
        quotes = ", ".join(_quoted(note.text[a:b], 120) for a, b in mistake.labelled[:6])
        parts.append(tag("p", f"The coder tagged: {quotes}"))
    if mistake.remarks:
        parts.append(tag("p", f"Also: {'; '.join(mistake.remarks)}."))
    parts.append(tag("details", tag("summary", "the whole note"), _marked(note.text, mistake)))
    return tag("li", tag("article", *parts))


def _mistakes(report: Report) -> Markup:
    if not report.mistakes:
        return tag("p", "There are none.")
    notes = {n.id: n for n in report.notes}
    told = (
        "Wrong and most confident first. In the whole note, coloured words were weighed by soapcode, underlined ones "
        "tagged by the coder. Log-odds: above 0 the words alone make the code likelier than not."
    )
    return _join([tag("p", told), tag("ol", *(_mistake(m, notes[m.note]) for m in report.mistakes), class_="cards")])


def under_harder_conditions(found: Mapping[str, Any]) -> list[str]:
    """What was measured under harder conditions (`models.robustness.robustness_report`), a sentence each."""
    clean, poorer, noisy, cited = (found[k] for k in ("clean", "without_forms", "character_noise", "faithfulness"))
    sentences = [
        f"Unknown words: with {poorer['share']:.0%} of the vocabulary’s spellings gone ({poorer['forms']:,}), micro-F1 goes from "
        f"{clean['micro_f1']:.1%} to {poorer['micro_f1']:.1%}.",
        f"Typing mistakes in {noisy['rate']:.0%} of the letters: micro-F1 goes to {noisy['micro_f1']:.1%}.",
    ]
    if cited["cited"] is not None:
        sentences.append(
            f"Faithful words: blanking the words shown takes {cited['cited']:.1%} of {cited['cases']:,} suggested codes below "
            f"their threshold; blanking as many random other words takes {_share(cited['random'])} of "
            f"{cited['random_cases']:,}."
        )
    return sentences


def _robustness(found: Mapping[str, Any]) -> Markup:
    clean, poorer, noisy = (found[k] for k in ("clean", "without_forms", "character_noise"))
    sentences = under_harder_conditions(found)
    names = ("micro_f1", "precision", "recall", "exact", "top3", "empty_share")
    labels = {figure: label for figure, label, _ in FIGURES}
    conditions = (("Notes as they are", clean), ("Spellings gone", poorer), ("Typing mistakes", noisy))
    table = _table(
        "The same notes under harder conditions.",
        ("Condition", *(labels[n] for n in names)),
        [(name, *(_share(values[n]) for n in names)) for name, values in conditions],
    )
    groups = [
        _table(
            f"Micro-F1 by {kind}, lowest first; difference in percentage points from all notes.",
            (kind.capitalize(), "notes", "micro-F1", "difference", "exact set"),
            [
                (
                    name,
                    f"{g['notes']:.0f}",
                    _share(g["micro_f1"]),
                    f"{g['difference'] * 100:+.1f}",
                    _share(g["exact"]),
                )
                for name, g in found[key].items()
            ],
        )
        for kind, key in (("voice", "voices"), ("style", "styles"))
    ]
    return _join([tag("ul", *(tag("li", s) for s in sentences)), table, *groups])


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


def _method(report: Report) -> list[str]:
    return [
        f"Intervals: 1,000 resamples of the notes (bootstrap, seed {report.seed}), 2.5th to 97.5th percentile; comparisons use "
        "the same resamples for both. Notes of one writer resemble one another, so a new writer can lie outside.",
        "97014 and G0283 count as one code. Precision of a program that suggests nothing counts as 100%.",
        "A code’s probability is compared with the coders’ code; an evaluation at the wrong level counts as wrong.",
        "Certainty of a note: per service, how far its probability is from the threshold (0.5 at it, 1 at 0% or 100%), multiplied "
        "over the services. It orders notes; it is no probability.",
        "A mistake’s confidence: the probability of a wrong suggestion, what is left to 100% of a missed code; where a rule "
        "picked another code of the right service, the service’s probability.",
    ]


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
        ("All figures", lambda: _overall(report)),
        ("Are the probabilities what they say?", lambda: _reliability(report)),
        ("What if only sure notes are taken?", lambda: _coverage(report)),
        ("Which notes need a person?", lambda: _needs_person(report)),
        ("Each code", lambda: _per_code(report)),
    ]
    robustness = report.robustness
    if robustness is not None:
        sections.append(("Under harder conditions", lambda: _robustness(robustness)))
    sections.append((f"The {len(report.mistakes)} worst errors", lambda: _mistakes(report)))
    sections.append(("How it was measured", lambda: tag("ul", *(tag("li", s) for s in _method(report)))))
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
