"""Status: was it delivered at this visit, and the words that say otherwise.

Order of authority: an empty checkbox, the section, then cues by direction and reach (the ConText
idea, with "stop" cues ending an earlier cue's reach). The nearest cue wins.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import chain

from spacy.language import Language
from spacy.tokens import Doc

from nlp.above import MOST_WORDS, NO_STATUS, WORD, headed_by, led_by, treats
from nlp.cues import excepted, find_cues, find_heads, firm, unfinished, where_taught
from nlp.dated import dated_rows
from nlp.heads import headed_lists, is_treatment
from nlp.marks import nought_lines
from nlp.note import Cue, Measure, Mention, ParsedNote, Section, Segment
from nlp.sections import sections_of
from nlp.segments import segments_of
from nlp.store import parsed, write_spans
from nlp.tables import blank_rows, heading_lines
from nlp.text import NoteText
from nlp.undone import leads_treatment, stands_beside


def _targets(
    note: NoteText, segments: Sequence[Segment], index: int, direction: str, reach: str, *, over: bool
) -> list[int]:
    """Indices of the segments a cue can reach; ``over`` words too that say something was done ("taught the app, billed in May")."""
    own = segments[index]
    if reach in ("clause", "list"):
        behind_dash = direction == "backward" and _says_only_why(note, segments, index)
        return [index, index - 1] if behind_dash else [index]
    if reach == "note":
        spoken = _spoken_of(own)
        return [index, *(at for at in range(index) if not spoken.isdisjoint(_spoken_of(segments[at])))]
    out = [index]
    step = -1 if direction == "backward" else 1
    at = index + step
    while 0 <= at < len(segments):
        other = segments[at]
        same = other.sentence == own.sentence if reach == "sentence" else other.line == own.line
        told = direction == "backward" and other.measures
        if not same or told or (not over and any(c.label in ("stop", "performed") for c in other.cues)):
            break
        out.append(at)
        at += step
    return out


def _spoken_of(segment: Segment) -> set[str]:
    """The services a segment names, or names a treatment of that points clearly to one."""
    likely = (s for m in segment.mentions for s, prior in m.concept.priors.items() if prior >= _CLEAR)
    return {*likely, *(mark.service for mark in segment.marks)}


_CLEAR = 0.6
_DASH = re.compile(r"\s+(?:-{1,2}|–|—)\s+")
_WHY_AT_MOST = 12
"""Characters before a cue in words that only say what became of the treatment before the dash."""


def _says_only_why(note: NoteText, segments: Sequence[Segment], index: int) -> bool:
    """Whether a segment stands behind a dash and names no treatment itself: "US - not done today", "MHP - pt declined"."""
    own, before = segments[index], segments[index - 1] if index else None
    if before is None or before.line != own.line or own.marks or any(m.concept.priors for m in own.mentions):
        return False
    return (
        _DASH.fullmatch(note.flat, before.end, own.start) is not None
        and own.cues[0].start - own.start <= _WHY_AT_MOST
    )


def assign_status(note: NoteText, sections: list[Section], segments: list[Segment]) -> None:
    """Set ``cues``, ``status`` and ``status_cue`` of every segment."""
    starts = [s.start for s in segments]
    section_starts = [s.start for s in sections]
    columns = heading_lines(note)
    placed: list[_Placed] = []
    headed: dict[int, list[Cue]] = {}
    for cue, direction, reach in note.once("cues", find_cues):
        over = bisect_right(section_starts, cue.start) - 1
        if over >= 0 and not sections[over].name and cue.end <= sections[over].heading[1]:
            headed.setdefault(over, []).append(cue)
        at = bisect_right(starts, cue.start) - 1
        if _DATED.match(note.flat, cue.start) and not _TO_COME.search(note.flat, max(0, cue.start - 24), cue.start):
            continue
        if at >= 0 and cue.start < segments[at].end and segments[at].line not in columns:
            if not excepted().get(cue.rule, _NONE).isdisjoint(_named(segments[at])):
                continue
            if cue.rule in where_taught() and _is_taught(note, segments[at], cue):
                continue
            if any(_is_of_name(m, cue) for m in segments[at].mentions):
                continue
            if cue.label == "other" and any(m.kind == "group" and _overlap(m, cue) for m in segments[at].measures):
                continue
            segments[at].cues.append(cue)
            placed.append((at, cue, direction, reach))
    nearest = _nearest(note, segments, placed)
    dated = dated_rows(note)
    line_starts = [line.start for line in note.lines]
    opened = {bisect_right(line_starts, section.start) - 1 for section in sections if section.name}
    blank = blank_rows(note) | nought_lines(note, opened) | dated.undone
    heads = find_heads(note)
    above = (
        dict(led_by(note, segments, heads))
        | dict(headed_by(note, sections, segments, headed))
        | dict(headed_lists(note, segments, heads))
    )
    for index, segment in enumerate(segments):
        if segment.ticked is False:
            segment.status = "negated"
            segment.status_cue = Cue(segment.start, segment.end, "negated", "box:empty")
        elif segment.line in blank or segment.timed is False or _has_no_units(segment):
            segment.status = "negated"
            segment.status_cue = Cue(segment.start, segment.end, "negated", "row:blank")
        elif dated.elsewhere and dated.holds(segment.start, segment.end):
            segment.status = "history"
            segment.status_cue = Cue(segment.start, segment.end, "history", "column:another day")
        elif cue_of := nearest.get(index) or above.get(index):
            segment.status_cue = cue_of
            segment.status = cue_of.label  # type: ignore[assignment]


def _overlap(one: Measure, other: Cue) -> bool:
    """Whether the others of a group are what a cue names: "with 3 other patients"."""
    return one.start < other.end and other.start < one.end


_TAUGHT = re.compile(
    r"\b(?:taught|teaching|trained|training|instruct(?:ed|ion)|educat(?:ed|ion)|practi[cs]ed|coached|rehearsed)\b",
    re.I,
)


def _is_taught(note: NoteText, segment: Segment, cue: Cue) -> bool:
    """Whether a segment with a time teaches what its cue says the place or person of: "taught log roll at home 10 min"."""
    timed = segment.has_time()
    return timed and _TAUGHT.search(note.flat, segment.start, cue.start) is not None


def _is_of_name(mention: Mention, cue: Cue) -> bool:
    """Whether a cue is part of a treatment's name: the "skip" of "march skips"."""
    if not mention.concept.covers_cues:
        return False
    inside = mention.start <= cue.start and cue.end <= mention.end
    return inside and cue.end - cue.start < mention.end - mention.start


