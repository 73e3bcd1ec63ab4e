"""The decision model, fitted on out-of-fold outputs of models 1-3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.choice import newton_logit
from models.columns import SERVICES
from models.decision import DECISION, Outputs, decision_inputs
from models.design import Dataset, Seen, Stretch
from models.fitting.base import Settings
from models.numeric import Array
from models.ranker import Ranker
from models.relations import RELATIONS

Rows = NDArray[np.intp]
T = TypeVar("T")
_VOCABULARY = RELATIONS.index("vocabulary points to it")
_HEADING = RELATIONS.index("heading names it")
_SERVICE_SHRINK = 0.5
_FAINT = -3.5
_FAINTEST = -5.5
_THIN = 4


def fit_decision(ranker: Ranker, data: Dataset, outputs: Sequence[Outputs], settings: Settings) -> None:
    """The decision model over pairs of segment and service."""
    ends = np.cumsum(data.sizes)

    def pairs(stretch: Stretch) -> tuple[NDArray[np.float32], Rows, NDArray[np.float32], Array]:
        examples, seen, notes = stretch
        output, end = stacked(outputs[examples]), int(ends[examples.stop - 1])
        wanted = data.targets[end - len(notes) : end]
        segment, service, counted = _candidates(seen, output, wanted)
        inputs = decision_inputs(seen, output, notes)[segment, service].astype(np.float32)
        weights = counted * np.repeat(data.weights[examples], data.sizes[examples])[segment]
        return inputs, service, wanted[segment, service], weights

    parts = list(on_each_stretch(settings.jobs, pairs, data))
    count = sum(len(inputs) for inputs, *_ in parts)
    centre = np.sum([inputs.sum(axis=0, dtype=np.float64) for inputs, *_ in parts], axis=0) / count
    squares = np.sum([np.square(inputs - centre).sum(axis=0) for inputs, *_ in parts], axis=0)
    spread = np.sqrt(squares / count) + 1e-6

    def rows(
        inputs: NDArray[np.float32], service: Rows, labels: NDArray[np.float32], weights: Array
    ) -> tuple[Array, NDArray[np.float32], Array]:
        table = np.zeros((len(inputs), len(DECISION) + len(SERVICES)))
        table[:, : len(DECISION)] = (inputs - centre) / spread
        table[np.arange(len(inputs)), len(DECISION) + service] = _SERVICE_SHRINK
        return table, labels, weights

    found, bias = newton_logit([partial(rows, *part) for part in parts], settings.decision_c, jobs=settings.jobs)
    ranker.decision = found[: len(DECISION)] / spread
    ranker.decision_bias = found[len(DECISION) :] * _SERVICE_SHRINK + bias - float(ranker.decision @ centre)


def _candidates(seen: Seen, output: Outputs, targets: NDArray[np.float32]) -> tuple[Rows, Rows, Array]:
    """Pairs worth learning from: a service that words, vocabulary or heading point to, or that the segment supports.

    Of those that only faint words point to every fourth is taken and counts four times.

    Returns
    -------
    Segments, services and weights of the pairs.
    """
    relation = seen.relations
    clear = (relation[:, :, _VOCABULARY] > 0.25) | (relation[:, :, _HEADING] > 0)
    clear |= (output.content > _FAINT) | (targets > 0)
    segment, service = np.nonzero(clear | (output.content > _FAINTEST))
    weight = np.where(clear[segment, service], 1.0, _THIN)
    kept = (weight == 1) | (np.cumsum(weight != 1) % _THIN == 0)
    return segment[kept], service[kept], weight[kept]


def stacked(outputs: Sequence[Outputs]) -> Outputs:
    """What models 1-3 say of several examples, below one another."""
    sizes = [len(o.delivery) for o in outputs]
    habits = [np.zeros(o.content.shape) if o.habit is None else o.habit for o in outputs]
    return Outputs(
        np.concatenate([o.content for o in outputs]),
        np.concatenate([o.delivery for o in outputs]),
        np.repeat(np.stack([o.whole for o in outputs]), sizes, axis=0),
        np.concatenate(habits) if any(o.habit is not None for o in outputs) else None,
    )


def on_each_stretch(jobs: int, work: Callable[[Stretch], T], data: Dataset) -> Iterator[T]:
    """Work on each stretch of the examples, in order, in so many threads: NumPy releases the GIL meanwhile."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(work, data.stretches())
