"""Segments with what is in them, and how far each named service reaches."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise, takewhile

from spacy.language import Language
from spacy.tokens import Doc

from nlp.cues import find_cues
from nlp.entries import entries_of
from nlp.interventions import mentions_of
from nlp.layout import Piece, split_pieces
from nlp.marks import HEAD_TAIL, OWN_TIME, is_glued, marks_of, only_amounts
from nlp.measures import measures_of
from nlp.note import Mark, Measure, Mention, ParsedNote, Section, Segment
from nlp.parallel import parallels_of
from nlp.sections import sections_of
from nlp.store import parsed, write_spans
from nlp.text import NoteText


def build_segments(
    note: NoteText,
    sections: list[Section],
    mentions: list[Mention],
    marks: list[Mark],
    measures: list[Measure],
) -> list[Segment]:
    """Clauses and list items in order, each with its section, mentions, measures and named services.

    Words of a section's heading are no segment unless they name a service, or, where the heading is no common one, a treatment.
    """
    joints = dict.fromkeys(_modality_joints(note, mentions), True)
    for joint in (*_list_joints(note, marks), *_parallel_joints(note)):
        joints.setdefault(joint, False)
    joints.update(dict.fromkeys(list(_amount_joints(note, mentions, measures, joints)), False))
    ends = {end for end, _ in joints}
    turns = [joint for joint in _alternating_joints(note, mentions, marks, measures) if joint[0] not in ends]
    joints.update(dict.fromkeys(turns, False))
    clauses = split_pieces(note, _cuts(note, sections, marks))
    joints.update(dict.fromkeys(_bare_joints(note, clauses, mentions, marks), False))
    services = _uncued(note, clauses, _service_joints(note, mentions, marks, measures, joints))
    joints.update(services)
    coordinated = frozenset(start for _, start in services)
    joints.update(dict.fromkeys(list(_unmarked_joints(note, clauses, mentions, joints)), False))
    pieces = _apart(clauses, sorted((*ends, one) for ends, one in joints.items()))
    section_starts = [s.start for s in sections]
    billed = [(m.start, m.end) for m in mentions if m.concept.priors]
    segments: list[Segment] = []
    for piece, joined in pieces:
        index = bisect_right(section_starts, piece.start) - 1
        if index >= 0 and _is_heading(sections[index], piece, marks, billed):
            continue
        tokens = (bisect_left(note.starts, piece.start), bisect_left(note.starts, piece.end))
        segments.append(
            Segment(
                piece.start,
                piece.end,
                piece.line,
                piece.sentence,
                piece.block,
                index,
                tokens,
                piece.bullet,
                piece.ticked,
                piece.cell,
                joined,
                piece.start in coordinated,
            )
        )
    starts = [s.start for s in segments]
    for kind, items in (("mentions", mentions), ("marks", marks), ("measures", measures)):
        for item in items:
            at = bisect_right(starts, item.start) - 1
            if at >= 0 and item.start < segments[at].end:
                getattr(segments[at], kind).append(item)
    for start, minutes in _timed_names(note):
        at = bisect_right(starts, start) - 1
        if at >= 0 and start < segments[at].end:
            segments[at].timed = bool(segments[at].timed or minutes)
    _reach(note, segments, frozenset(start for _, start in turns))
    return segments


def _timed_names(note: NoteText) -> Iterator[tuple[int, int]]:
    """Where names of lists of times begin, and their numbers, each with its minutes."""
    for parallel in parallels_of(note):
        yield from zip((start for start, _ in parallel.names), parallel.minutes, strict=True)
    for entry in entries_of(note):
        yield entry.called.start, entry.minutes
        if not entry.minutes:
            yield entry.start, 0


def _cuts(note: NoteText, sections: list[Section], marks: list[Mark]) -> list[int]:
    """Where clauses are cut whatever stands there: around headings, but not between a service's name and no more than its time."""
    flat = note.flat
    opens = {mark.start for mark in marks if mark.role == "head"}
    cuts = {s.start for s in sections}
    cuts |= {s.body for s in sections if s.start not in opens or not OWN_TIME.match(flat, s.body)}
    for mark in marks:
        if mark.role == "head":
            if is_glued(flat, mark.start) or _is_behind_bracket(flat, mark.start):
                cuts.add(mark.start)
            line_end = flat.find("\n", mark.end)
            line_end = len(flat) if line_end < 0 else line_end
            tail = HEAD_TAIL.match(flat, mark.end, line_end)
            signed = tail is not None and tail.end() < line_end and flat[tail.end() - 1] in ":-="
            if tail and signed and not OWN_TIME.match(flat, tail.end(), line_end):
                cuts.add(tail.end())
    return sorted(cuts)


