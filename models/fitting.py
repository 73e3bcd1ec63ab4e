"""Fitting the ranker with scikit-learn. Kept apart from `models.ranker` so that suggesting does not
import scikit-learn: it takes longer to import than a clinic's whole day of notes to read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from models.features import COLUMN, RELATIONS, SERVICES, NoteFeatures
from models.ranker import (
    DECISION,
    KINDS,
    NOTE,
    PASS,
    Array,
    Linear,
    Outputs,
    Ranker,
    content_relations,
    decision_inputs,
    join,
    note_inputs,
    pass_inputs,
)


def vocabulary(documents: Iterable[Sequence[str]], minimum: int) -> dict[str, int]:
    """Features that stand in at least ``minimum`` documents, in sorted order."""
    counts: dict[str, int] = {}
    for features in documents:
        for name in set(features):
            counts[name] = counts.get(name, 0) + 1
    return {name: i for i, name in enumerate(sorted(n for n, c in counts.items() if c >= minimum))}


def frequencies(documents: Sequence[Sequence[str]], names: dict[str, int]) -> NDArray[np.float32]:
    """Smoothed inverse document frequency of each feature."""
    counts = np.zeros(len(names))
    for features in documents:
        for row in {names[n] for n in features if n in names}:
            counts[row] += 1
    return np.asarray(np.log((1 + len(documents)) / (1 + counts)) + 1, dtype=np.float32)


def matrix(
    documents: Sequence[Sequence[str]], names: dict[str, int], scale: NDArray[np.float32]
) -> sparse.csr_matrix:
    """Features weighed by ``scale`` as rows of Euclidean length 1."""
    indptr = [0]
    indices: list[int] = []
    for features in documents:
        indices.extend(sorted({names[n] for n in features if n in names}))
        indptr.append(len(indices))
    rows = sparse.csr_matrix((scale[indices], indices, indptr), shape=(len(documents), len(names)), dtype=np.float64)
    return normalize(rows)


@dataclass(slots=True)
class Example:
    """A note for learning: its features and what its segments support.

    Attributes
    ----------
    targets : (segments, services) 0/1.
    services : services the note as a whole supports.
    voice : who wrote it.
    """

    features: NoteFeatures
    targets: NDArray[np.float32]
    services: frozenset[str]
    voice: str
    weight: float = 1.0


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
class Settings:
    """Strengths of the penalties and sizes; see ``models/README.md`` for what was tried."""

    content_c: float = 30.0
    delivery_c: float = 3.0
    whole_c: float = 10.0
    decision_c: float = 1.0
    minimum: int = 2
    folds: int = 4
    iterations: int = 100
    jobs: int = 2


Progress = Callable[[str], None]


def _fit_content(examples: Sequence[Example], settings: Settings) -> tuple[Linear, NDArray[np.float32]]:
    names = vocabulary((f for e in examples for f in e.features.words), settings.minimum)
    documents: list[list[str]] = []
    labels: list[int] = []
    weights: list[float] = []
    extra: list[Array] = []
    for example in examples:
        relations = content_relations(example.features)
        for words, relation, target in zip(example.features.words, relations, example.targets, strict=True):
            for service in np.flatnonzero(target):
                documents.append(words)
                extra.append(relation)
                labels.append(int(service))
                weights.append(example.weight / target.sum())
    scale = frequencies(documents, names)
    inputs = sparse.hstack([matrix(documents, names, scale), sparse.csr_matrix(np.array(extra))]).tocsr()
    model = LogisticRegression(C=settings.content_c, max_iter=settings.iterations, tol=3e-4)
    model.fit(inputs, labels, sample_weight=weights)
    full = np.zeros((inputs.shape[1], len(SERVICES)), dtype=np.float32)
    bias = np.full(len(SERVICES), -12.0, dtype=np.float32)
    if len(model.classes_) == 2:
        full[:, model.classes_[1]] = model.coef_[0]
        bias[model.classes_] = (0, model.intercept_[0])
    else:
        full[:, model.classes_] = model.coef_.T
        bias[model.classes_] = model.intercept_
    return Linear(names, full[: len(names)].copy(), bias, scale), full[len(names) :].copy()


def _fit_delivery(examples: Sequence[Example], settings: Settings) -> Linear:
    names = vocabulary((f for e in examples for f in e.features.delivery), settings.minimum)
    documents = [f for e in examples for f in e.features.delivery]
    scale = frequencies(documents, names)
    labels = np.concatenate([e.targets.max(axis=1) if len(e.targets) else np.zeros(0) for e in examples])
    weights = np.concatenate([np.full(len(e.targets), e.weight) for e in examples])
    model = LogisticRegression(C=settings.delivery_c, max_iter=settings.iterations * 2, tol=1e-4)
    model.fit(matrix(documents, names, scale), labels, sample_weight=weights)
    return Linear(names, model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32), scale)


def kinds_of(services: frozenset[str]) -> list[int]:
    """The note kinds as 0/1, in the order of `KINDS`."""
    return [int(bool(services)), *(int(kind in services) for kind in KINDS[1:])]


def _fit_whole(examples: Sequence[Example], settings: Settings) -> Linear:
    documents = [e.features.whole for e in examples]
    names = vocabulary(documents, settings.minimum)
    scale = frequencies(documents, names)
    inputs = matrix(documents, names, scale)
    labels = np.array([kinds_of(e.services) for e in examples])
    weights = np.array([e.weight for e in examples])
    columns, biases = [], []
    for column in range(len(KINDS)):
        if labels[:, column].min() == labels[:, column].max():
            columns.append(np.zeros(len(names)))
            biases.append(-8.0 if labels[0, column] == 0 else 8.0)
            continue
        model = LogisticRegression(C=settings.whole_c, max_iter=200, tol=1e-3)
        model.fit(inputs, labels[:, column], sample_weight=weights)
        columns.append(model.coef_[0])
        biases.append(model.intercept_[0])
    weights_all = np.stack(columns, axis=1).astype(np.float32)
    return Linear(names, weights_all, np.array(biases, dtype=np.float32), scale)


@dataclass(slots=True)
class _Base:
    content: Linear
    content_extra: NDArray[np.float32]
    delivery: Linear
    whole: Linear


def _fit_base(examples: Sequence[Example], settings: Settings) -> _Base:
    content, extra = _fit_content(examples, settings)
    return _Base(content, extra, _fit_delivery(examples, settings), _fit_whole(examples, settings))


def fit(examples: Sequence[Example], settings: Settings | None = None, progress: Progress | None = None) -> Ranker:
    """Learn a ranker.

    Parameters
    ----------
    examples : notes of at least two voices.
    settings : penalties and sizes.
    progress : called with a few words before each stage.

    Returns
    -------
    A ranker with thresholds of 0.5; `models.training` chooses better ones on validation notes.
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
    work = Parallel(n_jobs=settings.jobs, return_as="generator")(
        delayed(_fit_base)(inside, settings) for inside in (*sets, examples)
    )
    outputs: dict[int, Outputs] = {}
    for fold in range(settings.folds):
        say(f"learning words, {fold + 1} of {settings.folds + 1}")
        shell = _shell(next(work))
        outputs.update(
            (index, shell.outputs(example.features))
            for index, (example, f) in enumerate(zip(examples, fold_of, strict=True))
            if f == fold
        )
    say(f"learning words, {settings.folds + 1} of {settings.folds + 1}")
    return _shell(next(work)), [outputs[index] for index in range(len(examples))]


