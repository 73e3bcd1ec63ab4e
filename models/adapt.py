"""Learning a clinic's habits: a correction on top of a fitted ranker, from notes with nothing but their codes.

Reading order: `adapt` (the whole), `explain_labels` (which segment a billed code stands for), `usage_of` (how the clinic bills
the concepts of the vocabulary), `_Correction` (the fit of weights).

The ranker of the whole corpus stays as it is. Added are

- *usage*: a concept of the vocabulary that the clinic bills otherwise as a rule gets the clinic's shares for its priors. All that
  was learned of how far the vocabulary can be trusted then holds for the clinic's own use of it;
- *weights* of the content model (words -> service), of the delivery model for segments that turn out to be billed, of the
  model of notes with a service, and an offset per service, all pulled to zero by a penalty.

Notes of the corpus (`replay`) stand beside the clinic's and hold what the clinic says nothing about.

Which words a code stands for is not known: in rounds of expectation and maximisation, a billed service takes the segments that
support it; one that none supports takes, of the segments whose own service was not billed, the likeliest; what
is delivered and not billed goes over to a billed service as far as its words can mean it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize, minimize_scalar
from threadpoolctl import threadpool_limits

from corpus.notes import LabelledNote
from corpus.vocabulary import load_vocabulary
from models.blocks import CONTENT_BLOCKS, DELIVERY_BLOCKS, Array, Block
from models.design import Counted, Dataset
from models.evaluation import sign_test
from models.features import COLUMN, SERVICES, Usage, shares_of
from models.fitting import outputs_of, truth_of
from models.ranker import DECISION, KINDS, TREATMENTS, Outputs, Ranker, delivery_of, expit, log_softmax, logit
from models.training import example_of, services_of
from nlp.note import ParsedNote
from nlp.pipeline import parse


@dataclass(frozen=True, slots=True)
class Habits:
    """Strengths of the correction.

    Attributes
    ----------
    clinic, replay : weights of a segment of the clinic's notes and of the corpus's.
    unseen : weight of a segment of the corpus for what it says of services the corpus has no notes for.
    content_c, delivery_c, whole_c, offset_c, usage_c : inverse strengths of the penalties towards the shipped ranker; those of
        content and delivery by the squared length of their main blocks' rows (0.7).
    minimum : segments of the clinic a feature must stand in to be learned from.
    doubt : how many uses of a concept the vocabulary's own priors count for beside the clinic's.
    heats : rounds of expectation and maximisation, each with how far the words' own say counts (annealing): a shipped ranker is
        sure of a usage that the clinic does not share.
    iterations : of L-BFGS in each.
    unbilled : how likely what was delivered is left off the bill, beside what its words say.
    """

    clinic: float = 3.0
    replay: float = 20.0
    unseen: float = 0.8
    content_c: float = 4.0
    delivery_c: float = 4.0
    whole_c: float = 1.0
    offset_c: float = 1.0
    usage_c: float = 1.0
    minimum: int = 2
    heats: tuple[float, ...] = (0.15, 0.2, 0.3, 0.4, 0.5)
    iterations: int = 120
    unbilled: float = 0.1
    doubt: float = 0.5


# Of explaining labels; chosen on training notes with lines put in, see models/README.md.
_SUPPORTED = 0.4  # a segment that supports a billed service so surely explains it,
_OWN = 0.2  # if its words alone say so at least so much
_TRUST = 0.85  # how much of a service that nothing supports goes to the likeliest segments
_STRAY = 0.3  # delivered and of services not billed so surely: free to stand for a billed one
_IDLE = 0.5  # how readily a segment that is not stray does
_UNNAMED = 0.15  # how readily one without a word of the vocabulary does, where the vocabulary knows the service
_FLOOR = -8.0  # least log-probability of a service
_EVEN = 0.5
_LEVEL = 0.05  # of the sign test of a usage
# Of the fit.
_OUTVOTED = 0.1  # weight of the corpus's notes with a concept the clinic bills otherwise
_FREE = 300.0  # how much more easily concepts and new words move than words the ranker knows,
_NEW_EASE = 10.0  # weights of a service it never learned,
_BIAS_EASE = 0.02  # and how much less easily biases do
_FEW = 3  # notes from which on a service counts as learned


@dataclass(frozen=True, slots=True)
class Read:
    """Notes as they are learned from: each parsed once, its features as often as the usage of concepts changes."""

    notes: Sequence[LabelledNote]
    parsed: Sequence[ParsedNote]
    data: Dataset

    @classmethod
    def of(cls, notes: Iterable[LabelledNote]) -> Read:
        """Parse notes and extract their features."""
        kept = list(notes)
        parsed = [parse(note.text) for note in kept]
        return cls(kept, parsed, Dataset.of(map(example_of, kept, parsed)))

    @classmethod
    def join(cls, parts: Sequence[Read]) -> Read:
        """Several in order."""
        return cls(
            [n for part in parts for n in part.notes],
            [p for part in parts for p in part.parsed],
            Dataset.join([part.data for part in parts]),
        )

    def used(self, usage: Usage) -> tuple[Dataset, NDArray[np.intp]]:
        """The notes with concepts as a clinic uses them, and which note each example is; those it touches come last."""
        count = len(self.notes)
        touched = np.array([any(m.concept.id in usage for m in p.mentions or ()) for p in self.parsed], dtype=bool)
        if not touched.any():
            return self.data, np.arange(count)
        found = np.flatnonzero(touched)
        again = Dataset.of(example_of(self.notes[i], self.parsed[i], usage) for i in found.tolist())
        return Dataset.join([self.data.take(~touched), again]), np.concatenate([np.flatnonzero(~touched), found])


def adapt(
    ranker: Ranker,
    clinic: Read,
    replay: Read,
    known: frozenset[str],
    habits: Habits | None = None,
    say: Callable[[str], None] | None = None,
) -> Ranker:
    """A new ranker that follows the clinic where its notes say something, and the old one elsewhere.

    Parameters
    ----------
    ranker : fitted on the corpus; it is not changed.
    clinic : the clinic's notes; where a person marked words, these are believed.
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
    with threadpool_limits(limits=1):
        start = _neutral(_extended(ranker, clinic.data, habits.minimum), known)
        usage = usage_of(start, clinic.data, known, habits.doubt)
        own, order = clinic.used(usage)
        beside = replay.used(usage)[0]
        marked = [bool(clinic.notes[i].evidence) for i in order.tolist()]
        start = found = _carried(start, usage)
        for number, heat in enumerate(habits.heats, 1):
            say(f"learning habits, {number} of {len(habits.heats)}")
            mass = explain_labels(found, own, marked, habits, heat)
            found = _corrected(start, ranker, mass, own, beside, known, habits)
        if usage:
            found.decision = found.decision.copy()
            found.decision[DECISION.index("the clinic bills it so")] = _trust_in_usage(found, own, habits.usage_c)
        say("learning offsets")
        found.offset = found.offset + _offsets(found, own, beside, known, habits.offset_c)
    return found


