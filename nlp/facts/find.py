"""Phrases of ``facts.toml`` in a note, and what words beside them take back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from corpus.facts import Fact, load_facts
from nlp.facts.scan import holds, unticked_stretches
from nlp.facts.senses import Taking, is_meant
from nlp.note import Cue
from nlp.phrases import PhraseIndex
from nlp.text import NoteText

_TAKING = ("negation", "denial", "denial_end", "denial_answer")
_BESIDE = re.compile(
    r"[\s(:,=-]*(?:(?:an?|the|any|add'?l|additional|extra|further|is|was|are|were|yet|threshold|criteria)\b[\s:-]*)*"
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A spelling of a fact: the thing it names, and whether only capitals are meant."""

    fact: Fact
    thing: str
    capitals: bool


@cache
def _index() -> PhraseIndex[_Entry]:
    return PhraseIndex(
        (name, _Entry(fact, thing, any(map(str.isupper, name))))
        for fact in load_facts().values()
        for thing, name in fact.spellings()
    )


def find_facts(note: NoteText) -> list[Cue]:
    """All stated facts, by start: label = fact id, rule = "fact:" and the thing named.

    Left out are a phrase inside a longer one (unless its fact is read there too), behind an empty box or
    a negation, and one whose neighbours show another sense.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("PMH: DM2, HTN, no CAD. Vitals stable. Presentation evolving.")
    >>> [(c.label, c.rule) for c in find_facts(note) if c.label in ("factor", "stable", "evolving")]
    [('factor', 'fact:diabetes'), ('factor', 'fact:hypertension'), ('evolving', 'fact:evolving')]
    """
    return note.once("facts", _facts)


def _facts(note: NoteText) -> list[Cue]:
    found: list[tuple[int, int, _Entry]] = []
    for first, end, entries in _index().find_all(note.norms, note.pairs):
        for entry in entries:
            if not entry.capitals or note.flat[note.starts[first] : note.ends[end - 1]].isupper():
                found.append((first, end, entry))
    unticked = unticked_stretches(note.flat)
    negations, denials, ends, answers = (
        {first: end for first, end, entry in found if entry.fact.id == name} for name in _TAKING
    )
    listed = {at: entry.fact.id for first, end, entry in found for at in range(first, end) if entry.fact.negatable}
    says = Taking(negations, denials, ends, answers, listed)
    out = []
    reached_from, reach = -1, 0
    for first, end, entry in sorted(found, key=lambda f: (f[0], -f[1])):
        inside = not entry.fact.inside_too and (end < reach or (end == reach and first > reached_from))
        if end > reach:
            reached_from, reach = first, end
        start, stop = note.starts[first], note.ends[end - 1]
        if inside or not is_meant(note.norms, first, end, entry.fact, says) or holds(unticked, start):
            continue
        out.append(Cue(start, stop, entry.fact.id, f"fact:{entry.thing}"))
    return list({(c.start, c.end, c.label): c for c in reversed(out)}.values())[::-1]


def is_taken_back(note: NoteText, start: int, end: int) -> bool:
    """Whether words right beside a stretch say that it does not hold.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> for words in ("98981 not met", "no add'l 98981", "98981 x1, no pain", "98980 not 98981"):
    ...     print(is_taken_back(read_text(words), words.index("98981"), words.index("98981") + 5))
    True
    True
    False
    True
    """
    flat = note.flat
    facts = find_facts(note)
    return any(
        c.label == "code_not_met" and c.start >= end and _BESIDE.fullmatch(flat, end, c.start) for c in facts
    ) or any(c.label == "negation" and c.end <= start and _BESIDE.fullmatch(flat, c.end, start) for c in facts)
