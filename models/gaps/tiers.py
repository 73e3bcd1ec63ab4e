"""Comparisons of an evaluation's tier: what holds it down, and whether the note claims another than its facts give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from corpus.gaps import Computed, GapCheck
from corpus.services import load_services
from corpus.tiers import DECISION, load_tier_components
from models.gaps.items import Finding, Supported
from models.gaps.view import Comparison, View
from models.tier import Component, Graded
from models.wording import listed
from nlp.facts import LEVELS


def billed_tier(item: Supported) -> int | None:
    """The tier a code stands for: 0 low, 1 moderate, 2 high; `None` where it is no evaluation's."""
    codes = load_services()[item.services[0]].codes if item.graded and item.services else ()
    return codes.index(item.code) if item.code in codes else None


def _claimed(item: Supported, graded: Graded) -> int | None:
    """The tier the note claims against its own facts: by the code it writes, else by the words for its complexity."""
    billed = billed_tier(item)
    claimed = graded.claimed if billed is None or billed == graded.tier else billed
    return None if claimed == graded.tier == graded.shown else claimed


def _tier_held(_check: GapCheck, items: Sequence[Supported], _view: View) -> list[Finding]:
    """Below the highest tier, the components that keep it there while others reach further."""
    out = []
    for item in items:
        graded = item.graded
        if graded is None or _claimed(item, graded) is not None:
            continue
        given = min(graded.tier, graded.shown)
        if max(c.tier for c in graded.components) == given:
            continue
        holding = [c for c in graded.holding if c.stated or c.name != DECISION]
        why = listed([f"{c.name} ({_level_or_silence(c)})" for c in holding])
        spans = tuple(span for c in holding for span in c.spans)
        values = (("why", why), ("stated", LEVELS[given + 1]), ("needs", _needs(item, holding, given + 1)))
        out.append(Finding((item.code,), spans, values))
    return out


def _level_or_silence(component: Component) -> str:
    if not component.stated:
        return "not stated"
    return f"{LEVELS[component.tier]}; the note {component.doubt}" if component.doubt else LEVELS[component.tier]


def _needs(item: Supported, short: Iterable[Component], tier: int) -> str:
    """What counts for a tier in components that do not reach it."""
    counts = load_tier_components()
    return listed([counts[item.services[0], c.name].counts[tier] for c in short])


def _tier_conflict(_check: GapCheck, items: Sequence[Supported], _view: View) -> list[Finding]:
    """The tier the note names is not what its facts give."""
    return _against_claim(items, thin=False)


def _tier_unshown(_check: GapCheck, items: Sequence[Supported], _view: View) -> list[Finding]:
    """The tier the note names is higher than what it shows, and nothing but its silence says so."""
    return _against_claim(items, thin=True)


def _against_claim(items: Sequence[Supported], *, thin: bool) -> list[Finding]:
    """Evaluations whose claimed tier the components do not reach, or exceed.

    Parameters
    ----------
    thin : those of which only components not stated, or not said to bear on the plan, fall short; else all others.
    """
    out = []
    for item in items:
        graded = item.graded
        claimed = _claimed(item, graded) if graded else None
        if graded is None or claimed is None:
            continue
        decision = graded.components[-1]
        parts = [c for c in graded.components if c.stated or c.name != DECISION]
        short = [c for c in parts if c.tier < claimed]
        given = min(graded.tier, graded.shown) if short else graded.tier
        is_thin = bool(short) and all(not c.stated or c.doubt for c in short)
        if is_thin != thin or given == claimed:
            continue
        deciding = [c for c in parts if (c.tier <= given if given < claimed else c.tier >= given)]
        codes = load_services()[item.services[0]].codes
        why = listed([_told_level(c) for c in deciding or parts])
        needs = _needs(item, short, claimed)
        if not is_thin and item.code != codes[given]:
            why = f"{why}; the claim keeps {item.code}, which the note names"
        values = (("codes", codes[given]), ("stated", LEVELS[claimed]), ("why", why), ("needs", needs))
        spans = decision.spans or item.spans
        out.append(Finding((item.code,), (*spans, *(s for c in deciding for s in c.spans)), values))
    return out


def _told_level(component: Component) -> str:
    """A component's name, its level, and what the note states of it."""
    if not component.stated:
        return f"{component.name} not stated"
    doubt = "; the note " + component.doubt if component.doubt else ""
    found = f" ({', '.join(component.found)}{doubt})" if component.found else ""
    return f"{component.name} {LEVELS[component.tier]}{found}"


COMPARISONS: Mapping[Computed, Comparison] = {
    "tier_held": _tier_held,
    "tier_conflict": _tier_conflict,
    "tier_unshown": _tier_unshown,
}
"""The comparisons of this module by the name that ``gaps.toml`` calls them by."""
