"""The account of a score: parts that add up to the probability, each tied to characters.

For a service, segment i has log-odds ``z_i``, the sum of its parts. The segments join by a soft maximum,
``J = log(sum(exp(2 z_i))) / 2``: the clearest words decide, faint traces stay faint. The probability is
``expit(slope * J + whole + offset)``, where ``whole`` adds up what the note as a whole says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.features import COLUMN, SERVICES, NoteFeatures
from models.ranker import DECISION, KINDS, NOTE, PASS, Linear, Outputs, Ranker, expit, join, note_inputs

_SHOWN_WORDS = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One term of a segment's log-odds: what it is, its value and its share."""

    name: str
    value: float
    weight: float

    @property
    def amount(self) -> float:
        """Log-odds it adds."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class SegmentAccount:
    """The terms of one segment for one service.

    Attributes
    ----------
    index : segment of the note.
    parts : terms; their amounts add up to ``log_odds``.
    words, delivery_words : the features that weigh most in "words" and "delivered", with their log-odds.
    """

    index: int
    parts: tuple[Part, ...]
    words: tuple[tuple[str, float], ...]
    delivery_words: tuple[tuple[str, float], ...]

    @property
    def log_odds(self) -> float:
        """Sum of the parts."""
        return float(sum(p.amount for p in self.parts))


@dataclass(frozen=True, slots=True)
class Account:
    """The whole sum behind a service's probability."""

    service: str
    segments: tuple[SegmentAccount, ...]
    whole: tuple[Part, ...]
    slope: float
    offset: float
    threshold: float

    @property
    def joined(self) -> float:
        """J, the joined log-odds of the segments."""
        return float(join(np.array([[s.log_odds] for s in self.segments]).reshape(-1, 1))[0])

    @property
    def probability(self) -> float:
        """The probability, worked out from the parts alone."""
        whole = sum(p.amount for p in self.whole) + self.offset
        return float(expit(self.slope * self.joined + whole))


def account(ranker: Ranker, features: NoteFeatures, outputs: Outputs, service: str) -> Account:
    """Take a service's probability apart.

    Raises
    ------
    KeyError
        When the service is unknown.
    """
    column = COLUMN[service]
    inputs = ranker.inputs(features, outputs)
    segments = []
    for index in range(len(inputs)):
        row: NDArray[np.float64] = inputs[index, column]
        parts = [Part("bias", 1.0, float(ranker.second_bias[column]))]
        parts.extend(
            Part(name, float(value), float(weight))
            for name, value, weight in zip((*DECISION, *PASS), row, ranker.second, strict=True)
            if value
        )
        segments.append(
            SegmentAccount(
                index,
                tuple(parts),
                _heaviest(ranker.content, features.words[index], column),
                _heaviest(ranker.delivery, features.delivery[index], 0),
            )
        )
    said = note_inputs(ranker.segment_logits(features, outputs), outputs)[column]
    whole = tuple(Part(n, float(v), float(w)) for n, v, w in zip(NOTE, said, ranker.note, strict=True))
    return Account(
        service,
        tuple(segments),
        whole,
        float(ranker.slope[column]),
        float(ranker.offset[column]),
        float(ranker.thresholds[column]),
    )


def _heaviest(model: Linear, features: list[str], column: int) -> tuple[tuple[str, float], ...]:
    known = {model.names[f]: f for f in features if f in model.names}
    if not known:
        return ()
    rows = sorted(known)
    amounts = model.amounts(rows) * model.weights[rows, column]
    weights = sorted(
        ((float(amount), known[row]) for row, amount in zip(rows, amounts, strict=True)), key=lambda x: -abs(x[0])
    )
    return tuple((name, weight) for weight, name in weights[:_SHOWN_WORDS])


__all__ = ["KINDS", "SERVICES", "Account", "Part", "SegmentAccount", "account"]