def _is_behind_bracket(flat: str, start: int) -> bool:
    """Whether a bracket closes right before a code point of its line: "NMR 20 (VOR x1) GT 10"."""
    while start and flat[start - 1] in " \t":
        start -= 1
    return flat[start - 1 : start] == ")"


_JOINT = re.compile(
    r"(?P<own>[\s\d]*(?:min(?:ute)?s?\b|')?)\s*(?:\+|&|/|\band\b|\bw/|\bwith\b|\bw\b)\s*(?:an?\s|the\s)?\s*", re.I
)


def _modality_joints(note: NoteText, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """Where a word of joining stands between two modalities: (end of the first stretch, start of the second)."""
    out = []
    for one, other in pairwise(mentions):
        if one.concept.kind == other.concept.kind == "modality" and not set(one.concept.priors) & set(
            other.concept.priors
        ):
            joint = _JOINT.fullmatch(note.flat, one.end, other.start)
            if joint:
                out.append((one.end + len(joint["own"].rstrip()), other.start))
    return out


_THEN = re.compile(r"\s*+(?:,\s*+)?(?:\b(?:and|then|plus)\b|&|\+|→|->)\s*+(?:then\s++)?", re.I)
_FEW_WORDS = re.compile(r"(?:[a-z]++\s++){0,2}", re.I)
_OWN_AMOUNTS = frozenset({"minutes", "clock", "sets", "hold", "distance"})


def _amount_joints(
    note: NoteText,
    mentions: Sequence[Mention],
    measures: Sequence[Measure],
    taken: Iterable[tuple[int, int]],
) -> Iterator[tuple[int, int]]:
    """Where a word of joining stands between a treatment's amount and the next treatment ("bike 8 min and quad sets 3x10"):
    (end of the amount, start of the words of the next), unless the amount is cut from its treatment already (``taken``).
    """
    starts = [m.start for m in mentions if m.concept.priors]
    cuts = sorted(end for end, _ in taken)
    for measure in measures:
        joint = _THEN.match(note.flat, measure.end) if measure.kind in _OWN_AMOUNTS else None
        at = bisect_right(starts, measure.start)
        if joint is None or not 0 < at < len(starts):
            continue
        words = _FEW_WORDS.match(note.flat, joint.end())
        near = words is not None and starts[at] <= words.end()
        if near and bisect_right(cuts, measure.end) == bisect_left(cuts, starts[at - 1]):
            yield measure.end, joint.end()


_TREATMENTS = frozenset({"program", "exercise", "technique", "modality", "task", "adl", "education"})
_COORDINATOR = re.compile(
    r"(?P<own>[^\n.;:()\[\]|\t]{0,50})(?P<by>[ \t]*+(?:\b(?:and|plus)\b|[&+])[ \t]*+|(?<!\bw)(?<![\d\s])/(?!\s))(?P<words>(?:[a-z]++[ \t]++){0,2})",
    re.I,
)
_AIM = re.compile(
    r"\b(?:for|to|towards?|improv\w+|increas\w+|restor\w+|during|before|after|of|with|w/?|by|than)\s+(?:[\w-]+\s+){0,2}$",
    re.I,
)
"""Words that make what follows an aim, an occasion or a means of what was done, no treatment of its own."""
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|be|been|being|has|have|had|will|would|should|could|can|may|might|must|shall)\b", re.I
)
_MAIN, _MINOR = 0.4, 0.3