_NONE: frozenset[str] = frozenset()


def _named(segment: Segment) -> set[str]:
    """Services a segment names or stands under the heading of."""
    return {*segment.strong, *(mark.service for mark in segment.marks)}


def _has_no_units(segment: Segment) -> bool:
    """Whether a service is named with zero units: "97116 x0"."""
    units = [m.value for m in segment.measures if m.kind == "units"]
    return (
        bool(units)
        and not any(units)
        and bool(segment.marks)
        and not any(m.kind == "minutes" for m in segment.measures)
    )


_Placed = tuple[int, Cue, str, str]


def _nearest(note: NoteText, segments: Sequence[Segment], placed: Sequence[_Placed]) -> dict[int, Cue]:
    """The cue that stands nearest to each segment it is said of; ``placed``: segment, cue, direction, reach.

    Unfinished cues that are taken back are taken off their segments too.
    """
    reached: dict[int, list[tuple[int, Cue]]] = {}
    for at, cue, direction, reach in placed:
        if cue.label in NO_STATUS or (reach == "beside" and not _is_beside(note, segments[at], cue, direction)):
            continue
        own = segments[at].mentions
        # "ultrasound deferred, bike 8 min": what it is said of stands before it, so it reaches no further
        behind = bool(own) and own[-1].start < cue.start
        spoken = direction == "forward" and (behind or _says_only_why(note, segments, at))
        over = direction == "backward" and cue.rule in firm()
        far = "sentence" if reach == "list" and _opens_list(note, segments[at], cue) else reach
        closed = _bracket_end(note, cue)
        alone = spoken or reach == "beside"
        for target in [at] if alone else _targets(note, segments, at, direction, far, over=over):
            segment = segments[target]
            if segment.start >= closed:
                continue
            if target == at:
                objects = [m.start for m in segment.mentions] or [
                    segment.start if direction == "backward" else segment.end - 1
                ]
                if direction == "forward" and not any(start >= cue.start for start in objects):
                    continue
                if direction == "backward" and not any(start < cue.end for start in objects):
                    continue
                if direction == "forward" and _only_a_device_behind(segment, cue):
                    continue
            distance = abs(target - at) * 100 + (0 if direction == "both" else 1)
            reached.setdefault(target, []).append((distance, cue))
    nearest = {target: min(found, key=lambda pair: pair[0])[1] for target, found in reached.items()}
    begun = [_begun(note, segments, at) for at, cue, _, _ in placed if cue.label == "begun"]
    begun += [range(at, at + 1) for at, s in enumerate(segments) if any(m.kind == "meant" for m in s.measures)]
    for target in chain.from_iterable(begun):
        cues = segments[target].cues
        cues[:] = [c for c in cues if c.rule not in unfinished() or c.label == "begun"]
        if target in nearest and nearest[target].rule in unfinished():
            del nearest[target]
    return nearest


