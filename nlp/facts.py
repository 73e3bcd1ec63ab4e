"""Stated facts of a note: phrases that decide which code a service becomes."""

from __future__ import annotations

import re
from functools import cache

from corpus.facts import load_facts
from corpus.tables import DATA
from nlp.note import Cue
from nlp.phrases import PhraseIndex
from nlp.text import NUMBER_WORDS, NoteText

_COUNTED = re.compile(
    r"\b(?P<num>\d{1,2}|"
    + "|".join(w for w, v in NUMBER_WORDS.items() if 0 < v < 13)
    + r")\s*(?:different\s+|total\s+)?(?:muscles?\b|mm\b)(?!\s*(?:needles?|x))",
    re.I,
)
_DAYS = re.compile(
    r"(?P<num>\d{1,2})\s*(?:of|/|out of)\s*(?:the\s+)?(?:last\s+|past\s+)?30|(?P<days>\d{1,2})\s*(?:data\s+|total\s+|distinct\s+|transmission\s+|monitoring\s+|reporting\s+|logged\s+)*days?\b",
    re.I,
)


@cache
def _index() -> PhraseIndex[tuple[str, str]]:
    return PhraseIndex((phrase, (fact.id, phrase)) for fact in load_facts().values() for phrase in fact.phrases)


@cache
def _muscles() -> PhraseIndex[str]:
    entries: list[tuple[str, str]] = []
    for line in (DATA / "muscles.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            names = [name.strip() for name in line.split("=")]
            entries.extend((name, names[0]) for name in names)
    return PhraseIndex(entries)


def find_facts(note: NoteText) -> list[Cue]:
    """All stated facts: label = fact id, rule = the phrase that states it."""
    found = []
    for first, end, payloads in _index().find_all(note.norms):
        for fact, phrase in payloads:
            found.append(Cue(note.starts[first], note.ends[end - 1], fact, f"fact:{phrase}"))
    return found


def count_muscles(note: NoteText, spans: list[tuple[int, int]]) -> int:
    """Different muscles named within spans, or the number stated there if that is larger.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("DN to glute med, glute max and piriformis")
    >>> count_muscles(note, [(0, 41)])
    3
    """
    names: set[str] = set()
    for first, end, payloads in _muscles().find(note.norms):
        start, stop = note.starts[first], note.ends[end - 1]
        if any(a <= start and stop <= b for a, b in spans):
            names.add(payloads[0])
    stated = 0
    for match in _COUNTED.finditer(note.flat):
        if any(a <= match.start() and match.end() <= b for a, b in spans):
            word = match["num"].lower()
            stated = max(stated, int(word) if word.isdigit() else NUMBER_WORDS[word])
    return max(len(names), stated)


def monitoring_days(note: NoteText) -> int | None:
    """Days of data stated in a remote-monitoring note (1 to 31); ``None`` when not stated."""
    found = [int(m["num"] or m["days"]) for m in _DAYS.finditer(note.flat)]
    usable = [d for d in found if 1 <= d <= 31 and d != 30] or [d for d in found if d == 30]
    return usable[0] if usable else None
