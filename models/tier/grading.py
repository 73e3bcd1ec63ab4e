"""Each component of an evaluation graded from stated facts, and the tier from all of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from corpus.services import load_services
from corpus.tiers import DECISION, TierComponent, graded_by
from models.tier.bearing import borne, is_listed_whole, is_treated
from models.tier.graded import Component, Graded
from models.tier.wording import UNBORNE, disagreement, silence
from nlp.facts import LEVELS, claimed_levels, is_taken_back, listed_items, stated_count, within
from nlp.note import Cue, ParsedNote
from nlp.standing import standing_facts
from nlp.text import Span


def _step(count: int, steps: tuple[int, int, int]) -> int:
    return max(i for i, least in enumerate(steps) if count >= least or i == 0)


def _preferred(cues: Iterable[Cue], spans: Sequence[Span]) -> list[Cue]:
    """The cues within the words that support the evaluation, or all where none is."""
    every = list(cues)
    return [c for c in every if within(c.start, c.end, spans)] or every


def _resting(name: str, tier: int, cues: Sequence[Cue], outright: bool) -> Component:
    found = tuple(dict.fromkeys(c.rule.removeprefix("fact:") for c in cues))
    return Component(name, tier, found, tuple((c.start, c.end) for c in cues), True, outright)


_CLAUSE_END = re.compile(r"[.;\n](?!\d)|,\s+(?:so|and|now|today|currently)\b|\bbut\b")


def _of_today(note: ParsedNote, cues: Sequence[Cue], names: Sequence[str]) -> list[Cue]:
    """The cues for a level whose clause tells of now; else those whose clause tells of no other time; else all."""
    every = [c for c in cues if c.label and c.label in names]
    ends = [m.start() for m in _CLAUSE_END.finditer(note.text.flat)]
    now, other = (
        {bisect_right(ends, c.start) for c in cues if c.label == name} for name in ("at_present", "not_now")
    )
    present = [c for c in every if bisect_right(ends, c.start) not in other]
    if len(present) < len(every):
        present = [c for c in present if bisect_right(ends, c.start) in now] or present
    return present or every


def _levelled(scale: TierComponent, note: ParsedNote, cues: Sequence[Cue], spans: Sequence[Span]) -> Component | None:
    """A component from words for its level: those of today before those of another time, outright ones first, then the highest."""
    for names, outright in ((scale.levels or (), True), (scale.hints or (), False)):
        stated = _preferred(_of_today(note, cues, names), spans)
        if stated:
            tier = max(names.index(c.label) for c in stated)
            return _resting(scale.name, tier, [c for c in stated if names.index(c.label) == tier], outright)
    return None


def _counted(scale: TierComponent, note: ParsedNote, cues: Sequence[Cue], spans: Sequence[Span]) -> Component | None:
    """A component from a stated number, a statement that there is nothing, or the things named."""
    nouns = _preferred((c for c in cues if scale.noun and c.label == scale.noun), spans)
    number = stated_count(note.text, nouns)
    if number is not None:
        return Component(scale.name, _step(number[0], scale.steps), (str(number[0]),), (number[1],), True, True)
    weak, strong = scale.none
    against = [c for c in cues if strong and c.label == strong]
    if against:
        return _resting(scale.name, 0, against, True)
    things = {c.rule: c for c in reversed(cues) if c.label == scale.counted and not is_treated(scale, note, c)}
    near = [c for c in things.values() if within(c.start, c.end, spans)]
    nothing = _preferred((c for c in cues if weak and c.label == weak), spans)
    if nothing and not near:
        return _resting(scale.name, 0, nothing, True)
    named = sorted(things.values(), key=lambda c: c.start)
    if not named:
        return None
    bearing, logistics = ([c for c in cues if c.label == label] for label in (scale.bearing, scale.aside))
    if scale.bearing:
        counting = borne(note, bearing, logistics, named)
        if not counting:
            return replace(_resting(scale.name, 0, named, False), doubt=UNBORNE)
        told = is_listed_whole(note, [c for c in cues if c.label == scale.noun], counting)
        return _resting(scale.name, _step(len(counting), scale.steps), counting, told)
    return _resting(scale.name, _step(len(named), scale.steps), named, False)


def _listed(scale: TierComponent, note: ParsedNote, cues: Sequence[Cue], spans: Sequence[Span]) -> Component | None:
    """A component from the longest list that its noun opens."""
    nouns = [c for c in cues if scale.noun and c.label == scale.noun and within(c.start, c.end, spans)]
    longest = max((listed_items(note.text, c) for c in nouns), key=len, default=[])
    if len(longest) < 2:
        return None
    found = tuple(note.text.text[a:b].strip() for a, b in longest)
    return Component(scale.name, _step(len(longest), scale.steps), found, tuple(longest), True, False)


def _component(scale: TierComponent, note: ParsedNote, cues: Sequence[Cue], spans: Sequence[Span]) -> Component:
    component = _levelled(scale, note, cues, spans) if scale.levels else None
    if component is None and scale.counted:
        counted = _counted(scale, note, cues, spans)
        listed = _listed(scale, note, cues, spans) if not (counted and counted.outright) else None
        component = max((c for c in (counted, listed) if c), key=lambda c: (c.outright, c.tier), default=None)
    return component or Component(scale.name, 0)


_OF_DECISION = re.compile(
    r"\b(?:decisions?|decision-?making|reasoning|mdm|cdm|dm complexity|analy(?:tic|sis))\b", re.I
)
"""In the clause of a level of complexity: it is that of the decision making, not of the whole evaluation."""
_LEVEL_CLAUSE = re.compile(r"[.;,\n](?!\d)")


def _decision(note: ParsedNote, cues: Sequence[Cue], spans: Sequence[Span]) -> tuple[Component, int | None]:
    """Decision making as the writer grades it, and the level claimed for the whole evaluation.

    Each is the last claim of its kind among the supporting words, else in the note; what is claimed of one only is the other's too.
    """
    claims = claimed_levels(note.text, cues)
    chosen = [c for c in claims if within(c.start, c.end, spans)] or claims
    if not chosen:
        return Component(DECISION, 0), None
    ends = [m.start() for m in _LEVEL_CLAUSE.finditer(note.text.flat)]

    def is_of_decision(start: int) -> bool:
        at = bisect_right(ends, start)
        clause = (ends[at - 1] if at else 0, ends[at] if at < len(ends) else len(note.text.flat))
        return _OF_DECISION.search(note.text.flat, *clause) is not None

    said = [c for c in chosen if is_of_decision(c.start)]
    whole = [c for c in chosen if c not in said]
    last = (said or chosen)[-1]
    found = note.text.text[last.start : last.end]
    graded = Component(DECISION, last.level, (found,), ((last.start, last.end),), True, True)
    return graded, (whole or chosen)[-1].level


def grade(note: ParsedNote, service: str, spans: Sequence[Span] = ()) -> Graded:
    """Grade an evaluation's components; the lowest decides.

    A component of which the note is silent counts at its lowest, unless the writer names the tier, by its code or else by a word for
    its complexity: then that stands where no component is stated outright below it (guide section 2: the writer's own code wins unless
    what is listed plainly is something else). Either way a caution says so.

    Parameters
    ----------
    note : the parsed note.
    service : the evaluation, one that ``tiers.toml`` has components of.
    spans : words that support it.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> note = parse("PT eval. DM2 affects plan. ROM, MMT, balance. Presentation evolving. Moderate complexity.")
    >>> graded = grade(note, "pt_eval")
    >>> graded.tier, [(c.name, c.tier) for c in graded.components]
    (1, [('history', 1), ('elements examined', 1), ('presentation', 1), ('decision making', 1)])
    """
    cues = standing_facts(note)
    parts = tuple(_component(scale, note, cues, spans) for scale in graded_by()[service])
    decision, named = _decision(note, cues, spans)
    written = _written(note, service)
    lowest = min(parts, key=lambda c: c.tier)
    if written is None and named is None:
        return Graded(lowest.tier, (*parts, decision), None, silence(parts))
    codes = load_services()[service].codes
    claimed, called = (
        (written, f"names {codes[written]}")
        if written is not None
        else (named or 0, f"calls the evaluation {LEVELS[named or 0]}")
    )
    held = min((c for c in (*parts, decision) if c.outright), key=lambda c: c.tier, default=decision)
    tier = min(claimed, held.tier) if held.outright else claimed
    return Graded(tier, (*parts, decision), claimed, disagreement(called, claimed, tier, (*parts, decision)))


def _written(note: ParsedNote, service: str) -> int | None:
    """The tier whose code the note writes; ``None`` where it writes none, takes it back, or writes several."""
    codes = load_services()[service].codes
    found = {m.code for m in note.marks or () if m.code in codes and not is_taken_back(note.text, m.start, m.end)}
    return next((codes.index(code) for code in codes if found == {code}), None)
