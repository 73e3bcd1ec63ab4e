"""Fitting the ranker. Kept apart from `models.ranker` so that suggesting does not import scikit-learn: it
takes longer to import than a clinic's whole day of notes to read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models.blocks import (
    CONTENT_BLOCKS,
    DELIVERY_BLOCKS,
    NOTE_BLOCK,
    WHOLE_BLOCK,
    Array,
    Block,
    Docs,
    content_docs,
    delivery_docs,
    note_doc,
)
from models.choice import ConditionalLogit, Design
from models.features import COLUMN, RELATIONS, SERVICES, NoteFeatures
from models.leaning import Leaning, leanings
from models.ranker import (
    DECISION,
    KINDS,
    NOTE,
    Outputs,
    Ranker,
    decision_inputs,
    join,
    note_inputs,
)
from models.vectors import Vectors, learn_vectors


@dataclass(slots=True)
class Example:
    """A note for learning: its features and what its segments support.

    Attributes
    ----------
    targets : (segments, services) 0/1.
    services : services the note as a whole supports.
    voice : who wrote it.
    weight : how much it counts.
    fragment : a part of another example; the content model, which sees segments one by one, leaves it out.
    """

    features: NoteFeatures
    targets: NDArray[np.float32]
    services: frozenset[str]
    voice: str
    weight: float = 1.0
    fragment: bool = False


@dataclass(slots=True)
class Settings:
    """Strengths of the penalties and sizes; see ``models/README.md`` for what was tried."""

    content_c: float = 3.0
    delivery_c: float = 3.0
    whole_c: float = 30.0
    decision_c: float = 1.0
    minimum: int = 6
    folds: int = 2
    iterations: int = 80
    jobs: int = 2


Progress = Callable[[str], None]


def matrix(block: Block, documents: Docs) -> sparse.csr_matrix:
    """A block's features of documents as a sparse matrix; the same numbers `Block.entries` gives."""
    found = block.entries(documents)
    return sparse.csr_matrix((found.values, found.rows, found.starts), shape=(len(documents), len(block)))


def _fold_of(examples: Sequence[Example], folds: int) -> list[int]:
    voices: dict[str, int] = {}
    for example in examples:
        voices[example.voice] = voices.get(example.voice, 0) + 1
    load = [0] * folds
    assigned: dict[str, int] = {}
    for voice in sorted(voices, key=lambda v: (-voices[v], v)):
        fold = load.index(min(load))
        assigned[voice] = fold
        load[fold] += voices[voice]
    return [assigned[e.voice] for e in examples]


@dataclass(slots=True)
class _Content:
    blocks: dict[str, Block]
    weights: dict[str, NDArray[np.float32]]
    note: Block
    note_weights: NDArray[np.float32]
    vector_weights: NDArray[np.float32]
    relation_shared: NDArray[np.float32]
    bias: Array


def _fit_content(examples: Sequence[Example], settings: Settings, vectors: Vectors) -> _Content:
    documents: dict[str, list[list[str]]] = {name: [] for name in CONTENT_BLOCKS}
    notes: list[list[str]] = []
    shared: list[NDArray[np.float32]] = []
    dense: list[NDArray[np.float32]] = []
    targets: list[NDArray[np.float32]] = []
    group: list[int] = []
    weights: list[float] = []
    for example in examples:
        kept = np.flatnonzero(example.targets.any(axis=1))
        if not len(kept):
            continue
        found = content_docs(example.features)
        for name, rows in documents.items():
            rows.extend(found[name][i] for i in kept)
        shared.append(example.features.relations[kept])
        dense.append(vectors.means(example.features.words, example.features.sentence)[kept])
        targets.append(example.targets[kept])
        group.extend([len(notes)] * len(kept))
        weights.extend([example.weight] * len(kept))
        notes.append(note_doc(example.features))
    blocks = {n: Block.learn(documents[n], factor, settings.minimum) for n, factor in CONTENT_BLOCKS.items()}
    note = Block.learn(notes, NOTE_BLOCK[1], settings.minimum)
    own = sparse.hstack([matrix(blocks[n], documents[n]) for n in blocks]).tocsr()
    target = np.concatenate(targets)
    target = target / target.sum(axis=1, keepdims=True)
    model = ConditionalLogit(c=settings.content_c, max_iter=settings.iterations)
    design = Design(own, np.concatenate(dense), matrix(note, notes), np.array(group), np.concatenate(shared))
    model.fit(design, target, np.array(weights))
    out: dict[str, NDArray[np.float32]] = {}
    first = 0
    for name, block in blocks.items():
        out[name] = model.own_[first : first + len(block)].astype(np.float32)
        first += len(block)
    return _Content(
        blocks,
        out,
        note,
        model.context_.astype(np.float32),
        model.dense_.astype(np.float32),
        model.shared_.astype(np.float32),
        model.bias_,
    )


