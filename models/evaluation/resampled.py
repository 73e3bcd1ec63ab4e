"""How sure a figure is, and the difference of two: bootstrap over notes, and the sign test."""

from __future__ import annotations

import math

import numpy as np

from models.evaluation.counts import Floats, Tally
from models.evaluation.figures import rates_of, weighted_figures

RESAMPLES = 1000


def intervals(
    run: Tally, count: int = RESAMPLES, seed: int = 0, level: float = 0.95
) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Percentile bootstrap intervals over notes (Efron & Tibshirani 1993, ch. 13).

    Notes of one writer resemble one another, so for a new writer the truth can lie outside.

    Returns
    -------
    Low and high end per figure of `score` that is a share, and per code of its F1 over the resamples it occurs in.
    """
    weights = resamples(len(run), count, seed)
    overall = {name: _interval(values, level) for name, values in weighted_figures(run, weights).items()}
    parts = [weights @ part for part in run.decisions]
    occurs = np.add.reduce(parts) > 0
    values = rates_of(*parts)[2]
    per_code = {
        code: _interval(values[occurs[:, i], i], level) for i, code in enumerate(run.codes) if occurs[:, i].any()
    }
    return overall, per_code


def advantage(
    run: Tally, other: Tally, figure: str, count: int = RESAMPLES, seed: int = 0, level: float = 0.95
) -> tuple[float, float, float]:
    """How far a run is ahead of another on the same notes: the difference of a figure, with its paired interval.

    Raises
    ------
    ValueError
        When the runs are not of equally many notes.
    """
    if len(run) != len(other):
        raise ValueError(f"both runs must be of the same notes, got {len(run)} and {len(other)} notes")
    weights = np.vstack([np.ones((1, len(run))), resamples(len(run), count, seed)])
    found = weighted_figures(run, weights)[figure] - weighted_figures(other, weights)[figure]
    return float(found[0]), *_interval(found[1:], level)


def sign_test(more: int, fewer: int) -> float:
    """How likely at least ``more`` of ``more + fewer`` come out so when each is as likely either way, in [0, 1].

    One-sided and exact (Dixon & Mood 1946).

    Examples
    --------
    >>> sign_test(5, 0), sign_test(0, 5), sign_test(0, 0)
    (0.03125, 1.0, 1.0)
    """
    count = more + fewer
    return float(sum(math.comb(count, k) for k in range(more, count + 1)) / 2**count)


def resamples(notes: int, count: int = RESAMPLES, seed: int = 0) -> Floats:
    """How often each note is drawn in each bootstrap resample: (count, notes), rows add up to ``notes``."""
    if not notes:
        return np.zeros((count, 0))
    drawn = np.random.default_rng(seed).multinomial(notes, np.full(notes, 1 / notes), size=count)
    return np.asarray(drawn, dtype=np.float64)


def _interval(values: Floats, level: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
