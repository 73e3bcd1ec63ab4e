"""Where the components keep a note's records on its Doc, and how they write spans.

``doc._.soapcode`` is the `ParsedNote`. Each component makes what it needs and is missing, so any of
them works alone in another spaCy pipeline, behind any tokenizer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import srsly
from spacy.tokens import Doc, Span

from nlp.interventions import find_mentions
from nlp.marks import find_marks
from nlp.measures import find_measures
from nlp.note import Mark, Measure, Mention, ParsedNote, Section, Segment
from nlp.sections import find_sections
from nlp.segments import build_segments
from nlp.text import read_text

if not Doc.has_extension("soapcode"):
    Doc.set_extension("soapcode", default=None)


@srsly.msgpack_encoders("soapcode_parsed_note")
def _encode(obj: Any, chain: Callable[[Any], Any] | None = None) -> Any:
    if isinstance(obj, ParsedNote):
        return {"__soapcode__": obj.text.text}
    return obj if chain is None else chain(obj)


@srsly.msgpack_decoders("soapcode_parsed_note")
def _decode(obj: Any, chain: Callable[[Any], Any] | None = None) -> Any:
    if isinstance(obj, dict) and "__soapcode__" in obj:
        return ParsedNote(read_text(obj["__soapcode__"]))
    return obj if chain is None else chain(obj)


def parsed(doc: Doc) -> ParsedNote:
    """The note's records, begun if no component has run yet."""
    note = doc._.soapcode
    if note is None:
        note = ParsedNote(read_text(doc.text))
        doc._.soapcode = note
    return note  # type: ignore[no-any-return]


def sections_of(note: ParsedNote) -> list[Section]:
    """Sections, found now if they were not."""
    if note.sections is None:
        note.sections = find_sections(note.text)
    return note.sections


def mentions_of(note: ParsedNote) -> list[Mention]:
    """Vocabulary mentions, found now if they were not."""
    if note.mentions is None:
        note.mentions = find_mentions(note.text)
    return note.mentions


def marks_of(note: ParsedNote) -> list[Mark]:
    """Named services, found now if they were not."""
    if note.marks is None:
        note.marks = find_marks(note.text)
    return note.marks


def measures_of(note: ParsedNote) -> list[Measure]:
    """Measures, found now if they were not."""
    if note.measures is None:
        note.measures = find_measures(note.text, marks_of(note))
    return note.measures


def segments_of(note: ParsedNote) -> list[Segment]:
    """Segments, built now if they were not."""
    if note.segments is None:
        note.segments = build_segments(
            note.text, sections_of(note), mentions_of(note), marks_of(note), measures_of(note)
        )
    return note.segments


def write_spans(doc: Doc, key: str, found: Iterable[tuple[int, int, str, str]]) -> None:
    """Fill ``doc.spans[key]`` from (start, end, label, id) in code points; spans widen to whole tokens."""
    spans: list[Span] = []
    for start, end, label, identifier in found:
        span = doc.char_span(start, end, label=label, span_id=identifier, alignment_mode="expand")
        if span is not None:
            spans.append(span)
    doc.spans[key] = spans
