"""Status: was it delivered at this visit, and the words that say otherwise.

Order of authority: an empty checkbox, the section, then cues by direction and reach (the ConText
idea, with "stop" cues ending an earlier cue's reach). The nearest cue wins.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby

from spacy.language import Language
from spacy.tokens import Doc

from nlp.cues import closing, excepted, find_cues, find_heads, firm, unfinished
from nlp.dated import dated_rows
from nlp.heads import headed_lists, is_treatment
from nlp.marks import nought_lines
from nlp.note import Cue, Measure, ParsedNote, Section, Segment, Status
from nlp.sections import sections_of
from nlp.segments import segments_of
from nlp.store import parsed, write_spans
from nlp.tables import blank_rows, heading_lines
from nlp.text import NoteText

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
_WEAK_SECTIONS = frozenset({"assessment", "response", "subjective", "exam"})


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
        dict(_led(note, segments, heads))
        | dict(_headed(note, sections, segments, headed))
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


_NONE: frozenset[str] = frozenset()


def _named(segment: Segment) -> set[str]:
    """Services a segment names or stands under the heading of."""
    return {*segment.strong, *(mark.service for mark in segment.marks)}


def _has_no_units(segment: Segment) -> bool:
    """Whether a service is named with nought units: "97116 x0"."""
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
        if cue.label in _NO_STATUS or (reach == "beside" and not _stands_beside(note, segments[at], cue)):
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
    return begins is not None and len(_WORD.findall(note.flat[segment.start : begins.start()])) <= _MOST_WORDS


_NO_STATUS = frozenset({"stop", "performed", "hint", "unfinished", "begun"})
_SEMICOLON = re.compile(r"\s*[;,(–—-]*\s*(?:(?:but|then|and)\s+)?")


def _begun(note: NoteText, segments: Sequence[Segment], at: int) -> range:
    """Indices of the segments that one tells to have been started and stopped: itself, and those before it in its sentence, over
    semicolons too, back to the last that names a treatment; none before it where it names one itself.
    """
    first = at
    while not _treats(segments[first]) and first:
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


def _treats(segment: Segment) -> bool:
    return bool(segment.marks) or any(m.concept.priors for m in segment.mentions)


def _only_a_device_behind(segment: Segment, cue: Cue) -> bool:
    """Whether a treatment stands before a cue and behind it only what it was done without: "walked with no cane"."""
    done = [m.start for m in segment.mentions if m.concept.priors and m.concept.kind != "device"]
    return bool(done) and done[-1] < cue.start


_BEYOND, _BEYOND_LAST = "~", "~last"


def _headed(
    note: NoteText, sections: Sequence[Section], segments: Sequence[Segment], headed: Mapping[int, Sequence[Cue]]
) -> Iterator[tuple[int, Cue]]:
    """What its section's heading says of a segment: a known one by its name, another by the cues in its words (``headed``), but not
    beyond its own line where words stand behind it.
    """
    said = {over: cue for over, cues in headed.items() if (cue := _decisive(cues))}
    until = {over: _told_until(note, over, segments) for over in said}
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
            ended = segment.line == opening.line and segment.sentence >= until[segment.section]
            if not later or not (of_persons or ended):
                yield index, cue


_TODAY = re.compile(r"(?:on )?(?:today|this (?:visit|session|date))\b", re.I)


def _told_until(note: NoteText, section: int, segments: Sequence[Segment]) -> int:
    """The sentence from which on what stands in the line of a heading need not be told of as it says: the second where the first
    names no treatment ("Last tx: 11/4. Pain 3/10. Bike 6 min"), else one that opens with "today".
    """
    own = [s for s in segments if s.section == section]
    if own and not any(_treats(s) for s in own if s.sentence == own[0].sentence):
        return own[0].sentence + 1
    return next((s.sentence for s in own if _TODAY.match(note.flat, s.start)), _NEVER)


_NEVER = 1 << 30


def _told_as_done(segment: Segment) -> bool:
    """Whether the segment opens with a firm word of doing."""
    return any(c.label == "performed" and c.start == segment.start and c.rule in firm() for c in segment.cues)


_OF_PERSONS = frozenset({"home", "other"})
"""Labels whose cues name people too ("Met w/ husband re: discharge. TE: SLR"): no service named in a later sentence is theirs."""
_LEADS = frozenset({"planned", "declined", "home", "history", "other"})
_MOST_WORDS = 10
_LOOSE_WORDS = 2
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
_WORD = re.compile(r"[A-Za-z][A-Za-z']*")
_ASIDE = re.compile(r"\([^)\n]*\)")


def _led(note: NoteText, segments: Sequence[Segment], heads: Sequence[Cue]) -> Iterator[tuple[int, Cue]]:
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
    own += [c for c in heads if start <= c.start < end and not _WORD.search(note.flat, start, c.start)]
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
    words = len(_WORD.findall(rest))
    return _decisive(cues) or cues[0] if words <= (_MOST_WORDS if closed else _LOOSE_WORDS) else None


def _decisive(cues: Sequence[Cue]) -> Cue | None:
    """The first cue of a heading's words, or a later one of history; none where the first says that something was done."""
    said = [cue for cue in cues if cue.label not in _NO_STATUS - {"performed"}]
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


