"""Interventions: vocabulary phrases in a note, ambiguous ones only where their context allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from spacy.language import Language
from spacy.tokens import Doc

from corpus.tables import paused_collector
from corpus.vocabulary import Concept, load_vocabulary
from nlp.note import Mention, ParsedNote
from nlp.phrases import PhraseIndex, phrase_key
from nlp.store import parsed, write_spans
from nlp.text import NUMBER_WORDS, NoteText

_PLACEHOLDERS = {
    "{minutes}": re.compile(r"\d\s*(?:'|min|m\b)", re.I),
    "{dose}": re.compile(r"\d\s*x\s*\d|x\s*\d|\d\s*(?:rep|set|#|lb|sec|s\b|'|min|m\b|kg|ft)", re.I),
    "{service}": re.compile(r"\b(?:TE|NMR|MT|TA|GT|ther ?ex|manual|gait|97\d{3})\b", re.I),
}


def _in_capitals(raw: str) -> bool:
    """Whether a word stands in capitals, but for the "s" of a plural: "APs"."""
    return raw.isupper() or (len(raw) > 2 and raw[-1] == "s" and raw[:-1].isupper())


Index = PhraseIndex[tuple[Concept, str]]
"""Where a vocabulary's forms are looked up."""


def index_of(vocabulary: Mapping[str, Concept]) -> Index:
    """The forms of a vocabulary's concepts, each with its concept and itself."""
    with paused_collector():
        return PhraseIndex(
            [(form, (concept, form)) for concept in vocabulary.values() for form in concept.surface_forms]
        )


@cache
def _index() -> Index:
    return index_of(load_vocabulary())


@cache
def _near(phrases: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], ...], tuple[tuple[str, ...], ...]]:
    patterns = tuple(_PLACEHOLDERS[p] for p in phrases if p in _PLACEHOLDERS)
    return patterns, tuple(phrase_key(p) for p in phrases if p not in _PLACEHOLDERS)


def _holds(phrases: tuple[str, ...], flat: str, joined: str) -> bool:
    patterns, keys = _near(phrases)
    return any(f" {' '.join(key)} " in joined for key in keys) or any(p.search(flat) for p in patterns)


def _around(note: NoteText, first: int, end: int, within: str) -> tuple[int, int]:
    """Tokens near a match: its clause, its line (at most `_REACH` tokens either way), or the note."""
    norms = note.norms
    size = len(norms)
    if within == "note":
        return 0, size
    stops = _LINE_STOPS if within == "line" else _CLAUSE_STOPS
    low, high = first, end
    lowest, highest = max(0, first - _REACH), min(size, end + _REACH)
    while low > lowest and norms[low - 1] not in stops:
        low -= 1
    while high < highest and norms[high] not in stops:
        high += 1
    return low, high


_REACH = 150
_LINE_STOPS = frozenset("\n")
_CLAUSE_STOPS = frozenset("\n.;,")


def _allowed(note: NoteText, first: int, end: int, concept: Concept, form: str) -> bool:
    raw = note.flat[note.starts[first] : note.ends[end - 1]]
    if raw in NUMBER_WORDS:  # "ten" is the singular of a modality too
        return False
    capitals = form in concept.acronyms
    if capitals and not note.shouting and not _in_capitals(raw) and any(map(str.isalpha, raw)):
        return False
    for context in concept.context:
        if context.forms and form not in context.forms:
            continue
        low, high = _around(note, first, end, context.within)
        flat = (
            note.flat[note.starts[low] : note.starts[first]]
            + " \x00 "
            + note.flat[note.ends[end - 1] : note.ends[high - 1]]
        )
        joined = f" {' '.join(note.norms[low:first])} \x00 {' '.join(note.norms[end:high])} "
        if context.excludes and _holds(context.excludes, flat, joined):
            return False
        if context.needs and not _holds(context.needs, flat, joined):
            return False
    return True


def find_mentions(note: NoteText, index: Index | None = None) -> list[Mention]:
    """Vocabulary phrases in order, the longest at each place, none overlapping another.

    Parameters
    ----------
    note : the text.
    index : of another vocabulary than the corpus's.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> [m.concept.id for m in find_mentions(read_text("Effleurage to UT, then treadmill 8 min"))]
    ['effleurage', 'treadmill']
    """
    out: list[Mention] = []
    reach = 0
    for first, end, forms in (index or _index()).find_all(note.norms, note.pairs):
        if first < reach:
            continue
        for concept, form in forms:
            if _allowed(note, first, end, concept, form):
                out.append(Mention(note.starts[first], note.ends[end - 1], concept, form))
                reach = end
                break
    return out


def mentions_of(note: ParsedNote) -> list[Mention]:
    """Vocabulary mentions, found now if they were not."""
    if note.mentions is None:
        note.mentions = list(note.text.once("mentions", find_mentions))
    return note.mentions


class Interventions:
    """spaCy component ``soapcode_interventions``: writes ``doc.spans[spans_key]``, label = concept id, id = the form that matched.

    Parameters
    ----------
    nlp, name : as spaCy gives them.
    spans_key : where the spans go.
    """

    def __init__(self, nlp: Language, name: str, *, spans_key: str = "soapcode_interventions") -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        found = mentions_of(parsed(doc))
        return write_spans(doc, self.spans_key, ((m.start, m.end, m.concept.id, m.form) for m in found))


@Language.factory(
    "soapcode_interventions", default_config={"spans_key": "soapcode_interventions"}, assigns=["doc.spans"]
)
def create_interventions(nlp: Language, name: str, spans_key: str) -> Interventions:
    """Make the component."""
    return Interventions(nlp, name, spans_key=spans_key)
