"""Fitting the ranker. Kept apart from `models.ranker` so that suggesting does not import scikit-learn: it
takes longer to import than a clinic's whole day of notes to read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from models.blocks import CONTENT_BLOCKS, DELIVERY_BLOCKS, NOTE_BLOCK, WHOLE_BLOCK, Block
from models.certainty import sure_from
from models.choice import ConditionalLogit, Design, Logit, newton_logit
from models.columns import COLUMN, NOTE_KINDS, SERVICES, TREATMENTS
from models.decision import DECISION, Outputs, decision_inputs
from models.design import Dataset, Example, Seen, Stretch, unpacked
from models.features import FRAGMENT
from models.leaning import Leaning, leanings
from models.memory import give_back
from models.numeric import EVEN, Array, expit, log_softmax
from models.pooling import GATE, NOTE, gate_inputs, joined_of, kinds_joined, note_inputs
from models.ranker import Ranker
from models.relations import RELATIONS
from models.vectors import Vectors, learn_vectors


@dataclass(slots=True)
class Settings:
    """Strengths of the penalties and sizes; see ``models/README.md`` for what was tried."""

    content_c: float = 10.0
    vector_c: float = 0.36
    delivery_c: float = 3.0
    whole_c: float = 1000.0
    whole_vectors: float = 0.1
    decision_c: float = 1.0
    minimum: int = 8
    folds: int = 2
    iterations: int = 48
    delivery_iterations: int = 32
    jobs: int = 2


Progress = Callable[[str], None]
_CHUNK = 20_000
Rows = NDArray[np.intp]
T = TypeVar("T")


def _fold_of(voices: Sequence[str], folds: int) -> NDArray[np.intp]:
    """The fold of each example: those of one voice stand in one, the folds about equally large."""
    counts = Counter(voices)
    load = [0] * folds
    assigned: dict[str, int] = {}
    for voice in sorted(counts, key=lambda v: (-counts[v], v)):
        fold = load.index(min(load))
        assigned[voice] = fold
        load[fold] += counts[voice]
    return np.array([assigned[v] for v in voices], dtype=np.intp)


@dataclass(slots=True)
class _Content:
    blocks: dict[str, Block]
    weights: dict[str, NDArray[np.float32]]
    note: Block
    note_weights: NDArray[np.float32]
    vector_weights: NDArray[np.float32]
    relation_shared: NDArray[np.float32]
    bias: Array


def _fit_content(data: Dataset, settings: Settings, vectors: Vectors) -> _Content:
    """The content model on the segments that support something."""
    owner = data.owner
    kept: NDArray[np.bool_] = np.any(data.targets > 0, axis=1)
    of, group = np.unique(owner[kept], return_inverse=True)
    notes = np.zeros(len(data), dtype=bool)
    notes[of] = True
    counted = {name: data.content[name].rows(kept) for name in CONTENT_BLOCKS}
    blocks = {name: counted[name].learn(name, factor, settings.minimum) for name, factor in CONTENT_BLOCKS.items()}
    said = data.note.rows(notes)
    note = said.learn(*NOTE_BLOCK, settings.minimum)
    design = Design(
        sparse.hstack([counted[name].matrix(block) for name, block in blocks.items()]).tocsr(),
        data.vectors(vectors, kept),
        said.matrix(note),
        group,
        data.sparse_relations(kept),
    )
    del counted, said
    target = data.targets[kept]
    model = ConditionalLogit(c=settings.content_c, dense_c=settings.vector_c, max_iter=settings.iterations)
    model.fit(design, target / target.sum(axis=1, keepdims=True))
    return _Content(
        blocks,
        _by_block(blocks, model.own_),
        note,
        model.context_.astype(np.float32),
        model.dense_.astype(np.float32),
        model.shared_.astype(np.float32),
        model.bias_,
    )


def _by_block(blocks: dict[str, Block], weights: Array) -> dict[str, NDArray[np.float32]]:
    ends = np.cumsum([len(block) for block in blocks.values()])
    return dict(zip(blocks, np.split(weights.astype(np.float32), ends[:-1]), strict=True))


def _fit_delivery(
    data: Dataset, settings: Settings
) -> tuple[dict[str, Block], dict[str, NDArray[np.float32]], float]:
    """The delivery model on all segments."""
    blocks = {
        name: data.delivery[name].learn(name, factor, settings.minimum) for name, factor in DELIVERY_BLOCKS.items()
    }
    design = Design.own_only(sparse.hstack([data.delivery[name].matrix(block) for name, block in blocks.items()]))
    model = Logit(c=settings.delivery_c, max_iter=settings.delivery_iterations)
    model.fit(design, data.targets[:, TREATMENTS].max(axis=1, keepdims=True))
    return blocks, _by_block(blocks, model.own_), float(model.bias_[0])


def kinds_of(services: frozenset[str]) -> list[int]:
    """The note kinds as 0/1, in the order of `NOTE_KINDS`."""
    return [int(bool(services)), *(int(kind in services) for kind in NOTE_KINDS[1:])]


def _fit_whole(
    data: Dataset, settings: Settings, vectors: Vectors
) -> tuple[Block, NDArray[np.float32], NDArray[np.float32], Array]:
    block = data.whole.learn(*WHOLE_BLOCK, settings.minimum)
    means = data.note_vectors(vectors) * np.float32(settings.whole_vectors)
    inputs = sparse.hstack([data.whole.matrix(block), sparse.csr_matrix(means)]).tocsr()
    labels = np.array([kinds_of(services) for services in data.services])
    columns, biases = [], []
    for column in range(len(NOTE_KINDS)):
        if labels[:, column].min() == labels[:, column].max():
            columns.append(np.zeros(inputs.shape[1]))
            biases.append(-8.0 if labels[0, column] == 0 else 8.0)
            continue
        model = LogisticRegression(C=settings.whole_c, max_iter=2000, tol=1e-5)
        model.fit(inputs, labels[:, column])
        columns.append(model.coef_[0])
        biases.append(model.intercept_[0])
    found = np.stack(columns, axis=1).astype(np.float32)
    return block, found[: len(block)], found[len(block) :] * np.float32(settings.whole_vectors), np.array(biases)


def _fit_base(data: Dataset, settings: Settings, leaning: Leaning) -> Ranker:
    """Models 1-3; the decision model is left at zero."""
    vectors = learn_vectors(data.documents)
    give_back()
    content = _fit_content(data, settings, vectors)
    give_back()
    delivery, delivery_weights, delivery_bias = _fit_delivery(data, settings)
    whole, whole_weights, whole_vector_weights, whole_bias = _fit_whole(data, settings, vectors)
    size = len(SERVICES)
    return Ranker(
        leaning=leaning,
        vectors=vectors,
        content=content.blocks,
        content_weights=content.weights,
        note=content.note,
        note_weights=content.note_weights,
        vector_weights=content.vector_weights,
        relation_shared=content.relation_shared,
        content_bias=content.bias,
        delivery=delivery,
        delivery_weights=delivery_weights,
        delivery_bias=delivery_bias,
        whole=whole,
        whole_weights=whole_weights,
        whole_vector_weights=whole_vector_weights,
        whole_bias=whole_bias,
        decision=np.zeros(len(DECISION)),
        decision_bias=np.zeros(size),
        slope=np.ones(size),
        kind=np.zeros(len(NOTE)),
        offset=np.zeros(size),
        thresholds=np.full(size, 0.5),
        gate=np.zeros(len(GATE)),
        gate_bias=8.0,
    )


def fit(
    examples: Sequence[Example] | Dataset, settings: Settings | None = None, progress: Progress | None = None
) -> Ranker:
    """Learn a ranker.

    Parameters
    ----------
    examples : notes of at least two voices.
    settings : penalties and sizes.
    progress : called with a few words before each stage.

    Returns
    -------
    A ranker whose thresholds are chosen on out-of-fold probabilities.
    """
    settings = settings or Settings()
    say = progress or (lambda _text: None)
    data = examples if isinstance(examples, Dataset) else Dataset.of(examples)
    with threadpool_limits(limits=1):
        ranker, outputs = fit_base(data, settings, say)
        return fit_decisions(ranker, data, outputs, settings, say)


def fit_base(data: Dataset, settings: Settings, say: Progress) -> tuple[Ranker, list[Outputs]]:
    """Models 1-3 on all notes, and their outputs on each note from models that never saw its voice.

    The folds are fitted in threads meanwhile, one fewer at a time than there are jobs, hence one thread of linear algebra each:
    NumPy and SciPy release the GIL, and the notes stand in memory once.
    """
    fold_of = _fold_of(data.voices, settings.folds)
    leaning = leanings()
    empty = Leaning({}, leaning.values[:0])
    run = Parallel(
        n_jobs=settings.jobs, backend="threading", return_as="generator", pre_dispatch=settings.jobs - 1 or 1
    )
    work = run(delayed(_out_of_fold)(data, fold_of == fold, settings, empty) for fold in range(settings.folds))
    say(f"learning words, 1 of {settings.folds + 1}")
    ranker = _fit_base(data, settings, leaning)
    outputs: dict[int, Outputs] = {}
    for fold in range(settings.folds):
        say(f"learning words, {fold + 2} of {settings.folds + 1}")
        outputs.update(zip(np.flatnonzero(fold_of == fold).tolist(), next(work), strict=True))
    return ranker, [outputs[index] for index in range(len(data))]


def _out_of_fold(data: Dataset, fold: NDArray[np.bool_], settings: Settings, leaning: Leaning) -> list[Outputs]:
    return outputs_of(_fit_base(data.take(~fold), settings, leaning), data.take(fold))


def outputs_of(ranker: Ranker, data: Dataset) -> list[Outputs]:
    """What models 1-3 say of each example: `Ranker.outputs` of many at once."""
    owner = data.owner
    shared = ranker.relation_shared.astype(np.float32)
    parts = [unpacked(data.relations[at : at + _CHUNK]) @ shared for at in range(0, len(owner) or 1, _CHUNK)]
    content = np.concatenate(parts) + ranker.content_bias
    content += data.vectors(ranker.vectors) @ ranker.vector_weights
    for name, block in ranker.content.items():
        content += data.content[name].matrix(block) @ ranker.content_weights[name]
    content += (data.note.matrix(ranker.note) @ ranker.note_weights)[owner]
    content, habit = ranker.as_used(log_softmax(content), data.concepts())
    delivery = np.full(len(owner), ranker.delivery_bias)
    for name, block in ranker.delivery.items():
        delivery += (data.delivery[name].matrix(block) @ ranker.delivery_weights[name])[:, 0]
    whole = data.whole.matrix(ranker.whole) @ ranker.whole_weights + ranker.whole_bias
    whole = kinds_joined(whole + data.note_vectors(ranker.vectors) @ ranker.whole_vector_weights)
    ends = np.cumsum(data.sizes)[:-1]
    habits = [None] * len(data) if habit is None else np.split(habit, ends)
    return list(map(Outputs, np.split(content, ends), np.split(delivery, ends), whole, habits))


def fit_decisions(
    ranker: Ranker, data: Dataset, outputs: Sequence[Outputs], settings: Settings, say: Progress
) -> Ranker:
    """Fit the decision model and the calibration on out-of-fold outputs."""
    say("learning decisions")
    _fit_decision(ranker, data, outputs, settings)
    say("calibrating")
    _calibrate(ranker, data, outputs, settings.jobs)
    return ranker


_VOCABULARY = RELATIONS.index("vocabulary points to it")
_HEADING = RELATIONS.index("heading names it")
_SERVICE_SHRINK = 0.5
_FAINT = -3.5
_FAINTEST = -5.5
_THIN = 4


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


def _joined(outputs: Sequence[Outputs]) -> Outputs:
    """What models 1-3 say of several examples, below one another."""
    sizes = [len(o.delivery) for o in outputs]
    habits = [np.zeros(o.content.shape) if o.habit is None else o.habit for o in outputs]
    return Outputs(
        np.concatenate([o.content for o in outputs]),
        np.concatenate([o.delivery for o in outputs]),
        np.repeat(np.stack([o.whole for o in outputs]), sizes, axis=0),
        np.concatenate(habits) if any(o.habit is not None for o in outputs) else None,
    )


def _spread(jobs: int, work: Callable[[Stretch], T], data: Dataset) -> Iterator[T]:
    """Work on each stretch of the examples, in order, in so many threads: NumPy releases the GIL meanwhile."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(work, data.stretches())