def fit_decisions(
    ranker: Ranker, examples: Sequence[Example], outputs: Sequence[Outputs], settings: Settings, say: Progress
) -> Ranker:
    """Fit both readings and the calibration on out-of-fold outputs."""
    say("learning decisions")
    first = [decision_inputs(e.features, o) for e, o in zip(examples, outputs, strict=True)]
    ranker.decision, ranker.service_bias = _fit_decision(examples, first, first, settings)
    second = [
        np.concatenate([i, pass_inputs(i @ ranker.decision + ranker.service_bias, e.features)], axis=2)
        for e, i in zip(examples, first, strict=True)
    ]
    ranker.second, ranker.second_bias = _fit_decision(examples, second, first, settings)
    say("calibrating")
    _calibrate(ranker, examples, outputs)
    return ranker


def _shell(base: _Base) -> Ranker:
    size = len(SERVICES)
    return Ranker(
        base.content,
        base.content_extra,
        base.delivery,
        base.whole,
        np.zeros(len(DECISION)),
        np.zeros(size),
        np.zeros(len(DECISION) + len(PASS)),
        np.zeros(size),
        np.ones(size),
        np.zeros(len(NOTE)),
        np.zeros(size),
        np.full(size, 0.5),
    )


def _fit_decision(
    examples: Sequence[Example], inputs: Sequence[Array], first: Sequence[Array], settings: Settings
) -> tuple[Array, Array]:
    rows: list[Array] = []
    services: list[NDArray[np.int64]] = []
    labels: list[Array] = []
    weights: list[Array] = []
    for example, dense, basis in zip(examples, inputs, first, strict=True):
        if not len(dense):
            continue
        segment, service = np.nonzero(_candidates(basis) | (example.targets > 0))
        rows.append(dense[segment, service])
        services.append(service)
        labels.append(example.targets[segment, service].astype(np.float64))
        weights.append(np.full(len(segment), example.weight))
    table = np.concatenate(rows)
    column = np.concatenate(services)
    size = len(column)
    one_hot = sparse.csr_matrix((np.full(size, 0.5), (np.arange(size), column)), shape=(size, len(SERVICES)))
    model = LogisticRegression(C=settings.decision_c, max_iter=300, tol=1e-4)
    model.fit(
        sparse.hstack([sparse.csr_matrix(table), one_hot]).tocsr(),
        np.concatenate(labels),
        sample_weight=np.concatenate(weights),
    )
    found = model.coef_[0]
    width = table.shape[1]
    return found[:width].copy(), found[width:] * 0.5 + model.intercept_[0]


