"""How strongly a clinic's notes pull."""

from __future__ import annotations

from dataclasses import dataclass


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
