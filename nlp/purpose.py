"""Purpose: what something was done for, where the note says so."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache

from corpus.cues import load_purposes
from nlp.note import Cue, Segment
from nlp.phrases import PhraseIndex
from nlp.text import NoteText


@cache
def _index() -> PhraseIndex[tuple[str, str]]:
    return PhraseIndex((phrase, (p.service, phrase)) for p in load_purposes() for phrase in p.phrases)


def assign_purposes(note: NoteText, segments: list[Segment]) -> None:
    """Attach every stated purpose to the segment it stands in; its label is a service id."""
    starts = [s.start for s in segments]
    for first, end, payloads in _index().find(note.norms):
        begin = note.starts[first]
        at = bisect_right(starts, begin) - 1
        if at >= 0 and begin < segments[at].end:
            stop = note.ends[end - 1]
            for service, phrase in payloads:
                segments[at].purposes.append(Cue(begin, stop, service, f"purpose:{phrase}"))
