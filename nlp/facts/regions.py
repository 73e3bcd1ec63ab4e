"""Regions of the body named in spans of a note, as ``regions.txt`` names them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache

from corpus.tables import DATA
from nlp.phrases import PhraseIndex
from nlp.text import NoteText, Span


@cache
def _regions() -> PhraseIndex[str]:
    entries: list[tuple[str, str]] = []
    for line in (DATA / "regions.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            names = [name.strip() for name in line.split("=")]
            entries.extend((name, names[0]) for name in names)
    return PhraseIndex(entries)


def regions_in(note: NoteText, spans: Iterable[Span]) -> frozenset[str]:
    """Names of the regions that begin within spans.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("Effleurage to bilateral UT 10 min. STM to upper traps and calves")
    >>> sorted(regions_in(note, [(0, 33)])), sorted(regions_in(note, [(35, 63)]))
    (['upper trapezius'], ['calf', 'upper trapezius'])
    """
    found = note.once("regions", _named)
    starts = [start for start, _ in found]
    return frozenset(
        name for begin, end in spans for _, name in found[bisect_left(starts, begin) : bisect_left(starts, end)]
    )


def _named(note: NoteText) -> list[tuple[int, str]]:
    return [(note.starts[first], names[0]) for first, _, names in _regions().find(note.norms, note.pairs)]
