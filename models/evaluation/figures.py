"""Figures of a run: shares of the sums over its notes, each note weighing as it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from corpus.notes import LabelledNote
from models.evaluation.counts import COUNTS, Floats, Tally, tally
from models.evaluation.guess import Guess

_FREQUENT = 3
_TOTALS = (
    "empty",
    "empty_kept",
    "traps",
    "traps_kept",
    "quoted",
    "minutes",
    "minutes_right",
    "minutes_unstated",
    "minutes_invented",
)


def score(notes: Sequence[LabelledNote], guesses: Sequence[Guess]) -> dict[str, Any]:
    """All figures of a run.

    Shares lie in [0, 1]. Where there is nothing to take a share of, a share counts as 1: a precision of nothing suggested or
    cited, a recall of nothing labelled, ``empty_share``, ``traps_share`` and ``minutes_share``. It counts as 0 in ``exact`` and
    ``lenient_exact`` (no note), ``top3`` (no label), ``macro_*`` (no code with 3 labels), ``minutes_invented_share`` and ``ece``. An
    F1 is 0 where its precision and recall are.

    Returns
    -------
    Shares: ``micro_f1``, ``precision``, ``recall``; ``macro_*`` (means over codes with at least 3 labels; a code never
    suggested has precision 0 there); ``lenient_*``; ``exact`` and ``lenient_exact`` (notes whose set is right);
    ``top3`` (labels among the first three of the ranking, or among as many as the note has labels where these are more);
    ``evidence_*`` (words of the ``quoted`` rightly suggested codes whose words are labelled); ``empty_share``, ``traps_share``,
    ``minutes_share`` and ``minutes_invented_share`` (of the counts below); ``ece`` (see `calibration`).

    Counts: ``notes``, ``labels``, ``suggested``, ``hit``; ``empty`` and ``empty_kept`` (notes without service); ``traps`` and
    ``traps_kept``; ``quoted``; ``minutes`` and ``minutes_right`` (equal to the stated ones); ``minutes_unstated`` and
    ``minutes_invented`` (given where the note states none).

    ``frequent`` counts the codes with at least 3 labels; where it is 0, the ``macro_*`` say nothing.

    ``per_code``: ``precision``, ``recall``, ``f1``, ``hit``, ``wrong`` and ``missed`` of each code labelled or suggested.
    """
    return figures_of(tally(notes, guesses))


def figures_of(run: Tally) -> dict[str, Any]:
    """All figures of a tally; see `score`."""
    sums = dict(zip(COUNTS, run.counts.sum(axis=0), strict=True))
    found = weighted_figures(run, np.ones((1, len(run))))
    per_code = {}
    for code, *parts in zip(run.codes, *(part.sum(axis=0) for part in run.decisions), strict=True):
        hit, wrong, missed = map(int, parts)
        rates = dict(zip(("precision", "recall", "f1"), f1(hit, wrong, missed), strict=True))
        per_code[code] = {**rates, "hit": hit, "wrong": wrong, "missed": missed}
    return {
        "notes": len(run),
        "labels": int(sums["labels"]),
        "suggested": int(run.hit.sum() + run.wrong.sum()),
        "hit": int(run.hit.sum()),
        "frequent": int(((run.hit + run.missed).sum(axis=0) >= _FREQUENT).sum()),
        **{name: float(values[0]) for name, values in found.items()},
        **{name: int(sums[name]) for name in _TOTALS},
        "per_code": per_code,
    }


def f1(tp: float, fp: float, fn: float) -> tuple[float, float, float]:
    """Precision, recall and F1: a precision or recall of nothing is 1, the F1 where both are 0 is 0."""
    precision = tp / (tp + fp) if tp + fp else 1.0
    recall = tp / (tp + fn) if tp + fn else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def weighted_figures(run: Tally, weights: Floats) -> dict[str, Floats]:
    """Figures of weighted notes.

    Parameters
    ----------
    weights : (resamples, notes) how often each note counts, not negative.

    Returns
    -------
    Per figure of `score` that is a share, (resamples,) one value for each row of the weights.
    """
    size = weights.sum(axis=1)
    per = [weights @ part for part in run.decisions]
    n = dict(zip(COUNTS, (weights @ run.counts).T, strict=True))
    precision, recall, micro = rates_of(*(part.sum(axis=1) for part in per))
    lenient = rates_of(n["lenient_hit"], n["lenient_wrong"], n["lenient_missed"])
    words = rates_of(n["words_hit"], n["words_wrong"], n["words_missed"])
    listed, believed, true = (weights @ part for part in run.bins)
    return {
        "micro_f1": micro,
        "precision": precision,
        "recall": recall,
        **_macro(*per),
        "lenient_precision": lenient[0],
        "lenient_recall": lenient[1],
        "lenient_f1": lenient[2],
        "exact": _ratio(n["exact"], size, 0.0),
        "lenient_exact": _ratio(n["lenient_exact"], size, 0.0),
        "top3": _ratio(n["top"], n["labels"], 0.0),
        "evidence_precision": words[0],
        "evidence_recall": words[1],
        "evidence_f1": words[2],
        "empty_share": _ratio(n["empty_kept"], n["empty"], 1.0),
        "traps_share": _ratio(n["traps_kept"], n["traps"], 1.0),
        "minutes_share": _ratio(n["minutes_right"], n["minutes"], 1.0),
        "minutes_invented_share": _ratio(n["minutes_invented"], n["minutes_unstated"], 0.0),
        "ece": _ratio(np.abs(believed - true).sum(axis=1), listed.sum(axis=1), 0.0),
    }


def _ratio(part: Floats, whole: Floats, empty: float) -> Floats:
    """Parts of wholes; ``empty`` where there is no whole."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), empty)


def rates_of(hit: Floats, wrong: Floats, missed: Floats) -> tuple[Floats, Floats, Floats]:
    """`f1` for arrays of one shape."""
    precision, recall = _ratio(hit, hit + wrong, 1.0), _ratio(hit, hit + missed, 1.0)
    return precision, recall, _ratio(2 * precision * recall, precision + recall, 0.0)


def _macro(hit: Floats, wrong: Floats, missed: Floats) -> dict[str, Floats]:
    """Means over codes with at least `_FREQUENT` labels; a code never suggested has precision 0."""
    frequent = hit + missed >= _FREQUENT
    number = frequent.sum(axis=1)
    each = {
        "macro_precision": _ratio(hit, hit + wrong, 0.0),
        "macro_recall": rates_of(hit, wrong, missed)[1],
        "macro_f1": rates_of(hit, wrong, missed)[2],
    }
    return {name: _ratio((values * frequent).sum(axis=1), number, 0.0) for name, values in each.items()}