def _fit_delivery(
    examples: Sequence[Example], settings: Settings
) -> tuple[dict[str, Block], dict[str, NDArray[np.float32]], float]:
    documents: dict[str, list[list[str]]] = {name: [] for name in DELIVERY_BLOCKS}
    for example in examples:
        for name, rows in delivery_docs(example.features).items():
            documents[name].extend(rows)
    blocks = {n: Block.learn(documents[n], factor, settings.minimum) for n, factor in DELIVERY_BLOCKS.items()}
    labels = np.concatenate([e.targets.max(axis=1) if len(e.targets) else np.zeros(0) for e in examples])
    weights = np.concatenate([np.full(len(e.targets), e.weight) for e in examples])
    model = LogisticRegression(C=settings.delivery_c, max_iter=settings.iterations * 2, tol=1e-4)
    model.fit(sparse.hstack([matrix(blocks[n], documents[n]) for n in blocks]).tocsr(), labels, sample_weight=weights)
    out: dict[str, NDArray[np.float32]] = {}
    first = 0
    for name, block in blocks.items():
        out[name] = model.coef_.T[first : first + len(block)].astype(np.float32)
        first += len(block)
    return blocks, out, float(model.intercept_[0])


def kinds_of(services: frozenset[str]) -> list[int]:
    """The note kinds as 0/1, in the order of `KINDS`."""
    return [int(bool(services)), *(int(kind in services) for kind in KINDS[1:])]


def _fit_whole(
    examples: Sequence[Example], settings: Settings, vectors: Vectors
) -> tuple[Block, NDArray[np.float32], NDArray[np.float32], Array]:
    documents = [e.features.whole for e in examples]
    block = Block.learn(documents, WHOLE_BLOCK[1], settings.minimum)
    dense = np.stack([vectors.of_note(e.features.words) for e in examples])
    inputs = sparse.hstack([matrix(block, documents), sparse.csr_matrix(dense)]).tocsr()
    labels = np.array([kinds_of(e.services) for e in examples])
    weights = np.array([e.weight for e in examples])
    columns, biases = [], []
    for column in range(len(KINDS)):
        if labels[:, column].min() == labels[:, column].max():
            columns.append(np.zeros(inputs.shape[1]))
            biases.append(-8.0 if labels[0, column] == 0 else 8.0)
            continue
        model = LogisticRegression(C=settings.whole_c, max_iter=300, tol=1e-3)
        model.fit(inputs, labels[:, column], sample_weight=weights)
        columns.append(model.coef_[0])
        biases.append(model.intercept_[0])
    found = np.stack(columns, axis=1).astype(np.float32)
    return block, found[: len(block)], found[len(block) :], np.array(biases)


def _fit_base(examples: Sequence[Example], settings: Settings, leaning: Leaning) -> Ranker:
    """Models 1-3; the decision model is left at zero."""
    whole_notes = [e for e in examples if not e.fragment]
    vectors = learn_vectors(list(chain.from_iterable(e.features.words)) for e in whole_notes)
    content = _fit_content(whole_notes, settings, vectors)
    delivery, delivery_weights, delivery_bias = _fit_delivery(examples, settings)
    whole, whole_weights, whole_vector_weights, whole_bias = _fit_whole(whole_notes, settings, vectors)
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
    )