def _service_joints(
    note: NoteText,
    mentions: Sequence[Mention],
    marks: Sequence[Mark],
    measures: Sequence[Measure],
    taken: Iterable[tuple[int, int]],
) -> dict[tuple[int, int], bool]:
    """Where a coordinator stands between treatments of different services ("stair training and balance drills"): (end of the first,
    start of the words of the second), each with whether they remain one stretch, as the first has no amount of its own; unless they
    are cut apart already (``taken``).
    """
    flat = note.flat
    named = [(m.start, m.end, {m.service: 1.0}) for m in marks]
    named += [
        (m.start, m.end, m.concept.priors) for m in mentions if m.concept.kind in _TREATMENTS and m.concept.priors
    ]
    ends = sorted(end for end, _ in taken)
    amounts = [m.start for m in measures]
    out: dict[tuple[int, int], bool] = {}
    first: tuple[int, int, Mapping[str, float]] | None = None
    for second in sorted(named, key=lambda item: (item[0], -item[1])):
        if first is not None and second[0] < first[1]:
            continue
        joint = _COORDINATOR.fullmatch(flat, first[1], second[0]) if first and _differ(first[2], second[2]) else None
        if first is not None and joint is not None:
            line = flat.rfind("\n", 0, first[0]) + 1
            end, start = first[1] + len(joint["own"].rstrip()), joint.end("by")
            bare = bisect_left(amounts, first[1]) == bisect_left(amounts, end)
            aimed = _AIM.search(flat[max(line, first[0] - 30) : first[0]]) or (bare and _AIM.search(joint["own"]))
            if not aimed and bisect_left(ends, first[1]) == bisect_right(ends, second[0]):
                out[end, start] = bare
        first = second
    return out


_UNMARKED = 90
"""Characters from which a clause without a mark may hold treatments of several services one after another."""
_NEAR = 80
"""Characters before a treatment that may say what it is to the one before."""
_JOINS_ON = re.compile(
    r"(?<![\w'-])(?:to|for|with|w|by|on|in|into|of|off|from|at|over|under|through|during|while|before|after|than|like|as|or|no|not|without)\s+(?:[\w'-]+\s+){0,2}$|/$",
    re.I,
)
"""Words before a treatment that make it a part, an aim or a means of what stands before it, or nothing that was done."""
_DETERMINERS = re.compile(
    r"(?:\b(?:and|then|plus|some|the|a|an|his|her|their|my|more|also|did|with her doing|with him doing)\s+)+$", re.I
)


