"""Facts that a note states of this visit: `nlp.facts` less what is only aimed at, planned, practised at home or not examined.

`corpus.facts.Fact` says under which headings and statuses a fact does not hold; the parse says where those are.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from corpus.facts import load_facts
from nlp.facts import find_facts
from nlp.note import Cue, ParsedNote, Section, Segment
from nlp.sections import sections_of
from nlp.status import judged

_NAMING = frozenset(
    {"and", "or", "nor", "the", "a", "all", "both", "also", "as", "well", "of", "for", "were", "was", "is", "be"}
    | {"test", "testing", "tests", "assessment", "exam", "screen", "screening"}
)

_OBJECT = re.compile(r"\s+(?:(?:the|his|her|their|this|your|rehab|pt|ot|therapy|treatment|overall)\s+)*", re.I)
_FAR = 90
"""Characters over which words for what was not examined are said of a thing, in a clause without stops."""


def standing_facts(note: ParsedNote) -> list[Cue]:
    """The stated facts of a note that hold of this visit, by start.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> note = parse("ROM 0-95. Gait, balance and sensation not tested. Goals: stairs with rail.")
    >>> [note.text.text[c.start : c.end] for c in standing_facts(note) if c.label == "element"]
    ['ROM']
    """
    return _Reading(note).standing()


class _Reading:
    """A note's facts beside its segments."""

    def __init__(self, note: ParsedNote) -> None:
        self._flat = note.text.flat
        self._cues = find_facts(note.text)
        self._segments = judged(note)
        self._sections = sections_of(note)
        self._starts = [s.start for s in self._segments]
        self._section_starts = [s.start for s in self._sections]
        self._within: dict[int, list[Cue]] = {}
        for cue in self._cues:
            at = self._segment(cue.start)
            if at >= 0:
                self._within.setdefault(at, []).append(cue)
        self._names = _inherited(self._flat, self._sections)
        self._mentioned = self._only_mentioned()
        self._undone = self._not_examined()

    def standing(self) -> list[Cue]:
        return [cue for cue in self._cues if self._holds(cue)]

    def _only_mentioned(self) -> set[int]:
        """Sections whose name is the object of its sentence: "Factors that affect POC: DM" opens no plan."""
        ends = [c.end for c in self._cues if c.label == "affects_plan"]
        out: set[int] = set()
        for at, section in enumerate(self._sections):
            line = self._flat.rfind("\n", 0, section.start) + 1
            out.update(at for end in ends if line <= end and _OBJECT.fullmatch(self._flat, end, section.start))
        return out

    def _segment(self, place: int) -> int:
        """The segment that holds a place, -1 for none."""
        at = bisect_right(self._starts, place) - 1
        return at if at >= 0 and place < self._segments[at].end else -1

    def _holds(self, cue: Cue) -> bool:
        fact = load_facts()[cue.label]
        if not fact.unless_section and not fact.unless_status:
            return True
        over = bisect_right(self._section_starts, cue.start) - 1
        section = self._sections[over] if over >= 0 and over not in self._mentioned else None
        # "Not tested: gait. ROM 0-95": a heading of what was left out reaches no further than its sentence
        name = self._names[over] if section else ""
        if section and name in fact.unless_section and name != "not_done" and self._extends(section, cue.start):
            return False
        at = self._segment(cue.start)
        if at < 0:
            return not ("declined" in fact.unless_status and section and self._left_open(cue, section.heading[1]))
        if "declined" in fact.unless_status and at in self._undone and not self._resulted(cue, at):
            return False
        segment = self._segments[at]
        others = fact.unless_status if segment.status != "declined" else ()
        if segment.status in others and self._reaches(segment, at) and not _is_far(segment, cue):
            return False
        return "planned" not in fact.unless_status or not any(
            c.label == "intended" and c.end <= cue.start <= c.end + _FAR for c in self._within[at]
        )

    def _extends(self, section: Section, place: int) -> bool:
        """Whether a heading still means a place: one with words behind it ends with its paragraph, that of a home programme with
        its line.
        """
        line_end = self._flat.find("\n", section.heading[1])
        if line_end < 0 or place <= line_end or not self._flat[section.body : line_end].strip(" ,"):
            return True
        return section.name != "home_program" and "\n\n" not in self._flat[line_end:place].replace(" ", "")

    def _left_open(self, cue: Cue, heading_end: int) -> bool:
        """Whether the words behind a heading say that it was not examined ("Gait: NT")."""
        if cue.end > heading_end:
            return False
        at = bisect_right(self._starts, heading_end)
        return at in self._undone and not self._flat[heading_end : self._segments[at].start].strip(": \t-=")

    def _reaches(self, segment: Segment, at: int) -> bool:
        """Whether a segment's status is said of its own words: by a cue among them or a heading, or it only names things."""
        cue = segment.status_cue
        if cue is None or segment.start <= cue.start < segment.end:
            return True
        if cue.rule.startswith("section:"):
            if segment.section in self._mentioned:
                return False
            return self._extends(self._sections[segment.section], segment.start)
        return self._bare(at)

    def _bare(self, at: int) -> bool:
        """Whether a segment does nothing but name things."""
        segment = self._segments[at]
        held = self._within.get(at, [])
        end = min((c.start for c in held if c.label == "untested_why"), default=segment.end)
        words = list(self._flat[segment.start : end])
        if any(map(str.isdigit, words)):
            return False
        for cue in held:
            for place in range(cue.start, min(cue.end, end)):
                words[place - segment.start] = " "
        rest = "".join(ch if ch.isalpha() else " " for ch in words).lower().split()
        return any(c.label == "element" for c in held) and not set(rest) - _NAMING and not self._has(at, "result")

    def _has(self, at: int, label: str) -> bool:
        return any(c.label == label for c in self._within.get(at, []))

    def _resulted(self, cue: Cue, at: int) -> bool:
        """Whether a result stands between a thing and the next one or the words for what was not examined, or these are far off."""
        segment = self._segments[at]
        told = _told(segment, self._within[at])
        if told is not None and abs(told - cue.start) > _FAR:
            return True
        if told is None or cue.end > told:
            return False
        nexts = [c.start for c in self._within[at] if c.label == "element" and c.start >= cue.end]
        stop = min([*nexts, told])
        words = self._flat[cue.end : stop]
        return any(map(str.isdigit, words)) or any(
            c.label == "result" and cue.end <= c.start < stop for c in self._within[at]
        )

    def _not_examined(self) -> set[int]:
        """Segments whose things were not examined, and those that only list things with them in one sentence."""
        out = set()
        for at, segment in enumerate(self._segments):
            untested = self._has(at, "untested")
            declined = segment.status == "declined" and self._reaches(segment, at)
            if declined and segment.status_cue and segment.status_cue.rule.startswith("section:not_done"):
                section = self._sections[segment.section]
                first = next(s for s in self._segments if s.start >= section.body)
                declined = segment.sentence == first.sentence or self._bare(at)
            if untested or declined:
                out.add(at)
                out.update(self._listed(at))
        return out

    def _listed(self, at: int) -> list[int]:
        """The segments beside one that only name things of the same list."""
        segment = self._segments[at]
        told = _told(segment, self._within.get(at, []))
        elements = [c for c in self._within.get(at, []) if c.label == "element"]
        out = []
        for step in (-1, 1):
            if told is not None:
                if step == -1 and any(c.start >= told for c in elements):
                    continue
                if step == 1 and not any(c.start >= told for c in elements):
                    continue
            beside = at + step
            if step == -1 and not elements and beside >= 0 and self._segments[beside].line == segment.line:
                out.extend([beside] if self._bare(beside) else [])
            while 0 <= beside < len(self._segments):
                other = self._segments[beside]
                if other.sentence != segment.sentence or not self._bare(beside):
                    break
                out.append(beside)
                beside += step
        return out