def fit(examples: Sequence[Example], settings: Settings | None = None, progress: Progress | None = None) -> Ranker:
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
    ranker, outputs = fit_base(examples, settings, say)
    return fit_decisions(ranker, examples, outputs, settings, say)


def fit_base(examples: Sequence[Example], settings: Settings, say: Progress) -> tuple[Ranker, list[Outputs]]:
    """Models 1-3 on all notes, and their outputs on each note from models that never saw its voice.

    The fits run side by side in ``settings.jobs`` processes.
    """
    fold_of = _fold_of(examples, settings.folds)
    sets = [[e for e, f in zip(examples, fold_of, strict=True) if f != fold] for fold in range(settings.folds)]
    leaning = leanings()
    empty = Leaning({}, leaning.values[:0])
    work = Parallel(n_jobs=settings.jobs, return_as="generator")(
        delayed(_fit_base)(inside, settings, empty) for inside in (examples, *sets)
    )
    say(f"learning words, 1 of {settings.folds + 1}")
    ranker = replace(next(work), leaning=leaning)
    outputs: dict[int, Outputs] = {}
    for fold in range(settings.folds):
        say(f"learning words, {fold + 2} of {settings.folds + 1}")
        shell = next(work)
        outputs.update(
            (index, shell.outputs(example.features))
            for index, (example, f) in enumerate(zip(examples, fold_of, strict=True))
            if f == fold
        )
    return ranker, [outputs[index] for index in range(len(examples))]


def fit_decisions(
    ranker: Ranker, examples: Sequence[Example], outputs: Sequence[Outputs], settings: Settings, say: Progress
) -> Ranker:
    """Fit the decision model and the calibration on out-of-fold outputs."""
    say("learning decisions")
    _fit_decision(ranker, examples, outputs, settings)
    say("calibrating")
    _calibrate(ranker, examples, outputs)
    return ranker


def _candidates(example: Example, output: Outputs) -> NDArray[np.bool_]:
    """Pairs worth learning from: a service that words, vocabulary or heading point to, or that the segment supports."""
    relation = example.features.relations
    pointed = (relation[:, :, _VOCABULARY] > 0.25) | (relation[:, :, _HEADING] > 0)
    return np.asarray((output.content > -5.5) | pointed | (example.targets > 0))


_VOCABULARY = RELATIONS.index("vocabulary points to it")
_HEADING = RELATIONS.index("heading names it")
_SERVICE_SHRINK = 0.5


def _fit_decision(
    ranker: Ranker, examples: Sequence[Example], outputs: Sequence[Outputs], settings: Settings
) -> None:
    """The decision model over pairs of segment and service."""
    rows: list[NDArray[np.float32]] = []
    columns: list[NDArray[np.intp]] = []
    labels: list[NDArray[np.float32]] = []
    weights: list[Array] = []
    for example, output in zip(examples, outputs, strict=True):
        if not len(output.content):
            continue
        segment, service = np.nonzero(_candidates(example, output))
        rows.append(decision_inputs(example.features, output)[segment, service].astype(np.float32))
        columns.append(service)
        labels.append(example.targets[segment, service])
        weights.append(np.full(len(segment), example.weight))
    table = np.concatenate(rows)
    column = np.concatenate(columns)
    centre = table.mean(axis=0, dtype=np.float64)
    spread = table.std(axis=0, dtype=np.float64) + 1e-6
    size = len(column)
    one_hot = sparse.csr_matrix(
        (np.full(size, _SERVICE_SHRINK, dtype=np.float32), (np.arange(size), column)), shape=(size, len(SERVICES))
    )
    model = LogisticRegression(C=settings.decision_c, max_iter=400)
    model.fit(
        sparse.hstack([sparse.csr_matrix((table - centre) / spread), one_hot]).tocsr(),
        np.concatenate(labels),
        sample_weight=np.concatenate(weights),
    )
    found = model.coef_[0]
    ranker.decision = found[: len(DECISION)] / spread
    ranker.decision_bias = (
        found[len(DECISION) :] * _SERVICE_SHRINK + model.intercept_[0] - float(ranker.decision @ centre)
    )


