"""Whether a segment supports a service: what the decision model looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.columns import EVALUATION_COLUMNS, NOTE_KINDS, SERVICES
from models.features import FRAGMENT
from models.groups import Groups, most_of_other_columns
from models.numeric import Array, expit, logit
from models.relations import RELATIONS, Places

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
    for name, column in EVALUATION_COLUMNS.items():
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
        for row, values in enumerate(decision_columns(features, outputs, notes)):
            out[row] = values
    return out.transpose(1, 2, 0)


def decision_columns(
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
    for name, column in EVALUATION_COLUMNS.items():
        such[:, column] = whole[:, NOTE_KINDS.index(name)]
    evaluation = np.empty((count, services))
    evaluation[:] = np.maximum(whole[:, 1:].max(axis=1, keepdims=True), 0.0)
    evaluation[:, list(EVALUATION_COLUMNS.values())] = 0.0
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
