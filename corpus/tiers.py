"""What counts for each tier of an evaluation, component by component: by which facts it is graded, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from corpus.errors import CorpusError
from corpus.facts import load_facts
from corpus.services import load_services
from corpus.tables import DATA, Record, read_tables

DECISION = "decision making"
"""The component that the writer grades."""


class TierComponent(Record):
    """One component of one kind of evaluation; what it is graded by is named by facts of ``facts.toml``.

    Attributes
    ----------
    service : the evaluation, of ``services.toml``.
    name : of the component, as the answer gives it.
    levels : facts that state low, moderate and high outright.
    hints : facts that suggest low, moderate and high where none does.
    counted : the fact whose different things are counted.
    noun : the fact that names what is counted, which a number or a list may belong to.
    none : facts that state that there is nothing to count; the second holds against listed things too.
    bearing : the fact without which, in or beside their sentence, the things do not count.
    aside : the fact of whose things `bearing` can be said instead.
    but_treated : whether the condition that is treated is none of the things.
    steps : the least number that is low, moderate, high.
    counts : what counts as low, moderate and high, each in words that follow "takes".
    source, dated : where that is written, and of when it is.
    """

    service: str
    name: str = Field(min_length=3)
    levels: tuple[str, str, str] | None = None
    hints: tuple[str, str, str] | None = None
    counted: str = ""
    noun: str = ""
    none: tuple[str, str] = ("", "")
    bearing: str = ""
    aside: str = ""
    but_treated: bool = False
    steps: tuple[int, int, int] = (0, 0, 0)
    counts: tuple[str, str, str]
    source: str = Field(min_length=3)
    dated: str = Field(pattern=r"\d{4}")

    @model_validator(mode="after")
    def _can_be_graded(self) -> Self:
        graded = bool(self.levels or self.counted)
        if graded == (self.name == DECISION):
            raise ValueError(f"a component must have levels or counted, and {DECISION!r} neither")
        if self.hints and not self.levels:
            raise ValueError("hints must stand beside levels")
        if self.counted and not self.steps[0] == 0 < self.steps[1] < self.steps[2]:
            raise ValueError(f"steps must be 0 and two rising numbers, got {list(self.steps)}")
        if not self.counted and (self.noun or any(self.none) or self.bearing or self.but_treated or any(self.steps)):
            raise ValueError("noun, none, bearing, but_treated and steps must stand beside counted")
        if self.aside and not self.bearing:
            raise ValueError("aside must stand beside bearing")
        return self

    def facts(self) -> Iterator[str]:
        """The facts it is graded by."""
        named = (*(self.levels or ()), *(self.hints or ()), *self.none)
        yield from filter(None, (*named, self.counted, self.noun, self.bearing, self.aside))


@cache
def load_tier_components(path: Path = DATA / "tiers.toml") -> dict[tuple[str, str], TierComponent]:
    """The components by evaluation and name.

    Raises
    ------
    CorpusError
        Naming file and line: a component that stands twice, a service that is not decided by its tier, a fact that
        ``facts.toml`` does not have, or an evaluation without decision making.

    Examples
    --------
    >>> load_tier_components()["pt_eval", "presentation"].counts[1]
    'an evolving presentation'
    """
    out: dict[tuple[str, str], TierComponent] = {}
    tiered = {name for name, service in load_services().items() if service.rule == "tier"}
    for component, line in read_tables(path, "component", TierComponent):
        if component.service not in tiered:
            known = ", ".join(sorted(tiered))
            raise CorpusError(
                path, line, f"service must be an evaluation with tiers ({known}), got {component.service!r}"
            )
        key = component.service, component.name
        if key in out:
            raise CorpusError(path, line, f"a component must stand once, got {component.name!r} of {key[0]} again")
        stray = next((fact for fact in component.facts() if fact not in load_facts()), None)
        if stray is not None:
            raise CorpusError(path, line, f"{component.name}: facts must be of facts.toml, got {stray!r}")
        out[key] = component
    for service in sorted(tiered):
        if (service, DECISION) not in out or len([key for key in out if key[0] == service]) < 2:
            raise CorpusError(
                path, None, f"every evaluation with tiers must have {DECISION!r} and another, see {service}"
            )
    return out


@cache
def graded_by() -> dict[str, tuple[TierComponent, ...]]:
    """The components by evaluation, in file order, without decision making.

    Examples
    --------
    >>> {service: len(components) for service, components in graded_by().items()}
    {'pt_eval': 3, 'ot_eval': 3}
    """
    found: dict[str, tuple[TierComponent, ...]] = {}
    for (service, name), component in load_tier_components().items():
        if name != DECISION:
            found[service] = (*found.get(service, ()), component)
    return found
