"""How words are spelled: those the phrases of the knowledge are made of, slips known of them, and ordinary words that look like one.

Reading order: `Spelling`, `load_ordinary`, `load_slips`, `load_spelling`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.cues import load_purposes, load_status_cues
from corpus.errors import CorpusError
from corpus.facts import load_facts
from corpus.gaps import load_gap_checks
from corpus.headings import load_headings
from corpus.measures import load_measure_words
from corpus.services import load_services
from corpus.tables import DATA
from corpus.vocabulary import load_vocabulary

SHORTEST = 6
"""Letters a word must have to be taken for a slip of another; in shorter ones one letter makes another word."""
_WORD = re.compile(r"[a-z]+")
_LONG_WORD = re.compile(rf"[a-z]{{{SHORTEST},}}")


@dataclass(frozen=True, slots=True)
class Spelling:
    """What is known of the spelling of words, all in small letters.

    Attributes
    ----------
    words : word of `SHORTEST` letters or more in a phrase of the knowledge -> in how many phrases it stands.
    slips : misspelt word -> the word it stands for.
    ordinary : words that are no slip though one letter parts them from one of ``words``.
    """

    words: Mapping[str, int]
    slips: Mapping[str, str]
    ordinary: frozenset[str]


@cache
def load_ordinary(path: Path = DATA / "ordinary.txt") -> frozenset[str]:
    """Ordinary English words that look like a word of the knowledge: "staining", "suitability".

    Raises
    ------
    CorpusError
        Naming file and line, when a line is not one word in small letters or stands twice.
    """
    out: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        if not _WORD.fullmatch(line):
            raise CorpusError(path, number, f"a line must hold one word in small letters, got {line!r}")
        if line in out:
            raise CorpusError(path, number, f"a word must stand once, got {line!r} again")
        out.add(line)
    return frozenset(out)


@cache
def load_slips(path: Path = DATA / "slips.txt") -> dict[str, str]:
    """Misspelt words that need more than one letter, or the right one of several words, beside what they stand for.

    Raises
    ------
    CorpusError
        Naming file and line, when a line is not two words in small letters or a slip stands twice.

    Examples
    --------
    >>> load_slips()["excersise"]
    'exercise'
    """
    out: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        words = line.split(" ")
        if len(words) != 2 or not all(map(_WORD.fullmatch, words)):
            raise CorpusError(
                path, number, f"a line must hold a slip and the word meant, in small letters, got {line!r}"
            )
        if words[0] in out:
            raise CorpusError(path, number, f"a slip must stand once, got {words[0]!r} again")
        out[words[0]] = words[1]
    return out


@cache
def load_spelling() -> Spelling:
    """The spelling of the knowledge as it stands.

    Examples
    --------
    >>> spelling = load_spelling()
    >>> "standing" in spelling.words, "staining" in spelling.ordinary
    (True, True)
    """
    words = Counter(_LONG_WORD.findall("\n".join(_phrases()).lower()))
    return Spelling(words, load_slips(), load_ordinary())


def _phrases() -> Iterator[str]:
    for concept in load_vocabulary().values():
        yield from concept.forms
    for cue in load_status_cues():
        yield from cue.phrases
    for purpose in load_purposes():
        yield from purpose.phrases
    for service in load_services().values():
        yield from service.names
    for heading in load_headings().values():
        yield from heading.names
    for path in (DATA / "facts.toml", DATA / "staff.toml"):
        for fact in load_facts(path).values():
            yield from (form for _, form in fact.spellings())
    for check in load_gap_checks().values():
        yield from (*check.when, *check.words)
    for words in load_measure_words().values():
        yield from words