def _fit_decision(ranker: Ranker, data: Dataset, outputs: Sequence[Outputs], settings: Settings) -> None:
    """The decision model over pairs of segment and service."""
    ends = np.cumsum(data.sizes)

    def pairs(stretch: Stretch) -> tuple[NDArray[np.float32], Rows, NDArray[np.float32], Array]:
        examples, seen, notes = stretch
        output, end = _joined(outputs[examples]), int(ends[examples.stop - 1])
        wanted = data.targets[end - len(notes) : end]
        segment, service, counted = _candidates(seen, output, wanted)
        inputs = decision_inputs(seen, output, notes)[segment, service].astype(np.float32)
        weights = counted * np.repeat(data.weights[examples], data.sizes[examples])[segment]
        return inputs, service, wanted[segment, service], weights

    parts = list(_spread(settings.jobs, pairs, data))
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


def _note_odds(ranker: Ranker, data: Dataset, outputs: Sequence[Outputs], jobs: int) -> tuple[Array, Array]:
    """Joined log-odds of each service in each example, and the examples' kinds."""

    def logits(stretch: Stretch) -> Array:
        examples, seen, owners = stretch
        return joined_of(ranker.decide(seen, _joined(outputs[examples]), owners), data.sizes[examples])

    return np.concatenate(list(_spread(jobs, logits, data))), np.stack([o.whole for o in outputs])