def _carried(ranker: Ranker, usage: dict[str, NDArray[np.float32]]) -> Ranker:
    """The ranker with a usage; what it learned of a concept's first service then holds for the clinic's."""
    out = replace(ranker, usage=usage, note_weights=ranker.note_weights.copy())
    out.content_weights = {name: table.copy() for name, table in ranker.content_weights.items()}
    tables = [(ranker.content[name].names, table) for name, table in out.content_weights.items()]
    for concept, shares in usage.items():
        prior = shares_of(load_vocabulary()[concept])
        if prior.any():
            pair = [int(np.argmax(prior)), int(np.argmax(shares))]
            for names, table in (*tables, (ranker.note.names, out.note_weights)):
                row = names.get(f"c:{concept}")
                if row is not None:
                    table[row, pair] = table[row, pair[::-1]]
    return out


def _trust_in_usage(ranker: Ranker, clinic: Dataset, c: float) -> float:
    """The weight of the clinic's usage in the decision, not negative, under which its bills are likeliest, shrunk towards none."""
    billed = truth_of(clinic.services)
    column = DECISION.index("the clinic bills it so")
    services = sorted({int(np.argmax(shares)) for shares in ranker.usage.values()})
    outputs = outputs_of(ranker, clinic)
    placed = list(clinic.each())

    def loss(weight: float) -> float:
        tried = replace(ranker, decision=ranker.decision.copy())
        tried.decision[column] = weight
        p = np.stack([tried.probabilities(tried.decide(s, o), o) for s, o in zip(placed, outputs, strict=True)])[
            :, services
        ]
        truth = billed[:, services]
        return float(-(truth * np.log(p + 1e-12) + (1 - truth) * np.log(1 - p + 1e-12)).sum() + weight**2 / (2 * c))

    return float(minimize_scalar(loss, bounds=(0.0, 5.0), method="bounded", options={"xatol": 1e-3}).x)


