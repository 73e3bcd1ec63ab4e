"""Fitting the ranker. Kept apart from `models.ranker` so that suggesting does not import scikit-learn: it
takes longer to import than a clinic's whole day of notes to read.

Reading order: `fit` (the whole); then its steps: ``base`` (models 1-3), ``decision``, ``calibration``.
"""

from __future__ import annotations

from collections.abc import Sequence

from threadpoolctl import threadpool_limits

from models.decision import Outputs
from models.design import Dataset, Example
from models.fitting.base import Progress, Settings, fit_base
from models.fitting.calibration import calibrate
from models.fitting.decision import fit_decision
from models.ranker import Ranker


def fit(
    examples: Sequence[Example] | Dataset, settings: Settings | None = None, progress: Progress | None = None
) -> Ranker:
    """Learn a ranker.

    Parameters
    ----------
    examples : notes of at least two voices.
    settings : penalties and sizes.
    progress : called with a few words before each stage.

    Returns
    -------
    A ranker whose thresholds are chosen on out-of-fold probabilities.
    """
    settings = settings or Settings()
    say = progress or (lambda _text: None)
    data = examples if isinstance(examples, Dataset) else Dataset.of(examples)
    with threadpool_limits(limits=1):
        ranker, outputs = fit_base(data, settings, say)
        return fit_decisions(ranker, data, outputs, settings, say)


def fit_decisions(
    ranker: Ranker, data: Dataset, outputs: Sequence[Outputs], settings: Settings, say: Progress
) -> Ranker:
    """Fit the decision model and the calibration on out-of-fold outputs."""
    say("learning decisions")
    fit_decision(ranker, data, outputs, settings)
    say("calibrating")
    calibrate(ranker, data, outputs, settings.jobs)
    return ranker
