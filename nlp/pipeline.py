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
from functools import partial

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from nlp.interventions import Index, Interventions, find_mentions
from nlp.measures import Measures
from nlp.note import ParsedNote
from nlp.purpose import Purposes, purposes_of
from nlp.sections import Sections
from nlp.segments import Segments
from nlp.status import Statuses, judged
from nlp.text import TOKEN, read_text

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
        for match in TOKEN.finditer(text):
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


__all__ = [
    "COMPONENTS",
    "Interventions",
    "Measures",
    "NoteTokenizer",
    "Purposes",
    "Sections",
    "Segments",
    "Statuses",
    "create_pipeline",
    "create_tokenizer",
    "parse",
]


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


def parse(text: str, index: Index | None = None) -> ParsedNote:
    """The same records without a Doc: what the pipeline finds, for callers that need no spans.

    Parameters
    ----------
    text : the note.
    index : of another vocabulary than the corpus's (`nlp.interventions.index_of`).
    """
    note = ParsedNote(read_text(text))
    if index is not None:
        note.text.once("mentions", partial(find_mentions, index=index))
    purposes_of(note)
    judged(note)
    return note