def _delivered(ranker: Ranker, data: Dataset) -> Array:
    """Probability that each segment counts, by service: (segments, services)."""
    return np.concatenate([expit(delivery_of(o)) for o in outputs_of(ranker, data)])


def _corrected(
    start: Ranker,
    old: Ranker,
    mass: NDArray[np.float64],
    clinic: Dataset,
    replay: Dataset,
    known: frozenset[str],
    habits: Habits,
) -> Ranker:
    """The ranker with weights that follow ``mass``, what each of the clinic's segments stands for."""
    count = len(mass)
    ease = np.where([service in known for service in SERVICES], 1.0, _NEW_EASE)
    both = Dataset.join([clinic, replay])
    base = outputs_of(replace(start, usage={}), both)
    outvoted = _mentions(replay, start.usage)
    kept: NDArray[np.bool_] = np.any(replay.targets > 0, axis=1)
    trust = kept * np.where(outvoted, _OUTVOTED, 1.0)
    log_share = np.concatenate([o.content for o in base])
    share = np.exp(log_share)
    surprising = (mass.max(axis=1) > 0) & (share[np.arange(count), mass.argmax(axis=1)] < _EVEN)
    content = _Correction.of(start.content, CONTENT_BLOCKS, both.content, count, habits.minimum, old.content, ease)
    content.fit_choice(
        log_share,
        np.concatenate([mass, share[count:]]),
        np.concatenate([habits.clinic * mass.max(axis=1), habits.unseen * trust]),
        np.concatenate([np.zeros(count), (habits.replay - habits.unseen) * trust]),
        np.array([service in known for service in SERVICES]),
        habits.content_c,
        habits.iterations,
    )
    delivery = _Correction.of(
        start.delivery, DELIVERY_BLOCKS, both.delivery, count, habits.minimum, old.delivery, np.ones(1)
    )
    odds = np.concatenate([o.delivery for o in base])
    held = expit(odds)
    held[:count] = np.where(surprising, np.maximum(held[:count], mass[:, TREATMENTS].max(axis=1)), held[:count])
    strength = np.concatenate([np.full(count, habits.clinic), np.full(len(kept), habits.replay)])
    delivery.fit_binary(odds, held, strength, habits.delivery_c, habits.iterations)
    whole = _fit_any(start, old, clinic, both, np.array([o.whole[0] for o in base]), outvoted, habits)
    column = KINDS.index("any")
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


def _fit_any(
    start: Ranker,
    old: Ranker,
    clinic: Dataset,
    both: Dataset,
    odds: Array,
    outvoted: NDArray[np.bool_],
    habits: Habits,
) -> _Correction:
    """What the words of a note say of whether it records any service, where the clinic's notes say otherwise."""
    count = len(clinic)
    found = _Correction.of(
        {"whole": start.whole},
        ("whole",),
        {"whole": both.whole},
        count,
        habits.minimum,
        {"whole": old.whole},
        np.ones(1),
    )
    strength = np.concatenate([np.full(count, habits.clinic), np.full(len(both) - count, habits.replay)])
    where = both.owner[len(both.owner) - len(outvoted) :][outvoted]
    strength[where] *= _OUTVOTED
    wanted = expit(odds)
    wanted[:count] = [bool(services) for services in clinic.services]
    found.fit_binary(odds, wanted, strength, habits.whole_c, habits.iterations)
    return found


def _mentions(data: Dataset, usage: Usage) -> NDArray[np.bool_]:
    """Segments with a concept that a clinic uses otherwise: (segments,)."""
    own = data.content["own"]
    columns = [own.names[f"c:{concept}"] for concept in usage if f"c:{concept}" in own.names]
    return np.asarray(own.table[:, columns].sum(axis=1)).ravel() > 0