def note_probabilities(ranker: Ranker, data: Dataset, outputs: Sequence[Outputs]) -> Array:
    """Calibrated probabilities of at least one example: (examples, services)."""
    return ranker.calibrated(*_note_odds(ranker, data, outputs, 1), data.sizes)


_FREE = 1e6
_ENOUGH = 500
"""Iterations in which this fit, of few weights, has long converged: stopped earlier it depends on the machine's rounding."""
_OFFSET_SHRINK = 0.3
_EMPTY_WEIGHT = 2.0


def _calibrate(ranker: Ranker, data: Dataset, outputs: Sequence[Outputs], jobs: int = 1) -> None:
    """A shared slope, note-level weights and a shrunken offset per service on out-of-fold log-odds."""
    joined, kinds = _note_odds(ranker, data, outputs, jobs)
    truth = truth_of(data.services)
    keep = (joined > -9) | (truth > 0)
    column = np.nonzero(keep)[1]
    size = len(column)
    one_hot = (np.full(size, _OFFSET_SHRINK, dtype=np.float32), column, np.arange(size + 1))
    design = Design.own_only(
        sparse.csr_matrix(one_hot, shape=(size, len(SERVICES))),
        np.concatenate(
            [np.clip(joined, -30, 30)[keep][:, None], note_inputs(joined, kinds, data.sizes)[keep]], axis=1
        ).astype(np.float32),
    )
    weights = np.repeat(np.where(truth.any(axis=1), 1, _EMPTY_WEIGHT) * data.weights, keep.sum(axis=1))
    model = Logit(c=1.0, bias_c=_FREE, max_iter=_ENOUGH)
    model.fit(design, truth[keep][:, None].astype(np.float32), weights)
    found = model.dense_[:, 0]
    ranker.slope = np.full(len(SERVICES), max(0.05, float(found[0])))
    ranker.kind = found[1:].copy()
    ranker.offset = model.own_[:, 0] * _OFFSET_SHRINK + model.bias_[0]
    probabilities = ranker.calibrated(joined, kinds, data.sizes)
    wanted: NDArray[np.bool_] = np.any(truth > 0, axis=1)
    recorded = _fit_gate(ranker, gate_inputs(probabilities, kinds), wanted, data.sizes > FRAGMENT)
    ranker.thresholds = thresholds_for(np.where(recorded[:, None], probabilities, 0), truth, data.weights)
    ranker.sure_from = sure_from(probabilities, ranker.thresholds, weights=data.weights)


