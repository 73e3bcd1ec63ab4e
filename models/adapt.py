"""Learning a clinic's habits: a small correction on top of a fitted ranker, from notes with nothing but their codes.

Reading order: `adapt` (the whole), `explain_labels` (which segment a billed code stands for), `_Correction` (the fit).

The ranker of the whole corpus stays as it is; added are weights of the content model (words -> service) for the words of the
clinic's notes, weights of the delivery model for segments that turn out to be billed, and an offset per service. All are pulled
to zero by a penalty, so that a habit shown by forty notes moves the ranker and a slip in one does not. Notes of the corpus
(`replay`) stand beside the clinic's, each counting less, and hold what the clinic says nothing about.

Which words a code stands for is not known: in rounds of expectation and maximisation, a billed service takes the segments that
support it; one that none supports takes, of the segments whose own service was not billed, the likeliest; what
is delivered and not billed goes over to a billed service as far as its words can mean it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from corpus.notes import LabelledNote
from corpus.vocabulary import load_vocabulary
from models.blocks import CONTENT_BLOCKS, DELIVERY_BLOCKS, Array, Block
from models.design import Counted, Dataset
from models.features import COLUMN, SERVICES, Places
from models.fitting import outputs_of, truth_of
from models.ranker import Outputs, Ranker, expit, log_softmax, logit
from models.training import services_of


@dataclass(frozen=True, slots=True)
class Habits:
    """Strengths of the correction.

    Attributes
    ----------
    clinic, replay : weights of a segment of the clinic's notes and of the corpus's.
    content_c, delivery_c, offset_c : inverse strengths of the penalties towards the shipped ranker.
    minimum : segments a word unknown to the ranker must stand in to be learned.
    heats : rounds of expectation and maximisation, each with how far the words' own say counts (annealing): a shipped ranker is
        sure of a usage that the clinic does not share.
    iterations : of L-BFGS in each.
    unbilled : how likely what was delivered is left off the bill, beside what its words say.
    """

    clinic: float = 3.0
    replay: float = 0.8
    content_c: float = 1.0
    delivery_c: float = 1.0
    offset_c: float = 0.25
    minimum: int = 3
    heats: tuple[float, ...] = (0.15, 0.2, 0.3, 0.4, 0.5)
    iterations: int = 40
    unbilled: float = 0.1


_SUPPORTED = 0.4
_TRUST = 0.85
_IDLE = 0.5
_UNNAMED = 0.15
_OWN = 0.2
_STRAY = 0.3
_FLOOR = -8.0
_HABIT = 4.0
_OUTVOTED = 0.1
_CONCEPT_EASE = 300.0
_BIAS_EASE = 0.02
_FEW = 3


def adapt(
    ranker: Ranker,
    clinic: Dataset,
    spanned: Sequence[bool],
    replay: Dataset,
    known: frozenset[str],
    habits: Habits | None = None,
    say: Callable[[str], None] | None = None,
) -> Ranker:
    """A new ranker that follows the clinic where its notes say something, and the old one elsewhere.

    Parameters
    ----------
    ranker : fitted on the corpus; it is not changed.
    clinic : the clinic's notes, without fragments.
    spanned : per clinic note, whether its targets are words a person marked, or only guessed from its codes.
    replay : notes of the corpus.
    known : services the corpus has notes for; the others begin as the middle of them all.
    habits : strengths.
    say : called with a few words before each round.

    Returns
    -------
    A ranker of the same form; equal inputs give equal arrays.
    """
    habits = habits or Habits()
    say = say or (lambda _text: None)
    start = _neutral(_extended(ranker, clinic, habits.minimum), known)
    both = Dataset.join([clinic, replay])
    content = _Correction.of(start.content, CONTENT_BLOCKS, both.content, len(clinic.owner), len(SERVICES))
    delivery = _Correction.of(start.delivery, DELIVERY_BLOCKS, both.delivery, len(clinic.owner), 1)
    base = outputs_of(start, both)
    base_content = np.concatenate([o.content for o in base])
    base_delivery = np.concatenate([o.delivery for o in base])
    kept = replay.targets.any(axis=1) & ~replay.fragment[replay.owner]
    found = start
    for number in range(len(habits.heats)):
        say(f"learning habits, {number + 1} of {len(habits.heats)}")
        mass = explain_labels(found, clinic, spanned, habits, habits.heats[number])
        wanted = np.concatenate([mass, replay.targets * kept[:, None]]).astype(np.float64)
        agreeing = np.where(_contested(both, mass, np.exp(base_content)), _OUTVOTED, 1.0)
        strength = np.concatenate([habits.clinic * mass.max(axis=1), habits.replay * kept * agreeing])
        content.fit_choice(base_content, wanted, strength, habits.content_c, habits.iterations)
        carried = mass.max(axis=1)
        held = expit(base_delivery)
        held[: len(carried)] = np.maximum(held[: len(carried)], carried)
        strength = np.concatenate([np.full(len(carried), habits.clinic), np.full(len(kept), habits.replay)])
        delivery.fit_binary(base_delivery, held, strength, habits.delivery_c, habits.iterations)
        found = replace(
            start,
            content_weights=content.added(start.content_weights),
            content_bias=start.content_bias + content.bias,
            delivery_weights=delivery.added(start.delivery_weights),
            delivery_bias=start.delivery_bias + float(delivery.bias[0]),
        )
    say("learning offsets")
    found.offset = found.offset + _offsets(found, clinic, replay, known, habits.offset_c)
    return found


def _neutral(ranker: Ranker, known: frozenset[str]) -> Ranker:
    """The ranker with services it has never seen put in the middle of those it has; it learned only that they are rare."""
    new = [COLUMN[s] for s in SERVICES if s not in known]
    old = [COLUMN[s] for s in SERVICES if s in known]
    if not new or not old:
        return ranker
    changed = {}
    for name in ("content_bias", "decision_bias", "offset", "thresholds"):
        values = getattr(ranker, name).copy()
        values[new] = np.median(values[old])
        changed[name] = values
    weights = {name: table.copy() for name, table in ranker.content_weights.items()}
    vectors, note = ranker.vector_weights.copy(), ranker.note_weights.copy()
    for table in (*weights.values(), vectors, note):
        table[:, new] = 0
    return replace(ranker, content_weights=weights, vector_weights=vectors, note_weights=note, **changed)


def _extended(ranker: Ranker, clinic: Dataset, minimum: int) -> Ranker:
    """The ranker with rows of zeros for words of the clinic that it does not know."""
    content, delivery = dict(ranker.content), dict(ranker.delivery)
    content_weights, delivery_weights = dict(ranker.content_weights), dict(ranker.delivery_weights)
    for blocks, weights, counted in (
        (content, content_weights, clinic.content),
        (delivery, delivery_weights, clinic.delivery),
    ):
        for name in blocks:
            blocks[name], weights[name] = _longer(blocks[name], weights[name], counted[name], minimum)
    return replace(
        ranker,
        content=content,
        content_weights=content_weights,
        delivery=delivery,
        delivery_weights=delivery_weights,
        offset=ranker.offset.copy(),
    )


def _longer(
    block: Block, weights: NDArray[np.float32], counted: Counted, minimum: int
) -> tuple[Block, NDArray[np.float32]]:
    counts = np.bincount(counted.table.indices, minlength=len(counted.names))
    new = sorted(n for n, column in counted.names.items() if counts[column] >= minimum and n not in block.names)
    names = block.names | {n: len(block.names) + i for i, n in enumerate(new)}
    rare = np.float32(block.scale.max() if len(block.scale) else 1.0)
    scale = np.concatenate([block.scale, np.full(len(new), rare, dtype=np.float32)])
    rows = np.concatenate([weights, np.zeros((len(new), weights.shape[1]), dtype=np.float32)])
    return Block(names, scale, block.factor), rows


def explain_labels(
    ranker: Ranker, clinic: Dataset, spanned: Sequence[bool], habits: Habits, heat: float = 1.0
) -> NDArray[np.float64]:
    """How far each segment is what a billed service stands for: (segments, services), each in [0, 1]."""
    outputs = outputs_of(ranker, clinic)
    parts = []
    names = _named(clinic)
    at = 0
    targets = np.split(clinic.targets, np.cumsum(clinic.sizes)[:-1])
    for seen, output, services, marked, known in zip(
        clinic.each(), outputs, clinic.services, targets, spanned, strict=True
    ):
        support = expit(ranker.decide(_Seen(*seen), output))
        fixed = marked.astype(np.float64) if known else np.zeros(marked.shape)
        parts.append(
            _explained(
                support,
                output,
                [COLUMN[s] for s in sorted(services)],
                names[at : at + len(support)],
                fixed,
                habits.unbilled,
                heat,
            )
        )
        at += len(support)
    return np.concatenate(parts) if parts else np.zeros((0, len(SERVICES)))


def _contested(both: Dataset, mass: NDArray[np.float64], share: Array) -> NDArray[np.bool_]:
    """Segments of the corpus with a concept that the clinic, as a rule, bills otherwise than the ranker says.

    Parameters
    ----------
    both : the clinic's notes, then those of the corpus.
    mass : of the clinic's segments.
    share : what the shipped ranker says of all segments, in [0, 1].
    """
    own = both.content["own"]
    columns = [column for name, column in own.names.items() if name[:2] == "c:"]
    concepts = own.table[:, columns].tocsr()
    count = len(mass)
    moved = (mass * (share[:count] < 0.3)).sum(axis=1)
    turned = concepts[:count].T @ moved
    all_ = concepts[:count].T @ mass.sum(axis=1)
    habit = (turned >= _HABIT) & (turned >= 0.5 * all_)
    return np.asarray(concepts[count:] @ habit.astype(np.float64) > 0)


def _named(data: Dataset) -> Array:
    """How far a segment may stand for a service no words support: less where the vocabulary, which does speak of the
    service, knows nothing in the segment: (segments, services).
    """
    own = data.content["own"]
    columns = [column for name, column in own.names.items() if name[:2] == "c:"]
    sums: Array = np.asarray(own.table[:, columns].sum(axis=1), dtype=np.float64).reshape(-1, 1)
    known = sums > 0
    spoken = {service for concept in load_vocabulary().values() for service in concept.priors}
    silent: NDArray[np.bool_] = np.array([service not in spoken for service in SERVICES])
    return np.where(known | silent, 1.0, _UNNAMED)


@dataclass(slots=True)
class _Seen:
    relations: NDArray[np.float32]
    places: Places


def _explained(
    support: Array,
    output: Outputs,
    labels: list[int],
    named: Array,
    fixed: Array,
    unbilled: float,
    heat: float,
) -> Array:
    """One note: `explain_labels` of its segments."""
    mass = fixed.copy()
    if not len(support) or not labels:
        return mass
    free: NDArray[np.bool_] = fixed.max(axis=1) <= 0
    inside = np.zeros(support.shape[1], dtype=bool)
    inside[labels] = True
    share = np.exp(np.maximum(output.content, _FLOOR) * heat)
    delivered = expit(output.delivery) ** max(heat, 0.5)
    own = np.exp(output.content)
    strong = (support >= _SUPPORTED) & (own >= _OWN) & inside & free[:, None]
    mass[strong] = support[strong]
    free &= ~strong.any(axis=1)
    stray = free & (np.where(inside, 0, own).sum(axis=1) * expit(output.delivery) >= _STRAY)
    rest = unbilled * np.where(inside, 0, share).max(axis=1) + 1e-12
    taken = share * inside
    mass[stray] = (taken / (taken.sum(axis=1) + rest)[:, None] * delivered[:, None])[stray]
    open_ = free * np.where(stray, 1.0, _IDLE) * delivered
    orphans = [k for k in labels if not strong[:, k].any() and not fixed[:, k].any()]
    if orphans and open_.any():
        score = (share * named)[:, orphans] * open_[:, None]
        mass[:, orphans] = np.maximum(mass[:, orphans], _TRUST * score / score.sum(axis=0))
    return mass / np.maximum(mass.sum(axis=1, keepdims=True), 1.0) if not fixed.any() else mass


class _Correction:
    """Weights added to a model's blocks, for the features that stand in the clinic's segments."""

    def __init__(
        self, table: sparse.csr_matrix, columns: NDArray[np.intp], sizes: dict[str, int], width: int, ease: Array
    ) -> None:
        self.table = table
        self.columns = columns
        self.sizes = sizes
        self.weights = np.zeros((len(columns), width))
        self.bias = np.zeros(width)
        self.ease = ease[:, None]

    @classmethod
    def of(
        cls, blocks: dict[str, Block], order: dict[str, float], counted: dict[str, Counted], own: int, width: int
    ) -> _Correction:
        """The features of ``own`` first rows, over all rows."""
        every = sparse.hstack([counted[name].matrix(blocks[name]) for name in order]).tocsr()
        columns = np.unique(every[:own].indices)
        table = every[:, columns].tocsr().astype(np.float64)
        names = [name for block in order for name in blocks[block].names]
        ease = np.array([_CONCEPT_EASE if names[column][:2] == "c:" else 1.0 for column in columns.tolist()])
        return cls(table, columns, {name: len(blocks[name]) for name in order}, width, ease)

    def fit_choice(self, base: Array, wanted: Array, strength: Array, c: float, iterations: int) -> None:
        """Penalised conditional logit on top of log-probabilities ``base``; rows of ``wanted`` are evened to sum to 1."""
        rows = np.flatnonzero((strength > 1e-3) & wanted.any(axis=1))
        target = wanted[rows] / wanted[rows].sum(axis=1, keepdims=True)
        offset, weight = base[rows], strength[rows][:, None]

        def loss(score: Array) -> tuple[float, Array]:
            log = log_softmax(offset + score)
            return -float((weight * target * log).sum()), weight * (np.exp(log) - target)

        self._solve(rows, loss, c, iterations)

    def fit_binary(self, base: Array, wanted: Array, strength: Array, c: float, iterations: int) -> None:
        """Penalised logistic regression on top of log-odds ``base`` towards probabilities ``wanted``."""
        offset, target, weight = base[:, None], wanted[:, None], strength[:, None]

        def loss(score: Array) -> tuple[float, Array]:
            z = offset + score
            return float((weight * (np.logaddexp(0, z) - target * z)).sum()), weight * (expit(z) - target)

        self._solve(np.arange(len(base)), loss, c, iterations)

    def _solve(
        self, rows: NDArray[np.intp], loss: Callable[[Array], tuple[float, Array]], c: float, iterations: int
    ) -> None:
        if not len(rows):
            return
        table = self.table[rows]
        turned = table.T.tocsr()
        shape, size = self.weights.shape, self.weights.size
        ease = np.concatenate([np.broadcast_to(self.ease, shape).ravel(), np.full(shape[1], _BIAS_EASE)])

        def whole(theta: Array) -> tuple[float, Array]:
            value, slope = loss(table @ theta[:size].reshape(shape) + theta[size:])
            slopes = np.concatenate([(turned @ slope).ravel(), slope.sum(axis=0)])
            return value + 0.5 / c * float(theta @ (theta / ease)), slopes + theta / (c * ease)

        begin = np.concatenate([self.weights.ravel(), self.bias])
        found = minimize(whole, begin, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 5}).x
        self.weights, self.bias = found[:size].reshape(shape), found[size:]

    def added(self, weights: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """The blocks' weights with the correction."""
        out = {}
        start = 0
        for name, size in self.sizes.items():
            mine = (self.columns >= start) & (self.columns < start + size)
            table = weights[name].copy()
            table[self.columns[mine] - start] += self.weights[mine].astype(np.float32)
            out[name] = table
            start += size
        return out