@dataclass(frozen=True, slots=True)
class _Use:
    """A concept in the clinic's notes.

    Attributes
    ----------
    prior : (services,) the vocabulary's shares.
    notes : (n,) the notes in which it was delivered.
    own : (n,) whether what the vocabulary says it is billed as was billed there.
    """

    id: str
    prior: NDArray[np.float32]
    notes: NDArray[np.intp]
    own: NDArray[np.bool_]

    def habit(self, unseen: NDArray[np.bool_], billed: NDArray[np.bool_]) -> tuple[int, int, int] | None:
        """For how many notes it explains a service, which, and in how many it does not; ``None`` where that proves nothing.

        Parameters
        ----------
        unseen : (notes, services) billed, not suggested, and not explained by another concept yet.
        billed : (notes, services).
        """
        counts = (unseen[self.notes] & ~self.own[:, None]).sum(axis=0)
        first = int(np.argmax(counts))
        so, not_so = int(counts[first]), int((~billed[self.notes, first]).sum())
        if self.prior.any() and self.prior[first] >= self.prior.max():
            return None
        return (so, first, not_so) if sign_test(so, not_so) < _LEVEL else None

    def shares(self, so: int, first: int, not_so: int, doubt: float) -> NDArray[np.float32]:
        """The clinic's shares, the priors counted as ``doubt`` uses: (services,)."""
        out = doubt * self.prior
        out[first] += so
        return np.asarray(out / (doubt + so + not_so), dtype=np.float32)


def usage_of(ranker: Ranker, clinic: Dataset, known: frozenset[str], doubt: float) -> dict[str, NDArray[np.float32]]:
    """How the clinic bills concepts of the vocabulary, where as a rule it does so otherwise than the vocabulary says.

    What is counted are billed services that the ranker would not have suggested. A delivered concept may explain such a
    service in a note, unless what the vocabulary says it is billed as was billed there too. It gets the clinic's shares when
    it explains one in more notes than it stands in without that service being billed, beyond chance (sign test over notes at the
    level `_LEVEL`: five to none, nine to two). The concept that explains most goes first, and a billed service needs one
    explanation: notes in which it is explained say nothing of the concepts beside. Concepts that are neither
    billed nor said by the vocabulary to have no code (body parts, findings) explain nothing. Of a concept without a code the ranker
    has learned that it is never delivered for a bill, so there the writer's word (status performed) counts.

    Parameters
    ----------
    ranker : as shipped, with rows for the clinic's words.
    known : services it has learned; what it says of others counts for nothing.
    doubt : how many uses the vocabulary's priors count for.

    Returns
    -------
    Concept id -> (services,) shares in [0, 1].
    """
    billed = truth_of(clinic.services) > 0
    new = np.array([service not in known for service in SERVICES])
    unseen = billed & ((expit(_note_odds(ranker, clinic)) < ranker.thresholds) | new)
    uses = {use.id: use for use in _uses(billed, clinic, _delivered(ranker, clinic))}
    out: dict[str, NDArray[np.float32]] = {}
    while True:
        found = {c: h for c, use in uses.items() if c not in out and (h := use.habit(unseen, billed))}
        if not found:
            return out
        concept = max(found, key=lambda c: (found[c][0], c))
        out[concept] = uses[concept].shares(*found[concept], doubt)
        unseen[uses[concept].notes, found[concept][1]] = False


