"""What grading an evaluation gives: its components and its tier."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.tiers import DECISION
from nlp.text import Span


@dataclass(frozen=True, slots=True)
class Component:
    """One graded part of an evaluation.

    Attributes
    ----------
    name : what is graded.
    tier : 0 low, 1 moderate, 2 high; 0 where the note is silent.
    found : the things or words it rests on.
    spans : where they stand.
    stated : whether the note says anything of it.
    outright : whether the note gives the level or number itself, rather than things that were counted.
    doubt : why things that are named were not counted.
    """

    name: str
    tier: int
    found: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    stated: bool = False
    outright: bool = False
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Graded:
    """The tier of an evaluation and how it came about.

    Attributes
    ----------
    tier : 0 low, 1 moderate, 2 high.
    components : every graded part, decision making last.
    claimed : the tier the writer names.
    cautions : what a person should know.
    """

    tier: int
    components: tuple[Component, ...]
    claimed: int | None
    cautions: tuple[str, ...]

    @property
    def shown(self) -> int:
        """The tier that every component reaches by what the note states; below `tier` where a claim stands on thin facts."""
        return min(c.tier for c in self.components if c.stated or c.name != DECISION)

    @property
    def holding(self) -> tuple[Component, ...]:
        """The components that keep the tier, or what is shown of it, from being higher."""
        return tuple(c for c in self.components if c.tier <= min(self.tier, self.shown))
