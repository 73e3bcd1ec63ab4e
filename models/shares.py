"""Which share of a concept's uses is billed as which service: the clinic's own, else the vocabulary's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.vocabulary import Concept
from models.columns import COLUMN, SERVICES
from nlp.note import Segment

Usage = Mapping[str, NDArray[np.float32]]
"""How a clinic bills concepts of the vocabulary, where it differs: concept id -> (services,) shares in [0, 1]."""
AS_WRITTEN: Usage = {}


def share_of(concept: Concept, service: str, usage: Usage = AS_WRITTEN) -> float:
    """Share of a concept's uses that are billed as a service, in [0, 1]: the clinic's own, else the vocabulary's."""
    own = usage.get(concept.id)
    return concept.priors.get(service, 0.0) if own is None else float(own[COLUMN[service]])


def shares_of(concept: Concept, usage: Usage = AS_WRITTEN) -> NDArray[np.float32]:
    """`share_of` for every service: (services,)."""
    own = usage.get(concept.id)
    if own is not None:
        return own
    out = np.zeros(len(SERVICES), dtype=np.float32)
    for service, share in concept.priors.items():
        out[COLUMN[service]] = share
    return out


def priors_of(segments: Sequence[Segment], usage: Usage = AS_WRITTEN) -> NDArray[np.float32]:
    """The largest prior of each service among a segment's mentions: (segments, services)."""
    out = np.zeros((len(segments), len(SERVICES)), dtype=np.float32)
    for row, segment in zip(out, segments, strict=True):
        for mention in segment.mentions:
            np.maximum(row, shares_of(mention.concept, usage), out=row)
    return out


def is_billed(concept: Concept, usage: Usage = AS_WRITTEN) -> bool:
    """Whether a concept is billed as anything at all."""
    return bool(concept.priors) or concept.id in usage