def _uses(billed: NDArray[np.bool_], clinic: Dataset, delivered: Array) -> Iterator[_Use]:
    own, owner, signs = clinic.content["own"], clinic.owner, clinic.delivery["signs"]
    status = signs.names.get("st:performed")
    performed = np.zeros(len(owner), dtype=bool) if status is None else signs.table[:, [status]].toarray()[:, 0] > 0
    concepts = [c for c in load_vocabulary().values() if f"c:{c.id}" in own.names and (c.priors or c.caution)]
    held = own.table[:, [own.names[f"c:{c.id}"] for c in concepts]].tocsc()
    for concept, start, end in zip(concepts, held.indptr[:-1], held.indptr[1:], strict=True):
        rows = held.indices[start:end]
        prior = shares_of(concept)
        notes = np.unique(owner[rows[delivered[rows, prior.argmax()] >= _EVEN if prior.any() else performed[rows]]])
        yield _Use(concept.id, prior, notes, billed[notes, prior.argmax()] & bool(prior.any()))


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
    whole, whole_weights = _longer(ranker.whole, ranker.whole_weights, clinic.whole, minimum)
    return replace(
        ranker,
        content=content,
        content_weights=content_weights,
        delivery=delivery,
        delivery_weights=delivery_weights,
        whole=whole,
        whole_weights=whole_weights,
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
    return Block(names, scale, block.factor, block.padding), rows


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
        support = expit(ranker.decide(seen, output))
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
    delivered = expit(delivery_of(output))
    lent = delivered ** max(heat, 0.5)
    own = np.exp(output.content)
    strong = (support >= _SUPPORTED) & (own >= _OWN) & inside & free[:, None]
    mass[strong] = support[strong]
    free &= ~strong.any(axis=1)
    stray = free & (np.where(inside, 0, own * delivered).sum(axis=1) >= _STRAY)
    rest = unbilled * np.where(inside, 0, share).max(axis=1) + 1e-12
    orphans = [k for k in labels if not strong[:, k].any() and not fixed[:, k].any()]
    open_to = np.isin(np.arange(share.shape[1]), orphans) if orphans else inside
    taken = share * open_to
    mass[stray] = (taken / (taken.sum(axis=1) + rest)[:, None] * lent)[stray]
    open_ = (free * np.where(stray, 1.0, _IDLE))[:, None] * lent
    if orphans and open_.any():
        score = (share * named * open_)[:, orphans]
        mass[:, orphans] = np.maximum(mass[:, orphans], _TRUST * score / score.sum(axis=0))
    return mass / np.maximum(mass.sum(axis=1, keepdims=True), 1.0) if not fixed.any() else mass


class _Correction:
    """Weights added to a model's blocks, for the features that stand in the clinic's segments."""

    def __init__(
        self, table: sparse.csr_matrix, columns: NDArray[np.intp], sizes: dict[str, int], ease: Array
    ) -> None:
        self.table = table
        self.columns = columns
        self.sizes = sizes
        self.weights = np.zeros(ease.shape)
        self.bias = np.zeros(ease.shape[1])
        self.ease = ease

    @classmethod
    def of(
        cls,
        blocks: Mapping[str, Block],
        order: Iterable[str],
        counted: Mapping[str, Counted],
        own: int,
        minimum: int,
        old: Mapping[str, Block],
        ease: Array,
    ) -> _Correction:
        """The features that stand in at least ``minimum`` of the ``own`` first rows, over all rows.

        Concepts, and features that ``old`` blocks do not know, move `_FREE` times as easily; ``ease`` is that of each output.
        """
        every = sparse.hstack([counted[name].matrix(blocks[name]) for name in order]).tocsr()
        columns = np.flatnonzero(np.bincount(every[:own].indices, minlength=every.shape[1]) >= minimum)
        table = every[:, columns].tocsr().astype(np.float64)
        free = [f[:2] == "c:" or f not in old[name].names for name in order for f in blocks[name].names]
        own_ease = np.where(np.array(free, dtype=bool)[columns], _FREE, 1.0)[:, None] * ease
        return cls(table, columns, {name: len(blocks[name]) for name in order}, own_ease)

    def fit_choice(
        self,
        base: Array,
        wanted: Array,
        strength: Array,
        more: Array,
        among: NDArray[np.bool_],
        c: float,
        iterations: int,
    ) -> None:
        """Penalised conditional logit on top of log-probabilities ``base``; rows of ``wanted`` are evened to sum to 1.

        Rows count ``strength``; what they say of the choice between the services ``among`` counts ``more`` besides.
        """
        rows = np.flatnonzero((strength > 1e-3) & wanted.any(axis=1))
        target = wanted[rows] / wanted[rows].sum(axis=1, keepdims=True)
        offset, weight, inner = base[rows], strength[rows][:, None], more[rows][:, None]
        within = target[:, among]
        total = within.sum(axis=1, keepdims=True)

        def loss(score: Array) -> tuple[float, Array]:
            log = log_softmax(offset + score)
            value, slope = -float((weight * target * log).sum()), weight * (np.exp(log) - target)
            log = log_softmax((offset + score)[:, among])
            slope[:, among] += inner * (total * np.exp(log) - within)
            return value - float((inner * within * log).sum()), slope

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
        ease = np.concatenate([self.ease.ravel(), np.full(len(self.bias), _BIAS_EASE)])

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
    return np.where(new, np.clip(shift, -3.0, 2.0), 0.0)


def _note_odds(ranker: Ranker, data: Dataset) -> Array:
    """Log-odds of each service in each example: (examples, services)."""
    return np.stack(
        [
            logit(ranker.probabilities(ranker.decide(seen, output), output))
            for seen, output in zip(data.each(), outputs_of(ranker, data), strict=True)
        ]
    )


def learned_services(notes: Iterable[LabelledNote]) -> frozenset[str]:
    """Services with enough labelled notes to have been learned from them."""
    counts = Counter(service for note in notes for service in services_of(note))
    return frozenset(service for service, count in counts.items() if count >= _FEW)
