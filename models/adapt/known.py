"""Which services the corpus has notes for; what the ranker says of the others it never learned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from corpus.notes import LabelledNote
from models.columns import SERVICES
from models.training import services_of

_FEW = 3  # notes from which on a service counts as learned


def learned_services(notes: Iterable[LabelledNote]) -> frozenset[str]:
    """Services with enough labelled notes to have been learned from them."""
    counts = Counter(service for note in notes for service in services_of(note))
    return frozenset(service for service, count in counts.items() if count >= _FEW)


def columns_of(known: frozenset[str]) -> NDArray[np.bool_]:
    """Whether each service is among the known: (services,)."""
    return np.array([service in known for service in SERVICES])
