"""From the segments to the note: joined log-odds, what the note as a whole says, whether it records a service at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.columns import EVALUATION_COLUMNS, NOTE_KINDS, TREATMENTS
from models.groups import most_of_other_columns
from models.numeric import Array, logit

SHARPNESS = 2.0
NOTE: tuple[str, ...] = (
    "the note has a service",
    "the note is such an evaluation",
    "the note is an evaluation",
    "another service is surer",
    "length of the note",
)
GATE: tuple[str, ...] = ("the words as a whole", "the surest service")


def join(segment_logits: Array) -> Array:
    """Log-odds of the note from those of its segments: (services,).

    Odds raised to `SHARPNESS` add up: ``log(sum(exp(k z))) / k`` over the segments, k = 2. The clearest words
    decide, further clear ones help a little, and any number of faint traces stays faint (k = 1 would add
    up the traces of a long note, k = infinity would look at one segment only; see ``models/README.md``).
    """
    if not len(segment_logits):
        return np.full(segment_logits.shape[-1], -30.0)
    scaled = np.asarray(segment_logits) * SHARPNESS
    top = scaled.max(axis=0)
    return np.asarray((top + np.log(np.exp(scaled - top).sum(axis=0))) / SHARPNESS)


def joined_of(segment_logits: Array, counts: NDArray[np.intp]) -> Array:
    """`join` of several notes below one another, with so many segments each: (notes, services)."""
    out = np.full((len(counts), segment_logits.shape[-1]), -30.0)
    some = counts > 0
    if some.any():
        starts = np.cumsum(counts[some]) - counts[some]
        scaled = segment_logits * SHARPNESS
        top = np.maximum.reduceat(scaled, starts)
        sums = np.add.reduceat(np.exp(scaled - np.repeat(top, counts[some], axis=0)), starts)
        out[some] = (top + np.log(sums)) / SHARPNESS
    return out


def kinds_joined(whole: Array) -> Array:
    """Log-odds of the kinds of note, ``(..., len(NOTE_KINDS))``, the first one's odds (that it records a service at all) with those of the
    others added: a note that is an evaluation records one.

    Examples
    --------
    >>> kinds_joined(np.array([-3.0, 0.5, -9.0, -9.0, -9.0])).round(2).tolist()
    [0.53, 0.5, -9.0, -9.0, -9.0]
    """
    out = np.array(whole, dtype=np.float64)
    out[..., 0] = np.logaddexp.reduce(out, axis=-1)
    return out


def note_inputs(joined: Array, whole: Array, counts: NDArray[np.intp] | int) -> Array:
    """What a note as a whole says of each service: (..., services, len(NOTE)).

    Parameters
    ----------
    joined : (..., services) joined log-odds of the segments (`join`) of one note or of several.
    whole : (..., len(NOTE_KINDS)) log-odds of what kind of note each is.
    counts : (...) segments of each.
    """
    strongest = np.clip(joined, -9.0, 9.0)
    whole = np.clip(whole, -8.0, 8.0)
    out = np.zeros((*strongest.shape, len(NOTE)))
    out[..., 0] = -np.logaddexp(0.0, -whole[..., :1])
    for name, column in EVALUATION_COLUMNS.items():
        out[..., column, 1] = whole[..., NOTE_KINDS.index(name)]
    out[..., TREATMENTS, 2] = np.maximum(whole[..., 1:].max(axis=-1), 0.0)[..., None]
    others = most_of_other_columns(np.atleast_2d(strongest)).reshape(strongest.shape)
    out[..., 3] = np.maximum(others, -4.0)
    out[..., 4] = np.asarray(np.log1p(counts) - 3.0)[..., None]
    return out


def gate_inputs(probabilities: Array, whole: Array) -> Array:
    """Inputs of whether a note records a service at all: (..., len(GATE)) log-odds.

    Parameters
    ----------
    probabilities : (..., services) of one note or of several.
    whole : (..., len(NOTE_KINDS)) log-odds of what kind of note each is.
    """
    best = logit(np.max(probabilities, axis=-1, initial=0.0))
    return np.stack([np.clip(whole[..., 0], -8.0, 8.0), np.clip(best, -8.0, 8.0)], axis=-1)
