"""The ranker: from a parsed note to a probability per service.

Three models read each segment (a clause or list item) and the note:

1. *content*  - which service a segment is, if it is one: its words and how it stands to each service (a
   conditional logit, `models.choice`);
2. *delivery* - whether it is a treatment delivered at this visit, from status, section, words, neighbours (binary);
3. *whole*    - what kind of note this is, from all its words (binary per kind). What supports an evaluation is
                history, findings and plans, so of evaluations this stands in place of 2.

4. *decision* - whether a segment supports a service: additive over the log-odds of 1-3, what the rest of the sentence,
   line and note was found to be, and headings and vocabulary (binary over pairs, so that one segment can support two).

The segments' log-odds join by a soft maximum (`join`) and are calibrated with what the note as a whole says.
Models 1-3 enter model 4 with out-of-fold outputs (folds by voice), so that 4 learns how far they can be trusted
on a clinician not seen before. All are learned in `models.fitting` and kept as plain arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.vocabulary import load_vocabulary
from models.blocks import SIDES, Array, Block, content_docs, delivery_docs, heard, note_doc
from models.columns import COLUMN, NOTE_KINDS, SERVICES
from models.features import FRAGMENT, NoteFeatures
from models.groups import Groups, most_of_other_columns
from models.leaning import Leaning
from models.relations import RELATIONS, Places
from models.shares import Usage
from models.vectors import Vectors

_SURE = 0.99
DECISION: tuple[str, ...] = (
    "words, if delivered",
    "words",
    "words against others",
    "same sentence",
    "same line",
    "same block",
    "words before",
    "words after",
    "elsewhere in the note",
    "note is such an evaluation",
    "note is an evaluation",
    "delivered",
    "delivered before",
    "delivered after",
    "same sentence delivered",
    "same block delivered",
    "note has a service",
    "words fit a service",
    "heading names it",
    "earlier heading names it",
    "vocabulary points to it",
    "purpose points to it",
    "named in closing list",
    "delivered and named by its own words",
    "delivered and named with a time",
    "delivered and in the vocabulary",
    "delivered and named by the heading",
    "the clinic bills it so",
)
NOTE: tuple[str, ...] = (
    "the note has a service",
    "the note is such an evaluation",
    "the note is an evaluation",
    "another service is surer",
    "length of the note",
)
_EVALS = {kind: COLUMN[kind] for kind in NOTE_KINDS if kind in COLUMN}
_EVAL_COLUMNS = list(_EVALS.values())
TREATMENTS = np.setdiff1d(np.arange(len(SERVICES)), _EVAL_COLUMNS)
"""Columns of the services that are no evaluation."""


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


@dataclass(slots=True)
class Outputs:
    """What models 1-3 say of a note.

    Attributes
    ----------
    content : (segments, services) log-probabilities.
    delivery : (segments,) log-odds that a segment is a treatment that was delivered.
    whole : (len(NOTE_KINDS),) log-odds.
    habit : (segments, services) how far the clinic's usage of concepts says it, in [0, 1]; ``None`` where none has one.
    """

    content: Array
    delivery: Array
    whole: Array
    habit: Array | None = None


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


def _before(values: Array, notes: Groups) -> Array:
    """Of each row the one before it in its note; zeros for the first."""
    out = np.zeros_like(values)
    out[1:] = values[:-1]
    out[notes.starts] = 0
    return out


def _after(values: Array, notes: Groups) -> Array:
    """Of each row the one after it in its note; zeros for the last."""
    out = np.zeros_like(values)
    out[:-1] = values[1:]
    out[notes.starts[1:] - 1] = 0
    return out


class Placed(Protocol):
    """Segments as the decision looks at them: relations to services, and where they stand."""

    @property
    def relations(self) -> NDArray[np.float32]: ...
    @property
    def places(self) -> Places: ...


def delivery_of(outputs: Outputs) -> Array:
    """Log-odds that what a segment says counts for a service: (segments, services), clipped to [-8, 8].

    For a treatment, that one was delivered; for an evaluation, that the note is such an evaluation.
    """
    out = np.repeat(outputs.delivery[:, None], len(SERVICES), axis=1)
    whole = np.atleast_2d(outputs.whole)
    for name, column in _EVALS.items():
        out[:, column] = whole[:, NOTE_KINDS.index(name)]
    return np.asarray(np.clip(out, -8.0, 8.0))


def decision_inputs(features: Placed, outputs: Outputs, notes: Groups | None = None) -> Array:
    """Inputs of the decision model: (segments, services, len(DECISION)).

    Parameters
    ----------
    features, outputs : of one note; or of several below one another, where ``outputs.whole`` has a row for each segment.
    notes : which note each segment is of; one note by default.
    """
    count, services = outputs.content.shape
    out = np.zeros((len(DECISION), count, services))
    if count:
        for row, values in enumerate(_decision_columns(features, outputs, notes)):
            out[row] = values
    return out.transpose(1, 2, 0)


def _decision_columns(
    features: Placed, outputs: Outputs, notes: Groups | None
) -> tuple[NDArray[np.floating[Any]] | float, ...]:
    """The inputs one by one, each as (segments, services) or what spreads to it."""
    count, services = outputs.content.shape
    content = np.clip(outputs.content, -9.0, 0.0)
    whole = np.clip(np.atleast_2d(outputs.whole), -8.0, 8.0)
    delivery = delivery_of(outputs)
    delivered = expit(delivery)
    share = np.exp(content) * delivered
    such = np.zeros((count, services))
    for name, column in _EVALS.items():
        such[:, column] = whole[:, NOTE_KINDS.index(name)]
    evaluation = np.empty((count, services))
    evaluation[:] = np.maximum(whole[:, 1:].max(axis=1, keepdims=True), 0.0)
    evaluation[:, _EVAL_COLUMNS] = 0.0
    places = features.places
    note = Groups(np.zeros(count, dtype=np.int32)) if notes is None else notes
    fragment = note.size_at_most(FRAGMENT)
    fragments = bool(fragment.any())

    def near(values: Array, own: Array, groups: Groups, *, always: bool) -> Array:
        """A segment alone in its sentence or line stands for it itself; in its block or note only in a fragment."""
        if not groups.any_alone or not (always or fragments):
            return values
        alone = groups.alone if always else groups.alone & fragment
        return np.where(alone[:, None], own, values)

    relation = features.relations
    heading, vocabulary = relation[:, :, _HEADING], relation[:, :, _VOCABULARY]
    return (
        np.clip(logit(share), -8.0, 8.0),
        content,
        content - most_of_other_columns(content),
        near(places.sentence.mean_of_others(share), share, places.sentence, always=True),
        near(places.line.most_of_others(share), share, places.line, always=True),
        near(places.block.mean_of_others(share), share, places.block, always=False),
        _before(share, note),
        _after(share, note),
        near(note.most_of_others(share), share, note, always=False),
        such,
        evaluation,
        delivery,
        _before(delivery, note),
        _after(delivery, note),
        near(places.sentence.mean_of_others(delivered), delivered, places.sentence, always=True),
        near(places.block.mean_of_others(delivered), delivered, places.block, always=False),
        whole[:, :1],
        content.max(axis=1, keepdims=True),
        heading,
        relation[:, :, _EARLIER],
        vocabulary,
        relation[:, :, _PURPOSE],
        relation[:, :, _LISTED],
        relation[:, :, _NAMED] * delivered,
        relation[:, :, _TIMED] * delivered,
        vocabulary * delivered,
        heading * delivered,
        0.0 if outputs.habit is None else outputs.habit * delivered,
    )


_HEADING, _EARLIER, _VOCABULARY, _PURPOSE, _LISTED, _NAMED, _TIMED = (
    RELATIONS.index(name)
    for name in (
        "heading names it",
        "earlier heading names it",
        "vocabulary points to it",
        "purpose points to it",
        "named in closing list",
        "its own words name it",
        "its own words name it with a time",
    )
)


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
                self.decision.tolist(), _decision_columns(features, outputs, notes), strict=True
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


GATE: tuple[str, ...] = ("the words as a whole", "the surest service")
EVEN = 0.5
"""Probability from which something is more likely than not."""


def gate_inputs(probabilities: Array, whole: Array) -> Array:
    """Inputs of whether a note records a service at all: (..., len(GATE)) log-odds.

    Parameters
    ----------
    probabilities : (..., services) of one note or of several.
    whole : (..., len(NOTE_KINDS)) log-odds of what kind of note each is.
    """
    best = logit(np.max(probabilities, axis=-1, initial=0.0))
    return np.stack([np.clip(whole[..., 0], -8.0, 8.0), np.clip(best, -8.0, 8.0)], axis=-1)


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
    for name, column in _EVALS.items():
        out[..., column, 1] = whole[..., NOTE_KINDS.index(name)]
    out[..., TREATMENTS, 2] = np.maximum(whole[..., 1:].max(axis=-1), 0.0)[..., None]
    others = most_of_other_columns(np.atleast_2d(strongest)).reshape(strongest.shape)
    out[..., 3] = np.maximum(others, -4.0)
    out[..., 4] = np.asarray(np.log1p(counts) - 3.0)[..., None]
    return out


__all__ = ["GATE", "TREATMENTS", "Outputs", "Ranker", "join", "logit"]
