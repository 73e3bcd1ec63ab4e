"""Evaluation tier: each component graded from stated facts; the lowest decides (guide section 3).

What each component is graded by is in ``tiers.toml`` (`corpus.tiers`), from guide section 3 and ``facts.md`` section 4.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from corpus.services import load_services
from corpus.tiers import DECISION, TierComponent, graded_by
from models.wording import listed
from nlp.facts import LEVELS, claimed_levels, is_taken_back, listed_items, stated_count, within
from nlp.note import Cue, ParsedNote
from nlp.standing import standing_facts
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
    things = {c.rule: c for c in reversed(cues) if c.label == scale.counted and not _is_treated(scale, note, c)}
    near = [c for c in things.values() if within(c.start, c.end, spans)]
    nothing = _preferred((c for c in cues if weak and c.label == weak), spans)
    if nothing and not near:
        return _resting(scale.name, 0, nothing, True)
    named = sorted(things.values(), key=lambda c: c.start)
    if not named:
        return None
    bearing, logistics = ([c for c in cues if c.label == label] for label in (scale.bearing, scale.aside))
    if scale.bearing:
        borne = _borne(note, bearing, logistics, named)
        if not borne:
            return replace(_resting(scale.name, 0, named, False), doubt=_UNBORNE)
        told = _is_listed_whole(note, [c for c in cues if c.label == scale.noun], borne)
        return _resting(scale.name, _step(len(borne), scale.steps), borne, told)
    return _resting(scale.name, _step(len(named), scale.steps), named, False)


def _is_listed_whole(note: ParsedNote, nouns: Sequence[Cue], named: Sequence[Cue]) -> bool:
    """Whether the things are the items of one list that a noun opens, none left over: the writer then gives their number."""
    for noun in nouns:
        items = [
            span for span in listed_items(note.text, noun) if not any(within(c.start, c.end, [span]) for c in nouns)
        ]
        if len(items) == len(named) and all(
            within(c.start, c.end, [span]) for span, c in zip(items, named, strict=True)
        ):
            return True
    return False


_SIDE = r"(?:(?:the|a|an|his|her|new|acute|recent|right|left|bilateral|b/l|[rl])[ \t]+)*"
_TREATED = re.compile(
    r"(?:^|[.;\n])[ \t]*(?:(?:med(?:ical)?|tx|treatment|treating|rehab|primary|referring|referral|pt|ot)\.?[ \t]+)?(?:dx|diagnosis)[ \t]*[:=-][^.,;\n]*\Z"
    r"|\b(?:eval(?:uat\w+)?|referr\w+|seen|(?:pt|ot|physical therapy|occupational therapy|rehab)(?: (?:initial )?eval(?:uation)?)?)[ \t]+"
    rf"(?:for|after|following|s/p|due to|2/2|d/t)[ \t]+(?:s/p[ \t]+)?{_SIDE}\Z"
    r"|\b\d{1,3}[ -]?(?:y/?o|y\.o\.|years?[ -]old|[mf])\b(?:[ \t]+(?:male|female|man|woman|m|f|patient|pt))?,?[ \t]+"
    rf"(?:(?:who is|is|now|[\w.]+[ \t]+(?:days?|wks?|weeks?|mo|months?))[ \t]+)?(?:s/p|status post|after|following)[ \t]+{_SIDE}\Z",
    re.I,
)
"""Before a condition, that it is the one treated."""
_DIAGNOSIS = 120


def _is_treated(scale: TierComponent, note: ParsedNote, cue: Cue) -> bool:
    """Whether a condition is the diagnosis that is treated, which is no factor beside itself."""
    return (
        scale.but_treated and _TREATED.search(note.text.flat, max(0, cue.start - _DIAGNOSIS), cue.start) is not None
    )


_UNBORNE = "lists conditions without saying that they bear on the plan"
_SENTENCE_END = re.compile(r"[.\n](?!\d)")


def _borne(note: ParsedNote, bearing: Sequence[Cue], logistics: Sequence[Cue], named: Sequence[Cue]) -> list[Cue]:
    """The named things that are said to bear on the plan, in order.

    Facts section 4: a listed diagnosis counts only if the note says that it affects the plan. Words for it carry the things of their
    own sentence and of the lines that a comma leads to; where that names none ("Both slow her progress"), those of the sentence before
    and behind, and of a list of lines that begins or ends there. Of a ride or a schedule that bears on the plan, in a sentence that
    names no condition, they say nothing.
    """
    flat = note.text.flat
    ends = [m.start() for m in _SENTENCE_END.finditer(flat)]
    held = {bisect_right(ends, c.start) for c in named}
    outer = {bisect_right(ends, c.start) for c in logistics} - held
    said = {bisect_right(ends, c.start) for c in bearing} - outer
    lines = {at for at, end in enumerate(ends) if flat[end] == "\n"}
    runs_on = {at for at in lines if flat[max(0, ends[at] - 2) : ends[at]].strip().endswith(",")}
    reached = set(said)
    for at in said & held:
        beside = at
        while beside in runs_on:
            beside += 1
            reached.add(beside)
    for at in said - held:
        for step in (-1, 1):
            beside = at + step
            reached.add(beside)
            while beside in held and beside + step in held and beside + min(step, 0) in lines:
                beside += step
                reached.add(beside)
    return [c for c in named if bisect_right(ends, c.start) in reached]


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
        return Graded(lowest.tier, (*parts, decision), None, _silence(parts))
    codes = load_services()[service].codes
    claimed, called = (
        (written, f"names {codes[written]}")
        if written is not None
        else (named or 0, f"calls the evaluation {LEVELS[named or 0]}")
    )
    held = min((c for c in (*parts, decision) if c.outright), key=lambda c: c.tier, default=decision)
    tier = min(claimed, held.tier) if held.outright else claimed
    return Graded(tier, (*parts, decision), claimed, _disagreement(called, claimed, tier, (*parts, decision)))


def _written(note: ParsedNote, service: str) -> int | None:
    """The tier whose code the note writes; ``None`` where it writes none, takes it back, or writes several."""
    codes = load_services()[service].codes
    found = {m.code for m in note.marks or () if m.code in codes and not is_taken_back(note.text, m.start, m.end)}
    return next((codes.index(code) for code in codes if found == {code}), None)


def _silence(parts: Sequence[Component]) -> tuple[str, ...]:
    """What a person should know where nothing but silence or doubt keeps the tier at its lowest."""
    said = [f"says nothing of {c.name}" for c in parts if not c.stated] + [c.doubt for c in parts if c.doubt]
    return (f"The note {' and '.join(said)}, so the evaluation counts at the lowest tier.",) if said else ()


def _disagreement(said: str, claimed: int, tier: int, components: Sequence[Component]) -> tuple[str, ...]:
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