def _offsets(ranker: Ranker, clinic: Dataset, replay: Dataset, known: frozenset[str], c: float) -> Array:
    """What a clinic bills less of than its notes say, as log-odds per service, shrunk towards none.

    A service the corpus knows is never raised: a code is suggested for the note's words, not for a clinic's custom of billing it. Of a
    new one the corpus's notes, which never have it, speak too.
    """
    new: NDArray[np.bool_] = np.array([s not in known for s in SERVICES])
    odds, truth = _note_odds(ranker, clinic), truth_of(clinic.services)
    weight = np.ones(odds.shape)
    if new.any():
        odds = np.concatenate([odds, _note_odds(ranker, replay)])
        truth = np.concatenate([truth, truth_of(replay.services)])
        weight = np.concatenate([weight, np.broadcast_to(new, (len(replay), len(new)))])
    shift = np.zeros(odds.shape[1])
    for _ in range(30):
        p = expit(odds + shift)
        slope = (weight * (p - truth)).sum(axis=0) + shift / c
        shift -= slope / ((weight * p * (1 - p)).sum(axis=0) + 1 / c)
    return np.asarray(np.clip(shift, -3.0, np.where(new, 2.0, 0.0)))


def _note_odds(ranker: Ranker, data: Dataset) -> Array:
    """Log-odds of each service in each example: (examples, services)."""
    return np.stack(
        [
            logit(ranker.probabilities(ranker.decide(_Seen(*seen), output), output))
            for seen, output in zip(data.each(), outputs_of(ranker, data), strict=True)
        ]
    )


def learned_services(notes: Iterable[LabelledNote]) -> frozenset[str]:
    """Services with enough labelled notes to have been learned from them."""
    counts = Counter(service for note in notes for service in services_of(note))
    return frozenset(service for service, count in counts.items() if count >= _FEW)
