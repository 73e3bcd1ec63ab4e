"""The ranker: from a parsed note to a probability per service, additively.

Four logistic models, each learned by scikit-learn and kept as plain arrays:

1. *content*  - which service a delivered segment is, from its words (multinomial);
2. *delivery* - whether a segment was delivered at this visit, from status, section, words (binary);
3. *whole*    - what kind of note this is, from all its words (binary per kind);
4. *decision* - whether a segment supports a service, from the log-odds of 1-3 and the relations of the
   segment to the service (binary over pairs); additive.

A service's probability in the note joins its segments by a soft maximum (`join`) and is calibrated by a
logistic line per service with what the note as a whole says. Models 1-3 enter model 4 with out-of-fold outputs (folds by voice), so
that 4 learns how far they can be trusted on a clinician not seen before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from models.features import COLUMN, RELATIONS, SERVICES, NoteFeatures, mates, others

Array = NDArray[np.float64]
KINDS: tuple[str, ...] = ("any", "pt_eval", "pt_reeval", "ot_eval", "ot_reeval")
DECISION: tuple[str, ...] = (
    "words",
    "words against others",
    "delivered",
    "words, if delivered",
    "log-odds of words, if delivered",
    "note has a service",
    "note kind",
    "note is an evaluation",
    *RELATIONS,
    "delivered and named",
    "vocabulary and words agree",
    "same line by words",
    "same sentence by words",
)
CONTENT: tuple[str, ...] = (
    "vocabulary points to it",
    "sentence points to it",
    "heading names it",
    "earlier heading names it",
    "purpose points to it",
    "note opens with it",
    "paragraph opens with it",
)
_CONTENT = [RELATIONS.index(name) for name in CONTENT]
PASS: tuple[str, ...] = (
    "first reading",
    "another service fits these words better",
    "elsewhere in the sentence",
    "elsewhere on the line",
    "elsewhere in the note",
    "words before",
    "words after",
    "another service in the sentence",
)
NOTE: tuple[str, ...] = (
    "the note has a service",
    "the note is such an evaluation",
    "the note is an evaluation",
    "another service is surer",
    "length of the note",
)
_EVALS = {kind: COLUMN[kind] for kind in KINDS if kind in COLUMN}


def logit(p: Array | float) -> Array:
    """Log-odds, finite at 0 and 1."""
    q = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(q) - np.log1p(-q))


def expit(x: Array | float) -> Array:
    """Inverse of `logit`."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -500, 500))))


