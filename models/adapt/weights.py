"""The correction of a ranker's weights, towards what each of the clinic's segments stands for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.adapt.correction import Correction
from models.adapt.habits import Habits
from models.adapt.known import columns_of
from models.adapt.usage import mentions
from models.blocks import CONTENT_BLOCKS, DELIVERY_BLOCKS
from models.columns import NOTE_KINDS, TREATMENTS
from models.decision import Outputs
from models.design import Dataset
from models.fitting.base import outputs_of
from models.numeric import EVEN, Array, expit
from models.ranker import Ranker

_OUTVOTED = 0.1  # weight of the corpus's notes with a concept the clinic bills otherwise
_NEW_EASE = 10.0  # how much more easily weights of a service move that the ranker never learned


def corrected(
    start: Ranker,
    old: Ranker,
    mass: NDArray[np.float64],
    clinic: Dataset,
    replay: Dataset,
    known: frozenset[str],
    habits: Habits,
) -> Ranker:
    """The ranker with weights that follow what each of the clinic's segments stands for.

    Parameters
    ----------
    start : the ranker that learning begins with; not changed.
    old : as shipped; features it does not know move more easily.
    mass : (segments, services) how far each of the clinic's segments stands for each service, in [0, 1].
    clinic, replay : the clinic's notes and the corpus's.
    known : services the corpus has notes for.
    habits : strengths.
    """
    both = Dataset.join([clinic, replay])
    base = outputs_of(replace(start, usage={}), both)
    given = _Given(start, old, mass, clinic, replay, both, base, mentions(replay, start.usage), habits)
    log_share = np.concatenate([o.content for o in base])
    content = _fit_content(given, log_share, known)
    delivery = _fit_delivery(given, log_share)
    whole = _fit_any(given)
    column = NOTE_KINDS.index("any")
    weights, bias = start.whole_weights.copy(), start.whole_bias.copy()
    weights[:, column] = whole.added({"whole": weights[:, [column]]})["whole"][:, 0]
    bias[column] += float(whole.bias[0])
    return replace(
        start,
        content_weights=content.added(start.content_weights),
        content_bias=start.content_bias + content.bias,
        delivery_weights=delivery.added(start.delivery_weights),
        delivery_bias=start.delivery_bias + float(delivery.bias[0]),
        whole_weights=weights,
        whole_bias=bias,
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """What all fits rest on.

    Attributes
    ----------
    both : the clinic's notes, then the corpus's.
    base : what ``start`` says of each of them, its usage of concepts left out.
    outvoted : (segments of the corpus,) whether one has a concept that the clinic bills otherwise.
    """

    start: Ranker
    old: Ranker
    mass: NDArray[np.float64]
    clinic: Dataset
    replay: Dataset
    both: Dataset
    base: list[Outputs]
    outvoted: NDArray[np.bool_]
    habits: Habits


def _fit_content(given: _Given, log_share: Array, known: frozenset[str]) -> Correction:
    """Which service the words of a segment are."""
    start, habits, mass = given.start, given.habits, given.mass
    count = len(mass)
    learned = columns_of(known)
    kept: NDArray[np.bool_] = np.any(given.replay.targets > 0, axis=1)
    trust = kept * np.where(given.outvoted, _OUTVOTED, 1.0)
    found = Correction.of(
        start.content,
        CONTENT_BLOCKS,
        given.both.content,
        count,
        habits.minimum,
        given.old.content,
        np.where(learned, 1.0, _NEW_EASE),
    )
    found.fit_choice(
        log_share,
        np.concatenate([mass, np.exp(log_share[count:])]),
        np.concatenate([habits.clinic * mass.max(axis=1), habits.unseen * trust]),
        np.concatenate([np.zeros(count), (habits.replay - habits.unseen) * trust]),
        learned,
        habits.content_c,
        habits.iterations,
    )
    return found


def _fit_delivery(given: _Given, log_share: Array) -> Correction:
    """Whether a segment counts, where one stands for a service that its words did not say."""
    habits, mass = given.habits, given.mass
    count = len(mass)
    found = Correction.of(
        given.start.delivery,
        DELIVERY_BLOCKS,
        given.both.delivery,
        count,
        habits.minimum,
        given.old.delivery,
        np.ones(1),
    )
    odds = np.concatenate([o.delivery for o in given.base])
    held = expit(odds)
    own_say = np.exp(log_share[np.arange(count), mass.argmax(axis=1)])
    surprising = (mass.max(axis=1) > 0) & (own_say < EVEN)
    held[:count] = np.where(surprising, np.maximum(held[:count], mass[:, TREATMENTS].max(axis=1)), held[:count])
    strength = np.concatenate([np.full(count, habits.clinic), np.full(len(given.replay.targets), habits.replay)])
    found.fit_binary(odds, held, strength, habits.delivery_c, habits.iterations)
    return found


def _fit_any(given: _Given) -> Correction:
    """What the words of a note say of whether it records any service, where the clinic's notes say otherwise."""
    both, habits = given.both, given.habits
    count = len(given.clinic)
    found = Correction.of(
        {"whole": given.start.whole},
        ("whole",),
        {"whole": both.whole},
        count,
        habits.minimum,
        {"whole": given.old.whole},
        np.ones(1),
    )
    strength = np.concatenate([np.full(count, habits.clinic), np.full(len(both) - count, habits.replay)])
    where = both.owner[len(both.owner) - len(given.outvoted) :][given.outvoted]
    strength[where] *= _OUTVOTED
    odds: Array = np.array([o.whole[0] for o in given.base])
    wanted = expit(odds)
    wanted[:count] = [bool(services) for services in given.clinic.services]
    found.fit_binary(odds, wanted, strength, habits.whole_c, habits.iterations)
    return found
