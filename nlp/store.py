"""Where the components keep a note's records on its Doc, and how they write spans.

``doc._.soapcode`` is the `ParsedNote`. Each component makes what it needs and is missing, so any of
them works alone in another spaCy pipeline, behind any tokenizer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import srsly
from spacy.tokens import Doc, Span

from nlp.note import ParsedNote
from nlp.text import read_text

if not Doc.has_extension("soapcode"):
    Doc.set_extension("soapcode", default=None)


@srsly.msgpack_encoders("soapcode_parsed_note")  # type: ignore[untyped-decorator]
def _encode(obj: Any, chain: Callable[[Any], Any] | None = None) -> Any:
    """A parsed note travels between processes as its text; components read it again where needed."""
    if isinstance(obj, ParsedNote):
        return {"__soapcode__": obj.text.text}
    return obj if chain is None else chain(obj)


@srsly.msgpack_decoders("soapcode_parsed_note")  # type: ignore[untyped-decorator]
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


def write_spans(doc: Doc, key: str, found: Iterable[tuple[int, int, str, str]]) -> Doc:
    """Fill ``doc.spans[key]`` from (start, end, label, id) in code points; spans widen to whole tokens."""
    spans: list[Span] = []
    for start, end, label, identifier in found:
        span = doc.char_span(start, end, label=label, span_id=identifier, alignment_mode="expand")
        if span is not None:
            spans.append(span)
    doc.spans[key] = spans
    return doc
