"""The ranker: from a parsed note to a probability per service.

Three models read each segment (a clause or list item) and the note:

1. *content*  - which service a segment is, if it is one: its words and how it stands to each service (a
   conditional logit, `models.choice`);
2. *delivery* - whether it is a treatment delivered at this visit, from status, section, words, neighbours (binary);
3. *whole*    - what kind of note this is, from all its words (binary per kind). What supports an evaluation is
                history, findings and plans, so of evaluations this stands in place of 2.

4. *decision* - whether a segment supports a service: additive over the log-odds of 1-3, what the rest of the sentence,
   line and note was found to be, and headings and vocabulary (binary over pairs, so that one segment can support two).

The segments' log-odds join by a soft maximum (`models.pooling.join`) and are calibrated with what the note as a whole says.
Models 1-3 enter model 4 with out-of-fold outputs (folds by voice), so that 4 learns how far they can be trusted
on a clinician not seen before. All are learned in `models.fitting` and kept as plain arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from corpus.vocabulary import load_vocabulary
from models.blocks import SIDES, Block, content_docs, delivery_docs, heard, note_doc
from models.columns import SERVICES
from models.decision import Outputs, Placed, decision_columns
from models.features import FRAGMENT, NoteFeatures
from models.groups import Groups
from models.leaning import Leaning
from models.numeric import EVEN, Array, expit, log_softmax
from models.pooling import gate_inputs, join, kinds_joined, note_inputs
from models.shares import Usage
from models.vectors import Vectors

_SURE = 0.99


def _concepts(extras: Sequence[str]) -> list[str]:
    return [name[2:] for name in extras if name[:2] == "c:"]


def _odds(concept: str, usage: Usage) -> float:
    """Odds that a concept is billed at all."""
    if concept in usage:
        share = float(usage[concept].sum())
    else:
        known = load_vocabulary().get(concept)
        share = sum(known.priors.values()) if known is not None else 0.0
    share = min(share, _SURE)
    return share / (1 - share)


@dataclass(slots=True)
class Ranker:
    """The fitted models and the calibration, as plain arrays.

    Attributes
    ----------
    leaning, vectors : leanings and vectors of words.
    content : blocks of the content model; ``content_weights`` their (features, services) weights;
        ``note``, ``note_weights`` the same for the words of the whole note; ``vector_weights`` those of
        the mean word vectors, ``relation_shared`` (relations,), ``content_bias`` (services,).
    delivery, delivery_weights, delivery_bias : the delivery model: blocks, (features, 1) weights, bias.
    whole, whole_weights, whole_vector_weights, whole_bias : the model of note kinds.
    decision : (len(DECISION),) weights; ``decision_bias`` (services,).
    slope, offset : (services,) calibration of the joined log-odds; ``kind`` (len(NOTE),) weights of what the note as
        a whole says.
    thresholds : (services,) least probability that is suggested.
    sure_from : certainty below which a person should look at an answer (`models.certainty`).
    gate : (len(GATE),) weights and ``gate_bias`` of whether the note records any service; below even odds nothing is
        suggested.
    usage : how the clinic that taught it bills concepts, where it differs from the vocabulary: concept id -> (services,)
        shares. Empty for a ranker of the corpus alone.
    """

    leaning: Leaning
    vectors: Vectors
    content: dict[str, Block]
    content_weights: dict[str, NDArray[np.float32]]
    note: Block
    note_weights: NDArray[np.float32]
    vector_weights: NDArray[np.float32]
    relation_shared: NDArray[np.float32]
    content_bias: Array
    delivery: dict[str, Block]
    delivery_weights: dict[str, NDArray[np.float32]]
    delivery_bias: float
    whole: Block
    whole_weights: NDArray[np.float32]
    whole_vector_weights: NDArray[np.float32]
    whole_bias: Array
    decision: Array
    decision_bias: Array
    slope: Array
    kind: Array
    offset: Array
    thresholds: Array
    gate: Array
    gate_bias: float
    sure_from: float = 0.0
    usage: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def content_scores(self, features: NoteFeatures) -> Array:
        """Scores of the content model before the softmax: (segments, services)."""
        documents = content_docs(features)
        scores = features.relations @ self.relation_shared + self.content_bias
        scores += self.vectors.means(features.words, features.places.sentence) @ self.vector_weights
        for name, block in self.content.items():
            scores += block.entries(documents[name]).sums(self.content_weights[name])
        scores += self.note.entries([note_doc(features)]).sums(self.note_weights)
        return np.asarray(scores)

    def outputs(self, features: NoteFeatures) -> Outputs:
        """Models 1-3 on one note."""
        whole = self.whole.entries([features.whole]).sums(self.whole_weights)[0] + self.whole_bias
        whole += self.vectors.of_note(features.words) @ self.whole_vector_weights
        if not features.words:
            return Outputs(np.zeros((0, len(SERVICES))), np.zeros(0), kinds_joined(whole))
        documents = delivery_docs(features)
        delivery = np.full(len(features.words), self.delivery_bias)
        aloud = heard(features.signatures)
        for name, block in self.delivery.items():
            said = block.entries(documents[name]).sums(self.delivery_weights[name])[:, 0]
            delivery += said * aloud if name in SIDES else said
        content, habit = self.as_used(log_softmax(self.content_scores(features)), map(_concepts, features.extras))
        return Outputs(content, delivery, kinds_joined(whole), habit)

    def as_used(self, content: Array, concepts: Iterable[Sequence[str]]) -> tuple[Array, Array | None]:
        """What segments are, given how the clinic bills the concepts in them.

        Each of a segment's concepts is what it is about with the chance that this one is billed and the others are not, given that
        one is: in proportion to the odds that it is billed at all (the sum of its shares). The parts of concepts with a usage
        are what that says, the rest is what the content model says.

        Parameters
        ----------
        content : (segments, services) log-probabilities of the content model.
        concepts : ids of the concepts of each segment.

        Returns
        -------
        The same, (segments, services), and what usage says in it; the very array and ``None`` where no concept has one.
        """
        if not self.usage:
            return content, None
        out, habit = content.copy(), np.zeros(content.shape)
        for row, said, own in zip(out, habit, concepts, strict=True):
            odds = [_odds(c, self.usage) for c in own]
            found = [self.usage[c] * (o / sum(odds)) for c, o in zip(own, odds, strict=True) if c in self.usage]
            if found:
                said[:] = np.sum(found, axis=0, dtype=np.float64)
                row[:] = np.log(np.maximum(said + (1 - said.sum()) * np.exp(row), 1e-12))
        return out, habit

    def segment_logits(self, features: NoteFeatures, outputs: Outputs | None = None) -> Array:
        """Log-odds that a segment supports a service: (segments, services)."""
        outputs = outputs if outputs is not None else self.outputs(features)
        return self.decide(features, outputs)

    def decide(self, features: Placed, outputs: Outputs, notes: Groups | None = None) -> Array:
        """The decision model on what models 1-3 say: (segments, services); parameters as of `decision_inputs`."""
        total = np.tile(self.decision_bias, (len(outputs.content), 1))
        if len(total):
            for weight, values in zip(
                self.decision.tolist(), decision_columns(features, outputs, notes), strict=True
            ):
                total += np.multiply(values, weight, dtype=np.float64)
        return total

    def probabilities(self, segment_logits: Array, outputs: Outputs) -> Array:
        """Calibrated probability per service from the segments' log-odds and the note as a whole: (services,)."""
        return self.calibrated(join(segment_logits), outputs.whole, len(segment_logits))

    def calibrated(self, joined: Array, whole: Array, counts: NDArray[np.intp] | int) -> Array:
        """Calibrated probabilities from joined log-odds: (..., services); parameters as of `note_inputs`."""
        said = note_inputs(joined, whole, counts) @ self.kind
        return expit(self.slope * joined + said + self.offset)

    def any_service(self, probabilities: Array, whole: Array) -> Array:
        """Probability that a note records a service at all, from its words as a whole and its surest service: (...)."""
        return expit(gate_inputs(probabilities, whole) @ self.gate + self.gate_bias)

    def suggested(self, probabilities: Array, outputs: Outputs) -> NDArray[np.bool_]:
        """Which services reach their thresholds in a note that records any: (services,)."""
        return np.asarray((probabilities >= self.thresholds) & self.records_any(probabilities, outputs))

    def records_any(self, probabilities: Array, outputs: Outputs) -> bool:
        """Whether a note more likely than not records a service; not asked of a fragment, which is no note."""
        return len(outputs.delivery) <= FRAGMENT or bool(self.any_service(probabilities, outputs.whole) >= EVEN)

    def predict(self, features: NoteFeatures) -> Array:
        """Probability per service of one note: (services,)."""
        outputs = self.outputs(features)
        return self.probabilities(self.segment_logits(features, outputs), outputs)
