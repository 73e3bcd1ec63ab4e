"""The spaCy pipeline: blank English, our tokenizer, one component per layer.

Components (factory names), in order, and the ``doc.spans`` key each writes:

- ``soapcode_sections``      -> ``soapcode_sections``: SOAP sections, label = section name
- ``soapcode_interventions`` -> ``soapcode_interventions``: label = concept id, id = the form that matched
- ``soapcode_measures``      -> ``soapcode_measures``: label = kind, id = value
- ``soapcode_segments``      -> ``soapcode_segments``: clauses and list items, label = section letter
- ``soapcode_purpose``       -> ``soapcode_purposes``: label = service, id = the rule
- ``soapcode_status``        -> ``soapcode_status``: segments, label = status, id = the cue that decided it
"""

from __future__ import annotations

from collections.abc import Callable

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from nlp.note import ParsedNote
from nlp.purpose import assign_purposes
from nlp.status import assign_status
from nlp.store import marks_of, measures_of, mentions_of, parsed, sections_of, segments_of, write_spans
from nlp.text import _TOKEN, read_text

COMPONENTS = (
    "soapcode_sections",
    "soapcode_interventions",
    "soapcode_measures",
    "soapcode_segments",
    "soapcode_purpose",
    "soapcode_status",
)


class NoteTokenizer:
    """Splits clinical shorthand ("3x10", "15min", "ankle.O:") into words, numbers and signs.

    Lossless: the Doc's text is the input. Runs of white space are tokens of their own.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        at = 0
        for match in _TOKEN.finditer(text):
            start, end = match.span()
            if start > at:
                gap = text[at:start]
                if gap[0] == " " and words and not spaces[-1]:
                    spaces[-1] = True
                    gap = gap[1:]
                if gap:
                    words.append(gap)
                    spaces.append(False)
            words.append(text[start:end])
            spaces.append(False)
            at = end
        gap = text[at:]
        if gap.startswith(" ") and words:
            spaces[-1] = True
            gap = gap[1:]
        if gap:
            words.append(gap)
            spaces.append(False)
        return Doc(self.vocab, words=words, spaces=spaces)

    def to_bytes(self, **_: object) -> bytes:
        return b""

    def from_bytes(self, _data: bytes, **_kw: object) -> NoteTokenizer:
        return self

    def to_disk(self, _path: object, **_kw: object) -> None:
        return None

    def from_disk(self, _path: object, **_kw: object) -> NoteTokenizer:
        return self


@registry.tokenizers("soapcode_tokenizer")  # type: ignore[untyped-decorator]
def create_tokenizer() -> Callable[[Language], NoteTokenizer]:
    """The tokenizer as a spaCy config can name it."""

    def build(nlp: Language) -> NoteTokenizer:
        return NoteTokenizer(nlp.vocab)

    return build


@Language.component("soapcode_sections", assigns=["doc.spans"])
def soapcode_sections(doc: Doc) -> Doc:
    sections = sections_of(parsed(doc))
    write_spans(doc, "soapcode_sections", ((s.start, s.end, s.name, s.letter) for s in sections))
    return doc


@Language.component("soapcode_interventions", assigns=["doc.spans"])
def soapcode_interventions(doc: Doc) -> Doc:
    mentions = mentions_of(parsed(doc))
    write_spans(doc, "soapcode_interventions", ((m.start, m.end, m.concept.id, m.form) for m in mentions))
    return doc


@Language.component("soapcode_measures", assigns=["doc.spans"])
def soapcode_measures(doc: Doc) -> Doc:
    measures = measures_of(parsed(doc))
    write_spans(doc, "soapcode_measures", ((m.start, m.end, m.kind, f"{m.value:g}") for m in measures))
    return doc


@Language.component("soapcode_segments", assigns=["doc.spans"])
def soapcode_segments(doc: Doc) -> Doc:
    note = parsed(doc)
    segments = segments_of(note)
    sections = sections_of(note)
    letters = [sections[s.section].letter if s.section >= 0 else "" for s in segments]
    write_spans(
        doc,
        "soapcode_segments",
        ((s.start, s.end, letter, "segment") for s, letter in zip(segments, letters, strict=True)),
    )
    return doc


@Language.component("soapcode_purpose", assigns=["doc.spans"])
def soapcode_purpose(doc: Doc) -> Doc:
    note = parsed(doc)
    segments = segments_of(note)
    if not note.purposed:
        assign_purposes(note.text, segments)
        note.purposed = True
    write_spans(
        doc,
        "soapcode_purposes",
        ((cue.start, cue.end, cue.label, cue.rule) for s in segments for cue in s.purposes),
    )
    return doc


@Language.component("soapcode_status", assigns=["doc.spans"])
def soapcode_status(doc: Doc) -> Doc:
    note = parsed(doc)
    segments = segments_of(note)
    if not note.judged:
        assign_status(note.text, sections_of(note), segments)
        note.judged = True
    write_spans(
        doc,
        "soapcode_status",
        ((s.start, s.end, s.status, s.status_cue.rule if s.status_cue else "default") for s in segments),
    )
    return doc


def create_pipeline() -> Language:
    """The whole pipeline.

    Examples
    --------
    >>> doc = create_pipeline()("P: treadmill next visit")
    >>> [(span.text, span.label_) for span in doc.spans["soapcode_interventions"]]
    [('treadmill', 'treadmill')]
    """
    config = {"nlp": {"tokenizer": {"@tokenizers": "soapcode_tokenizer"}}}
    nlp = spacy.blank("en", config=config)
    for name in COMPONENTS:
        nlp.add_pipe(name)
    return nlp


def parse(text: str) -> ParsedNote:
    """The same records without a Doc: what the pipeline finds, for callers that need no spans."""
    note = ParsedNote(read_text(text))
    sections_of(note)
    mentions_of(note)
    marks_of(note)
    measures_of(note)
    segments = segments_of(note)
    assign_purposes(note.text, segments)
    assign_status(note.text, sections_of(note), segments)
    note.purposed = note.judged = True
    return note
