"""The ranker: from a parsed note to a probability per service, additively.

Four logistic models, each learned by scikit-learn and kept as plain arrays:

1. *content*  - which service a delivered segment is, from its words (multinomial);
2. *delivery* - whether a segment was delivered at this visit, from status, section, words (binary);
3. *whole*    - what kind of note this is, from all its words (binary per kind);
4. *decision* - whether a segment supports a service, from the log-odds of 1-3 and the relations of the
   segment to the service (binary over pairs); additive.

A service's probability in the note joins its segments by noisy-or, 1 - prod(1 - p), and is calibrated by a
logistic line per service. Models 1-3 enter model 4 with out-of-fold outputs (folds by voice), so
that 4 learns how far they can be trusted on a clinician not seen before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models.features import COLUMN, RELATIONS, SERVICES, NoteFeatures, mates, others

Array = NDArray[np.float64]
KINDS: tuple[str, ...] = ("any", "pt_eval", "pt_reeval", "ot_eval", "ot_reeval")
DECISION: tuple[str, ...] = (
    "words",
    "words against others",
    "delivered",
    "note has a service",
    "note kind",
    "note is an evaluation",
    *RELATIONS,
    "delivered and named",
    "vocabulary and words agree",
    "same line by words",
    "same sentence by words",
)
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
    "clearest words",
    "length of the note",
    "length of the note and the note has a service",
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
    """A linear model over named binary features.

    Attributes
    ----------
    names : feature -> row.
    weights : (features, outputs).
    bias : (outputs,).
    """

    names: dict[str, int]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def score(self, features: Sequence[str]) -> Array:
        """Sum of the weights of the known features plus bias, each feature counted once."""
        rows = self.rows(features)
        scale = 1.0 / np.sqrt(len(rows)) if rows else 0.0
        return np.asarray(self.weights[rows].sum(axis=0) * scale + self.bias, dtype=np.float64)

    def rows(self, features: Iterable[str]) -> list[int]:
        """Row numbers of the known features, sorted."""
        get = self.names.get
        return sorted({row for row in map(get, features) if row is not None})


def vocabulary(documents: Iterable[Sequence[str]], minimum: int) -> dict[str, int]:
    """Features that stand in at least ``minimum`` documents, in sorted order."""
    counts: dict[str, int] = {}
    for features in documents:
        for name in set(features):
            counts[name] = counts.get(name, 0) + 1
    return {name: i for i, name in enumerate(sorted(n for n, c in counts.items() if c >= minimum))}


def matrix(documents: Sequence[Sequence[str]], names: dict[str, int]) -> sparse.csr_matrix:
    """Binary features as rows of Euclidean length 1."""
    indptr = [0]
    indices: list[int] = []
    values: list[float] = []
    for features in documents:
        rows = sorted({names[n] for n in features if n in names})
        indices.extend(rows)
        values.extend([1.0 / np.sqrt(len(rows))] * len(rows) if rows else [])
        indptr.append(len(indices))
    return sparse.csr_matrix((values, indices, indptr), shape=(len(documents), len(names)))


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
    content, delivery, whole : models 1-3.
    decision : (len(DECISION),) weights of the first reading; ``service_bias`` (services,) its bias.
    second : (len(DECISION) + len(PASS),) weights of the second reading, which also sees what the first made of
        the other segments and services; ``second_bias`` (services,) its bias.
    slope, offset : (services,) calibration of the joined log-odds; ``note`` (len(NOTE),) weights of what the note
        as a whole says.
    thresholds : (services,) least probability that is suggested.
    """

    content: Linear
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
        count = len(features.words)
        content = (
            log_softmax(np.stack([self.content.score(f) for f in features.words]))
            if count
            else np.zeros((0, len(SERVICES)))
        )
        delivery = np.array([self.delivery.score(f)[0] for f in features.delivery])
        return Outputs(content, delivery, self.whole.score(features.whole))

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


def contributions(segment_logits: Array) -> Array:
    """What each segment adds to S: -log(1 - p), weighed by p itself so that many faint traces stay faint."""
    return np.asarray(np.logaddexp(0.0, segment_logits) * expit(segment_logits))


