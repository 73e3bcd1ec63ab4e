"""Work that a note names without its being a service by itself: a reviewed home programme, education in one sentence, mere context.

Reading order: `Naming`, `named_work`; the kinds are data (``named.toml``).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from corpus.named import Named, load_named
from corpus.services import load_services
from models.wording import listed
from nlp.note import ParsedNote, Segment
from nlp.phrases import PhraseIndex
from nlp.text import Span

_UNTREATED = frozenset({"S", "P"})


@dataclass(frozen=True, slots=True)
class Naming:
    """One place that names such work.

    Attributes
    ----------
    span : its words.
    codes : what it would be.
    says : a sentence for a person.
    """

    span: Span
    codes: tuple[str, ...]
    says: str


def named_work(note: ParsedNote) -> list[Naming]:
    """The places of a note that name such work, one of each kind and code, in reading order."""
    out: dict[tuple[str, tuple[str, ...]], Naming] = {}
    sections = note.sections or []
    for segment in note.segments or ():
        letter = sections[segment.section].letter if segment.section >= 0 else ""
        if letter in _UNTREATED:
            continue
        for named in load_named().values():
            if segment.status in named.statuses:
                for start, end, codes in _places(note, segment, named):
                    words = " ".join(note.text.text[start:end].split())
                    says = named.says.format(words=words, codes=listed(list(codes)))
                    out.setdefault((named.id, codes), Naming((start, end), codes, says))
    return list(out.values())


def _places(note: ParsedNote, segment: Segment, named: Named) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where a segment names such work, and as which codes."""
    for pattern in _compiled(named.patterns):
        match = pattern.search(note.text.flat, segment.start, segment.end)
        if match:
            yield *match.span(), named.codes
            return
    if named.named_in and not segment.marks and not segment.measures:
        codes = _called(note, segment, *_compiled((named.named_in,)))
        if codes:
            yield segment.start, segment.end, codes


def _called(note: ParsedNote, segment: Segment, told: re.Pattern[str]) -> tuple[str, ...]:
    """The codes of the services called by name in a segment's phrases of response and context ("following manual therapy")."""
    found: dict[str, None] = {}
    for mention in segment.mentions:
        if mention.concept.kind == "finding" and told.search(note.text.flat, mention.start, mention.end):
            first, end = bisect_left(note.text.starts, mention.start), bisect_left(note.text.starts, mention.end)
            for _, _, codes in _names().find(note.text.norms[first:end]):
                found.update(dict.fromkeys(codes))
    return tuple(found)


@cache
def _names() -> PhraseIndex[str]:
    """The names of services, with their default codes."""
    return PhraseIndex([(name, s.codes[0]) for s in load_services().values() for name in (*s.names, s.name)])


@cache
def _compiled(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.I) for pattern in patterns)
