"""How a clinic bills concepts of the vocabulary, where as a rule it does so otherwise than the vocabulary says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from corpus.vocabulary import load_vocabulary
from models.adapt.known import columns_of
from models.adapt.odds import note_odds
from models.decision import DECISION, delivery_of
from models.design import Dataset
from models.evaluation import sign_test
from models.fitting.base import outputs_of
from models.fitting.calibration import truth_of
from models.numeric import EVEN, Array, expit
from models.ranker import Ranker
from models.shares import Usage, shares_of

_LEVEL = 0.05  # of the sign test of a usage


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
    new = ~columns_of(known)
    unseen = billed & ((expit(note_odds(ranker, clinic)) < ranker.thresholds) | new)
    uses = {use.id: use for use in _uses(billed, clinic, _delivered(ranker, clinic))}
    out: dict[str, NDArray[np.float32]] = {}
    while True:
        found = {c: h for c, use in uses.items() if c not in out and (h := use.habit(unseen, billed))}
        if not found:
            return out
        concept = max(found, key=lambda c: (found[c][0], c))
        out[concept] = uses[concept].shares(*found[concept], doubt)
        unseen[uses[concept].notes, found[concept][1]] = False


@dataclass(frozen=True, slots=True)
class _Use:
    """A concept in the clinic's notes.

    Attributes
    ----------
    id : of the vocabulary.
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


def _uses(billed: NDArray[np.bool_], clinic: Dataset, delivered: Array) -> Iterator[_Use]:
    """The concepts that can be billed, each with the notes in which it was delivered.

    Parameters
    ----------
    billed : (notes, services).
    delivered : (segments, services) probability that each segment counts.
    """
    own, owner, signs = clinic.content["own"], clinic.owner, clinic.delivery["signs"]
    status = signs.names.get("st:performed")
    performed = np.zeros(len(owner), dtype=bool) if status is None else signs.table[:, [status]].toarray()[:, 0] > 0
    concepts = [c for c in load_vocabulary().values() if f"c:{c.id}" in own.names and (c.priors or c.caution)]
    held = own.table[:, [own.names[f"c:{c.id}"] for c in concepts]].tocsc()
    for concept, start, end in zip(concepts, held.indptr[:-1], held.indptr[1:], strict=True):
        rows = held.indices[start:end]
        prior = shares_of(concept)
        notes = np.unique(owner[rows[delivered[rows, prior.argmax()] >= EVEN if prior.any() else performed[rows]]])
        yield _Use(concept.id, prior, notes, billed[notes, prior.argmax()] & bool(prior.any()))


def _delivered(ranker: Ranker, data: Dataset) -> Array:
    """Probability that each segment counts, by service: (segments, services)."""
    return np.concatenate([expit(delivery_of(o)) for o in outputs_of(ranker, data)])


def carried(ranker: Ranker, usage: dict[str, NDArray[np.float32]]) -> Ranker:
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


def trust_in_usage(ranker: Ranker, clinic: Dataset, c: float) -> float:
    """The weight of the clinic's usage in the decision, not negative, under which its bills are likeliest, shrunk towards none.

    Parameters
    ----------
    c : inverse strength of the penalty on its square.
    """
    billed = truth_of(clinic.services)
    column = DECISION.index("the clinic bills it so")
    services = sorted({int(np.argmax(shares)) for shares in ranker.usage.values()})
    outputs = outputs_of(ranker, clinic)
    placed = list(clinic.each())

    def loss(weight: float) -> float:
        tried = replace(ranker, decision=ranker.decision.copy())
        tried.decision[column] = weight
        every = [tried.probabilities(tried.decide(s, o), o) for s, o in zip(placed, outputs, strict=True)]
        p, truth = np.stack(every)[:, services], billed[:, services]
        return float(-(truth * np.log(p + 1e-12) + (1 - truth) * np.log(1 - p + 1e-12)).sum() + weight**2 / (2 * c))

    return float(minimize_scalar(loss, bounds=(0.0, 5.0), method="bounded", options={"xatol": 1e-3}).x)


def mentions(data: Dataset, usage: Usage) -> NDArray[np.bool_]:
    """Segments with a concept that a clinic uses otherwise: (segments,)."""
    own = data.content["own"]
    columns = [own.names[f"c:{concept}"] for concept in usage if f"c:{concept}" in own.names]
    return np.asarray(own.table[:, columns].sum(axis=1)).ravel() > 0
