"""Calibration on out-of-fold log-odds: probabilities, whether a note records a service at all, thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models.certainty import sure_from
from models.choice import Design, Logit
from models.columns import COLUMN, SERVICES
from models.decision import Outputs
from models.design import Dataset, Stretch
from models.features import FRAGMENT
from models.fitting.decision import on_each_stretch, stacked
from models.numeric import EVEN, Array, expit
from models.pooling import gate_inputs, joined_of, note_inputs
from models.ranker import Ranker

_FREE = 1e6
_ENOUGH = 500
"""Iterations in which this fit, of few weights, has long converged: stopped earlier it depends on the machine's rounding."""
_OFFSET_SHRINK = 0.3
_EMPTY_WEIGHT = 2.0
_THRESHOLD_STRENGTH = 50.0
_LEVEL = 0.002
"""Thresholds whose F-measure differs by less are as good as one another: the one nearest to that of all services is taken."""
_RECALL = 0.85
"""What recall counts for beside precision: a code wrongly suggested may be billed, one missed is looked for. Also, rankers of half of
the voices, on which thresholds are chosen, are less sure than that of all.
"""


def calibrate(ranker: Ranker, data: Dataset, outputs: Sequence[Outputs], jobs: int = 1) -> None:
    """A shared slope, note-level weights and a shrunken offset per service on out-of-fold log-odds."""
    joined, kinds = _note_odds(ranker, data, outputs, jobs)
    truth = truth_of(data.services)
    keep = (joined > -9) | (truth > 0)
    column = np.nonzero(keep)[1]
    size = len(column)
    one_hot = (np.full(size, _OFFSET_SHRINK, dtype=np.float32), column, np.arange(size + 1))
    design = Design.own_only(
        sparse.csr_matrix(one_hot, shape=(size, len(SERVICES))),
        np.concatenate(
            [np.clip(joined, -30, 30)[keep][:, None], note_inputs(joined, kinds, data.sizes)[keep]], axis=1
        ).astype(np.float32),
    )
    weights = np.repeat(np.where(truth.any(axis=1), 1, _EMPTY_WEIGHT) * data.weights, keep.sum(axis=1))
    model = Logit(c=1.0, bias_c=_FREE, max_iter=_ENOUGH)
    model.fit(design, truth[keep][:, None].astype(np.float32), weights)
    found = model.dense_[:, 0]
    ranker.slope = np.full(len(SERVICES), max(0.05, float(found[0])))
    ranker.kind = found[1:].copy()
    ranker.offset = model.own_[:, 0] * _OFFSET_SHRINK + model.bias_[0]
    probabilities = ranker.calibrated(joined, kinds, data.sizes)
    wanted: NDArray[np.bool_] = np.any(truth > 0, axis=1)
    recorded = _fit_gate(ranker, gate_inputs(probabilities, kinds), wanted, data.sizes > FRAGMENT)
    ranker.thresholds = thresholds_for(np.where(recorded[:, None], probabilities, 0), truth, data.weights)
    ranker.sure_from = sure_from(probabilities, ranker.thresholds, weights=data.weights)


def _note_odds(ranker: Ranker, data: Dataset, outputs: Sequence[Outputs], jobs: int) -> tuple[Array, Array]:
    """Joined log-odds of each service in each example, and the examples' kinds."""

    def logits(stretch: Stretch) -> Array:
        examples, seen, owners = stretch
        return joined_of(ranker.decide(seen, stacked(outputs[examples]), owners), data.sizes[examples])

    return np.concatenate(list(on_each_stretch(jobs, logits, data))), np.stack([o.whole for o in outputs])


def note_probabilities(ranker: Ranker, data: Dataset, outputs: Sequence[Outputs]) -> Array:
    """Calibrated probabilities of at least one example: (examples, services)."""
    return ranker.calibrated(*_note_odds(ranker, data, outputs, 1), data.sizes)


def _fit_gate(
    ranker: Ranker, inputs: Array, wanted: NDArray[np.bool_], whole: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Learn which notes record any service, from those that are no fragments; returns what it says of all."""
    if wanted[whole].any() and not wanted[whole].all():
        model = LogisticRegression(C=10.0, max_iter=500).fit(inputs[whole], wanted[whole])
        ranker.gate, ranker.gate_bias = model.coef_[0], float(model.intercept_[0])
    return np.asarray(~whole | (expit(inputs @ ranker.gate + ranker.gate_bias) >= EVEN))


def truth_of(services: Sequence[frozenset[str]]) -> Array:
    """The services of each example as 0/1: (examples, services)."""
    truth = np.zeros((len(services), len(SERVICES)))
    for index, found in enumerate(services):
        for service in found:
            truth[index, COLUMN[service]] = 1
    return truth


def thresholds_for(probabilities: Array, truth: Array, weights: Array | None = None) -> Array:
    """The thresholds that give the best F-measure on notes the probabilities were not learned from: (services,).

    One threshold for all services is chosen first; each service then moves away from it as far as its
    own notes justify, shrunk by ``_THRESHOLD_STRENGTH`` pseudo-notes.

    Parameters
    ----------
    weights : (notes,) notes each stands for; ones where not given.
    """
    weights = np.ones(len(truth)) if weights is None else weights
    grid = np.linspace(0.1, 0.9, 65)
    scores = _smooth([_f_measure(truth, probabilities >= t, weights[:, None]) for t in grid])
    overall = float(grid[scores >= scores.max() - _LEVEL / 2].mean())
    out = np.full(truth.shape[1], overall)
    for column in range(truth.shape[1]):
        count = float(truth[:, column].sum())
        if count < 3:
            continue
        scores = _smooth([_f_measure(truth[:, column], probabilities[:, column] >= t, weights) for t in grid])
        best = grid[scores >= scores.max() - _LEVEL]
        own = float(best[np.argmin(np.abs(best - overall))])
        out[column] += count / (count + _THRESHOLD_STRENGTH) * (own - overall)
    return out


def _smooth(values: Sequence[float]) -> Array:
    """Running mean over nine grid points: a peak that a single note makes is none."""
    padded = np.pad(np.asarray(values, dtype=np.float64), 4, mode="edge")
    return np.convolve(padded, np.full(9, 1 / 9), mode="valid")


def _f_measure(truth: Array, guess: NDArray[np.bool_], weights: Array) -> float:
    counted = truth * weights
    hit = float((counted * guess).sum())
    beta = _RECALL**2
    return (1 + beta) * hit / max(1e-9, beta * float(counted.sum()) + float((guess * weights).sum()))