def _is_beside(note: NoteText, segment: Segment, cue: Cue, direction: str) -> bool:
    """Whether a cue stands beside what it is said of: right before a modality or technique, or right behind a treatment."""
    return leads_treatment(note, segment, cue) if direction == "forward" else stands_beside(note, segment, cue)


_BRACKETS = re.compile(r"\([^()\n]*\)")


def _bracket_end(note: NoteText, cue: Cue) -> int:
    """Where the bracket ends that a cue stands in, so that it reaches no further; the note's end outside of one."""
    pairs = note.once("brackets", lambda text: [m.span() for m in _BRACKETS.finditer(text.flat)])
    at = bisect_right(pairs, (cue.start, 0)) - 1
    return pairs[at][1] if at >= 0 and cue.end <= pairs[at][1] else len(note.flat)


_COLON = re.compile(r":(?!\d)")
_COLUMN = re.compile(r"\t|[ ]{3}")


def _opens_list(note: NoteText, segment: Segment, cue: Cue) -> bool:
    """Whether a cue stands in the few words that open a list, before its colon or in its own column: "HEP on file: bridge 2x10, clams"."""
    first = next((m.start for m in segment.mentions if m.start >= cue.end and is_treatment(m)), segment.end)
    begins = _COLON.search(note.flat, cue.end, segment.end) or _COLUMN.search(note.flat, cue.end, first)
    return begins is not None and len(WORD.findall(note.flat[segment.start : begins.start()])) <= MOST_WORDS


_SEMICOLON = re.compile(r"\s*[;,(–—-]*\s*(?:(?:but|then|and)\s+)?")


def _begun(note: NoteText, segments: Sequence[Segment], at: int) -> range:
    """Indices of the segments that one tells to have been started and stopped: itself, and those before it in its sentence, over
    semicolons too, back to the last that names a treatment; none before it where it names one itself.
    """
    first = at
    while not treats(segments[first]) and first:
        before = segments[first - 1]
        if before.line != segments[at].line or not _SEMICOLON.fullmatch(note.flat, before.end, segments[first].start):
            break
        first -= 1
    return range(first, at + 1)


def told_of(note: NoteText, segments: Sequence[Segment], at: int) -> int:
    """Index of the segment whose treatment words of one begun and stopped are said of: "US, stopped after 3 min"; of others itself.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> note = parse("Bike started; stopped at 4 min, dizzy")
    >>> [told_of(note.text, note.segments, at) for at in range(3)]
    [0, 0, 2]
    """
    return _begun(note, segments, at)[0] if any(c.label == "begun" for c in segments[at].cues) else at


def _only_a_device_behind(segment: Segment, cue: Cue) -> bool:
    """Whether a treatment stands before a cue and behind it only what it was done without: "walked with no cane"."""
    done = [m.start for m in segment.mentions if m.concept.priors and m.concept.kind != "device"]
    return bool(done) and done[-1] < cue.start


_DATED = re.compile(
    r"(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,?[ \t]{1,8}\d{1,2}:?[0-5]\d[ \t]?(?:[ap]m?)?[ \t]?[-–][ \t]?\d{1,2}:?[0-5]\d(?!\d)",
    re.I,
)
"""A day of the week with a start and an end dates what was done: "FALL GROUP  Tues  2:00-2:45"."""
_TO_COME = re.compile(
    r"\b(?:next|on|this|for|until|till|to|by|and|back|again|appts?|appointments?|visits?|see|seen|sched(?:uled)?|booked|rtc|returns?|coming|starts?)[ \t:.,-]*$",
    re.I,
)
"""Before a day of the week: it is one to come, or another."""


def judged(note: ParsedNote) -> list[Segment]:
    """Segments with their status, assigned now if it was not."""
    segments = segments_of(note)
    if not note.judged:
        assign_status(note.text, sections_of(note), segments)
        note.judged = True
    return segments


class Statuses:
    """spaCy component ``soapcode_status``: writes ``doc.spans[spans_key]`` with the segments, label = status, id = the cue that decided it.

    Parameters
    ----------
    nlp, name : as spaCy gives them.
    spans_key : where the spans go.
    """

    def __init__(self, nlp: Language, name: str, *, spans_key: str = "soapcode_status") -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        found = judged(parsed(doc))
        return write_spans(
            doc,
            self.spans_key,
            ((s.start, s.end, s.status, s.status_cue.rule if s.status_cue else "default") for s in found),
        )


@Language.factory("soapcode_status", default_config={"spans_key": "soapcode_status"}, assigns=["doc.spans"])
def create_statuses(nlp: Language, name: str, spans_key: str) -> Statuses:
    """Make the component."""
    return Statuses(nlp, name, spans_key=spans_key)
