"""Status cues: words that say a service was planned, declined, done elsewhere and so on, where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from corpus.cues import load_status_cues
from nlp.note import Cue
from nlp.phrases import PhraseIndex
from nlp.text import NoteText


@cache
def _index() -> PhraseIndex[tuple[str, str, str, str]]:
    return PhraseIndex(
        (spelled, (cue.label, cue.direction, cue.reach, phrase.rstrip(_ENDS)))
        for cue in load_status_cues()
        for phrase in cue.phrases
        for spelled in _spelled(phrase)
    )


def _spelled(phrase: str) -> Iterator[str]:
    """A phrase with each number its ``#`` may be, in figures."""
    if "#" in phrase:
        yield from (phrase.replace("#", str(number)) for number in range(1, 100))
    else:
        yield phrase


_ENDS = " .;\n"
"""What may end a phrase of the list and is no word of it."""


@cache
def closing() -> frozenset[str]:
    """Rules of cues that close what they are said of and open nothing."""
    return frozenset(f"status:{p.rstrip(_ENDS)}" for cue in load_status_cues() for p in cue.phrases if p[-1] in _ENDS)


@cache
def firm() -> frozenset[str]:
    """Rules of cues that nothing overrules."""
    return frozenset(f"status:{p.rstrip(_ENDS)}" for cue in load_status_cues() if cue.firm for p in cue.phrases)


@cache
def unfinished() -> frozenset[str]:
    """Rules of cues that something begun and then stopped takes back."""
    return frozenset(f"status:{p}" for cue in load_status_cues() if cue.label == "unfinished" for p in cue.phrases)


def find_cues(note: NoteText) -> list[tuple[Cue, str, str]]:
    """Status cues with direction and reach, by start; a phrase may act in several directions.

    A phrase may end with the sign or line end that must stand behind it ("next ."); the note's end counts as a line's.
    """
    out = []
    norms, pairs = [*note.norms, "\n"], [*note.pairs, f"{note.norms[-1]} \n"] if note.norms else []
    for first, end, payloads in _index().find(norms, pairs):
        last = end - 1
        while norms[last] in _ENDS:
            last -= 1
        for label, direction, reach, phrase in payloads:
            cue = Cue(note.starts[first], note.ends[last], label, f"status:{phrase}")
            out.append((cue, direction, reach))
    return out