_FIRST_RELATION = DECISION.index(RELATIONS[0])


def _candidates(inputs: Array) -> NDArray[np.bool_]:
    """Pairs worth learning from: a service some signal points to, and a thin sample of the rest."""
    signal = (inputs[:, :, 0] > -6.5) | (inputs[:, :, _FIRST_RELATION : _FIRST_RELATION + 5].max(axis=2) > 0)
    rest = np.zeros(signal.shape, dtype=bool)
    rest[::3, ::5] = True
    return np.asarray(signal | rest)


def _calibrate(ranker: Ranker, examples: Sequence[Example], outputs: Sequence[Outputs]) -> None:
    """A shared slope, note-level weights and a shrunken offset per service on out-of-fold log-odds."""
    logits = [ranker.segment_logits(e.features, o) for e, o in zip(examples, outputs, strict=True)]
    joined = np.stack([join(z) for z in logits])
    whole = np.stack([note_inputs(z, o) for z, o in zip(logits, outputs, strict=True)])
    truth = np.zeros_like(joined)
    for index, example in enumerate(examples):
        for service in example.services:
            truth[index, COLUMN[service]] = 1
    keep = (joined > -9) | (truth > 0)
    column = np.nonzero(keep)[1]
    size = len(column)
    one_hot = sparse.csr_matrix((np.full(size, 0.3), (np.arange(size), column)), shape=(size, len(SERVICES)))
    dense = np.concatenate([np.clip(joined, -30, 30)[keep][:, None], whole[keep]], axis=1)
    model = LogisticRegression(C=1.0, max_iter=500)
    weights = np.repeat([e.weight for e in examples], keep.sum(axis=1))
    model.fit(sparse.hstack([sparse.csr_matrix(dense), one_hot]).tocsr(), truth[keep], sample_weight=weights)
    found = model.coef_[0]
    ranker.slope = np.full(len(SERVICES), max(0.05, float(found[0])))
    ranker.note = found[1 : 1 + len(NOTE)].copy()
    ranker.offset = found[1 + len(NOTE) :] * 0.3 + model.intercept_[0]
