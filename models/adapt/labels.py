"""Which segments a billed code stands for; constants chosen on training notes with lines put in, see models/README.md."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.vocabulary import load_vocabulary
from models.adapt.habits import Habits
from models.columns import COLUMN, SERVICES
from models.decision import Outputs, delivery_of
from models.design import Dataset
from models.fitting.base import outputs_of
from models.numeric import Array, expit
from models.ranker import Ranker

_SUPPORTED = 0.4  # a segment that supports a billed service so surely explains it,
_OWN = 0.2  # if its words alone say so at least so much
_TRUST = 0.85  # how much of a service that nothing supports goes to the likeliest segments
_STRAY = 0.3  # delivered and of services not billed so surely: free to stand for a billed one
_IDLE = 0.5  # how readily a segment that is not stray does
_UNNAMED = 0.15  # how readily one without a word of the vocabulary does, where the vocabulary knows the service
_FLOOR = -8.0  # least log-probability of a service


def explain_labels(
    ranker: Ranker, clinic: Dataset, spanned: Sequence[bool], habits: Habits, heat: float = 1.0
) -> NDArray[np.float64]:
    """How far each segment is what a billed service stands for.

    Parameters
    ----------
    ranker : what it supports is believed; the round's own.
    clinic : the clinic's notes with the services billed.
    spanned : per note, whether a person marked its words: these segments are then fixed.
    heat : how far the words' own say counts, in (0, 1].

    Returns
    -------
    (segments, services), each in [0, 1] and at most 1 over the services of a segment, but for what a person marked; nothing for
    a service that was not billed.
    """
    outputs = outputs_of(ranker, clinic)
    parts = []
    names = _named(clinic)
    at = 0
    targets = np.split(clinic.targets, np.cumsum(clinic.sizes)[:-1])
    for seen, output, services, marked, known in zip(
        clinic.each(), outputs, clinic.services, targets, spanned, strict=True
    ):
        support = expit(ranker.decide(seen, output))
        fixed = marked.astype(np.float64) if known else np.zeros(marked.shape)
        parts.append(
            _explained(
                support,
                output,
                [COLUMN[s] for s in sorted(services)],
                names[at : at + len(support)],
                fixed,
                habits.unbilled,
                heat,
            )
        )
        at += len(support)
    return np.concatenate(parts) if parts else np.zeros((0, len(SERVICES)))


def _named(data: Dataset) -> Array:
    """How far a segment may stand for a service no words support: less where the vocabulary, which does speak of the
    service, knows nothing in the segment: (segments, services).
    """
    own = data.content["own"]
    columns = [column for name, column in own.names.items() if name[:2] == "c:"]
    sums: Array = np.asarray(own.table[:, columns].sum(axis=1), dtype=np.float64).reshape(-1, 1)
    known = sums > 0
    spoken = {service for concept in load_vocabulary().values() for service in concept.priors}
    silent: NDArray[np.bool_] = np.array([service not in spoken for service in SERVICES])
    return np.where(known | silent, 1.0, _UNNAMED)


def _explained(
    support: Array,
    output: Outputs,
    labels: list[int],
    named: Array,
    fixed: Array,
    unbilled: float,
    heat: float,
) -> Array:
    """One note: `explain_labels` of its segments.

    Parameters
    ----------
    support : (segments, services) how far each supports each service, in [0, 1].
    output : what the ranker's models say of them.
    labels : columns of the services billed.
    named : (segments, services) of `_named`.
    fixed : (segments, services) what a person marked; zeros where none did.
    """
    mass = fixed.copy()
    if not len(support) or not labels:
        return mass
    free: NDArray[np.bool_] = fixed.max(axis=1) <= 0
    inside = np.zeros(support.shape[1], dtype=bool)
    inside[labels] = True
    share = np.exp(np.maximum(output.content, _FLOOR) * heat)
    delivered = expit(delivery_of(output))
    lent = delivered ** max(heat, 0.5)
    own = np.exp(output.content)
    strong = (support >= _SUPPORTED) & (own >= _OWN) & inside & free[:, None]
    mass[strong] = support[strong]
    free &= ~strong.any(axis=1)
    stray = free & (np.where(inside, 0, own * delivered).sum(axis=1) >= _STRAY)
    rest = unbilled * np.where(inside, 0, share).max(axis=1) + 1e-12
    orphans = [k for k in labels if not strong[:, k].any() and not fixed[:, k].any()]
    open_to = np.isin(np.arange(share.shape[1]), orphans) if orphans else inside
    taken = share * open_to
    mass[stray] = (taken / (taken.sum(axis=1) + rest)[:, None] * lent)[stray]
    open_ = (free * np.where(stray, 1.0, _IDLE))[:, None] * lent
    if orphans and open_.any():
        score = (share * named * open_)[:, orphans]
        mass[:, orphans] = np.maximum(mass[:, orphans], _TRUST * score / score.sum(axis=0))
    whole = np.maximum(mass.sum(axis=1, keepdims=True), 1.0)
    return np.where(fixed.any(axis=1, keepdims=True), mass, mass / whole)