def _fit_gate(
    ranker: Ranker, inputs: Array, wanted: NDArray[np.bool_], whole: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Learn which notes record any service, from those that are no fragments; returns what it says of all."""
    if wanted[whole].any() and not wanted[whole].all():
        model = LogisticRegression(C=10.0, max_iter=500).fit(inputs[whole], wanted[whole])
        ranker.gate, ranker.gate_bias = model.coef_[0], float(model.intercept_[0])
    return np.asarray(~whole | (expit(inputs @ ranker.gate + ranker.gate_bias) >= EVEN))


def truth_of(services: Sequence[frozenset[str]]) -> Array:
    """The services of each example as 0/1: (examples, services)."""
    truth = np.zeros((len(services), len(SERVICES)))
    for index, found in enumerate(services):
        for service in found:
            truth[index, COLUMN[service]] = 1
    return truth


_THRESHOLD_STRENGTH = 50.0
_LEVEL = 0.002
"""Thresholds whose F-measure differs by less are as good as one another: the one nearest to that of all services is taken."""


def thresholds_for(probabilities: Array, truth: Array, weights: Array | None = None) -> Array:
    """The thresholds that give the best F-measure on notes the probabilities were not learned from: (services,).

    One threshold for all services is chosen first; each service then moves away from it as far as its
    own notes justify, shrunk by ``_THRESHOLD_STRENGTH`` pseudo-notes.

    Parameters
    ----------
    weights : (notes,) notes each stands for; ones where not given.
    """
    weights = np.ones(len(truth)) if weights is None else weights
    grid = np.linspace(0.1, 0.9, 65)
    scores = _smooth([_f_measure(truth, probabilities >= t, weights[:, None]) for t in grid])
    overall = float(grid[scores >= scores.max() - _LEVEL / 2].mean())
    out = np.full(truth.shape[1], overall)
    for column in range(truth.shape[1]):
        count = float(truth[:, column].sum())
        if count < 3:
            continue
        scores = _smooth([_f_measure(truth[:, column], probabilities[:, column] >= t, weights) for t in grid])
        best = grid[scores >= scores.max() - _LEVEL]
        own = float(best[np.argmin(np.abs(best - overall))])
        out[column] += count / (count + _THRESHOLD_STRENGTH) * (own - overall)
    return out


def _smooth(values: Sequence[float]) -> Array:
    """Running mean over nine grid points: a peak that a single note makes is none."""
    padded = np.pad(np.asarray(values, dtype=np.float64), 4, mode="edge")
    return np.convolve(padded, np.full(9, 1 / 9), mode="valid")


_RECALL = 0.85
"""What recall counts for beside precision: a code wrongly suggested may be billed, one missed is looked for. Also, rankers of half of
the voices, on which thresholds are chosen, are less sure than that of all.
"""


def _f_measure(truth: Array, guess: NDArray[np.bool_], weights: Array) -> float:
    counted = truth * weights
    hit = float((counted * guess).sum())
    beta = _RECALL**2
    return (1 + beta) * hit / max(1e-9, beta * float(counted.sum()) + float((guess * weights).sum()))


__all__ = ["Example", "Settings", "fit"]