def _unmarked_joints(
    note: NoteText, clauses: Sequence[Piece], mentions: Sequence[Mention], taken: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Where a treatment of another service begins in a long clause without a mark: "the blades around the knee heel slides bridges"."""
    flat = note.flat
    ends = sorted(end for end, _ in taken)
    named = [m for m in mentions if m.concept.kind in _TREATMENTS and m.concept.priors]
    starts = [m.start for m in named]
    for clause in clauses:
        if clause.end - clause.start < _UNMARKED:
            continue
        row = named[bisect_left(starts, clause.start) : bisect_left(starts, clause.end)]
        for first, second in pairwise(row):
            if first.end >= second.start or not _differ(first.concept.priors, second.concept.priors):
                continue
            near = max(first.end, second.start - _NEAR)
            if _JOINS_ON.search(flat, near, second.start):
                continue
            if bisect_left(ends, first.end) != bisect_right(ends, second.start):
                continue
            lead = _DETERMINERS.search(flat, near, second.start)
            start = lead.start() if lead else second.start
            end = first.end + len(flat[first.end : start].rstrip())
            if end < start:
                yield end, start


_BARE = frozenset({"modality", "technique", "program", "device"})
_ONLY_SPACE = re.compile(r"[ \t]*")


def _bare_joints(
    note: NoteText, clauses: Sequence[Piece], mentions: Sequence[Mention], marks: Sequence[Mark]
) -> Iterator[tuple[int, int]]:
    """Where one name ends and the next begins in a clause that is nothing but names of different services: "ice tens ultrasound"."""
    named = [(m.start, m.end, m.concept.priors) for m in mentions if m.concept.kind in _BARE and m.concept.priors]
    taken = frozenset(start for start, _, _ in named)
    named += [(m.start, m.end, {m.service: 1.0}) for m in marks if m.start not in taken]
    named.sort(key=lambda name: name[0])
    starts = [start for start, _, _ in named]
    for clause in clauses:
        row = named[bisect_left(starts, clause.start) : bisect_left(starts, clause.end)]
        if len(row) < 2 or row[0][0] != clause.start or not _ONLY_SPACE.fullmatch(note.flat, row[-1][1], clause.end):
            continue
        beside = list(pairwise(row))
        if all(
            _ONLY_SPACE.fullmatch(note.flat, a[1], b[0]) and a[1] < b[0] and _differ(a[2], b[2]) for a, b in beside
        ):
            yield from ((a[1], b[0]) for a, b in beside)


def _uncued(
    note: NoteText, clauses: Sequence[Piece], joints: Mapping[tuple[int, int], bool]
) -> dict[tuple[int, int], bool]:
    """The joints of clauses without a word that something was not done, for such a word is said of the whole clause unless it stands
    right before the coordinator ("ultrasound deferred and bike 8 min"); and without an auxiliary verb, for whole sentences tell what
    was, is or will be more often than what was done here ("he was given ultrasound and stretching").
    """
    if not joints:
        return {}
    said = [
        c for c, _, _ in note.once("cues", find_cues) if c.label not in ("performed", "stop", "unfinished", "begun")
    ]
    cues = [cue.start for cue in said]
    starts = [clause.start for clause in clauses]
    out = {}
    for joint, one in joints.items():
        clause = clauses[bisect_right(starts, joint[0]) - 1]
        inside = said[bisect_left(cues, clause.start) : bisect_left(cues, clause.end)]
        told = _AUXILIARY.search(note.flat, clause.start, clause.end)
        if told is None and all(cue.end == joint[0] for cue in inside):
            out[joint] = one
    return out


def _differ(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether two treatments point clearly to different services."""
    main, second = max(one, key=one.__getitem__), max(other, key=other.__getitem__)
    return min(one[main], other[second]) >= _MAIN and other.get(main, 0.0) < _MINOR and one.get(second, 0.0) < _MINOR


_SOFT = re.compile(r"[^\n.;:,()\[\]|\t]{0,40}")
_NAMES_FIRST = re.compile(r"N+(?:AN+)+A?N*")
_TIMES_FIRST = re.compile(r"AN+(?:AN+)+")
_UNKNOWN_NAME = re.compile(
    r"(?:^|[\n.;:,()\[\]|\t])(?=[^\n.;:,()\[\]|\t]*[a-z]{3})(?!\W*(?:for|about|approx|spent|then|and|the|did|with|first|total|another|next|after)\b)[^\n.;:,()\[\]|\t]*$",
    re.I,
)
"""Words before the first time of a clause that the vocabulary does not know."""
_BEFORE_NAME = re.compile(
    r"\s*(?:[+/&>-]+\s*|(?:and|then|plus)\s+)?(?:(?!(?:to|for|at|on|in|of|or|nor|w|with|x|by|per|each)\b)[a-z]++\s++){0,2}",
    re.I,
)
_JOINING = re.compile(r"\b(?:then|and|plus)\b|[+/&>]")
_BEFORE_TIME = re.compile(r"\s*(?:[+/&>-]+|\b(?:and|then|plus))?\s*$", re.I)


def _alternating_joints(
    note: NoteText, mentions: Sequence[Mention], marks: Sequence[Mark], measures: Sequence[Measure]
) -> Iterator[tuple[int, int]]:
    """Where one item ends and the next begins in names and times that take turns without a separator: "contrast 12 min US 6 min",
    "10 min bike 8 min squats". Whether names or times come first decides on which side of a time the cut is.
    """
    flat = note.flat
    times = [(m.start, m.end - (flat[m.end - 1] == "."), "A") for m in measures if m.kind in ("minutes", "clock")]
    if len(times) < 2:
        return
    names = [(m.start, m.end, "N") for m in mentions if m.concept.priors]
    names += [(m.start, m.end, "N") for m in marks if m.role != "head"]
    run: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(names + times):
        if run and start < run[-1][1]:
            if kind == "N" or run[-1][2] == "A":
                continue
            run[-1] = (run[-1][0], run[-1][0] + len(flat[run[-1][0] : start].rstrip()), "N")
        if run and not _SOFT.fullmatch(flat, run[-1][1], start):
            yield from _turns(flat, run)
            run = []
        if not run and kind == "A" and _UNKNOWN_NAME.search(flat[max(0, start - 30) : start]):
            run.append((start, start, "N"))
        run.append((start, end, kind))
    yield from _turns(flat, run)


def _turns(flat: str, run: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int]]:
    """The joints of one run of names (N) and times (A)."""
    kinds = "".join(kind for _, _, kind in run)
    if kinds.count("A") < 2:
        return
    behind = [flat[end:start] for (_, end, kind), (start, _, _) in pairwise(run) if kind == "A"]
    if _TIMES_FIRST.fullmatch(kinds) and not any(map(_JOINING.search, behind)):
        for (_, end, _), (start, _, kind) in pairwise(run):
            if kind == "A":
                yield end + _BEFORE_TIME.search(flat[end:start]).start(), start  # type: ignore[union-attr]
    elif _NAMES_FIRST.fullmatch(kinds) or _TIMES_FIRST.fullmatch(kinds):
        last = kinds.rfind("A")
        for (_, end, kind), (start, _, _) in pairwise(run[: last + 1]):
            gap = _BEFORE_NAME.fullmatch(flat, end, start) if kind == "A" else None
            if gap:
                yield end, start - len(gap[0].lstrip(" +/&>-"))


