"""What counts for each tier of an evaluation, component by component, in words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from corpus.errors import CorpusError
from corpus.services import load_services
from corpus.tables import DATA, Record, read_tables


class TierComponent(Record):
    """One component of one kind of evaluation.

    Attributes
    ----------
    service : the evaluation, of ``services.toml``.
    name : of the component, as the answer gives it.
    counts : what counts as low, moderate and high, each in words that follow "takes".
    source, dated : where that is written, and of when it is.
    """

    service: str
    name: str = Field(min_length=3)
    counts: tuple[str, str, str]
    source: str = Field(min_length=3)
    dated: str = Field(pattern=r"\d{4}")


@cache
def load_tier_components(path: Path = DATA / "tiers.toml") -> dict[tuple[str, str], TierComponent]:
    """The components by evaluation and name.

    Raises
    ------
    CorpusError
        Naming file and line: a component that stands twice, or a service that is not decided by its tier.

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
        out[key] = component
    return out
