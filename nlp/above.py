"""What stands above a segment and speaks for it: its section, the heading it stands under, a line that leads a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from nlp.cues import closing, firm
from nlp.heads import is_treatment
from nlp.note import Cue, Section, Segment, Status
from nlp.text import NoteText

NO_STATUS = frozenset({"stop", "performed", "hint", "unfinished", "begun"})
_SECTION_STATUS: dict[str, Status] = {
    "subjective": "history",
    "history": "history",
    "medication": "history",
    "exam": "finding",
    "diagnosis": "finding",
    "goals": "planned",
    "plan": "planned",
    "home_program": "home",
    "equipment": "home",
    "not_done": "declined",
    "precaution": "finding",
    "medical": "diagnostic",
    "communication": "other",
    "assessment": "finding",
    "response": "finding",
}
_BEYOND, _BEYOND_LAST = "~", "~last"


def headed_by(
    note: NoteText, sections: Sequence[Section], segments: Sequence[Segment], headed: Mapping[int, Sequence[Cue]]
) -> Iterator[tuple[int, Cue]]:
    """What its section's heading says of a segment: a known one by its name, another by the cues in its words (``headed``), but not
    beyond its own line where words stand behind it.
    """
    said = {over: cue for over, cues in headed.items() if (cue := _decisive(cues))}
    until = {over: _told_until(note, list(own)) for over, own in _by_section(segments) if over in said}
    first: dict[int, Segment] = {}
    sentences: dict[int, bool] = {}
    for index, segment in enumerate(segments):
        if segment.section < 0:
            continue
        section = sections[segment.section]
        if segment.start >= section.body:
            first.setdefault(segment.section, segment)
        beyond = _is_beyond(note, section, first.get(segment.section, segment), segment)
        status = _SECTION_STATUS.get(section.name)
        if segment.sentence not in sentences:
            sentences[segment.sentence] = _told_as_done(segment)
        if section.name == "plan" and sentences[segment.sentence]:
            continue
        if status is not None:
            last = segment.section + 1 == len(sections)
            mark = (_BEYOND_LAST if last else _BEYOND) if beyond else ""
            yield index, Cue(*section.heading, status, f"section:{section.name}{mark}")
        elif segment.section in said and not beyond:
            cue, opening = said[segment.section], first.get(segment.section, segment)
            later = segment.sentence != opening.sentence
            of_persons = cue.label in _OF_PERSONS and bool(segment.strong)
            ended = segment.line == opening.line and segment.sentence >= until.get(segment.section, _NEVER)
            if not later or not (of_persons or ended):
                yield index, cue


_TODAY = re.compile(r"(?:on )?(?:today|this (?:visit|session|date))\b", re.I)


def _by_section(segments: Sequence[Segment]) -> Iterator[tuple[int, Iterator[Segment]]]:
    """The segments by the section they stand in; sections are in order."""
    return groupby(segments, key=lambda segment: segment.section)


def _told_until(note: NoteText, own: Sequence[Segment]) -> int:
    """The sentence from which on what stands in the line of a heading need not be told of as it says: the second where the first
    names no treatment ("Last tx: 11/4. Pain 3/10. Bike 6 min"), else one that opens with "today".

    Parameters
    ----------
    own : the heading's segments.
    """
    if own and not any(treats(s) for s in own if s.sentence == own[0].sentence):
        return own[0].sentence + 1
    return next((s.sentence for s in own if _TODAY.match(note.flat, s.start)), _NEVER)


_NEVER = 1 << 30


def _told_as_done(segment: Segment) -> bool:
    """Whether the segment opens with a firm word of doing."""
    return any(c.label == "performed" and c.start == segment.start and c.rule in firm() for c in segment.cues)


_OF_PERSONS = frozenset({"home", "other"})
"""Labels whose cues name people too ("Met w/ husband re: discharge. TE: SLR"): no service named in a later sentence is theirs."""
_LEADS = frozenset({"planned", "declined", "home", "history", "other"})
MOST_WORDS = 10
_LOOSE_WORDS = 2
WORD = re.compile(r"[A-Za-z][A-Za-z']*")
_ASIDE = re.compile(r"\([^)\n]*\)")


def led_by(note: NoteText, segments: Sequence[Segment], heads: Sequence[Cue]) -> Iterator[tuple[int, Cue]]:
    """Segments under a line that is nothing but such words ("Last session", "Pt declined", "PTA to do next visit:"), each with its cue.

    They reach to the end of the block, the next heading, or the next line of that kind, of which one may say that what follows was
    done ("Today").
    """
    lead: tuple[Cue, int, int] | None = None
    at = 0
    for _, same in groupby(segments, key=lambda segment: segment.line):
        line = list(same)
        said = _lead_of(note, line, heads)
        if said is not None:
            lead = (said, line[0].block, line[0].section) if said.label in _LEADS else None
        elif lead and lead[1:] == (line[0].block, line[0].section):
            yield from ((at + k, lead[0]) for k in range(len(line)))
        else:
            lead = None
        at += len(line)


def _lead_of(note: NoteText, line: Sequence[Segment], heads: Sequence[Cue]) -> Cue | None:
    """The cue of a line that only opens what follows."""
    if any(s.measures or any(map(is_treatment, s.mentions)) for s in line):
        return None
    start, end = line[0].start, line[-1].end
    own = [c for s in line for c in s.cues]
    own += [c for c in heads if start <= c.start < end and not WORD.search(note.flat, start, c.start)]
    said = sorted((c for c in own if c.label in _LEADS or c.label == "performed"), key=lambda c: c.start)
    cues = [c for c in said if c.rule not in closing()]
    if not cues:
        return None
    line_end = note.flat.find("\n", end)
    closed = note.flat[end : line_end if line_end >= 0 else None].strip() == ":"
    letters = list(note.flat[start:end])
    for cue in cues:
        first, last = max(cue.start, start) - start, min(cue.end, end) - start
        letters[first:last] = " " * (last - first)
    rest = _ASIDE.sub(" ", "".join(letters))
    words = len(WORD.findall(rest))
    return _decisive(cues) or cues[0] if words <= (MOST_WORDS if closed else _LOOSE_WORDS) else None


def _decisive(cues: Sequence[Cue]) -> Cue | None:
    """The first cue of a heading's words, or a later one of history; none where the first says that something was done."""
    said = [cue for cue in cues if cue.label not in NO_STATUS - {"performed"}]
    if said and said[0].label == "performed":
        return next((cue for cue in said if cue.label == "history"), None)
    return said[0] if said else None


def is_beyond(rule: str) -> bool:
    r"""Whether a status comes from a heading (`Cue.rule`) that may not mean the segment any more: from the line of an inline heading
    on, or behind a blank line.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> [is_beyond(s.status_cue.rule) for s in parse("P: US 8 min\nbike 8 min").segments]
    [False, True]
    >>> [is_beyond(s.status_cue.rule) for s in parse("P:\nUS 8 min\nbike 8 min").segments]
    [False, False]
    """
    return _BEYOND in rule


def _is_beyond(note: NoteText, section: Section, first: Segment, segment: Segment) -> bool:
    line_end = note.flat.find("\n", section.heading[1])
    inline = bool(note.flat[section.body : line_end if line_end >= 0 else None].strip())
    return segment.block != first.block or (inline and segment.line != first.line)


def treats(segment: Segment) -> bool:
    return bool(segment.marks) or any(m.concept.priors for m in segment.mentions)
