"""What a person should know of a tier, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.tiers import DECISION
from models.tier.graded import Component
from models.wording import listed
from nlp.facts import LEVELS

UNBORNE = "lists conditions without saying that they bear on the plan"


def silence(parts: Sequence[Component]) -> tuple[str, ...]:
    """What a person should know where nothing but silence or doubt keeps the tier at its lowest."""
    said = [f"says nothing of {c.name}" for c in parts if not c.stated] + [c.doubt for c in parts if c.doubt]
    return (f"The note {' and '.join(said)}, so the evaluation counts at the lowest tier.",) if said else ()


def disagreement(said: str, claimed: int, tier: int, components: Sequence[Component]) -> tuple[str, ...]:
    """What a person should know where the tier the writer names is not what the facts give: every component that falls short."""
    told = [c for c in components if c.stated or c.name != DECISION]
    short = [c for c in told if c.tier < claimed]
    if short:
        why = [
            *(c.doubt for c in short if c.doubt),
            *(f"says nothing of {c.name}, which then counts as {LEVELS[c.tier]}" for c in short if not c.stated),
            *(f"what it states of {c.name} is {LEVELS[c.tier]}" for c in short if c.outright),
            *(f"what it states of {c.name} reaches only {LEVELS[c.tier]}" for c in short if _is_counted(c)),
        ]
        end = "; the lowest component decides." if tier < claimed else "."
        return (f"The note {said}, but {listed(why)}{end}",)
    lowest = min((c for c in told if c.name != DECISION), key=lambda c: c.tier)
    if lowest.tier > claimed:
        return (f"The note {said}, but the stated facts reach {LEVELS[lowest.tier]}.",)
    return ()


def _is_counted(component: Component) -> bool:
    return component.stated and not component.outright and not component.doubt