@dataclass(slots=True)
class Linear:
    """A linear model over named features, each present or not, rarer ones counting for more.

    A note's features form a row of Euclidean length 1, each entry its feature's inverse document frequency.

    Attributes
    ----------
    names : feature -> row.
    weights : (features, outputs).
    bias : (outputs,).
    scale : (features,) inverse document frequencies.
    """

    names: dict[str, int]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    scale: NDArray[np.float32]

    def scores(self, documents: Sequence[Iterable[str]]) -> Array:
        """Weighted sums over the known features plus bias, each feature counted once: (documents, outputs)."""
        found = [self.rows(features) for features in documents]
        out = np.repeat(self.bias[None].astype(np.float64), len(found), axis=0)
        filled = [index for index, rows in enumerate(found) if rows]
        if not filled:
            return out
        sizes = np.array([len(found[index]) for index in filled])
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        flat = np.fromiter(chain.from_iterable(found[index] for index in filled), np.intp, int(sizes.sum()))
        scale = self.scale[flat]
        length = np.sqrt(np.add.reduceat(scale * scale, starts))
        sums = np.add.reduceat(self.weights[flat] * scale[:, None], starts, axis=0)
        out[filled] += sums / length[:, None]
        return out

    def rows(self, features: Iterable[str]) -> list[int]:
        """Row numbers of the known features, each once."""
        return sorted({row for row in map(self.names.get, features) if row is not None})

    def amounts(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """How much each of a row's features counts."""
        scale = self.scale[rows]
        return np.asarray(scale / np.sqrt((scale * scale).sum()))


@dataclass(slots=True)
class Outputs:
    """What models 1-3 say of a note.

    Attributes
    ----------
    content : (segments, services) log-probabilities.
    delivery : (segments,) log-odds.
    whole : (len(KINDS),) log-odds.
    """

    content: Array
    delivery: Array
    whole: Array


def content_relations(features: NoteFeatures) -> Array:
    """The relations that the content model sees of every service at once: (segments, len(CONTENT) * services)."""
    chosen = features.relations[:, :, _CONTENT].transpose(0, 2, 1)
    return np.asarray(chosen.reshape(len(chosen), -1) * 0.5, dtype=np.float64)


def log_softmax(scores: Array) -> Array:
    """Row-wise logarithm of the softmax."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def decision_inputs(features: NoteFeatures, outputs: Outputs) -> Array:
    """Inputs of the decision model: (segments, services, len(DECISION))."""
    count = len(features.words)
    services = len(SERVICES)
    if not count:
        return np.zeros((0, services, len(DECISION)))
    content = np.clip(outputs.content, -8.0, 0.0)
    probability = np.exp(content)
    delivered = np.clip(outputs.delivery, -8.0, 8.0)[:, None].repeat(services, axis=1)
    whole = np.clip(outputs.whole, -8.0, 8.0)
    any_service = np.full((count, services), whole[0])
    kind = np.zeros((count, services))
    for name, column in _EVALS.items():
        kind[:, column] = whole[KINDS.index(name)]
    evaluation = np.full((count, services), max(0.0, whole[1:].max()) + 0.0)
    evaluation[:, list(_EVALS.values())] = 0.0
    relation = features.relations.astype(np.float64)
    weight = expit(delivered)[:, :1] * probability
    columns = [
        content,
        content - others(content),
        delivered,
        weight,
        np.clip(logit(weight), -8.0, 8.0),
        any_service,
        kind,
        evaluation,
        *(relation[:, :, i] for i in range(len(RELATIONS))),
        relation[:, :, 0] * expit(delivered),
        relation[:, :, 4] * probability,
        mates(weight, features.line),
        mates(weight, features.sentence),
    ]
    return np.stack(columns, axis=2)


def pass_inputs(first: Array, features: NoteFeatures) -> Array:
    """Inputs of the second reading from the first reading's log-odds: (segments, services, len(PASS))."""
    count = len(first)
    if not count:
        return np.zeros((0, first.shape[1], len(PASS)))
    odds = np.clip(first, -8.0, 8.0)
    p = expit(odds)
    before, after = np.zeros_like(p), np.zeros_like(p)
    before[1:], after[:-1] = p[:-1], p[1:]
    everywhere = mates(p, np.zeros(count, dtype=np.int32))
    in_sentence = mates(p, features.sentence)
    columns = [
        odds,
        np.maximum(others(odds), -4.0),
        in_sentence,
        mates(p, features.line),
        everywhere,
        before,
        after,
        others(in_sentence),
    ]
    return np.stack(columns, axis=2)


@dataclass(slots=True)
class Ranker:
    """The four fitted models and the calibration.

    Attributes
    ----------
    content, delivery, whole : models 1-3; ``content_extra`` (len(CONTENT) * services, services) are the content
        model's weights of the relations.
    decision : (len(DECISION),) weights of the first reading; ``service_bias`` (services,) its bias.
    second : (len(DECISION) + len(PASS),) weights of the second reading, which also sees what the first made of
        the other segments and services; ``second_bias`` (services,) its bias.
    slope, offset : (services,) calibration of the joined log-odds; ``note`` (len(NOTE),) weights of what the note
        as a whole says.
    thresholds : (services,) least probability that is suggested.
    """

    content: Linear
    content_extra: NDArray[np.float32]
    delivery: Linear
    whole: Linear
    decision: Array
    service_bias: Array
    second: Array
    second_bias: Array
    slope: Array
    note: Array
    offset: Array
    thresholds: Array

    def outputs(self, features: NoteFeatures) -> Outputs:
        """Models 1-3 on one note."""
        if not features.words:
            return Outputs(np.zeros((0, len(SERVICES))), np.zeros(0), self.whole.scores([features.whole])[0])
        content = self.content.scores(features.words) + content_relations(features) @ self.content_extra
        delivery = self.delivery.scores(features.delivery)[:, 0]
        return Outputs(log_softmax(content), delivery, self.whole.scores([features.whole])[0])

    def segment_logits(self, features: NoteFeatures, outputs: Outputs | None = None) -> Array:
        """Log-odds that a segment supports a service: (segments, services)."""
        outputs = outputs if outputs is not None else self.outputs(features)
        return np.asarray(self.inputs(features, outputs) @ self.second + self.second_bias)

    def inputs(self, features: NoteFeatures, outputs: Outputs) -> Array:
        """Inputs of the second reading: (segments, services, len(DECISION) + len(PASS))."""
        inputs = decision_inputs(features, outputs)
        first = inputs @ self.decision + self.service_bias
        return np.concatenate([inputs, pass_inputs(first, features)], axis=2)

    def probabilities(self, segment_logits: Array, outputs: Outputs) -> Array:
        """Calibrated probability per service from the segments' log-odds and the note as a whole: (services,)."""
        whole = note_inputs(segment_logits, outputs) @ self.note
        return expit(self.slope * join(segment_logits) + whole + self.offset)

    def predict(self, features: NoteFeatures) -> Array:
        """Probability per service of one note: (services,)."""
        outputs = self.outputs(features)
        return self.probabilities(self.segment_logits(features, outputs), outputs)


SHARPNESS = 2.0


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


def note_inputs(segment_logits: Array, outputs: Outputs) -> Array:
    """What the note as a whole says of each service: (services, len(NOTE))."""
    joined = np.clip(join(segment_logits), -9.0, 9.0)
    services = len(joined)
    whole = np.clip(outputs.whole, -8.0, 8.0)
    kind = np.zeros(services)
    for name, column in _EVALS.items():
        kind[column] = whole[KINDS.index(name)]
    evaluation = np.full(services, max(0.0, float(whole[1:].max())))
    evaluation[list(_EVALS.values())] = 0.0
    columns = [
        np.full(services, whole[0]),
        kind,
        evaluation,
        np.maximum(others(joined[None])[0], -4.0),
        np.full(services, np.log1p(len(segment_logits)) - 3.0),
    ]
    return np.stack(columns, axis=1)