def join(segment_logits: Array) -> Array:
    """Log-odds of 1 - exp(-S), S the sum of `contributions` over the segments: (services,)."""
    if not len(segment_logits):
        return np.full(segment_logits.shape[-1], -30.0)
    total = np.maximum(contributions(segment_logits).sum(axis=0), 1e-13)
    return np.asarray(np.log(-np.expm1(-total)) + total)


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
    iterations: int = 60
    jobs: int = 2


Progress = Callable[[str], None]


def _fit_content(examples: Sequence[Example], settings: Settings, names: dict[str, int]) -> Linear:
    documents: list[list[str]] = []
    labels: list[int] = []
    weights: list[float] = []
    for example in examples:
        for words, target in zip(example.features.words, example.targets, strict=True):
            for service in np.flatnonzero(target):
                documents.append(words)
                labels.append(int(service))
                weights.append(example.weight / target.sum())
    model = LogisticRegression(C=settings.content_c, max_iter=settings.iterations, tol=1e-3)
    model.fit(matrix(documents, names), labels, sample_weight=weights)
    full = np.zeros((len(names), len(SERVICES)), dtype=np.float32)
    bias = np.full(len(SERVICES), -12.0, dtype=np.float32)
    if len(model.classes_) == 2:
        full[:, model.classes_[1]] = model.coef_[0]
        bias[model.classes_] = (0, model.intercept_[0])
    else:
        full[:, model.classes_] = model.coef_.T
        bias[model.classes_] = model.intercept_
    return Linear(names, full, bias)


def _fit_delivery(examples: Sequence[Example], settings: Settings, names: dict[str, int]) -> Linear:
    documents = [f for e in examples for f in e.features.delivery]
    labels = np.concatenate([e.targets.max(axis=1) if len(e.targets) else np.zeros(0) for e in examples])
    weights = np.concatenate([np.full(len(e.targets), e.weight) for e in examples])
    model = LogisticRegression(C=settings.delivery_c, max_iter=settings.iterations * 2, tol=1e-3)
    model.fit(matrix(documents, names), labels, sample_weight=weights)
    return Linear(names, model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32))


def kinds_of(services: frozenset[str]) -> list[int]:
    """The note kinds as 0/1, in the order of `KINDS`."""
    return [int(bool(services)), *(int(kind in services) for kind in KINDS[1:])]


def _fit_whole(examples: Sequence[Example], settings: Settings, names: dict[str, int]) -> Linear:
    inputs = matrix([e.features.whole for e in examples], names)
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
    return Linear(names, np.stack(columns, axis=1).astype(np.float32), np.array(biases, dtype=np.float32))


@dataclass(slots=True)
class _Base:
    content: Linear
    delivery: Linear
    whole: Linear


def _fit_base(examples: Sequence[Example], settings: Settings) -> _Base:
    names = (
        vocabulary((f for e in examples for f in e.features.words), settings.minimum),
        vocabulary((f for e in examples for f in e.features.delivery), settings.minimum),
        vocabulary((e.features.whole for e in examples), settings.minimum),
    )
    return _Base(
        _fit_content(examples, settings, names[0]),
        _fit_delivery(examples, settings, names[1]),
        _fit_whole(examples, settings, names[2]),
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


def _candidates(inputs: Array) -> NDArray[np.bool_]:
    """Pairs worth learning from: a service some signal points to, and a thin sample of the rest."""
    signal = (inputs[:, :, 0] > -6.5) | (inputs[:, :, 6 : 6 + 5].max(axis=2) > 0)
    rest = np.zeros(signal.shape, dtype=bool)
    rest[::3, ::5] = True
    return np.asarray(signal | rest)


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
    best = np.clip(segment_logits.max(axis=0), -9.0, 9.0) if len(segment_logits) else np.full(services, -9.0)
    length = np.log1p(len(segment_logits)) - 3.0
    columns = [
        np.full(services, whole[0]),
        kind,
        evaluation,
        np.maximum(others(joined[None])[0], -4.0),
        best,
        np.full(services, length),
        np.full(services, length * whole[0]),
    ]
    return np.stack(columns, axis=1)


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
    model.fit(sparse.hstack([sparse.csr_matrix(dense), one_hot]).tocsr(), truth[keep])
    found = model.coef_[0]
    ranker.slope = np.full(len(SERVICES), max(0.05, float(found[0])))
    ranker.note = found[1 : 1 + len(NOTE)].copy()
    ranker.offset = found[1 + len(NOTE) :] * 0.3 + model.intercept_[0]
