"""Evaluation tier: each component graded from stated facts; the lowest decides (guide section 3)."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.facts import find_facts
from nlp.note import ParsedNote

_FACTOR_STEPS = (0, 1, 3)
_ELEMENT_STEPS = (1, 3, 4)


@dataclass(frozen=True, slots=True)
class Component:
    """One graded part: its tier (0 low, 1 moderate, 2 high) and the words it rests on."""

    name: str
    tier: int
    found: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Graded:
    """The tier of an evaluation and how it came about."""

    tier: int
    components: tuple[Component, ...]
    claimed: int | None
    cautions: tuple[str, ...]


_CLAIMS = ("low_complexity", "moderate_complexity", "high_complexity")
_PRESENTATIONS = ("stable", "evolving", "unstable")


def _step(count: int, steps: tuple[int, ...]) -> int:
    return max(i for i, least in enumerate(steps) if count >= least or i == 0)


def grade(note: ParsedNote) -> Graded:
    """Grade an evaluation's components.

    Parameters
    ----------
    note : the parsed note.
    """
    facts = find_facts(note.text)

    def component(name: str, fact: str, steps: tuple[int, ...]) -> Component:
        cues = {c.rule: c for c in facts if c.label == fact}
        spans = tuple((c.start, c.end) for c in cues.values())
        return Component(name, _step(len(cues), steps), tuple(r[5:] for r in cues), spans)

    stated = [(i, c) for i, name in enumerate(_PRESENTATIONS) for c in facts if c.label == name]
    presentation = max((i for i, _ in stated), default=0)
    components = (
        component("history", "factor", _FACTOR_STEPS),
        component("elements", "element", _ELEMENT_STEPS),
        Component(
            "presentation",
            presentation,
            tuple(c.rule[5:] for i, c in stated if i == presentation),
            tuple((c.start, c.end) for i, c in stated if i == presentation),
        ),
    )
    lowest = min(c.tier for c in components)
    claims = [i for i, name in enumerate(_CLAIMS) if any(c.label == name for c in facts)]
    claimed = claims[-1] if claims else None
    tier = claimed if claimed is not None else lowest
    cautions: tuple[str, ...] = ()
    if claimed is not None and claimed != lowest:
        holding = next(c for c in components if c.tier == lowest) if lowest < claimed else None
        why = f"{holding.name} reaches only tier {lowest + 1} of 3" if holding else "the stated facts reach further"
        cautions = (f"The note calls the evaluation tier {claimed + 1} of 3, but {why}.",)
    return Graded(tier, components, claimed, cautions)