_AMOUNT_BEHIND = re.compile(r"\s*+[:=x(\[@_.-]*+\s*+\d")
_AMOUNT_BEFORE = re.compile(
    r"(?<![\w./:-])\d{1,3}[ \t]{0,2}(?:'|min(?:ute)?s?\b\.?|m\b)?(?:[ \t]of)?[ \t]{0,2}$", re.I | re.A
)
_OPENING_AMOUNT = re.compile(rf"(?:^|[\n,;:.(|=/\[-])[ \t]{{0,3}}{_AMOUNT_BEFORE.pattern}", re.I | re.A)
_AMOUNT_WIDTH = 24
_AND = re.compile(r"\band$", re.I)
_GAP = " \t,;/+&|·•-"


def _list_joints(note: NoteText, marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Where one item of a list of names and amounts ends and the next begins ("TE 20 NMR 15", "20 min TE 15 min NMR")."""
    flat = note.flat
    out: list[tuple[int, int]] = []
    run: list[Mark] = []
    for mark in marks:
        if run and not (mark.role == "list" and only_amounts(flat, run[-1].end, mark.start)):
            out.extend(_turning(flat, run))
            run = []
        if mark.role == "list":
            run.append(mark)
    out.extend(_turning(flat, run))
    return out


def _turning(flat: str, run: Sequence[Mark]) -> Iterator[tuple[int, int]]:
    """The joints of one list of names and amounts: behind the amounts, unless amounts stand before their names ("8MT 23TE")."""
    if len(run) < 2:
        return
    before = flat[max(0, run[0].start - _AMOUNT_WIDTH) : run[0].start]
    last = _AMOUNT_BEHIND.match(flat, run[-1].end)
    behind = not (_OPENING_AMOUNT if last else _AMOUNT_BEFORE).search(before)
    for one, other in pairwise(run):
        begin = other.start if behind else other.start - len(flat[one.end : other.start].lstrip(_GAP))
        end = one.end + len(_AND.sub("", flat[one.end : begin].rstrip(_GAP)).rstrip(_GAP))
        if end < begin:
            yield end, begin


def _parallel_joints(note: NoteText) -> Iterator[tuple[int, int]]:
    """Where one name ends and the next begins in names with as many numbers behind them: "TE/NMR/MT = 23/12/8"."""
    for parallel in parallels_of(note):
        yield from ((first[1], second[0]) for first, second in pairwise(parallel.names))


def _apart(pieces: Sequence[Piece], joints: Sequence[tuple[int, int, bool]]) -> list[tuple[Piece, bool]]:
    """Pieces cut at joints, each with whether it is one stretch with the one before.

    Parameters
    ----------
    joints : end of the first stretch, start of the second, whether they remain one; in order.
    """
    if not joints:
        return [(piece, False) for piece in pieces]
    out: list[tuple[Piece, bool]] = []
    ends = [end for end, _, _ in joints]
    for piece in pieces:
        begin, one = piece.start, False
        for end, start, joined in joints[bisect_right(ends, piece.start) : bisect_left(ends, piece.end)]:
            if begin < end and start < piece.end:
                out.append((replace(piece, start=begin, end=end), one))
                begin, one = start, joined
        out.append((replace(piece, start=begin), one))
    return out


def _is_heading(section: Section, piece: Piece, marks: list[Mark], billed: Sequence[tuple[int, int]]) -> bool:
    start, end = section.heading
    inside = start <= piece.start and piece.end <= max(end, section.body)
    if not inside:
        return False
    if not section.name:
        at = bisect_left(billed, (piece.start, 0))
        if at < len(billed) and billed[at][1] <= piece.end:
            return False
    first = bisect_left(marks, piece.start, key=lambda m: m.start)
    return not any(m.end <= piece.end for m in takewhile(lambda m: m.start < piece.end, islice(marks, first, None)))


def _only_marks(note: NoteText, segment: Segment) -> bool:
    """Whether a segment is nothing but service names, numbers and minute words."""
    rest = note.flat[segment.start : segment.end]
    for mark in reversed(segment.marks):
        a, b = mark.start - segment.start, mark.end - segment.start
        rest = rest[:a] + " " * (b - a) + rest[b:]
    rest = re.sub(r"\b(?:cpt|min(?:ute)?s?|units?|total|tot|time|x|and|for|m|u|code|ea)\b", " ", rest, flags=re.I)
    return not any(map(str.isalpha, rest))


def _reach(note: NoteText, segments: list[Segment], turns: frozenset[int]) -> None:
    """Say for each segment which named services cover it.

    Parameters
    ----------
    turns : where items begin that take turns with their times; no name reaches back over one.
    """
    heads: tuple[str, ...] = ()
    head_line = -1
    inline = False
    head_block = head_section = -1
    previous: Segment | None = None
    for segment in segments:
        if segment.section != head_section or segment.block != head_block:
            heads = ()
        head_marks = [m for m in segment.marks if m.role == "head"]
        if head_marks:
            named = tuple(dict.fromkeys(m.service for m in head_marks))
            joined = previous is not None and heads and previous.line == segment.line and _only_marks(note, previous)
            heads = tuple(dict.fromkeys((*heads, *named))) if joined else named
            head_line, head_block, head_section = segment.line, segment.block, segment.section
            inline = not _only_marks(note, segment)
            segment.strong = heads
        elif heads:
            if segment.line == head_line:
                inline = inline or not _only_marks(note, segment)
                segment.strong = heads
            elif inline:
                segment.weak = heads
            else:
                segment.strong = heads
        previous = segment
    _reach_back(note, segments, turns)


def _reach_back(note: NoteText, segments: list[Segment], turns: frozenset[int]) -> None:
    """Names behind a list cover the items before them; one that opens a sentence ("MT 10 min STM") those of its sentence."""
    for index, segment in enumerate(segments):
        tails = tuple(dict.fromkeys(m.service for m in segment.marks if m.role == "tail"))
        if not tails:
            continue
        segment.strong = tails
        alone = _only_marks(note, segment) and (index == 0 or segments[index - 1].line != segment.line)
        opening = segment.marks[0].start == segment.start and any(
            m.concept.priors and m.start >= segment.marks[-1].end for m in segment.mentions
        )
        for back in range(index - 1, -1, -1):
            earlier = segments[back]
            if segments[back + 1].start in turns or (opening and earlier.sentence != segment.sentence):
                break
            if earlier.section != segment.section or earlier.block != segment.block:
                break
            if any(m.role != "head" for m in earlier.marks) or (earlier.strong and not alone):
                break
            if not alone and earlier.line != segment.line:
                break
            if earlier.strong:
                break
            earlier.strong = tails


def segments_of(note: ParsedNote) -> list[Segment]:
    """Segments, built now if they were not."""
    if note.segments is None:
        note.segments = build_segments(
            note.text, sections_of(note), mentions_of(note), marks_of(note), measures_of(note)
        )
    return note.segments


def letter_of(note: ParsedNote, segment: Segment) -> str:
    """The SOAP letter a segment stands under; empty for none."""
    return sections_of(note)[segment.section].letter if segment.section >= 0 else ""


class Segments:
    """spaCy component ``soapcode_segments``: writes ``doc.spans[spans_key]``, label = SOAP letter.

    Parameters
    ----------
    nlp, name : as spaCy gives them.
    spans_key : where the spans go.
    """

    def __init__(self, nlp: Language, name: str, *, spans_key: str = "soapcode_segments") -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        note = parsed(doc)
        found = segments_of(note)
        return write_spans(doc, self.spans_key, ((s.start, s.end, letter_of(note, s), "segment") for s in found))


@Language.factory("soapcode_segments", default_config={"spans_key": "soapcode_segments"}, assigns=["doc.spans"])
def create_segments(nlp: Language, name: str, spans_key: str) -> Segments:
    """Make the component."""
    return Segments(nlp, name, spans_key=spans_key)
