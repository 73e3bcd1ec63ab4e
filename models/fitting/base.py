"""Models 1-3, fitted on all notes and, for what learns from their outputs, out of fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models.blocks import CONTENT_BLOCKS, DELIVERY_BLOCKS, NOTE_BLOCK, WHOLE_BLOCK, Block
from models.choice import ConditionalLogit, Design, Logit
from models.columns import NOTE_KINDS, SERVICES, TREATMENTS
from models.decision import DECISION, Outputs
from models.design import Dataset, unpacked
from models.leaning import Leaning, leanings
from models.memory import give_back
from models.numeric import Array, log_softmax
from models.pooling import GATE, NOTE, kinds_joined
from models.ranker import Ranker
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


def kinds_of(services: frozenset[str]) -> list[int]:
    """The note kinds as 0/1, in the order of `NOTE_KINDS`."""
    return [int(bool(services)), *(int(kind in services) for kind in NOTE_KINDS[1:])]
