"""Status cues: words that say a service was planned, declined, done elsewhere and so on, where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from corpus.cues import load_status_cues
from corpus.tables import paused_collector
from nlp.note import Cue
from nlp.phrases import PhraseIndex, phrase_key
from nlp.text import NoteText


@cache
def _index(*, heads: bool = False) -> PhraseIndex[tuple[str, str, str, str]]:
    with paused_collector():
        return PhraseIndex(
            (key, (cue.label, cue.direction, cue.reach, phrase.rstrip(_ENDS)))
            for cue in load_status_cues()
            if (cue.reach == "head") is heads
            for phrase in cue.phrases
            for key in _keys(phrase)
        )


def _keys(phrase: str) -> Iterator[tuple[str, ...]]:
    """A phrase as it is matched, with each number its ``#`` may be, in figures."""
    if "#" not in phrase:
        yield phrase_key(phrase)
        return
    key = phrase_key(phrase.replace("#", _SOME))
    for number in map(str, range(1, 100)):
        yield tuple(number if token == _SOME else token for token in key)


_SOME = "0000"
"""A number no phrase has, in place of ``#``."""


_ENDS = " .,;(-–\n"
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


@cache
def excepted() -> Mapping[str, frozenset[str]]:
    """Rules of cues that say nothing beside some services, with these services."""
    return {
        f"status:{p.rstrip(_ENDS)}": frozenset(cue.unless_service)
        for cue in load_status_cues()
        if cue.unless_service
        for p in cue.phrases
    }


@cache
def where_taught() -> frozenset[str]:
    """Rules of cues that say nothing behind a word of teaching in a segment with a time (`corpus.cues.StatusCue.where_taught`)."""
    return frozenset(f"status:{phrase}" for cue in load_status_cues() for phrase in cue.where_taught)


def find_cues(note: NoteText) -> list[tuple[Cue, str, str]]:
    """Status cues with direction and reach, by start; a phrase may act in several directions.

    A phrase may end with the sign or line end that must stand behind it ("next ."); the note's end counts as a line's.
    """
    return list(_found(note, _index()))


def find_heads(note: NoteText) -> list[Cue]:
    """Phrases that are cues where they head a list (`nlp.heads`), by start."""
    return [cue for cue, _, _ in _found(note, _index(heads=True))]


def _found(note: NoteText, index: PhraseIndex[tuple[str, str, str, str]]) -> Iterator[tuple[Cue, str, str]]:
    norms, pairs = [*note.norms, "\n"], [*note.pairs, f"{note.norms[-1]} \n"] if note.norms else []
    for first, end, payloads in index.find(norms, pairs):
        last = end - 1
        while norms[last] in _ENDS:
            last -= 1
        for label, direction, reach, phrase in payloads:
            yield Cue(note.starts[first], note.ends[last], label, f"status:{phrase}"), direction, reach
