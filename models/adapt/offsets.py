"""How much more or less a clinic bills of what the corpus has no notes for than its words say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.adapt.known import columns_of
from models.adapt.odds import note_odds
from models.design import Dataset
from models.fitting.calibration import truth_of
from models.numeric import Array, expit
from models.ranker import Ranker


def offsets(ranker: Ranker, clinic: Dataset, replay: Dataset, known: frozenset[str], c: float) -> Array:
    """Log-odds to add per service, shrunk towards none: (services,).

    A service the corpus knows stays where it is: a code is suggested for the note's words, not for a clinic's custom of billing it.
    Of a new one the corpus's notes, which never have it, speak too.

    Parameters
    ----------
    ranker : corrected, but for its offset.
    known : services the corpus has notes for.
    c : inverse strength of the penalty.

    Returns
    -------
    0 for a known service, -3 to 2 for a new one.
    """
    new: NDArray[np.bool_] = ~columns_of(known)
    odds, truth = note_odds(ranker, clinic), truth_of(clinic.services)
    weight = np.ones(odds.shape)
    if new.any():
        odds = np.concatenate([odds, note_odds(ranker, replay)])
        truth = np.concatenate([truth, truth_of(replay.services)])
        weight = np.concatenate([weight, np.broadcast_to(new, (len(replay), len(new)))])
    shift = np.zeros(odds.shape[1])
    for _ in range(30):
        p = expit(odds + shift)
        slope = (weight * (p - truth)).sum(axis=0) + shift / c
        shift -= slope / ((weight * p * (1 - p)).sum(axis=0) + 1 / c)
    return np.where(new, np.clip(shift, -3.0, 2.0), 0.0)