def is_firm(note: ParsedNote, segment: Segment) -> bool:
    r"""Whether a firm cue (`corpus.cues.StatusCue`) among a segment's own words or behind them, or in its heading, gives it its status.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> note = parse("Manual traction last time 5 min, bike 5 min\nPhase 2 starts visit 6: lunges")
    >>> [is_firm(note, segment) for segment in note.segments]
    [True, False, True]
    """
    cue = segment.status_cue
    if cue is None or cue.rule not in firm() or segment.status != cue.label:
        return False
    if segment.start <= cue.start:
        return True
    heading = note.sections[segment.section].heading if note.sections and segment.section >= 0 else (0, 0)
    return heading[0] <= cue.start < heading[1]


_BESIDE = re.compile(
    r"(?:[ \t]|\d|[\d]\.(?=\d)|[x/'\"#%(*-]|\b(?:mins?|minutes|reps?|sets?|lbs?|the|any|was|were|is|are|to|today|r|l|right|left|bilat)\b)*",
    re.I,
)
"""What may stand between a treatment and the word that it was not done, so that it is said of nothing else."""
_LEAD = 2
"""Words before the treatment or the cue; also behind a cue that opens a segment of which no word is known ("No manual")."""


_COUNTED = re.compile(r"[ \t]*[,(–-]*[ \t]*\d")


def _stands_beside(note: NoteText, segment: Segment, cue: Cue) -> bool:
    """Whether a cue stands right behind a treatment, and no number behind it: "paraffin held, open wound", not "plank held, 30 s"."""
    ends = [m.end for m in segment.mentions if m.concept.priors] + [m.end for m in segment.marks]
    before = max((end for end in ends if end <= cue.start), default=-1)
    beside = before >= 0 and _BESIDE.fullmatch(note.flat, before, cue.start) is not None
    return beside and _COUNTED.match(note.flat, cue.end) is None


def is_plainly_undone(note: ParsedNote, segment: Segment) -> bool:
    r"""Whether a segment names one treatment and says right beside it that it was declined, held or not done.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> note = parse("No Epley. Pt passed on ice. Tall kneeling no hands 4 min. Bike 6 min, no traction today")
    >>> [is_plainly_undone(note, segment) for segment in note.segments]
    [True, True, False, False, True]
    """
    cue = segment.status_cue
    inside = cue is not None and segment.start <= cue.start < segment.end
    if cue is None or not inside or segment.status not in ("declined", "negated"):
        return False
    first_of: dict[str, tuple[int, int]] = {}
    for mention in segment.mentions:
        if mention.concept.priors:
            first_of.setdefault(mention.concept.id, (mention.start, mention.end))
    named = [*first_of.values(), *((m.start, m.end) for m in segment.marks)]
    flat = note.text.flat
    if not named:
        return cue.start == segment.start and len(flat[cue.end : segment.end].split()) <= _LEAD
    start, end = min(named)
    for first, last in sorted(named):
        if first > end + 1:
            return False
        end = max(end, last)
    if len(flat[segment.start : min(start, cue.start)].split()) > _LEAD:
        return False
    return _BESIDE.fullmatch(flat, *((end, cue.start) if end <= cue.start else (cue.end, start))) is not None


def _is_beyond(note: NoteText, section: Section, first: Segment, segment: Segment) -> bool:
    line_end = note.flat.find("\n", section.heading[1])
    inline = bool(note.flat[section.body : line_end if line_end >= 0 else None].strip())
    return segment.block != first.block or (inline and segment.line != first.line)


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
