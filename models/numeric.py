"""Log-odds, probabilities and their logarithms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
EVEN = 0.5
"""Probability from which something is more likely than not."""


def logit(p: Array | float) -> Array:
    """Log-odds, finite at 0 and 1."""
    q = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(q) - np.log1p(-q))


def expit(x: Array | float) -> Array:
    """Inverse of `logit`."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -500, 500))))


def log_softmax(scores: Array) -> Array:
    """Row-wise logarithm of the softmax."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))