_EMPTY_WEIGHT = 2.0


def _calibrate(ranker: Ranker, examples: Sequence[Example], outputs: Sequence[Outputs]) -> None:
    """A shared slope, note-level weights and a shrunken offset per service on out-of-fold log-odds."""
    logits = [ranker.segment_logits(e.features, o) for e, o in zip(examples, outputs, strict=True)]
    joined = np.stack([join(z) for z in logits])
    whole = np.stack([note_inputs(z, o) for z, o in zip(logits, outputs, strict=True)])
    truth = truth_of(examples)
    keep = (joined > -9) | (truth > 0)
    column = np.nonzero(keep)[1]
    size = len(column)
    one_hot = sparse.csr_matrix((np.full(size, 0.3), (np.arange(size), column)), shape=(size, len(SERVICES)))
    dense = np.concatenate([np.clip(joined, -30, 30)[keep][:, None], whole[keep]], axis=1)
    model = LogisticRegression(C=1.0, max_iter=500)
    weights = np.repeat([e.weight * (1 if e.services else _EMPTY_WEIGHT) for e in examples], keep.sum(axis=1))
    model.fit(sparse.hstack([sparse.csr_matrix(dense), one_hot]).tocsr(), truth[keep], sample_weight=weights)
    found = model.coef_[0]
    ranker.slope = np.full(len(SERVICES), max(0.05, float(found[0])))
    ranker.kind = found[1 : 1 + len(NOTE)].copy()
    ranker.offset = found[1 + len(NOTE) :] * 0.3 + model.intercept_[0]
    notes = [i for i, e in enumerate(examples) if not e.fragment]
    probabilities = np.stack([ranker.probabilities(logits[i], outputs[i]) for i in notes])
    ranker.thresholds = thresholds_for(probabilities, truth[notes])


def truth_of(examples: Sequence[Example]) -> Array:
    """The services of each example as 0/1: (examples, services)."""
    truth = np.zeros((len(examples), len(SERVICES)))
    for index, example in enumerate(examples):
        for service in example.services:
            truth[index, COLUMN[service]] = 1
    return truth


_THRESHOLD_STRENGTH = 50.0


def thresholds_for(probabilities: Array, truth: Array) -> Array:
    """The thresholds that give the best F1 on notes the probabilities were not learned from: (services,).

    One threshold for all services is chosen first; each service then moves away from it as far as its
    own notes justify, shrunk by ``_THRESHOLD_STRENGTH`` pseudo-notes.
    """
    grid = np.linspace(0.1, 0.9, 65)
    overall = float(grid[int(np.argmax(_smooth([_f1(truth, probabilities >= t) for t in grid])))])
    out = np.full(truth.shape[1], overall)
    for column in range(truth.shape[1]):
        count = float(truth[:, column].sum())
        if count < 3:
            continue
        scores = _smooth([_f1(truth[:, column], probabilities[:, column] >= t) for t in grid])
        best = grid[scores >= scores.max() - 1e-12]
        own = float(best[np.argmin(np.abs(best - overall))])
        out[column] += count / (count + _THRESHOLD_STRENGTH) * (own - overall)
    return out


def _smooth(values: Sequence[float]) -> Array:
    """Running mean over nine grid points: a peak that a single note makes is none."""
    padded = np.pad(np.asarray(values, dtype=np.float64), 4, mode="edge")
    return np.convolve(padded, np.full(9, 1 / 9), mode="valid")


def _f1(truth: Array, guess: NDArray[np.bool_]) -> float:
    hit = float((truth * guess).sum())
    return 2 * hit / max(1e-9, float(truth.sum() + guess.sum()))


__all__ = ["RELATIONS", "Example", "Settings", "fit"]
