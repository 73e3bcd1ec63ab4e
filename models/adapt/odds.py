"""What a ranker says of whole notes."""

from __future__ import annotations

import numpy as np

from models.design import Dataset
from models.fitting.base import outputs_of
from models.numeric import Array, logit
from models.ranker import Ranker


def note_odds(ranker: Ranker, data: Dataset) -> Array:
    """Log-odds of each service in each example: (examples, services)."""
    return np.stack(
        [
            logit(ranker.probabilities(ranker.decide(seen, output), output))
            for seen, output in zip(data.each(), outputs_of(ranker, data), strict=True)
        ]
    )
