"""What the times of a note are read from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence

from nlp.note import ParsedNote, Segment


class Sheet:
    """A parsed note and what its segments were found to support.

    Parameters
    ----------
    note : the parsed note.
    services : the services the times are looked for.
    decided : per segment those of them it was found to support.
    billed : concepts the vocabulary knows no service for and this clinic bills.
    """

    def __init__(
        self,
        note: ParsedNote,
        services: frozenset[str],
        decided: Sequence[frozenset[str]],
        billed: Collection[str] = (),
    ) -> None:
        self.note, self.services, self.decided, self.billed = note, services, decided, billed
        self.flat = note.text.flat
        self.segments: Sequence[Segment] = note.segments or []
        self._starts = [s.start for s in self.segments]

    def segment_at(self, point: int) -> int:
        """The last segment that begins at a code point or before it; -1 for none."""
        return bisect_right(self._starts, point) - 1

    def treated(self, begin: int) -> str:
        """The likeliest of the services for a treatment named right before a code point, in a clause found to support
        nothing: an entry of a closing list ("NMES 12 / Epley 8"); empty for none.
        """
        at = self.segment_at(begin)
        if at < 0 or self.decided[at]:
            return ""
        for mention in reversed(self.segments[at].mentions):
            if mention.end <= begin:
                priors = {s: p for s, p in mention.concept.priors.items() if s in self.services}
                apart = self.flat[mention.end : begin].strip(" \t:=-x(")
                return max(priors, key=lambda s: (priors[s], s)) if priors and not apart else ""
        return ""
