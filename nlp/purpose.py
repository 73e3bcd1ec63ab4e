"""Purpose: what something was done for, where the note says so."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache

from spacy.language import Language
from spacy.tokens import Doc

from corpus.cues import load_purposes
from nlp.note import Cue, ParsedNote, Segment
from nlp.phrases import PhraseIndex
from nlp.segments import segments_of
from nlp.store import parsed, write_spans
from nlp.text import NoteText


@cache
def _index() -> PhraseIndex[tuple[str, str]]:
    return PhraseIndex((phrase, (p.service, phrase)) for p in load_purposes() for phrase in p.phrases)


def assign_purposes(note: NoteText, segments: list[Segment]) -> None:
    """Attach every stated purpose to the segment it stands in; its label is a service id."""
    starts = [s.start for s in segments]
    for first, end, payloads in _index().find(note.norms, note.pairs):
        begin = note.starts[first]
        at = bisect_right(starts, begin) - 1
        if at >= 0 and begin < segments[at].end:
            stop = note.ends[end - 1]
            for service, phrase in payloads:
                segments[at].purposes.append(Cue(begin, stop, service, f"purpose:{phrase}"))


def purposes_of(note: ParsedNote) -> list[Cue]:
    """Stated purposes, assigned now if they were not."""
    segments = segments_of(note)
    if not note.purposed:
        assign_purposes(note.text, segments)
        note.purposed = True
    return [cue for segment in segments for cue in segment.purposes]


class Purposes:
    """spaCy component ``soapcode_purpose``: writes ``doc.spans[spans_key]``, label = service, id = the rule.

    Parameters
    ----------
    nlp, name : as spaCy gives them.
    spans_key : where the spans go.
    """

    def __init__(self, nlp: Language, name: str, *, spans_key: str = "soapcode_purposes") -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        found = purposes_of(parsed(doc))
        return write_spans(doc, self.spans_key, ((c.start, c.end, c.label, c.rule) for c in found))


@Language.factory("soapcode_purpose", default_config={"spans_key": "soapcode_purposes"}, assigns=["doc.spans"])
def create_purposes(nlp: Language, name: str, spans_key: str) -> Purposes:
    """Make the component."""
    return Purposes(nlp, name, spans_key=spans_key)
