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
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models.features import COLUMN, RELATIONS, SERVICES, NoteFeatures

Array = NDArray[np.float64]
KINDS: tuple[str, ...] = ("any", "pt_eval", "pt_reeval", "ot_eval", "ot_reeval")
DECISION: tuple[str, ...] = (
    "words",
    "words against others",
    "delivered",
    "note has a service",
    "note kind",
    *RELATIONS,
    "delivered and named",
    "vocabulary and words agree",
    "same line by words",
    "same sentence by words",
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
    order = np.sort(content, axis=1)
    best = order[:, -1:]
    others = np.where(content == best, order[:, -2:-1], best)
    delivered = np.clip(outputs.delivery, -8.0, 8.0)[:, None].repeat(services, axis=1)
    whole = np.clip(outputs.whole, -8.0, 8.0)
    any_service = np.full((count, services), whole[0])
    kind = np.zeros((count, services))
    for name, column in _EVALS.items():
        kind[:, column] = whole[KINDS.index(name)]
    relation = features.relations.astype(np.float64)
    weight = expit(delivered)[:, :1] * probability
    columns = [
        content,
        content - others,
        delivered,
        any_service,
        kind,
        *(relation[:, :, i] for i in range(len(RELATIONS))),
        relation[:, :, 0] * expit(delivered),
        relation[:, :, 4] * probability,
        _mates(weight, features.line),
        _mates(weight, features.sentence),
    ]
    return np.stack(columns, axis=2)


def _mates(values: Array, groups: NDArray[np.int32]) -> Array:
    """For each segment the largest value among the other members of its group."""
    out = np.zeros_like(values)
    for group in np.unique(groups):
        index = np.flatnonzero(groups == group)
        if len(index) < 2:
            continue
        part = values[index]
        order = np.sort(part, axis=0)
        out[index] = np.where(part == order[-1], order[-2], order[-1])
    return out


@dataclass(slots=True)
class Ranker:
    """The four fitted models and the calibration.

    Attributes
    ----------
    content, delivery, whole : models 1-3.
    decision : (len(DECISION),) weights; ``service_bias`` (services,) adds a bias per service, and
        ``service_delivery`` (services,) a weight on the delivery log-odds per service.
    slope, offset : (services,) calibration of the joined log-odds.
    thresholds : (services,) least probability that is suggested.
    """

    content: Linear
    delivery: Linear
    whole: Linear
    decision: Array
    service_bias: Array
    slope: Array
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
        return np.asarray(decision_inputs(features, outputs) @ self.decision + self.service_bias)

    def probabilities(self, segment_logits: Array) -> Array:
        """Calibrated probability per service from the segments' log-odds: (services,)."""
        return expit(self.slope * join(segment_logits) + self.offset)


def join(segment_logits: Array) -> Array:
    """Noisy-or over segments, as log-odds: (services,)."""
    if not len(segment_logits):
        return np.full(segment_logits.shape[-1], -30.0)
    none = -np.logaddexp(0.0, segment_logits).sum(axis=0)
    none = np.minimum(none, -1e-13)
    return np.asarray(np.log(-np.expm1(none)) - none)


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
    seed: int = 0


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
    names: tuple[dict[str, int], dict[str, int], dict[str, int]] = field(repr=False)


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
        names,
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
    fold_of = _fold_of(examples, settings.folds)
    outputs: list[Outputs | None] = [None] * len(examples)
    for fold in range(settings.folds):
        say(f"learning words, fold {fold + 1} of {settings.folds}")
        inside = [e for e, f in zip(examples, fold_of, strict=True) if f != fold]
        base = _fit_base(inside, settings)
        shell = _shell(base)
        for index, (example, f) in enumerate(zip(examples, fold_of, strict=True)):
            if f == fold:
                outputs[index] = shell.outputs(example.features)
    say("learning decisions")
    decision, service_bias = _fit_decision(examples, [o for o in outputs if o is not None], settings)
    say("learning words, all notes")
    ranker = _shell(_fit_base(examples, settings))
    ranker.decision, ranker.service_bias = decision, service_bias
    say("calibrating")
    _calibrate(ranker, examples, [o for o in outputs if o is not None])
    return ranker


def _shell(base: _Base) -> Ranker:
    size = len(SERVICES)
    return Ranker(
        base.content, base.delivery, base.whole, np.zeros(len(DECISION)), np.zeros(size), np.ones(size), np.zeros(size),
        np.full(size, 0.5),
    )


def _fit_decision(
    examples: Sequence[Example], outputs: Sequence[Outputs], settings: Settings
) -> tuple[Array, Array]:
    rows: list[Array] = []
    services: list[NDArray[np.int64]] = []
    labels: list[Array] = []
    weights: list[Array] = []
    for example, output in zip(examples, outputs, strict=True):
        inputs = decision_inputs(example.features, output)
        if not len(inputs):
            continue
        segment, service = np.nonzero(_candidates(inputs) | (example.targets > 0))
        rows.append(inputs[segment, service])
        services.append(service)
        labels.append(example.targets[segment, service].astype(np.float64))
        weights.append(np.full(len(segment), example.weight))
    dense = np.concatenate(rows)
    column = np.concatenate(services)
    one_hot = sparse.csr_matrix((np.full(len(column), 0.5), (np.arange(len(column)), column)), shape=(len(column), len(SERVICES)))
    inputs_all = sparse.hstack([sparse.csr_matrix(dense), one_hot]).tocsr()
    model = LogisticRegression(C=settings.decision_c, max_iter=300, tol=1e-4)
    model.fit(inputs_all, np.concatenate(labels), sample_weight=np.concatenate(weights))
    weights_all = model.coef_[0]
    return weights_all[: len(DECISION)].copy(), weights_all[len(DECISION) :] * 0.5 + model.intercept_[0]


def _candidates(inputs: Array) -> NDArray[np.bool_]:
    """Pairs worth learning from: a service some signal points to, and a thin sample of the rest."""
    signal = (inputs[:, :, 0] > -6.5) | (inputs[:, :, 5 : 5 + 5].max(axis=2) > 0)
    rest = np.zeros(signal.shape, dtype=bool)
    rest[::3, ::5] = True
    return np.asarray(signal | rest)


def _calibrate(ranker: Ranker, examples: Sequence[Example], outputs: Sequence[Outputs]) -> None:
    """A shared slope and a shrunken offset per service on out-of-fold log-odds."""
    joined = np.stack([join(ranker.segment_logits(e.features, o)) for e, o in zip(examples, outputs, strict=True)])
    truth = np.zeros_like(joined)
    for index, example in enumerate(examples):
        for service in example.services:
            truth[index, COLUMN[service]] = 1
    keep = joined > -9
    note, service = np.nonzero(keep)
    one_hot = sparse.csr_matrix((np.full(len(service), 0.3), (np.arange(len(service)), service)), shape=(len(service), len(SERVICES)))
    inputs = sparse.hstack([sparse.csr_matrix(joined[keep][:, None]), one_hot]).tocsr()
    model = LogisticRegression(C=1.0, max_iter=300)
    model.fit(inputs, truth[keep])
    ranker.slope = np.full(len(SERVICES), max(0.05, float(model.coef_[0, 0])))
    ranker.offset = model.coef_[0, 1:] * 0.3 + model.intercept_[0]
