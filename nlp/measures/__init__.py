"""Stated quantities: minutes, totals, clock times, units, doses, distance, assistance, group size.

Reading order: `find_measures` (the walk over the words, in ``walk``), ``times`` and ``kinds`` (treatment time or another
time), ``totals``, ``bare`` (numbers set off like a time), ``clocks``, ``corrections`` (what other words take back), ``places``,
``items`` (lists that make a number a time), ``doses``. Rows of as many numbers as names and
names and numbers that take turns are found before, with the marks (`nlp.parallel`, `nlp.entries`). What they share is in
``scan``; the words they go by are those of ``measures.toml`` (``words``).
"""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from nlp.marks import marks_of
from nlp.measures.clocks import interval_of
from nlp.measures.scan import digits_value, word_number
from nlp.measures.walk import find_measures
from nlp.note import Measure, ParsedNote
from nlp.store import parsed, write_spans

__all__ = [
    "Measures",
    "create_measures",
    "digits_value",
    "find_measures",
    "interval_of",
    "measures_of",
    "word_number",
]


def measures_of(note: ParsedNote) -> list[Measure]:
    """Measures, found now if they were not."""
    if note.measures is None:
        note.measures = find_measures(note.text, marks_of(note))
    return note.measures


class Measures:
    """spaCy component ``soapcode_measures``: writes ``doc.spans[spans_key]``, label = kind, id = value.

    Parameters
    ----------
    nlp, name : as spaCy gives them.
    spans_key : where the spans go.
    """

    def __init__(self, nlp: Language, name: str, *, spans_key: str = "soapcode_measures") -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        found = measures_of(parsed(doc))
        return write_spans(doc, self.spans_key, ((m.start, m.end, m.kind, f"{m.value:g}") for m in found))


@Language.factory("soapcode_measures", default_config={"spans_key": "soapcode_measures"}, assigns=["doc.spans"])
def create_measures(nlp: Language, name: str, spans_key: str) -> Measures:
    """Make the component."""
    return Measures(nlp, name, spans_key=spans_key)
