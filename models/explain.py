"""The account of a score: parts that add up to the probability, each tied to characters.

For a service, segment i has log-odds ``z_i``, the sum of its parts. The segments join by a soft maximum,
``J = log(sum(exp(2 z_i))) / 2``: the clearest words decide, faint traces stay faint. The probability is
``expit(slope * J + whole + offset)``, where ``whole`` adds up what the note as a whole says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.blocks import SIDES, Block, content_docs, delivery_docs, heard
from models.columns import COLUMN
from models.compiled import Numbers
from models.decision import DECISION, decision_inputs
from models.features import NoteFeatures
from models.numeric import Array, expit
from models.pooling import GATE, NOTE, gate_inputs, join, note_inputs
from models.ranker import Ranker
from models.relations import RELATIONS

_SHOWN_WORDS = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One term of a sum: what it is, its value and its weight."""

    name: str
    value: float
    weight: float

    @property
    def amount(self) -> float:
        """What it adds."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class SegmentAccount:
    """The terms of one segment for one service.

    Attributes
    ----------
    index : segment of the note.
    parts : terms; their amounts add up to ``log_odds``.
    words, delivery_words : the features that weigh most in the terms "words" and "delivered", with what they add
        for this service more than for the average service, and to the log-odds of delivery.
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
    gate: tuple[Part, ...] = ()

    @property
    def any_service(self) -> float:
        """Probability that the note records a service at all; below even odds nothing is suggested."""
        return float(expit(sum(p.amount for p in self.gate)))

    @property
    def joined(self) -> float:
        """J, the joined log-odds of the segments."""
        return float(join(np.array([[s.log_odds] for s in self.segments]).reshape(-1, 1))[0])

    @property
    def probability(self) -> float:
        """The probability, worked out from the parts alone."""
        whole = sum(p.amount for p in self.whole) + self.offset
        return float(expit(self.slope * self.joined + whole))


def account(ranker: Ranker, numbers: Numbers, features: NoteFeatures, service: str) -> Account:
    """Take a service's probability apart.

    Parameters
    ----------
    numbers : what the probability was made of.
    features : the same note's features by name, to say which words weigh in the terms.

    Raises
    ------
    KeyError
        When the service is unknown.
    """
    column = COLUMN[service]
    outputs = numbers.outputs
    inputs = decision_inputs(numbers, outputs)
    words = _content_words(ranker, features, column)
    signs = _delivery_words(ranker, features)
    bias = float(ranker.decision_bias[column])
    segments = [
        SegmentAccount(index, _parts(row, ranker.decision, bias), words[index], signs[index])
        for index, row in enumerate(inputs[:, column])
    ]
    logits = ranker.decide(numbers, outputs)
    said = note_inputs(join(logits), outputs.whole, len(logits))[column]
    whole = tuple(Part(n, float(v), float(w)) for n, v, w in zip(NOTE, said, ranker.kind, strict=True))
    return Account(
        service,
        tuple(segments),
        whole,
        float(ranker.slope[column]),
        float(ranker.offset[column]),
        float(ranker.thresholds[column]),
        _gate_parts(ranker, numbers),
    )


def _gate_parts(ranker: Ranker, numbers: Numbers) -> tuple[Part, ...]:
    probabilities = ranker.probabilities(ranker.decide(numbers, numbers.outputs), numbers.outputs)
    values = gate_inputs(probabilities, numbers.outputs.whole)
    terms = (Part(n, float(v), float(w)) for n, v, w in zip(GATE, values, ranker.gate, strict=True))
    return (Part("bias", 1.0, ranker.gate_bias), *terms)


def _parts(values: Array, weights: Array, bias: float) -> tuple[Part, ...]:
    terms = (Part(n, float(v), float(w)) for n, v, w in zip(DECISION, values, weights, strict=True) if v)
    return (Part("bias", 1.0, bias), *terms)


def _content_words(ranker: Ranker, features: NoteFeatures, column: int) -> list[tuple[tuple[str, float], ...]]:
    """Per segment the words and relations that speak most for (or against) a service, compared with the average service."""
    found: list[list[tuple[str, float]]] = [[] for _ in features.words]
    documents = content_docs(features)
    for name, block in ranker.content.items():
        weights = ranker.content_weights[name]

        def more(rows: NDArray[np.intp], weights: NDArray[np.float32] = weights) -> NDArray[np.float32]:
            return np.asarray(weights[rows, column] - weights[rows].mean(axis=1))

        _collect(found, block, documents[name], more, name)
    shared = features.relations * ranker.relation_shared
    centred = shared[:, column] - shared.mean(axis=1)
    for index, row in enumerate(centred):
        found[index].extend((name, float(v)) for name, v in zip(RELATIONS, row, strict=True) if v)
    return [_heaviest(items) for items in found]


def _delivery_words(ranker: Ranker, features: NoteFeatures) -> list[tuple[tuple[str, float], ...]]:
    found: list[list[tuple[str, float]]] = [[] for _ in features.words]
    documents = delivery_docs(features)
    aloud = heard(features.signatures)
    for name, block in ranker.delivery.items():
        factors = aloud if name in SIDES else None
        _collect(found, block, documents[name], ranker.delivery_weights[name][:, 0].__getitem__, name, factors)
    return [_heaviest(items) for items in found]


def _collect(
    found: list[list[tuple[str, float]]],
    block: Block,
    documents: list[list[str]],
    weights: Callable[[NDArray[np.intp]], NDArray[np.float32]],
    name: str,
    factors: NDArray[np.float32] | None = None,
) -> None:
    """Add to each segment's list what its features in a block weigh; ``weights`` gives the weight of each of some rows."""
    entries = block.entries(documents)
    amounts = weights(entries.rows) * entries.values
    if factors is not None:
        amounts = amounts * np.repeat(factors, np.diff(entries.starts))
    where = "" if name in ("own", "signs", "words") else f" ({name})"
    for index, document in enumerate(documents):
        span = slice(entries.starts[index], entries.starts[index + 1])
        known = (n for n in document if n in block.names)
        found[index].extend((f"{n}{where}", float(amount)) for n, amount in zip(known, amounts[span], strict=True))


def _heaviest(items: list[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(items, key=lambda item: -abs(item[1]))[:_SHOWN_WORDS])


__all__ = ["Account", "Part", "SegmentAccount", "account"]
