"""Curves of a run: whether its probabilities hold, and how right it is where it is surest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.evaluation.counts import BINS, Tally
from models.evaluation.figures import weighted_figures


def calibration(run: Tally) -> list[dict[str, float]]:
    """The reliability curve: ranked codes in ten bins of equal width by probability.

    Codes below the ranking's least probability are in no bin: the many codes a note plainly does not support would make
    any model look calibrated. The expected calibration error ``ece`` of `score` is the bins' mean distance
    between ``said`` and ``right``, weighted by ``codes`` (Naeini et al. 2015).

    Returns
    -------
    Per bin ``low``, ``high``, ``codes`` and, where it has any, the mean probability ``said`` and the share
    labelled ``right``.
    """
    out = []
    sums = (part.sum(axis=0) for part in run.bins)
    for at, (listed, believed, true) in enumerate(zip(*sums, strict=True)):
        found = {"low": at / BINS, "high": (at + 1) / BINS, "codes": float(listed)}
        if listed:
            found |= {"said": float(believed / listed), "right": float(true / listed)}
        out.append(found)
    return out


def coverage(run: Tally, certainty: Sequence[float], steps: int = 20) -> list[dict[str, float]]:
    """Precision against coverage: only the surest notes are taken, from few to all.

    Parameters
    ----------
    certainty : per note, higher is surer; ties keep the notes' order.
    steps : points of the curve.

    Returns
    -------
    Per point the share of notes ``coverage``, their number ``notes``, and among them ``precision``, ``recall`` and ``exact``.

    Raises
    ------
    ValueError
        When there is not one certainty per note.
    """
    if len(certainty) != len(run):
        raise ValueError(f"there must be one certainty per note, got {len(certainty)} for {len(run)} notes")
    order = np.argsort(-np.asarray(certainty, dtype=np.float64), kind="stable")
    taken = sorted({round(len(run) * step / steps) for step in range(1, steps + 1)} - {0})
    out = []
    for number in taken:
        weights = np.zeros((1, len(run)))
        weights[0, order[:number]] = 1
        found = weighted_figures(run, weights)
        shown = {name: float(found[name][0]) for name in ("precision", "recall", "exact")}
        out.append({"coverage": number / len(run), "notes": float(number), **shown})
    return out
