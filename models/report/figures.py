"""The figures of an evaluation: soapcode's and those of what it is measured against.

Reading order: `Report` (what is shown), `make_report` (measured from answers), `figures_json`, `plain_rows`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.notes import LabelledNote
from models.certainty import Limits, certainty_of
from models.contract import Answer
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

Interval = tuple[float, float]
_AHEAD = ("micro_f1", "precision", "recall", "macro_f1", "lenient_f1", "exact", "top3", "empty_share")
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
COUNTED = {
    "empty_share": ("empty_kept", "empty"),
    "traps_share": ("traps_kept", "traps"),
    "minutes_share": ("minutes_right", "minutes"),
    "minutes_invented_share": ("minutes_invented", "minutes_unstated"),
}
_NEEDS = (("traps_", "cites"), ("evidence_", "cites"), ("minutes_", "times"), ("ece", "weighs"))
_LABELS = (
    ("evidence_", "quoted"),
    ("traps_share", "traps"),
    ("minutes_share", "minutes"),
    ("empty_share", "empty"),
    ("macro_", "frequent"),
)


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


def figures_json(report: Report) -> dict[str, dict[str, Any]]:
    """Run name -> figures with their intervals; soapcode's also with calibration, coverage, abstention and
    robustness. No note text. What a program gives nothing for (words, minutes, probabilities) is ``None``.
    """
    out: dict[str, dict[str, Any]] = {}
    for run in report.runs:
        per_code = {
            code: found | {"f1_interval": run.per_code.get(code)} for code, found in run.figures["per_code"].items()
        }
        lacking = {name: None for name in (*run.figures, *run.overall) if not is_measured(run, name)}
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


def is_measured(run: Run, figure: str) -> bool:
    """Whether a program gives what a figure is about, and the notes have labels to hold it against."""
    given = all(getattr(run.counts, needs) for start, needs in _NEEDS if figure.startswith(start))
    return given and all(run.figures[labels] for start, labels in _LABELS if figure.startswith(start))


def plain_rows(report: Report) -> tuple[list[str], list[list[str]]]:
    """The figures as a table for a terminal: heads (a column per program), and a row per figure."""
    rows = []
    for figure, label, _ in FIGURES:
        row = [label]
        for run in report.runs:
            counted = "/".join(str(run.figures[name]) for name in COUNTED.get(figure, ()))
            row.append((counted or f"{run.figures[figure]:.3f}") if is_measured(run, figure) else "–")
        rows.append(row)
    return ["", *(run.name for run in report.runs)], rows