def _inherited(flat: str, sections: Sequence[Section]) -> list[str]:
    """Names of the sections, of those without one of their own too where they are the items of a list ("Goals:" above "Gait: 500 ft").

    A heading is above a list when nothing stands between it and the next line's heading; a blank line ends the list.
    """
    names: list[str] = []
    above = ""
    for at, section in enumerate(sections):
        gap = flat[sections[at - 1].body : section.start] if at else ""
        adjoins = "\n" in gap and gap[len(gap.rstrip()) :].count("\n") == 1
        item = section.name == "exam" or not (section.name or section.letter)
        if not item or not adjoins:
            above = ""
        elif not above and not gap.strip():
            above = names[-1]
        names.append(above or section.name)
    return names


def _is_far(segment: Segment, cue: Cue) -> bool:
    """Whether the words that give a segment its status stand in it, too far from a thing to be said of it."""
    by = segment.status_cue
    return by is not None and segment.start <= by.start < segment.end and abs(by.start - cue.start) > _FAR


def _told(segment: Segment, cues: Sequence[Cue]) -> int | None:
    """Where a segment's words say that things were not examined; `None` where others than its own do."""
    found = [c.start for c in cues if c.label == "untested"]
    if (
        segment.status_cue
        and segment.status == "declined"
        and segment.start <= segment.status_cue.start < segment.end
    ):
        found.append(segment.status_cue.start)
    return min(found, default=None)
