"""Segments with what is in them, and how far each named service reaches."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, takewhile

from spacy.language import Language
from spacy.tokens import Doc

from nlp.entries import entries_of
from nlp.interventions import mentions_of
from nlp.joints import find_joints
from nlp.layout import Piece, split_pieces
from nlp.marks import HEAD_TAIL, OWN_TIME, is_glued, marks_of
from nlp.measures import measures_of
from nlp.note import Mark, Measure, Mention, ParsedNote, Section, Segment
from nlp.parallel import parallels_of
from nlp.reach import set_reach
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
    clauses = split_pieces(note, _cuts(note, sections, marks))
    joints = find_joints(note, clauses, mentions, marks, measures)
    pieces = _apart(clauses, sorted((*ends, one) for ends, one in joints.found.items()))
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
                piece.start in joints.coordinated,
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
    set_reach(note, segments, joints.turns)
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
